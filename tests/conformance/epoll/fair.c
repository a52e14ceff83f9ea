// More ready than fit: the list goes round, so everybody has a turn; what becomes ready later goes last.
#include "modes.h"
#include <sys/eventfd.h>
#define N 50
static int fd[N];
static void raise_(int i) {
  uint64_t v = 1;
  write(fd[i], &v, 8);
}
static void turn(const char *what, int ep, int max) {
  struct epoll_event e[N];
  int n = epoll_wait(ep, e, max, 0);
  printf("%s: %d:", what, n);
  for (int i = 0; i < n; i++) printf(" %u", e[i].data.u32);
  printf("\n");
}
int main(void) {
  int ep = epoll_create1(0);
  for (int i = 0; i < N; i++) {
    fd[i] = eventfd(0, EFD_NONBLOCK);
    add(ep, fd[i], EPOLLIN, i);
  }
  for (int i = N - 1; i >= 0; i -= 3) raise_(i);
  for (int i = 0; i < 8; i++) turn("three at a time", ep, 3);
  raise_(0);
  for (int i = 0; i < 8; i++) turn("with a new one", ep, 3);
  uint64_t v;
  read(fd[N - 4], &v, 8);
  read(fd[N - 7], &v, 8);
  turn("two taken", ep, N);
  mod(ep, fd[N - 1], EPOLLIN | EPOLLET, N - 1);
  mod(ep, fd[N - 10], EPOLLIN | EPOLLONESHOT, N - 10);
  for (int i = 0; i < 6; i++) turn("mixed", ep, 4);
  mod(ep, fd[N - 10], EPOLLIN, N - 10);
  for (int i = 0; i < 6; i++) turn("one-shot back as level", ep, 4);
  raise_(N - 1);
  for (int i = 0; i < 6; i++) turn("a new edge", ep, 4);
  // One at a time over all of them serves each exactly once a round.
  int served[N] = {0};
  for (int i = 0; i < N; i++) mod(ep, fd[i], EPOLLIN, i), raise_(i);
  for (int i = 0; i < 4 * N; i++) {
    struct epoll_event e;
    if (epoll_wait(ep, &e, 1, 0) == 1) served[e.data.u32]++;
  }
  for (int i = 0; i < N; i++) printf("%d ", served[i]);
  printf("\n");
  for (int i = 0; i < N; i += 2) del(ep, fd[i]);
  turn("half removed", ep, N);
  return 0;
}
