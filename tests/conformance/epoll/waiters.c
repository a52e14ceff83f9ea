// Several threads wait on one epoll: one event wakes one of them (level and edge), closing wakes nobody.
#include "modes.h"
#include <pthread.h>
#include <sys/eventfd.h>
#define N 6
static int ep, out[2];
static void *waiter(void *arg) {
  (void)arg;
  for (;;) {
    struct epoll_event e;
    int n = epoll_wait(ep, &e, 1, -1);
    if (n < 0) continue;
    uint32_t got = e.data.u32;
    uint64_t v;
    if (got < 90) read(got, &v, 8);
    write(out[1], &got, 4);
    if (got >= 90) return NULL;
  }
}
// Number of wake-ups until nothing more has come for a while.
static uint32_t one(void) {
  uint32_t got;
  read(out[0], &got, 4);
  return got;
}
int main(void) {
  ep = epoll_create1(0);
  pipe(out);
  pthread_t t[N];
  for (int i = 0; i < N; i++) pthread_create(&t[i], NULL, waiter, NULL);
  usleep(50000);
  int a = eventfd(0, EFD_NONBLOCK);
  dup2(a, 50);
  dup2(eventfd(0, EFD_NONBLOCK), 51);
  add(ep, 50, EPOLLIN | EPOLLET, 50);
  add(ep, 51, EPOLLIN | EPOLLET, 51);
  uint64_t v = 1;
  for (int i = 0; i < 5; i++) {
    write(50, &v, 8);
    printf("%u\n", one());
    write(51, &v, 8);
    printf("%u\n", one());
  }
  // Each waiter is told to end by an edge of its own: exactly N answers come.
  for (int i = 0; i < N; i++) add(ep, dup2(eventfd(1, 0), 90 + i), EPOLLIN | EPOLLONESHOT, 90 + i);
  uint32_t sum = 0;
  for (int i = 0; i < N; i++) sum += one();
  for (int i = 0; i < N; i++) pthread_join(t[i], NULL);
  printf("sum %u\n", sum);
  fcntl(out[0], F_SETFL, O_NONBLOCK);
  printf("nothing more: %d\n", read(out[0], &sum, 4) < 0);
  return 0;
}
