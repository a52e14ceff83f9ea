// futex_waitv: which word woke it, values that differ, timeouts, errors.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
struct wv { uint64_t val, uaddr; uint32_t flags, reserved; };
static uint32_t w[3];
static struct wv v[3];
static void *waker(void *p) { usleep(30000); while (syscall(SYS_futex, &w[2], FUTEX_WAKE_PRIVATE, 1, 0, 0, 0) == 0) usleep(1000); return 0; }
#define T(e) do { errno = 0; long r_ = (e); int x_ = errno; printf("%s: %ld %d\n", #e, r_, x_); } while (0)
int main(void) {
  for (int i = 0; i < 3; i++) v[i] = (struct wv){0, (uint64_t)&w[i], 2 | 128, 0};
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  t.tv_sec += 10;
  pthread_t th;
  pthread_create(&th, 0, waker, 0);
  T(syscall(SYS_futex_waitv, v, 3, 0, &t, CLOCK_MONOTONIC));
  pthread_join(th, 0);
  w[1] = 1;
  T(syscall(SYS_futex_waitv, v, 3, 0, &t, CLOCK_MONOTONIC));
  w[1] = 0;
  struct timespec past = {1, 0};
  T(syscall(SYS_futex_waitv, v, 3, 0, &past, CLOCK_REALTIME));
  T(syscall(SYS_futex_waitv, v, 0, 0, &t, CLOCK_MONOTONIC));
  T(syscall(SYS_futex_waitv, v, 129, 0, &t, CLOCK_MONOTONIC));
  T(syscall(SYS_futex_waitv, v, 3, 1, &t, CLOCK_MONOTONIC));
  T(syscall(SYS_futex_waitv, v, 3, 0, &t, CLOCK_BOOTTIME));
  v[0].flags = 0; T(syscall(SYS_futex_waitv, v, 3, 0, &t, CLOCK_MONOTONIC));
  v[0].flags = 2; v[0].reserved = 1; T(syscall(SYS_futex_waitv, v, 3, 0, &t, CLOCK_MONOTONIC));
  return 0;
}
