/* Lines, echo, several lines in one go, a partial line that is not given out. */
#include "pty.h"
int main(void) {
  open_pair();
  TYPE("hello\n");
  show_master("echo");
  show_slave("line");
  TYPE("one\ntwo\npart");
  show_slave("first");
  show_slave("second");
  show_slave("no third");
  TYPE("ial\n");
  show_slave("third");
  show_master("echo of all");
  char small[4];
  TYPE("abcdefg\n");
  usleep(20000);
  for (int i = 0; i < 2; i++) show("four bytes", small, read(slave, small, 4));
  TYPE("cr\r");
  show_slave("cr becomes nl");
  show_master("its echo");
  return 0;
}
