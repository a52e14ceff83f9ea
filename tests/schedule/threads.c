// 64 threads: a mutex, a condition variable, a barrier, cancellation, thread-local storage.
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { THREADS = 64, ROUNDS = 4, CANCELLED = 8 };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER, emptied = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_key_t key;
static __thread int mine;
static long counter, slot = -1, received, phase[ROUNDS];
static atomic_int cleaned, destroyed;

static void destroy(void *p) { atomic_fetch_add(&destroyed, 1); free(p); }
static void cleanup(void *p) { (void)p; atomic_fetch_add(&cleaned, 1); }

static void *worker(void *arg) {
  long id = (long)arg;
  int *value = malloc(sizeof *value);
  *value = id;
  pthread_setspecific(key, value);
  mine = id * 3;
  for (int round = 0; round < ROUNDS; round++) {
    pthread_mutex_lock(&lock);
    counter += id;
    phase[round]++;
    pthread_mutex_unlock(&lock);
    pthread_barrier_wait(&barrier);
    // After the barrier everybody has been here.
    pthread_mutex_lock(&lock);
    if (phase[round] != THREADS) abort();
    pthread_mutex_unlock(&lock);
  }
  // Hand a number over, one at a time.
  pthread_mutex_lock(&lock);
  while (slot >= 0) pthread_cond_wait(&emptied, &lock);
  slot = id;
  pthread_cond_signal(&filled);
  pthread_mutex_unlock(&lock);
  if (mine != id * 3 || *(int *)pthread_getspecific(key) != id) abort();
  return (void *)(id * id);
}

static void *sleeper(void *arg) {
  (void)arg;
  pthread_cleanup_push(cleanup, NULL);
  for (;;) sleep(1000);
  pthread_cleanup_pop(0);
  return NULL;
}

int main(void) {
  pthread_t threads[THREADS], sleepers[CANCELLED];
  pthread_attr_t attr;
  pthread_attr_init(&attr);
  pthread_attr_setstacksize(&attr, 65536);
  pthread_barrier_init(&barrier, NULL, THREADS);
  pthread_key_create(&key, destroy);
  for (long i = 0; i < CANCELLED; i++) pthread_create(&sleepers[i], &attr, sleeper, NULL);
  for (long i = 0; i < THREADS; i++) pthread_create(&threads[i], &attr, worker, (void *)i);
  for (int i = 0; i < THREADS; i++) {
    pthread_mutex_lock(&lock);
    while (slot < 0) pthread_cond_wait(&filled, &lock);
    received += slot;
    slot = -1;
    pthread_cond_signal(&emptied);
    pthread_mutex_unlock(&lock);
  }
  long sum = 0;
  for (int i = 0; i < THREADS; i++) {
    void *result;
    pthread_join(threads[i], &result);
    sum += (long)result;
  }
  int cancelled = 0;
  for (int i = 0; i < CANCELLED; i++) {
    void *result;
    pthread_cancel(sleepers[i]);
    pthread_join(sleepers[i], &result);
    cancelled += result == PTHREAD_CANCELED;
  }
  // A thread may be cancelled before it has pushed its handler.
  int ran = atomic_load(&cleaned);
  printf("counter %ld received %ld squares %ld cancelled %d cleaned %s destroyed %d\n", counter, received, sum, cancelled,
         ran <= CANCELLED ? "yes" : "no", atomic_load(&destroyed));
}
