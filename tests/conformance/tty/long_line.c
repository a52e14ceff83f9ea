/* A line longer than the buffer keeps its first 4095 bytes. */
#include "pty.h"
int main(void) {
  static char text[5000], buf[8192];
  open_pair();
  modes(0, ECHO, 0, 0, 0, 0);
  for (int i = 0; i < 5000; i++) text[i] = 'a' + i % 26;
  type(text, 5000);
  TYPE("\n");
  usleep(50000);
  long n = read(slave, buf, sizeof buf);
  printf("%ld last %c then %d, equal %d\n", n, buf[n - 2], buf[n - 1], memcmp(text, buf, 4094) == 0);
  TYPE("next\n");
  show_slave("next");
  return 0;
}
