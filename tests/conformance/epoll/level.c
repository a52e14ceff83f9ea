// Level-triggered readiness of pipes, changing interest, removal, maxevents.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "../print.h"
#include "events.h"
int main(void) {
  int p[2], q[2];
  char b[100];
  ep = epoll_create1(EPOLL_CLOEXEC);
  printf("fd %d cloexec %d flags %o\n", ep, fcntl(ep, F_GETFD), fcntl(ep, F_GETFL));
  pipe(p);
  pipe(q);
  P("add", ctl(EPOLL_CTL_ADD, p[0], EPOLLIN, 1));
  P("add", ctl(EPOLL_CTL_ADD, q[0], EPOLLIN, 2));
  P("add", ctl(EPOLL_CTL_ADD, q[1], EPOLLOUT, 0x123456789abcdef0));
  show("only writable", 10);
  show("still", 10);
  write(q[1], "x", 1);
  write(p[1], "x", 1);
  show("all", 10);
  show("one", 1);
  show("one", 1);
  show("one", 1);
  show("two", 2);
  show("two", 2);
  read(q[0], b, 1);
  show("q empty", 10);
  P("mod", ctl(EPOLL_CTL_MOD, q[1], 0, 3));
  show("q writer silent", 10);
  P("mod", ctl(EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLRDNORM, 4));
  show("other data", 10);
  P("mod to what is not", ctl(EPOLL_CTL_MOD, p[0], EPOLLPRI, 4));
  show("none", 10);
  P("mod back", ctl(EPOLL_CTL_MOD, p[0], EPOLLIN, 4));
  show("again", 10);
  close(p[1]);
  show("hang-up with data", 10);
  read(p[0], b, 1);
  show("hang-up", 10);
  P("delete", ctl(EPOLL_CTL_DEL, p[0], 0, 0));
  show("gone", 10);
  close(q[0]);
  show("error without asking", 10);
  close(q[1]);
  show("closed files leave", 10);
  return 0;
}
