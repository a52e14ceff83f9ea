// Condition variables with time limits on both clocks, broadcast, read-write locks, barriers, semaphores, spin locks.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t barrier;
static sem_t sem;
static int waiting, woken, go, serials;
static void *waiter(void *arg) {
  (void)arg;
  pthread_mutex_lock(&m);
  waiting++;
  while (!go) pthread_cond_wait(&c, &m);
  woken++;
  pthread_mutex_unlock(&m);
  if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) __atomic_fetch_add(&serials, 1, __ATOMIC_SEQ_CST);
  sem_wait(&sem);
  return NULL;
}
static void *reader(void *arg) {
  printf("  reader: %s\n", strerror(pthread_rwlock_tryrdlock(&rw)));
  (void)arg;
  return NULL;
}

int main(void) {
  struct timespec t;
  pthread_mutex_lock(&m);
  clock_gettime(CLOCK_REALTIME, &t);
  t.tv_nsec += 2000000;
  if (t.tv_nsec >= 1000000000) t.tv_nsec -= 1000000000, t.tv_sec++;
  printf("realtime: %s\n", strerror(pthread_cond_timedwait(&c, &m, &t)));
  clock_gettime(CLOCK_MONOTONIC, &t);
  printf("monotonic: %s\n", strerror(pthread_cond_clockwait(&c, &m, CLOCK_MONOTONIC, &t)));
  pthread_mutex_unlock(&m);
  pthread_t threads[10];
  pthread_barrier_init(&barrier, NULL, 10);
  sem_init(&sem, 0, 0);
  for (int i = 0; i < 10; i++) pthread_create(&threads[i], NULL, waiter, NULL);
  for (;;) {
    pthread_mutex_lock(&m);
    if (waiting == 10) break;
    pthread_mutex_unlock(&m);
    usleep(500);
  }
  go = 1;
  pthread_cond_broadcast(&c);
  pthread_mutex_unlock(&m);
  for (int i = 0; i < 10; i++) sem_post(&sem);
  for (int i = 0; i < 10; i++) pthread_join(threads[i], NULL);
  int value;
  sem_getvalue(&sem, &value);
  printf("woken %d, serial %d, semaphore %d\n", woken, serials, value);
  t.tv_sec = 0;
  printf("sem_timedwait: %s\n", sem_timedwait(&sem, &t) < 0 ? strerror(errno) : "ok");
  printf("sem_trywait: %s\n", sem_trywait(&sem) < 0 ? strerror(errno) : "ok");
  pthread_t r;
  pthread_rwlock_wrlock(&rw);
  pthread_create(&r, NULL, reader, NULL);
  pthread_join(r, NULL);
  pthread_rwlock_unlock(&rw);
  pthread_create(&r, NULL, reader, NULL);
  pthread_join(r, NULL);
}
