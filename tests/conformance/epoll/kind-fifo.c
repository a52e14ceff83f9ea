// A FIFO opened for reading, writing and both, in every mode.
#include "modes.h"
static int r, w;
static void fill(void) { write(w, "yy", 2); }
static void drain(void) {
  char b[100];
  while (read(r, b, sizeof b) > 0);
}
int main(void) {
  mkfifo("f", 0600);
  r = open("f", O_RDONLY | O_NONBLOCK);
  int ep = epoll_create1(0);
  add(ep, r, ALL, 1);
  look("no writer yet", ep);
  w = open("f", O_WRONLY | O_NONBLOCK);
  look("writer", ep);
  fill();
  close(w);
  look("data, no writer", ep);
  drain();
  look("no data, no writer", ep);
  w = open("f", O_WRONLY | O_NONBLOCK);
  look("writer again", ep);
  modes("fifo", r, ALL, fill, drain);
  close(r);
  close(w);
  r = w = open("f", O_RDWR | O_NONBLOCK);
  modes("fifo, both ways", r, EPOLLIN | EPOLLRDHUP, fill, drain);
  modes("fifo, both ways, all", r, ALL, fill, drain);
  unlink("f");
  return 0;
}
