// Reading the clock discipline; permissions.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/timex.h>
#include <sys/syscall.h>
#include <time.h>
#include <sys/time.h>
#include <unistd.h>
#define T(e) do { errno = 0; long r_ = (e); int x_ = errno; printf("%s: %ld %d\n", #e, r_, x_); } while (0)
int main(void) {
  struct timex t;
  memset(&t, 0, sizeof t);
  int r = adjtimex(&t);
  printf("read ok %d tick %ld time plausible %d\n", r >= 0, t.tick, t.time.tv_sec > 1600000000);
  setuid(1000);
  memset(&t, 0, sizeof t);
  t.modes = ADJ_FREQUENCY; T(adjtimex(&t));
  t.modes = 0; T(syscall(SYS_clock_adjtime, 77, &t)); T(syscall(SYS_clock_adjtime, CLOCK_MONOTONIC, &t));
  T(syscall(SYS_adjtimex, 1));
  struct timespec ts = {1000000000, 0};
  T(clock_settime(CLOCK_REALTIME, &ts));
  struct timeval tv = {1000000000, 0}, bad = {0, 1000000};
  T(settimeofday(&tv, 0)); T(settimeofday(&bad, 0)); T(syscall(SYS_settimeofday, 1, 0));
  return 0;
}
