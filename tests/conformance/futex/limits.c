// Futex errors, time-outs relative and absolute on both clocks, bitsets.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int f, woken[3], waiting;
static void say(const char *what, long r) { printf("%s: %s %ld\n", what, r < 0 ? strerror(errno) : "ok", r < 0 ? 0 : r); }
static void *waiter(void *arg) {
  long bits = (long)arg;
  __atomic_fetch_add(&waiting, 1, __ATOMIC_SEQ_CST);
  syscall(SYS_futex, &f, FUTEX_WAIT_BITSET, 0, NULL, NULL, 1 << bits);
  __atomic_store_n(&woken[bits], 1, __ATOMIC_SEQ_CST);
  return NULL;
}

int main(void) {
  struct timespec t = {0, 1000000}, past = {0, 0}, bad = {0, 1000000000}, negative = {-1, 0};
  say("value differs", syscall(SYS_futex, &f, FUTEX_WAIT, 1, NULL, NULL, 0));
  say("relative", syscall(SYS_futex, &f, FUTEX_WAIT, 0, &t, NULL, 0));
  say("bitset, monotonic past", syscall(SYS_futex, &f, FUTEX_WAIT_BITSET, 0, &past, NULL, ~0));
  say("bitset, realtime past", syscall(SYS_futex, &f, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &past, NULL, ~0));
  say("wait with FUTEX_CLOCK_REALTIME", syscall(SYS_futex, &f, FUTEX_WAIT | FUTEX_CLOCK_REALTIME, 0, &t, NULL, 0));
  say("wake with FUTEX_CLOCK_REALTIME", syscall(SYS_futex, &f, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 1, NULL, NULL, 0));
  say("bad nanoseconds", syscall(SYS_futex, &f, FUTEX_WAIT, 0, &bad, NULL, 0));
  say("negative seconds", syscall(SYS_futex, &f, FUTEX_WAIT, 0, &negative, NULL, 0));
  say("bitset 0", syscall(SYS_futex, &f, FUTEX_WAIT_BITSET, 0, &t, NULL, 0));
  say("wake bitset 0", syscall(SYS_futex, &f, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0));
  say("unaligned", syscall(SYS_futex, (char *)&f + 2, FUTEX_WAKE, 1, NULL, NULL, 0));
  say("unmapped wait", syscall(SYS_futex, 4096, FUTEX_WAIT, 0, &t, NULL, 0));
  say("unmapped wake, private", syscall(SYS_futex, 4096, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
  say("unmapped wake, shared", syscall(SYS_futex, 4096, FUTEX_WAKE, 1, NULL, NULL, 0));
  say("no such operation", syscall(SYS_futex, &f, 99, 0, NULL, NULL, 0));
  say("FUTEX_FD", syscall(SYS_futex, &f, 2, 0, NULL, NULL, 0));
  say("requeue, negative", syscall(SYS_futex, &f, FUTEX_REQUEUE, -1, 1, &woken[0], 0));
  say("cmp_requeue differs", syscall(SYS_futex, &f, FUTEX_CMP_REQUEUE, 1, 1, &woken[0], 5));
  pthread_t threads[3];
  for (long i = 0; i < 3; i++) pthread_create(&threads[i], NULL, waiter, (void *)i);
  while (__atomic_load_n(&waiting, __ATOMIC_SEQ_CST) < 3) usleep(100);
  usleep(20000);
  say("wake bit 1", syscall(SYS_futex, &f, FUTEX_WAKE_BITSET, 10, NULL, NULL, 2));
  pthread_join(threads[1], NULL);
  printf("woken %d %d %d\n", woken[0], woken[1], woken[2]);
  say("wake bit 7", syscall(SYS_futex, &f, FUTEX_WAKE_BITSET, 10, NULL, NULL, 128));
  say("wake any", syscall(SYS_futex, &f, FUTEX_WAKE, 10, NULL, NULL, 0));
  pthread_join(threads[0], NULL);
  pthread_join(threads[2], NULL);
}
