/* VEOL and VEOL2 end lines, too. */
#include "pty.h"
int main(void) {
  open_pair();
  control_char(VEOL, ';');
  control_char(VEOL2, '!');
  TYPE("a;b!c\n");
  show_slave("eol");
  show_slave("eol2");
  show_slave("newline");
  show_master("echo");
  modes(0, IEXTEN, 0, 0, 0, 0);
  TYPE("a!b;");
  show_slave("eol2 needs IEXTEN");
  control_char(VERASE, _POSIX_VDISABLE);
  TYPE("\177\000x\n");
  show_slave("no erase character");
  show_master("echo");
  return 0;
}
