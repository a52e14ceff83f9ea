// Kinds of mutexes: recursive, error-checking, robust (owner died), priority inheritance, process-shared.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t m;
static const char *text(int e) { return e ? strerror(e) : "ok"; }
static void *dies_holding(void *arg) { pthread_mutex_lock(arg); return NULL; }
static void *tries(void *arg) {
  printf("  another thread: try %s", text(pthread_mutex_trylock(arg)));
  printf(", unlock %s\n", text(pthread_mutex_unlock(arg)));
  return NULL;
}
static void in_thread(void *(*f)(void *), void *arg) {
  pthread_t t;
  pthread_create(&t, NULL, f, arg);
  pthread_join(t, NULL);
}

int main(void) {
  pthread_mutexattr_t a;
  pthread_mutexattr_init(&a);
  pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_init(&m, &a);
  printf("recursive: %s %s\n", text(pthread_mutex_lock(&m)), text(pthread_mutex_lock(&m)));
  in_thread(tries, &m);
  pthread_mutexattr_settype(&a, PTHREAD_MUTEX_ERRORCHECK);
  pthread_mutex_init(&m, &a);
  printf("error-checking: %s", text(pthread_mutex_lock(&m)));
  printf(" %s", text(pthread_mutex_lock(&m)));
  printf(" %s", text(pthread_mutex_unlock(&m)));
  printf(" %s\n", text(pthread_mutex_unlock(&m)));
  pthread_mutexattr_settype(&a, PTHREAD_MUTEX_NORMAL);
  pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&m, &a);
  in_thread(dies_holding, &m);
  printf("robust: %s", text(pthread_mutex_lock(&m)));
  printf(", consistent %s", text(pthread_mutex_consistent(&m)));
  printf(", unlock %s\n", text(pthread_mutex_unlock(&m)));
  in_thread(dies_holding, &m);
  pthread_mutex_lock(&m);
  pthread_mutex_unlock(&m);
  printf("left inconsistent: %s\n", text(pthread_mutex_lock(&m)));
  pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_STALLED);
  pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT);
  pthread_mutex_init(&m, &a);
  printf("pi: %s\n", text(pthread_mutex_lock(&m)));
  in_thread(tries, &m);
  struct timespec past = {1, 0};
  printf("pi again, with a time limit: %s\n", text(pthread_mutex_timedlock(&m, &past)));
  printf("unlock %s\n", text(pthread_mutex_unlock(&m)));
  pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
  pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
  pthread_mutex_t *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pthread_mutex_init(shared, &a);
  if (fork() == 0) {
    pthread_mutex_lock(shared);
    _exit(0);
  }
  wait(NULL);
  printf("robust pi, shared, its holder died: %s\n", text(pthread_mutex_lock(shared)));
}
