// One epoll file, and what it reports.
#include <stdio.h>
#include <sys/epoll.h>
static int ep;
// Waits without sleeping and prints what comes, up to n.
static void show(const char *what, int n) {
  struct epoll_event e[64];
  int r = epoll_wait(ep, e, n, 0);
  printf("%s: %d", what, r);
  for (int i = 0; i < r; i++) printf(" %lu:%x", (unsigned long)e[i].data.u64, e[i].events);
  printf("\n");
}
static int ctl(int op, int fd, unsigned events, unsigned long data) {
  struct epoll_event e = {.events = events, .data.u64 = data};
  return epoll_ctl(ep, op, fd, &e);
}
