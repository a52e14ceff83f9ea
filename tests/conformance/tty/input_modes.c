/* ICRNL, INLCR, IGNCR, ISTRIP, IUCLC, PARMRK. */
#include "pty.h"
int main(void) {
  open_pair();
  modes(0, ECHO, 0, ICRNL, 0, 0);
  TYPE("a\rb\n");
  show_slave("no ICRNL");
  modes(0, 0, IGNCR, 0, 0, 0);
  TYPE("a\rb\r\n");
  show_slave("IGNCR");
  modes(0, 0, INLCR | ICRNL, IGNCR, 0, 0);
  TYPE("a\nb\r");
  show_slave("INLCR and ICRNL");
  modes(0, 0, ISTRIP, INLCR, 0, 0);
  TYPE("\341\342\212");
  show_slave("ISTRIP");
  modes(0, 0, IUCLC, ISTRIP, 0, 0);
  TYPE("Mixed CASE\n");
  show_slave("IUCLC");
  modes(0, 0, PARMRK, IUCLC, 0, 0);
  TYPE("a\377b\n");
  show_slave("PARMRK");
  modes(0, ICANON | ISIG, INLCR, PARMRK | ICRNL | IXON, 0, 0);
  TYPE("raw\n\r\003\021");
  show_slave("raw with INLCR");
  return 0;
}
