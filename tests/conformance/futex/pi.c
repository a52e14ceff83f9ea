// Priority-inheritance mutexes through pthreads and raw futex calls.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
static pthread_mutex_t m;
static _Atomic int word, go;
static int count;
static long futex(void *x, int op, long v, void *t, void *y, unsigned c) { return syscall(SYS_futex, x, op, v, t, y, c); }
#define T(e) do { errno = 0; long r_ = (e); int x_ = errno; printf("%s: %ld %d\n", #e, r_, x_); } while (0)
static void *adder(void *p) { for (int i = 0; i < 200; i++) { pthread_mutex_lock(&m); int c = count; sched_yield(); count = c + 1; pthread_mutex_unlock(&m); } return 0; }
static void *holder(void *p) { futex(&word, FUTEX_LOCK_PI, 0, 0, 0, 0); go = 1; usleep(60000); futex(&word, FUTEX_UNLOCK_PI, 0, 0, 0, 0); return 0; }
int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  pthread_mutexattr_t a;
  pthread_mutexattr_init(&a);
  pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT);
  printf("init %d\n", pthread_mutex_init(&m, &a));
  pthread_t t[4];
  for (int i = 0; i < 4; i++) pthread_create(&t[i], 0, adder, 0);
  for (int i = 0; i < 4; i++) pthread_join(t[i], 0);
  printf("count %d\n", count);
  T(futex(&word, FUTEX_UNLOCK_PI, 0, 0, 0, 0));
  T(futex(&word, FUTEX_TRYLOCK_PI, 0, 0, 0, 0));
  printf("owner %d\n", word == syscall(SYS_gettid));
  T(futex(&word, FUTEX_LOCK_PI, 0, 0, 0, 0));
  T(futex(&word, FUTEX_UNLOCK_PI, 0, 0, 0, 0));
  printf("free %d\n", word == 0);
  pthread_create(&t[0], 0, holder, 0);
  while (!go) usleep(1000);
  T(futex(&word, FUTEX_TRYLOCK_PI, 0, 0, 0, 0));
  struct timespec past = {1, 0};
  T(futex(&word, FUTEX_LOCK_PI, 0, &past, 0, 0));
  T(futex(&word, FUTEX_LOCK_PI, 0, 0, 0, 0));
  printf("mine %d\n", (word & FUTEX_TID_MASK) == syscall(SYS_gettid));
  pthread_join(t[0], 0);
  T(futex(&word, FUTEX_UNLOCK_PI, 0, 0, 0, 0));
  printf("free %d\n", word == 0);
  word = 0x3ffffff0;
  T(futex(&word, FUTEX_LOCK_PI, 0, 0, 0, 0));
  return 0;
}
