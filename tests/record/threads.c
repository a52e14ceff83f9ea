// Threads that race for a counter without a lock: what comes out depends on the schedule.
#include <pthread.h>
#include <stdio.h>

static volatile int counter;

static void *add(void *unused) {
  for (int i = 0; i < 20000; i++) counter = counter + 1;
  return NULL;
}

int main(void) {
  pthread_t t[4];
  for (int i = 0; i < 4; i++) pthread_create(&t[i], NULL, add, NULL);
  for (int i = 0; i < 4; i++) pthread_join(t[i], NULL);
  printf("%d\n", counter);
  return 0;
}
