// Cancellation with cleanup handlers, thread-specific data destructors, detached threads, rwlocks, semaphores, once.
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <unistd.h>
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static sem_t sem;
static _Atomic int destroyed, cleaned, onces, readers;
static void destroy(void *p) { destroyed += (long)p; }
static void clean(void *p) { cleaned += (long)p; }
static void init(void) { onces++; pthread_key_create(&key, destroy); }
static void *sleeper(void *a) { pthread_once(&once, init); pthread_setspecific(key, (void *)10); pthread_cleanup_push(clean, (void *)100); sem_post(&sem); for (;;) sleep(100); pthread_cleanup_pop(0); return 0; }
static void *spinner(void *a) { int old; pthread_once(&once, init); pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &old); sem_post(&sem); for (;;) ; return 0; }
static void *reader(void *a) { pthread_once(&once, init); pthread_rwlock_rdlock(&rw); readers++; sem_post(&sem); usleep(20000); pthread_rwlock_unlock(&rw); return 0; }
static void *detached(void *a) { usleep(1000); sem_post(&sem); return 0; }
int main(void) {
  sem_init(&sem, 0, 0);
  pthread_t t[8];
  void *r;
  for (int i = 0; i < 4; i++) pthread_create(&t[i], 0, sleeper, 0);
  for (int i = 0; i < 4; i++) sem_wait(&sem);
  for (int i = 0; i < 4; i++) { pthread_cancel(t[i]); pthread_join(t[i], &r); printf("canceled %d\n", r == PTHREAD_CANCELED); }
  printf("destroyed %d cleaned %d once %d\n", destroyed, cleaned, onces);
  pthread_create(&t[0], 0, spinner, 0);
  sem_wait(&sem);
  pthread_cancel(t[0]); pthread_join(t[0], &r); printf("async %d\n", r == PTHREAD_CANCELED);
  for (int i = 0; i < 5; i++) pthread_create(&t[i], 0, reader, 0);
  for (int i = 0; i < 5; i++) sem_wait(&sem);
  printf("readers %d try %d\n", readers, pthread_rwlock_trywrlock(&rw) != 0);
  pthread_rwlock_wrlock(&rw); puts("writer"); pthread_rwlock_unlock(&rw);
  for (int i = 0; i < 5; i++) pthread_join(t[i], 0);
  pthread_attr_t at; pthread_attr_init(&at); pthread_attr_setdetachstate(&at, PTHREAD_CREATE_DETACHED);
  for (int i = 0; i < 10; i++) pthread_create(&t[0], &at, detached, 0);
  for (int i = 0; i < 10; i++) sem_wait(&sem);
  struct timespec ts; clock_gettime(CLOCK_REALTIME, &ts); ts.tv_nsec += 20000000; if (ts.tv_nsec >= 1000000000) { ts.tv_nsec -= 1000000000; ts.tv_sec++; }
  printf("timedwait %d\n", sem_timedwait(&sem, &ts));
  return 0;
}
