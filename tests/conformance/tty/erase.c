/* VERASE, VWERASE, VKILL and what they echo. */
#include "pty.h"
int main(void) {
  open_pair();
  TYPE("abc\177d\n");
  show_master("erase");
  show_slave("line");
  TYPE("one two  three\027\027x\n");
  show_master("word erase");
  show_slave("line");
  TYPE("gone\025stay\n");
  show_master("kill");
  show_slave("line");
  TYPE("\177\177\027\025a\n");
  show_master("nothing to erase");
  show_slave("line");
  TYPE("a\001b\177\177c\n");
  show_master("control characters");
  show_slave("line");
  modes(0, ECHOKE, 0, 0, 0, 0);
  TYPE("gone\025stay\n");
  show_master("kill without ECHOKE");
  show_slave("line");
  modes(0, ECHOE, 0, 0, 0, 0);
  TYPE("abc\177\n");
  show_master("erase without ECHOE");
  show_slave("line");
  modes(0, ECHO, 0, 0, 0, 0);
  TYPE("abc\177\177x\025silent\n");
  show_master("no echo");
  show_slave("line");
  return 0;
}
