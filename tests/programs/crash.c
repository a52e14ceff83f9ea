// A thread crashes in a recursion while another sleeps and the first one waits.
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <unistd.h>

static sem_t ready;
static volatile double weight = 2.5;
struct node {
  struct node *next;
  int value;
};

static int sum(struct node *n, int depth) {
  if (depth == 0) return n->next->next->value;
  return sum(n, depth - 1) + n->value;
}

static void *waiting(void *arg) {
  sem_post(&ready);
  for (;;) sleep(100);
  return arg;
}

static void *crashing(void *arg) {
  struct node n = {NULL, 7};
  (void)arg;
  weight *= 1.5;
  usleep(100000);
  printf("%d\n", sum(&n, 3));
  return NULL;
}

int main(void) {
  pthread_t a, b;
  sem_init(&ready, 0, 0);
  pthread_create(&a, NULL, waiting, NULL);
  sem_wait(&ready);
  usleep(100000);
  pthread_create(&b, NULL, crashing, NULL);
  pthread_join(a, NULL);
}
