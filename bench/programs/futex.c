// Two threads hand a futex to and fro: a wake and a wait each way.
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_int turn;
static long rounds;

static void pass(int me) {
  atomic_store(&turn, !me);
  syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}
static void await(int me) {
  while (atomic_load(&turn) != me) syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, !me, NULL, NULL, 0);
}
static void *other(void *arg) {
  for (long i = 0; i < rounds; i++) {
    await(1);
    pass(1);
  }
  return arg;
}

int main(int argc, char **argv) {
  rounds = argc > 1 ? atol(argv[1]) : 100000;
  pthread_t t;
  pthread_create(&t, NULL, other, NULL);
  for (long i = 0; i < rounds; i++) {
    pass(0);
    await(0);
  }
  pthread_join(t, NULL);
}
