// Another thread changes the interest set while one sleeps.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "../print.h"
#include "events.h"
static int p[2];
static void *adder(void *x) {
  usleep(20000);
  ctl(EPOLL_CTL_ADD, p[0], EPOLLIN, 5);
  return 0;
}
static void *changer(void *x) {
  usleep(20000);
  ctl(EPOLL_CTL_MOD, p[0], EPOLLIN, 6);
  return 0;
}
static void *closer(void *x) {
  usleep(20000);
  close(p[1]);
  return 0;
}
int main(void) {
  ep = epoll_create1(0);
  pipe(p);
  write(p[1], "x", 1);
  pthread_t t;
  struct epoll_event e;
  pthread_create(&t, 0, adder, 0);
  P("added", epoll_wait(ep, &e, 1, 5000));
  printf("%lu\n", (unsigned long)e.data.u64);
  pthread_join(t, 0);
  ctl(EPOLL_CTL_MOD, p[0], 0, 0);
  pthread_create(&t, 0, changer, 0);
  P("changed", epoll_wait(ep, &e, 1, 5000));
  printf("%lu\n", (unsigned long)e.data.u64);
  pthread_join(t, 0);
  char c;
  read(p[0], &c, 1);
  pthread_create(&t, 0, closer, 0);
  P("closed", epoll_wait(ep, &e, 1, 5000));
  printf("%x\n", e.events);
  pthread_join(t, 0);
  return 0;
}
