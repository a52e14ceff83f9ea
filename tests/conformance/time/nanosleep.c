// nanosleep and clock_nanosleep: durations, absolute times, errors.
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
static long ns(struct timespec t) { return t.tv_sec * 1000000000L + t.tv_nsec; }
#define T(e) do { errno = 0; long r_ = (e); int x_ = errno; printf("%s: %ld %d\n", #e, r_, x_); } while (0)
int main(void) {
  struct timespec a, b, t = {0, 20000000}, bad1 = {0, -1}, bad2 = {0, 1000000000}, bad3 = {-1, 0}, zero = {0, 0};
  clock_gettime(CLOCK_MONOTONIC, &a);
  int r = nanosleep(&t, 0);
  clock_gettime(CLOCK_MONOTONIC, &b);
  printf("%d at least=%d\n", r, ns(b) - ns(a) >= 20000000);
  clock_gettime(CLOCK_MONOTONIC, &a);
  struct timespec abs = a;
  abs.tv_nsec += 30000000; if (abs.tv_nsec >= 1000000000) { abs.tv_sec++; abs.tv_nsec -= 1000000000; }
  r = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &abs, 0);
  clock_gettime(CLOCK_MONOTONIC, &b);
  printf("%d reached=%d\n", r, ns(b) >= ns(abs));
  clock_gettime(CLOCK_REALTIME, &abs);
  abs.tv_nsec += 30000000; if (abs.tv_nsec >= 1000000000) { abs.tv_sec++; abs.tv_nsec -= 1000000000; }
  r = clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &abs, 0);
  clock_gettime(CLOCK_REALTIME, &b);
  printf("%d reached=%d\n", r, ns(b) >= ns(abs));
  struct timespec past = {1, 0};
  printf("past %d\n", clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &past, 0));
  T(syscall(SYS_nanosleep, &zero, 0));
  T(syscall(SYS_nanosleep, &bad1, 0));
  T(syscall(SYS_nanosleep, &bad2, 0));
  T(syscall(SYS_nanosleep, &bad3, 0));
  T(syscall(SYS_nanosleep, 1, 0));
  T(syscall(SYS_clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, &t, 0));
  T(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC_RAW, 0, &t, 0));
  T(syscall(SYS_clock_nanosleep, CLOCK_REALTIME_COARSE, 0, &t, 0));
  T(syscall(SYS_clock_nanosleep, 77, 0, &t, 0));
  T(syscall(SYS_clock_nanosleep, CLOCK_BOOTTIME, 0, &t, 0));
  T(syscall(SYS_clock_nanosleep, CLOCK_TAI, 0, &t, 0));
  T(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &bad2, 0));
  return 0;
}
