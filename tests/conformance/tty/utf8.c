/* IUTF8: characters of several bytes are erased as one. */
#include "pty.h"
int main(void) {
  open_pair();
  modes(0, 0, IUTF8, 0, 0, 0);
  TYPE("a\303\244\177b\n");
  show_master("erase");
  show_slave("line");
  TYPE("\342\202\254\360\237\230\200\177\177x\n");
  show_slave("two characters");
  show_master("echo");
  TYPE("\303\266\t\177\n");
  show_master("tab after one column");
  modes(0, 0, 0, IUTF8, 0, 0);
  TYPE("a\303\244\177b\n");
  show_slave("without IUTF8");
  show_master("echo");
  return 0;
}
