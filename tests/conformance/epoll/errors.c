// Errors of the calls.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "../print.h"
#include "events.h"
int main(void) {
  int p[2];
  struct epoll_event e;
  P("create 0", epoll_create(0));
  P("create -1", epoll_create(-1));
  P("create1 flags", epoll_create1(1));
  ep = epoll_create1(0);
  pipe(p);
  int f = open("file", O_CREAT | O_RDWR, 0600), d = open(".", O_RDONLY), o = open("file", O_PATH);
  P("file", ctl(EPOLL_CTL_ADD, f, EPOLLIN, 0));
  P("directory", ctl(EPOLL_CTL_ADD, d, EPOLLIN, 0));
  P("O_PATH", ctl(EPOLL_CTL_ADD, o, EPOLLIN, 0));
  P("itself", ctl(EPOLL_CTL_ADD, ep, EPOLLIN, 0));
  P("closed", ctl(EPOLL_CTL_ADD, 99, EPOLLIN, 0));
  P("no epoll", epoll_ctl(p[0], EPOLL_CTL_ADD, p[1], &e));
  P("closed epoll", epoll_ctl(99, EPOLL_CTL_ADD, p[1], &e));
  P("fault", epoll_ctl(ep, EPOLL_CTL_ADD, p[0], (void *)8));
  P("null for delete", epoll_ctl(ep, EPOLL_CTL_DEL, p[0], 0));
  P("mod of nothing", ctl(EPOLL_CTL_MOD, p[0], EPOLLIN, 0));
  P("add", ctl(EPOLL_CTL_ADD, p[0], EPOLLIN, 0));
  P("add again", ctl(EPOLL_CTL_ADD, p[0], EPOLLIN, 0));
  P("operation 4", ctl(4, p[0], EPOLLIN, 0));
  P("operation 0", ctl(0, p[0], EPOLLIN, 0));
  int q = dup(p[0]);
  P("duplicate is another", ctl(EPOLL_CTL_ADD, q, EPOLLIN, 0));
  P("exclusive with oneshot", ctl(EPOLL_CTL_ADD, p[1], EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT, 0));
  P("exclusive", ctl(EPOLL_CTL_ADD, p[1], EPOLLOUT | EPOLLEXCLUSIVE | EPOLLET, 0));
  P("mod of exclusive", ctl(EPOLL_CTL_MOD, p[1], EPOLLOUT, 0));
  P("mod to exclusive", ctl(EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLEXCLUSIVE, 0));
  P("wait 0", epoll_wait(ep, &e, 0, 0));
  P("wait -1", epoll_wait(ep, &e, -1, 0));
  P("wait too many", epoll_wait(ep, &e, 0x7fffffff, 0));
  P("wait on a pipe", epoll_wait(p[0], &e, 1, 0));
  P("wait closed", epoll_wait(99, &e, 1, 0));
  P("wait fault", epoll_wait(ep, (void *)8, 1, 0));
  P("wait", epoll_wait(ep, &e, 1, 0));
  P("pwait bad size", syscall(SYS_epoll_pwait, ep, &e, 1, 0, &e, 4));
  struct timespec ts = {0, 1000000000};
  P("pwait2 bad time", syscall(SYS_epoll_pwait2, ep, &e, 1, &ts, 0, 8));
  P("read", read(ep, &e, 12));
  P("write", write(ep, &e, 12));
  return 0;
}
