// Sleeping: time-outs, wake-ups, several waiters, signals and masks.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "../print.h"
#include "events.h"
static volatile int count;
static void h(int s) { count++; }
static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}
static int woken;
static void *waiter(void *x) {
  struct epoll_event e;
  if (epoll_wait(ep, &e, 1, 300) == 1) __sync_fetch_and_add(&woken, 1);
  return 0;
}
int main(void) {
  int p[2];
  char c;
  ep = epoll_create1(0);
  setbuf(stdout, 0);
  pipe(p);
  ctl(EPOLL_CTL_ADD, p[0], EPOLLIN | EPOLLET, 1);
  struct epoll_event e;
  double t0 = now();
  P("time-out", epoll_wait(ep, &e, 1, 50));
  printf("in time %d\n", now() - t0 >= 0.05 && now() - t0 < 0.5);
  struct timespec ts = {0, 20000000};
  t0 = now();
  P("pwait2", epoll_pwait2(ep, &e, 1, &ts, 0));
  printf("in time %d\n", now() - t0 >= 0.02 && now() - t0 < 0.5);
  if (fork() == 0) {
    usleep(20000);
    write(p[1], "x", 1);
    _exit(0);
  }
  P("woken", epoll_wait(ep, &e, 1, -1));
  wait(0);
  // An edge wakes one of several waiters.
  pthread_t t[3];
  for (int i = 0; i < 3; i++) pthread_create(&t[i], 0, waiter, 0);
  usleep(50000);
  write(p[1], "x", 1);
  for (int i = 0; i < 3; i++) pthread_join(t[i], 0);
  printf("woken by an edge %d\n", woken);
  // A level wakes all.
  ctl(EPOLL_CTL_MOD, p[0], EPOLLIN, 1);
  epoll_wait(ep, &e, 1, 0);
  read(p[0], &c, 1);
  read(p[0], &c, 1);
  woken = 0;
  for (int i = 0; i < 3; i++) pthread_create(&t[i], 0, waiter, 0);
  usleep(50000);
  write(p[1], "x", 1);
  for (int i = 0; i < 3; i++) pthread_join(t[i], 0);
  printf("woken by a level %d\n", woken);
  read(p[0], &c, 1);
  struct sigaction sa = {.sa_handler = h, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &sa, 0);
  alarm(1);
  P("signal", epoll_wait(ep, &e, 1, 5000));
  sigset_t block, none;
  sigemptyset(&none);
  sigemptyset(&block);
  sigaddset(&block, SIGALRM);
  sigprocmask(SIG_BLOCK, &block, 0);
  raise(SIGALRM);
  P("blocked", epoll_wait(ep, &e, 1, 10));
  P("unblocked meanwhile", epoll_pwait(ep, &e, 1, 5000, &none));
  printf("handled %d\n", count);
  raise(SIGALRM);
  write(p[1], "x", 1);
  P("ready wins", epoll_pwait(ep, &e, 1, 5000, &none));
  printf("handled %d\n", count);
  return 0;
}
