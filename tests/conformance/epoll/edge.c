// Edge-triggered and one-shot.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "../print.h"
#include "events.h"
static char big[65536];
int main(void) {
  int p[2];
  char b[100];
  ep = epoll_create(1);
  pipe2(p, O_NONBLOCK);
  write(p[1], "old", 3);
  ctl(EPOLL_CTL_ADD, p[0], EPOLLIN | EPOLLET, 1);
  show("ready when added", 10);
  show("once only", 10);
  write(p[1], "new", 3);
  show("new data", 10);
  show("no more", 10);
  read(p[0], b, 1);
  show("a read is no edge", 10);
  ctl(EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLET, 2);
  show("mod looks again", 10);
  write(p[1], "x", 1);
  read(p[0], b, 100);
  show("gone before anybody looked", 10);
  ctl(EPOLL_CTL_ADD, p[1], EPOLLOUT | EPOLLET, 3);
  show("writable", 10);
  while (write(p[1], big, 4096) > 0);
  show("full", 10);
  read(p[0], big, 1);
  show("one byte does not free", 10);
  read(p[0], big, 4095);
  show("a page does", 10);
  show("once", 10);
  close(p[1]);
  show("close", 10);
  show("close once", 10);
  // One shot.
  pipe(p);
  write(p[1], "x", 1);
  ctl(EPOLL_CTL_ADD, p[0], EPOLLIN | EPOLLONESHOT, 4);
  show("one shot", 10);
  write(p[1], "x", 1);
  show("disabled", 10);
  close(p[1]);
  show("even for hang-up", 10);
  ctl(EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLONESHOT, 5);
  show("armed again", 10);
  show("disabled again", 10);
  // eventfd: every write is an edge.
  int e = eventfd(0, EFD_NONBLOCK);
  uint64_t one = 1;
  ctl(EPOLL_CTL_ADD, e, EPOLLIN | EPOLLET, 6);
  show("empty", 10);
  write(e, &one, 8);
  show("1", 10);
  write(e, &one, 8);
  show("2", 10);
  show("-", 10);
  read(e, &one, 8);
  show("read", 10);
  ctl(EPOLL_CTL_MOD, e, EPOLLIN | EPOLLOUT | EPOLLET, 7);
  show("out", 10);
  write(e, &one, 8);
  show("in and out", 10);
  return 0;
}
