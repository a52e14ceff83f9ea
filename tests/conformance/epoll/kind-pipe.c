// Both ends of a pipe in every mode.
#include "modes.h"
static int p[2];
static void fill(void) { write(p[1], "x", 1); }
static void drain(void) {
  char b[100];
  while (read(p[0], b, sizeof b) > 0);
}
static char page[65536];
// The other end: full is not ready, emptied is.
static void empty(void) {
  while (read(p[0], page, sizeof page) > 0);
}
static void stuff(void) {
  while (write(p[1], page, 4096) > 0);
}
int main(void) {
  pipe2(p, O_NONBLOCK);
  modes("pipe, reader", p[0], ALL, fill, drain);
  stuff();
  modes("pipe, writer", p[1], ALL, empty, stuff);
  empty();
  modes("pipe, output only", p[1], EPOLLOUT, empty, stuff);
  return 0;
}
