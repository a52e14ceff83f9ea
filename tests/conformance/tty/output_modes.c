/* OPOST and what it does. */
#include "pty.h"
static void out(const char *s) {
  if (write(slave, s, strlen(s)) != (long)strlen(s)) perror("write");
}
int main(void) {
  open_pair();
  out("a\nb\r\nc\td\n");
  show_master("ONLCR");
  modes(0, 0, 0, 0, OCRNL, ONLCR);
  out("a\rb\n");
  show_master("OCRNL");
  modes(0, 0, 0, 0, ONOCR, OCRNL);
  out("\n\ra\rb\r\r");
  show_master("ONOCR");
  modes(0, 0, 0, 0, OLCUC, ONOCR);
  out("lower Case\n");
  show_master("OLCUC");
  modes(0, 0, 0, 0, XTABS | ONLCR, OLCUC);
  out("a\tbc\t12345678\tx\n\ty\b\b\tz\n");
  show_master("XTABS");
  modes(0, 0, 0, 0, 0, OPOST);
  out("a\n\tb\r");
  show_master("no OPOST");
  modes(0, 0, 0, 0, OPOST | ONLRET, ONLCR | XTABS);
  out("abc\nd\te\n");
  show_master("ONLRET");
  return 0;
}
