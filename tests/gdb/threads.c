#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <signal.h>
#include <unistd.h>
static volatile int shared;
static pthread_barrier_t met;
static void meet(long n) { shared += n; }
static void *work(void *p) {
  meet((long)p);
  pthread_barrier_wait(&met);
  return 0;
}
int main(int argc, char **argv) {
  pthread_t t[3];
  if (argc > 1 && argv[1][0] == 'c') { int *volatile p = (int *)16; return *p; }
  if (argc > 1 && argv[1][0] == 'l') for (;;) shared++;
  if (argc > 1 && argv[1][0] == 'u') { raise(SIGUSR1); return 5; }
  if (argc > 1 && argv[1][0] == 's') { signal(SIGUSR1, SIG_IGN); raise(SIGUSR1); write(1, "raised\n", 7); return 4; }
  pthread_barrier_init(&met, 0, 4);
  for (long i = 0; i < 3; i++) pthread_create(&t[i], 0, work, (void *)(i + 1));
  pthread_barrier_wait(&met);
  for (int i = 0; i < 3; i++) pthread_join(t[i], 0);
  printf("%d\n", shared);
  return 0;
}
