/* VLNEXT takes the next character as it is. */
#include "pty.h"
int main(void) {
  open_pair();
  TYPE("a\026\003b\n");
  show_master("quoted interrupt");
  show_slave("line");
  TYPE("\026\177\n");
  show_master("quoted erase");
  show_slave("line");
  TYPE("\026\026\n");
  show_slave("quoted lnext");
  show_master("its echo");
  TYPE("x\026\n\ny\n");
  show_slave("quoted newline");
  show_slave("next");
  show_master("echoes");
  modes(0, IEXTEN, 0, 0, 0, 0);
  TYPE("\026q\n");
  show_slave("without IEXTEN");
  show_master("its echo");
  return 0;
}
