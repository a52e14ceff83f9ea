// eventfd, plain, as a semaphore and full, in every mode.
#include "modes.h"
#include <sys/eventfd.h>
static int fd;
static uint64_t v;
static void up(void) {
  v = 1;
  write(fd, &v, 8);
}
static void down(void) {
  while (read(fd, &v, 8) == 8);
}
static void fill(void) {
  v = 0xfffffffffffffffeull;
  write(fd, &v, 8);
}
int main(void) {
  fd = eventfd(0, EFD_NONBLOCK);
  modes("eventfd", fd, ALL, up, down);
  fill();
  modes("full eventfd", fd, EPOLLOUT, down, fill);
  close(fd);
  fd = eventfd(0, EFD_NONBLOCK | EFD_SEMAPHORE);
  modes("semaphore", fd, EPOLLIN, up, down);
  int ep = epoll_create1(0);
  add(ep, fd, EPOLLIN | EPOLLET, 5);
  v = 3;
  write(fd, &v, 8);
  look("three", ep);
  read(fd, &v, 8);
  look("two left, no new edge", ep);
  v = 0;
  write(fd, &v, 8);
  look("zero added", ep);
  return 0;
}
