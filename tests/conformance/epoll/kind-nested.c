// An epoll in an epoll: the inner one's events in every mode of the outer one.
#include "modes.h"
#include <poll.h>
#include <sys/eventfd.h>
static int inner, fd;
static uint64_t v;
static void up(void) {
  v = 1;
  write(fd, &v, 8);
}
static void down(void) { read(fd, &v, 8); }
// What the inner one has is taken by a wait on it.
static void take(void) {
  struct epoll_event e;
  down();
  epoll_wait(inner, &e, 1, 0);
}
int main(void) {
  inner = epoll_create1(0);
  fd = eventfd(0, EFD_NONBLOCK);
  add(inner, fd, EPOLLIN, 1);
  modes("inner level", inner, ALL, up, down);
  modes("inner level, taken", inner, EPOLLIN, up, take);
  mod(inner, fd, EPOLLIN | EPOLLET, 1);
  modes("inner edge", inner, ALL, up, take);
  mod(inner, fd, EPOLLIN, 1);
  int outer = epoll_create1(0);
  add(outer, inner, EPOLLIN, 2);
  up();
  look("outer", outer);
  look("inner", inner);
  look("outer", outer);
  del(inner, fd);
  look("outer, inner empty", outer);
  add(inner, fd, EPOLLIN, 3);
  look("outer, inner filled", outer);
  struct pollfd p[2] = {{outer, POLLIN | POLLOUT, 0}, {inner, POLLIN, 0}};
  int n = poll(p, 2, 0);
  printf("poll %d %x %x\n", n, p[0].revents, p[1].revents);
  close(inner);
  look("outer, inner closed", outer);
  return 0;
}
