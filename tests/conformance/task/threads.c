// Many threads: mutex, condition variable, barrier, TLS, join values.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#define N 64
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t bar;
static __thread int tls = 5;
static int counter, turn;
static void *work(void *arg) {
  long n = (long)arg;
  tls += n;
  pthread_barrier_wait(&bar);
  for (int i = 0; i < 100; i++) { pthread_mutex_lock(&m); counter++; pthread_mutex_unlock(&m); }
  pthread_mutex_lock(&m);
  while (turn != n) pthread_cond_wait(&c, &m);
  if (n % 16 == 0) printf("turn %ld tls %d\n", n, tls);
  turn++;
  pthread_cond_broadcast(&c);
  pthread_mutex_unlock(&m);
  return (void *)(n * n + tls);
}
int main(void) {
  pthread_t t[N];
  pthread_barrier_init(&bar, NULL, N);
  for (long i = 0; i < N; i++) if (pthread_create(&t[i], NULL, work, (void *)i)) { puts("create failed"); return 1; }
  long sum = 0;
  for (int i = 0; i < N; i++) { void *r; pthread_join(t[i], &r); sum += (long)r; }
  printf("counter=%d turn=%d sum=%ld tls=%d\n", counter, turn, sum, tls);
  return 0;
}
