/* Erasing tabs: how far back depends on where they began. */
#include "pty.h"
int main(void) {
  open_pair();
  TYPE("\t\177x\n");
  show_master("tab at start");
  TYPE("ab\t\177x\n");
  show_master("tab after two");
  TYPE("ab\tcd\t\177\177\177\177x\n");
  show_master("two tabs");
  if (write(slave, "prompt> ", 8) != 8) return 1;
  TYPE("a\t\177\n");
  show_master("after a prompt");
  if (write(slave, "$ ", 2) != 2) return 1;
  TYPE("\001\t\025z\n");
  show_master("kill with a tab");
  show_slave("line");
  modes(0, 0, 0, 0, XTABS, 0);
  TYPE("a\tb\n");
  show_master("tabs expanded");
  return 0;
}
