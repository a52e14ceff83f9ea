// How many of 64 waiting threads an event wakes, each with an epoll file of its own on the same pipe. Argument:
// shared or exclusive.
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define WAITERS 64
static int source, epolls[WAITERS];
static atomic_int waiting, woken, done;

static void *waiter(void *arg) {
  int ep = epolls[(long)arg];
  struct epoll_event event;
  atomic_fetch_add(&waiting, 1);
  while (!atomic_load(&done))
    if (epoll_wait(ep, &event, 1, -1) == 1 && !atomic_load(&done)) atomic_fetch_add(&woken, 1);
  return NULL;
}

int main(int argc, char **argv) {
  int exclusive = argc > 1 && !strcmp(argv[1], "exclusive");
  source = eventfd(0, EFD_NONBLOCK);
  int stop = eventfd(0, EFD_NONBLOCK);
  pthread_t threads[WAITERS];
  for (long i = 0; i < WAITERS; i++) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLET | (exclusive ? EPOLLEXCLUSIVE : 0)};
    struct epoll_event last = {.events = EPOLLIN};
    epolls[i] = epoll_create1(0);
    epoll_ctl(epolls[i], EPOLL_CTL_ADD, source, &event);
    epoll_ctl(epolls[i], EPOLL_CTL_ADD, stop, &last);
    pthread_create(&threads[i], NULL, waiter, (void *)i);
  }
  while (atomic_load(&waiting) < WAITERS) usleep(1000);
  usleep(300000);
  for (int event = 1; event <= 5; event++) {
    int before = atomic_load(&woken);
    eventfd_write(source, 1);
    usleep(300000);
    eventfd_t value;
    eventfd_read(source, &value);
    printf("event %d wakes %d\n", event, atomic_load(&woken) - before);
  }
  atomic_store(&done, 1);
  eventfd_write(stop, 1);
  for (int i = 0; i < WAITERS; i++) pthread_join(threads[i], NULL);
  return 0;
}
