// A bank with two tellers (threads) who take their orders from pipes. Each locks the account that it takes from first,
// so two opposite transfers may wait for each other. -DFIXED: both lock the first account first.
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static struct account {
  pthread_mutex_t lock;
  int money;
} accounts[2] = {{PTHREAD_MUTEX_INITIALIZER, 100}, {PTHREAD_MUTEX_INITIALIZER, 100}};
static int orders[2][2];

static void transfer(int from, int to) {
  int first = from, second = to;
#ifdef FIXED
  first = 0, second = 1;
#endif
  pthread_mutex_lock(&accounts[first].lock);
  pthread_mutex_lock(&accounts[second].lock);
  accounts[from].money--;
  accounts[to].money++;
  pthread_mutex_unlock(&accounts[second].lock);
  pthread_mutex_unlock(&accounts[first].lock);
}

static void *teller(void *which) {
  int from = which != NULL;
  char order;
  while (read(orders[from][0], &order, 1) == 1) transfer(from, !from);
  return NULL;
}

int main(void) {
  pthread_t tellers[2];
  for (int i = 0; i < 2; i++) {
    pipe(orders[i]);
    pthread_create(&tellers[i], NULL, teller, i ? orders : NULL);
  }
  for (int i = 0; i < 10; i++)
    for (int t = 0; t < 2; t++) write(orders[t][1], "!", 1);
  for (int t = 0; t < 2; t++) close(orders[t][1]);
  for (int t = 0; t < 2; t++) pthread_join(tellers[t], NULL);
  printf("%d %d\n", accounts[0].money, accounts[1].money);
  return 0;
}
