// A registration belongs to the open file: duplicates, fork, close.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../print.h"
#include "events.h"
int main(void) {
  int p[2];
  ep = epoll_create1(0);
  pipe(p);
  write(p[1], "x", 1);
  setbuf(stdout, 0);
  ctl(EPOLL_CTL_ADD, p[0], EPOLLIN, 1);
  int d = dup(p[0]);
  close(p[0]);
  show("a duplicate keeps it", 10);
  P("not by that number", ctl(EPOLL_CTL_DEL, p[0], 0, 0));
  P("nor by the duplicate's", ctl(EPOLL_CTL_DEL, d, 0, 0));
  dup2(d, p[0]);
  P("number and file again", ctl(EPOLL_CTL_MOD, p[0], EPOLLIN, 2));
  show("works", 10);
  close(d);
  close(p[0]);
  show("all closed", 10);
  pipe(p);
  write(p[1], "x", 1);
  ctl(EPOLL_CTL_ADD, p[0], EPOLLIN, 3);
  int q[2];
  pipe(q);
  if (fork() == 0) {
    char c;
    show("in the child", 10);
    close(q[1]);
    read(q[0], &c, 1);
    _exit(0);
  }
  usleep(20000);
  close(p[0]);
  show("the child still has it open", 10);
  close(q[1]);
  wait(0);
  show("child gone", 10);
  // Number used again for something else.
  int r[2];
  pipe(r);
  P("add under the same number", ctl(EPOLL_CTL_ADD, r[0], EPOLLIN, 4));
  write(r[1], "x", 1);
  show("new", 10);
  return 0;
}
