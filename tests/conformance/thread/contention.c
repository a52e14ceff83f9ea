// Producer and consumers with a bounded buffer; condition variables with timeouts on both clocks.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#define CAP 8
static int buf[CAP], head, tail, used, done;
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t notEmpty = PTHREAD_COND_INITIALIZER, notFull = PTHREAD_COND_INITIALIZER;
static long sums[4];
static void *consume(void *a) {
  long i = (long)a;
  for (;;) {
    pthread_mutex_lock(&m);
    while (!used && !done) pthread_cond_wait(&notEmpty, &m);
    if (!used) { pthread_mutex_unlock(&m); return 0; }
    sums[i] += buf[tail]; tail = (tail + 1) % CAP; used--;
    pthread_cond_signal(&notFull);
    pthread_mutex_unlock(&m);
  }
}
int main(void) {
  pthread_t t[4];
  for (long i = 0; i < 4; i++) pthread_create(&t[i], 0, consume, (void *)i);
  for (int i = 1; i <= 5000; i++) {
    pthread_mutex_lock(&m);
    while (used == CAP) pthread_cond_wait(&notFull, &m);
    buf[head] = i; head = (head + 1) % CAP; used++;
    pthread_cond_signal(&notEmpty);
    pthread_mutex_unlock(&m);
  }
  pthread_mutex_lock(&m); done = 1; pthread_cond_broadcast(&notEmpty); pthread_mutex_unlock(&m);
  for (int i = 0; i < 4; i++) pthread_join(t[i], 0);
  printf("sum %ld\n", sums[0] + sums[1] + sums[2] + sums[3]);
  for (int c = 0; c < 2; c++) {
    pthread_condattr_t ca; pthread_condattr_init(&ca); pthread_condattr_setclock(&ca, c ? CLOCK_MONOTONIC : CLOCK_REALTIME);
    pthread_cond_t cv; pthread_cond_init(&cv, &ca);
    struct timespec ts; clock_gettime(c ? CLOCK_MONOTONIC : CLOCK_REALTIME, &ts);
    ts.tv_nsec += 20000000; if (ts.tv_nsec >= 1000000000) { ts.tv_nsec -= 1000000000; ts.tv_sec++; }
    pthread_mutex_lock(&m);
    printf("timedwait %d\n", pthread_cond_timedwait(&cv, &m, &ts) == ETIMEDOUT);
    pthread_mutex_unlock(&m);
  }
  return 0;
}
