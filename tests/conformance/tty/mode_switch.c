/* What is typed in one mode and read in the other. */
#include "pty.h"
int main(void) {
  open_pair();
  modes(0, ECHO, 0, 0, 0, 0);
  TYPE("partial");
  show_slave("canonical, no line");
  modes(0, ICANON, 0, 0, 0, 0);
  show_slave("raw gets it");
  TYPE("more");
  usleep(20000);
  modes(ICANON, 0, 0, 0, 0, 0);
  show_slave("canonical gets it as a line");
  TYPE("line\n");
  show_slave("line");
  TYPE("one\ntwo\nthr");
  usleep(20000);
  modes(0, ICANON, 0, 0, 0, 0);
  show_slave("all at once");
  struct termios t;
  TYPE("dropped");
  usleep(20000);
  tcgetattr(slave, &t);
  t.c_lflag |= ICANON;
  tcsetattr(slave, TCSAFLUSH, &t);
  TYPE("kept\n");
  show_slave("after TCSAFLUSH");
  return 0;
}
