// timerfd: reads, periods, polling, errors.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#define T(e) do { errno = 0; long r_ = (e); int x_ = errno; printf("%s: %ld %d\n", #e, r_, x_); } while (0)
int main(void) {
  int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  printf("cloexec %d nonblock %d\n", fcntl(fd, F_GETFD), !!(fcntl(fd, F_GETFL) & O_NONBLOCK));
  uint64_t v = 0;
  T(read(fd, &v, 8));
  struct itimerspec it = {{0, 10000000}, {0, 10000000}}, old, cur;
  T(timerfd_settime(fd, 0, &it, &old));
  printf("old %ld\n", old.it_value.tv_nsec);
  struct pollfd p = {fd, POLLIN};
  printf("poll %d %d\n", poll(&p, 1, 1000), p.revents);
  struct timespec ts = {0, 35000000};
  nanosleep(&ts, 0);
  long r = read(fd, &v, 8);
  printf("read %ld several %d\n", r, v >= 3);
  T(read(fd, &v, 7));
  timerfd_gettime(fd, &cur);
  printf("interval %ld running %d\n", cur.it_interval.tv_nsec, cur.it_value.tv_nsec > 0);
  it.it_interval.tv_nsec = 0;
  timerfd_settime(fd, 0, &it, &old);
  fcntl(fd, F_SETFL, 0);
  r = read(fd, &v, 8);
  printf("blocking read %ld %llu\n", r, (unsigned long long)v);
  timerfd_gettime(fd, &cur);
  printf("left %ld\n", cur.it_value.tv_nsec);
  clock_gettime(CLOCK_REALTIME, &it.it_value);
  it.it_value.tv_sec -= 5; it.it_interval.tv_sec = 1;
  int rt = timerfd_create(CLOCK_REALTIME, 0);
  timerfd_settime(rt, TFD_TIMER_ABSTIME, &it, 0);
  r = read(rt, &v, 8);
  printf("late %ld %llu\n", r, (unsigned long long)v);
  T(timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0));
  T(timerfd_create(CLOCK_MONOTONIC, 1));
  T(timerfd_settime(1, 0, &it, 0));
  T(timerfd_settime(555, 0, &it, 0));
  it.it_value.tv_nsec = -1; T(timerfd_settime(fd, 0, &it, 0));
  it.it_value.tv_nsec = 0; T(timerfd_settime(fd, 8, &it, 0));
  T(write(fd, "x", 1));
  T(lseek(fd, 0, SEEK_SET));
  return 0;
}
