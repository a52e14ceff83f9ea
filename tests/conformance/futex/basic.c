// FUTEX_WAIT and WAKE: values, errors, counts, timeouts, bitsets.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
static _Atomic int word, asleep, woken;
static long futex(void *a, int op, unsigned v, void *t, void *b, unsigned c) { return syscall(SYS_futex, a, op, v, t, b, c); }
#define T(e) do { errno = 0; long r_ = (e); int x_ = errno; printf("%s: %ld %d\n", #e, r_, x_); } while (0)
static void *sleeper(void *a) { asleep++; futex(&word, (long)a ? FUTEX_WAIT_BITSET_PRIVATE : FUTEX_WAIT_PRIVATE, 0, 0, 0, (long)a); woken++; return 0; }
static void settle(int n) { while (asleep < n) usleep(1000); usleep(30000); }
int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  struct timespec ts = {0, 10000000}, bad = {0, 1000000000}, past = {1, 0};
  T(futex(&word, FUTEX_WAIT, 1, 0, 0, 0));
  T(futex(&word, FUTEX_WAIT, 0, &ts, 0, 0));
  T(futex(&word, FUTEX_WAIT, 0, &bad, 0, 0));
  T(futex(&word, FUTEX_WAIT_BITSET, 0, &past, 0, -1));
  T(futex(&word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &past, 0, -1));
  T(futex(&word, FUTEX_WAIT_BITSET, 0, 0, 0, 0));
  T(futex(&word, FUTEX_WAKE_BITSET, 1, 0, 0, 0));
  T(futex(&word, FUTEX_WAKE, 1, 0, 0, 0));
  T(futex((char *)&word + 1, FUTEX_WAIT, 0, 0, 0, 0));
  T(futex((void *)8, FUTEX_WAIT, 0, 0, 0, 0));
  T(futex((void *)8, FUTEX_WAKE, 1, 0, 0, 0));
  T(futex((void *)8, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0));
  T(futex(&word, FUTEX_FD, 0, 0, 0, 0));
  T(futex(&word, 77, 0, 0, 0, 0));
  T(futex(&word, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 1, 0, 0, 0));
  pthread_t t[5];
  for (long i = 0; i < 5; i++) pthread_create(&t[i], 0, sleeper, 0);
  settle(5);
  T(futex(&word, FUTEX_WAKE_PRIVATE, 2, 0, 0, 0));
  T(futex(&word, FUTEX_WAKE_PRIVATE, 0, 0, 0, 0));
  T(futex(&word, FUTEX_WAKE_PRIVATE, 100, 0, 0, 0));
  for (int i = 0; i < 5; i++) pthread_join(t[i], 0);
  printf("woken %d\n", woken);
  asleep = woken = 0;
  for (long i = 0; i < 4; i++) pthread_create(&t[i], 0, sleeper, (void *)(1l << i));
  settle(4);
  T(futex(&word, FUTEX_WAKE_BITSET_PRIVATE, 10, 0, 0, 5));
  T(futex(&word, FUTEX_WAKE_BITSET_PRIVATE, 10, 0, 0, 5));
  T(futex(&word, FUTEX_WAKE_BITSET_PRIVATE, 10, 0, 0, -1));
  for (int i = 0; i < 4; i++) pthread_join(t[i], 0);
  _Atomic int *sh = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pid_t c = fork();
  if (c == 0) { sh[1] = 1; futex(sh, FUTEX_WAIT, 0, 0, 0, 0); _exit(9); }
  while (!sh[1]) usleep(1000);
  usleep(30000);
  T(futex(sh, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0));
  T(futex(sh, FUTEX_WAKE, 1, 0, 0, 0));
  int st; waitpid(c, &st, 0); printf("shared %d\n", WEXITSTATUS(st));
  return 0;
}
