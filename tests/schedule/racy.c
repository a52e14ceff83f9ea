// Two threads add to one number without a lock: what is lost depends on where they are interrupted.
#include <pthread.h>
#include <stdio.h>

static volatile long counter;

static void *add(void *arg) {
  (void)arg;
  for (int i = 0; i < 200000; i++) {
    long seen = counter;
    for (volatile int pause = 0; pause < 5; pause++);
    counter = seen + 1;
  }
  return NULL;
}

int main(void) {
  pthread_t a, b;
  pthread_create(&a, NULL, add, NULL);
  pthread_create(&b, NULL, add, NULL);
  pthread_join(a, NULL);
  pthread_join(b, NULL);
  printf("%ld\n", counter);
}
