// Time-outs: they pass, and remaining times are written back.
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "../print.h"
static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}
#define TOOK(lo, hi) printf("in time %d\n", now() - t0 >= lo && now() - t0 < hi)
int main(void) {
  int p[2];
  pipe(p);
  struct pollfd v = {p[0], POLLIN};
  double t0 = now();
  P("poll 50", poll(&v, 1, 50));
  TOOK(0.05, 0.5);
  t0 = now();
  P("poll without descriptors", poll(0, 0, 20));
  TOOK(0.02, 0.5);
  struct timespec ts = {0, 30000000};
  t0 = now();
  P("ppoll", syscall(SYS_ppoll, &v, 1, &ts, 0, 8));
  TOOK(0.03, 0.5);
  printf("left %ld %ld\n", ts.tv_sec, ts.tv_nsec);
  ts.tv_sec = 0;
  ts.tv_nsec = 1000000000;
  P("bad nsec", syscall(SYS_ppoll, &v, 1, &ts, 0, 8));
  ts.tv_nsec = -1;
  P("negative nsec", syscall(SYS_ppoll, &v, 1, &ts, 0, 8));
  ts = (struct timespec){-1, 0};
  P("negative sec", syscall(SYS_ppoll, &v, 1, &ts, 0, 8));
  P("fault", syscall(SYS_ppoll, &v, 1, (void *)8, 0, 8));
  write(p[1], "x", 1);
  ts = (struct timespec){100, 0};
  P("ppoll ready", syscall(SYS_ppoll, &v, 1, &ts, 0, 8));
  printf("most is left %d\n", ts.tv_sec >= 99);
  fd_set r;
  FD_ZERO(&r);
  FD_SET(p[0], &r);
  struct timeval tv = {50, 0};
  P("select ready", select(p[0] + 1, &r, 0, 0, &tv));
  printf("most is left %d\n", tv.tv_sec >= 49);
  char c;
  read(p[0], &c, 1);
  tv = (struct timeval){0, 20000};
  t0 = now();
  P("select", select(p[0] + 1, &r, 0, 0, &tv));
  TOOK(0.02, 0.5);
  printf("left %ld %ld set %d\n", tv.tv_sec, tv.tv_usec, FD_ISSET(p[0], &r));
  tv = (struct timeval){0, 1020000};
  t0 = now();
  P("select with many usec", select(0, 0, 0, 0, &tv));
  TOOK(1.02, 1.5);
  tv = (struct timeval){-1, 0};
  P("negative", syscall(SYS_select, 0, 0, 0, 0, &tv));
  tv = (struct timeval){0, -1};
  P("negative usec", syscall(SYS_select, 0, 0, 0, 0, &tv));
  ts = (struct timespec){0, 0};
  P("zero", syscall(SYS_pselect6, 0, 0, 0, 0, &ts, 0));
  return 0;
}
