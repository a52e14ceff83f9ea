/* VEOF ends a line without being part of it. */
#include "pty.h"
int main(void) {
  char buf[16];
  open_pair();
  TYPE("abc\004");
  show_slave("part line");
  TYPE("\004");
  show_slave("end of file");
  show_slave("nothing more");
  TYPE("xyz\004more\n");
  usleep(20000);
  show("exactly the line", buf, read(slave, buf, 3));
  show("the end belongs to it", buf, read(slave, buf, 16));
  TYPE("xyz\004more\n");
  usleep(20000);
  show("less", buf, read(slave, buf, 2));
  show("rest", buf, read(slave, buf, 16));
  show("next", buf, read(slave, buf, 16));
  show_master("echo");
  int n = -1;
  TYPE("a\004\004b\n");
  usleep(20000);
  ioctl(slave, FIONREAD, &n);
  printf("waiting %d\n", n);
  return 0;
}
