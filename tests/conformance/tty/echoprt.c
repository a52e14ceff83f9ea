/* The hard-copy way of showing erased characters, and ECHONL. */
#include "pty.h"
int main(void) {
  open_pair();
  modes(ECHOPRT, 0, 0, 0, 0, 0);
  TYPE("abc\177\177xy\n");
  show_master("echoprt");
  show_slave("line");
  TYPE("ab\177\177\177\n");
  show_master("all erased");
  TYPE("one two\027x\n");
  show_master("word");
  modes(ECHONL, ECHO | ECHOPRT, 0, 0, 0, 0);
  TYPE("quiet\n");
  show_master("only the newline");
  modes(ECHO, ECHOCTL, 0, 0, 0, 0);
  TYPE("a\001\033b\n");
  show_master("control characters raw");
  return 0;
}
