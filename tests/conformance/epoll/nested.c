// epoll in epoll; poll of an epoll; loops and depth.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "../print.h"
#include "events.h"
static int mask(int fd) {
  struct pollfd p = {fd, POLLIN | POLLOUT};
  poll(&p, 1, 0);
  return p.revents;
}
static int add(int a, int b, int events) {
  struct epoll_event e = {.events = events, .data.u64 = b};
  return epoll_ctl(a, EPOLL_CTL_ADD, b, &e);
}
int main(void) {
  int p[2];
  char c;
  pipe(p);
  int inner = epoll_create1(0);
  ep = epoll_create1(0);
  struct epoll_event e = {.events = EPOLLIN, .data.u64 = 1};
  epoll_ctl(inner, EPOLL_CTL_ADD, p[0], &e);
  P("inner", ctl(EPOLL_CTL_ADD, inner, EPOLLIN | EPOLLOUT, 2));
  show("nothing", 10);
  printf("poll %x %x\n", mask(inner), mask(ep));
  write(p[1], "x", 1);
  printf("poll %x %x\n", mask(inner), mask(ep));
  show("outer", 10);
  show("outer", 10);
  read(p[0], &c, 1);
  printf("poll %x %x\n", mask(inner), mask(ep));
  show("nothing", 10);
  ctl(EPOLL_CTL_MOD, inner, EPOLLIN | EPOLLET, 3);
  write(p[1], "x", 1);
  show("edge of inner", 10);
  show("none", 10);
  write(p[1], "x", 1);
  show("edge of inner", 10);
  close(inner);
  show("inner closed", 10);
  int a = epoll_create1(0), b = epoll_create1(0);
  P("a has b", add(a, b, EPOLLIN));
  P("b has a", add(b, a, EPOLLIN));
  P("exclusive epoll", add(b, a, EPOLLIN | EPOLLEXCLUSIVE));
  int chain[8];
  for (int i = 0; i < 8; i++) chain[i] = epoll_create1(0);
  for (int i = 0; i < 7; i++) P("chain", add(chain[i + 1], chain[i], EPOLLIN));
  int down[8];
  for (int i = 0; i < 8; i++) down[i] = epoll_create1(0);
  for (int i = 0; i < 7; i++) P("chain down", add(down[i], down[i + 1], EPOLLIN));
  P("pipe at the end", add(down[4], p[0], EPOLLIN));
  printf("ready through the chain %x %x\n", mask(down[4]), mask(down[0]));
  return 0;
}
