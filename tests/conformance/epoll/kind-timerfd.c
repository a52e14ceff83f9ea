// timerfd in every mode: a timer that has run out is waited for, so nothing depends on speed.
#include "modes.h"
#include <poll.h>
#include <sys/timerfd.h>
static int fd;
static void run_out(void) {
  struct itimerspec t = {.it_value.tv_nsec = 1000};
  timerfd_settime(fd, 0, &t, NULL);
  struct pollfd p = {fd, POLLIN, 0};
  poll(&p, 1, -1);
}
static void drain(void) {
  uint64_t n;
  read(fd, &n, 8);
}
int main(void) {
  fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  modes("timerfd", fd, ALL, run_out, drain);
  close(fd);
  fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
  modes("timerfd, real time", fd, EPOLLIN, run_out, drain);
  // Arming one that has run out takes the readiness away.
  int ep = epoll_create1(0);
  add(ep, fd, EPOLLIN, 9);
  run_out();
  look("run out", ep);
  struct itimerspec t = {.it_value.tv_sec = 1000};
  timerfd_settime(fd, 0, &t, NULL);
  look("armed again", ep);
  memset(&t, 0, sizeof t);
  timerfd_settime(fd, 0, &t, NULL);
  look("disarmed", ep);
  return 0;
}
