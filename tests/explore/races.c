// Two threads that share something, in a way that the first argument names. Those under "racy" race; in all others
// something puts the accesses in an order.
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static int shared;
static struct {
  char a, b;
  short c;
  int d;
} neighbours;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_spinlock_t spin;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static sem_t sem;
static atomic_int turn, count;
static int ready, ends[2];
static char *heap;
static const char *how;

static int is(const char *name) { return strcmp(how, name) == 0; }
static void begin_once(void) { shared = 1; }
static void *nothing(void *p) { return p; }

static void *other(void *unused) {
  char byte;
  if (is("racy-counter"))
    for (int i = 0; i < 50; i++) shared++;
  if (is("racy-read")) return (void *)(long)shared;
  if (is("racy-heap")) heap[5] = 1;
  if (is("racy-bytes")) memset(heap, 1, 100);
  if (is("racy-stack")) **(int **)unused = 1;
  if (is("mutex"))
    for (int i = 0; i < 50; i++) {
      pthread_mutex_lock(&mutex);
      shared++;
      pthread_mutex_unlock(&mutex);
    }
  if (is("rwlock")) {
    pthread_rwlock_rdlock(&rwlock);
    ends[0] = shared;
    pthread_rwlock_unlock(&rwlock);
  }
  if (is("spin")) {
    pthread_spin_lock(&spin);
    shared++;
    pthread_spin_unlock(&spin);
  }
  if (is("cond")) {
    pthread_mutex_lock(&mutex);
    shared = 1;
    ready = 1;
    pthread_cond_signal(&cond);
    pthread_mutex_unlock(&mutex);
  }
  if (is("barrier")) {
    shared++;
    pthread_barrier_wait(&barrier);
  }
  if (is("once")) {
    pthread_once(&once, begin_once);
    return (void *)(long)shared;
  }
  if (is("semaphore")) {
    shared++;
    sem_post(&sem);
  }
  if (is("atomic"))
    for (int i = 0; i < 50; i++) count++;
  if (is("exchange")) {
    shared++;
    turn = 1;
  }
  if (is("pipe") || is("socket")) {
    shared++;
    write(ends[1], "!", 1);
  }
  if (is("neighbours"))
    for (int i = 0; i < 20; i++) neighbours.b++, neighbours.d++;
  if (is("join")) shared++;
  if (is("heap")) {
    pthread_mutex_lock(&mutex);
    free(heap);
    heap = malloc(100);
    heap[3] = 2;
    pthread_mutex_unlock(&mutex);
  }
  return NULL;
}

int main(int argc, char **argv) {
  pthread_t thread;
  int local = 0, *to_local = &local;
  char byte;
  how = argv[1];
  sem_init(&sem, 0, 0);
  pthread_spin_init(&spin, 0);
  pthread_barrier_init(&barrier, NULL, 2);
  heap = malloc(100);
  heap[5] = 0;
  if (is("socket")) {
    int pair[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    ends[0] = pair[0], ends[1] = pair[1];
  } else
    pipe(ends);
  shared = 0;
  pthread_create(&thread, NULL, other, &to_local);
  if (is("racy-counter"))
    for (int i = 0; i < 50; i++) shared++;
  if (is("racy-read")) shared = 7;
  if (is("racy-heap")) byte = heap[5];
  if (is("racy-bytes")) heap[64] = 5;
  if (is("racy-stack")) local = 2;
  if (is("mutex"))
    for (int i = 0; i < 50; i++) {
      pthread_mutex_lock(&mutex);
      shared++;
      pthread_mutex_unlock(&mutex);
    }
  if (is("rwlock")) {
    pthread_rwlock_wrlock(&rwlock);
    shared = 3;
    pthread_rwlock_unlock(&rwlock);
  }
  if (is("spin")) {
    pthread_spin_lock(&spin);
    shared++;
    pthread_spin_unlock(&spin);
  }
  if (is("cond")) {
    pthread_mutex_lock(&mutex);
    while (!ready) pthread_cond_wait(&cond, &mutex);
    pthread_mutex_unlock(&mutex);
    shared++;
  }
  if (is("barrier")) {
    pthread_barrier_wait(&barrier);
    shared++;
  }
  if (is("once")) {
    pthread_once(&once, begin_once);
    byte = shared;
  }
  if (is("semaphore")) {
    sem_wait(&sem);
    shared++;
  }
  if (is("atomic"))
    for (int i = 0; i < 50; i++) count++;
  if (is("exchange")) {
    while (!turn) usleep(1);
    shared++;
  }
  if (is("pipe") || is("socket")) {
    read(ends[0], &byte, 1);
    shared++;
  }
  if (is("neighbours"))
    for (int i = 0; i < 20; i++) neighbours.a++, neighbours.c++;
  if (is("heap")) {
    pthread_mutex_lock(&mutex);
    heap[3] = 1;
    pthread_mutex_unlock(&mutex);
  }
  pthread_join(thread, NULL);
  if (is("join")) shared++;
  // The next thread gets the stack of the one that has ended.
  pthread_create(&thread, NULL, nothing, NULL);
  pthread_join(thread, NULL);
  printf("%s\n", how);
  return 0;
}
