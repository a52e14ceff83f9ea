// Everything that depends on the seed: addresses, random bytes, the schedule, times.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

static volatile unsigned order;

static void *race(void *which) {
  for (int i = 0; i < 300; i++) order = order * 31 + (which != NULL);
  return NULL;
}

int main(void) {
  int here;
  unsigned random[2];
  struct timespec now;
  pthread_t other[2];
  getrandom(random, sizeof random, 0);
  for (long i = 0; i < 2; i++) pthread_create(&other[i], NULL, race, (void *)i);
  for (int i = 0; i < 2; i++) pthread_join(other[i], NULL);
  clock_gettime(CLOCK_MONOTONIC, &now);
  printf("%p %p %p %p\n", (void *)&here, (void *)main, malloc(10), (void *)getauxval(AT_SYSINFO_EHDR));
  printf("%08x %08x %08x %ld %ld %x\n", random[0], random[1], *(unsigned *)getauxval(AT_RANDOM), now.tv_nsec, (long)getpid(), order);
  return 0;
}
