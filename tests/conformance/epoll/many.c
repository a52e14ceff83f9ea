// Many descriptors: order of events, fairness of small buffers.
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>
#include "events.h"
#define N 200
int main(void) {
  struct rlimit rl = {1024, 1024};
  setrlimit(RLIMIT_NOFILE, &rl);
  int p[N][2];
  ep = epoll_create1(0);
  for (int i = 0; i < N; i++) {
    pipe(p[i]);
    ctl(EPOLL_CTL_ADD, p[i][0], EPOLLIN, i);
  }
  show("none", 64);
  int order[] = {17, 3, 199, 42, 0};
  for (int i = 0; i < 5; i++) write(p[order[i]][1], "x", 1);
  show("in order of arrival", 64);
  show("two", 2);
  show("two", 2);
  show("two", 2);
  char c;
  read(p[3][0], &c, 1);
  show("without 3", 64);
  for (int i = 0; i < N; i++) write(p[i][1], "x", 1);
  int seen[N] = {0}, rounds = 0, total = 0;
  struct epoll_event e[16];
  while (total < N && rounds < 100) {
    int r = epoll_wait(ep, e, 16, 0);
    for (int i = 0; i < r; i++)
      if (!seen[e[i].data.u64]++) total++;
    rounds++;
  }
  printf("all %d in %d rounds\n", total, rounds);
  return 0;
}
