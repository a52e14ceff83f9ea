// FUTEX_REQUEUE, CMP_REQUEUE and WAKE_OP.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
static _Atomic int a, b, asleep;
static long futex(void *x, int op, long v, long t, void *y, unsigned c) { return syscall(SYS_futex, x, op, v, t, y, c); }
#define T(e) do { errno = 0; long r_ = (e); int x_ = errno; printf("%s: %ld %d\n", #e, r_, x_); } while (0)
static void *sleeper(void *p) { asleep++; futex(p, FUTEX_WAIT, *(int *)p, 0, 0, 0); return 0; }
int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  pthread_t t[6];
  for (int i = 0; i < 6; i++) pthread_create(&t[i], 0, sleeper, &a);
  while (asleep < 6) usleep(1000);
  usleep(30000);
  T(futex(&a, FUTEX_CMP_REQUEUE, 1, 2, &b, 5));
  T(futex(&a, FUTEX_CMP_REQUEUE, 1, 2, &b, 0));
  T(futex(&a, FUTEX_REQUEUE, 0, 1, &b, 0));
  T(futex(&b, FUTEX_WAKE, 100, 0, 0, 0));
  T(futex(&a, FUTEX_REQUEUE, -1, 1, &b, 0));
  T(futex(&a, FUTEX_CMP_REQUEUE, 1, -1, &b, 0));
  T(futex(&a, FUTEX_WAKE, 100, 0, 0, 0));
  for (int i = 0; i < 6; i++) pthread_join(t[i], 0);
  asleep = 0;
  pthread_create(&t[0], 0, sleeper, &a); pthread_create(&t[1], 0, sleeper, &b);
  while (asleep < 2) usleep(1000);
  usleep(30000);
  T(futex(&a, FUTEX_WAKE_OP, 1, 1, &b, FUTEX_OP(FUTEX_OP_ADD, 5, FUTEX_OP_CMP_EQ, 0)));
  printf("b=%d\n", b);
  for (int i = 0; i < 2; i++) pthread_join(t[i], 0);
  T(futex(&a, FUTEX_WAKE_OP, 1, 1, &b, FUTEX_OP(FUTEX_OP_SET, -3, FUTEX_OP_CMP_LT, 0)));
  printf("b=%d\n", b);
  T(futex(&a, FUTEX_WAKE_OP, 1, 1, &b, FUTEX_OP(FUTEX_OP_ANDN, 1, FUTEX_OP_CMP_GE, 0)));
  printf("b=%d\n", b);
  T(futex(&a, FUTEX_WAKE_OP, 1, 1, &b, FUTEX_OP(FUTEX_OP_XOR | 8, 4, FUTEX_OP_CMP_NE, 0)));
  printf("b=%d\n", b);
  T(futex(&a, FUTEX_WAKE_OP, 1, 1, &b, 0x70000000));
  T(futex(&a, FUTEX_WAKE_OP, 1, 1, (void *)8, 0));
  return 0;
}
