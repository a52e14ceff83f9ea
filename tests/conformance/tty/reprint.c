/* VREPRINT shows the line again. */
#include "pty.h"
int main(void) {
  open_pair();
  TYPE("ab\001c\022d\n");
  show_master("reprint");
  show_slave("line");
  TYPE("\022x\n");
  show_master("empty line");
  return 0;
}
