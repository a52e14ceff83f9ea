// Cycles of adding and deleting: prints a line and waits for a byte after each part.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
static void pause_(const char *what) {
  char c;
  printf("%s\n", what);
  fflush(stdout);
  read(0, &c, 1);
}
int main(void) {
  int ep = epoll_create1(0), outer = epoll_create1(0), fd[10], p[2], bad = 0;
  struct epoll_event e = {.events = EPOLLIN};
  epoll_ctl(outer, EPOLL_CTL_ADD, ep, &e);
  for (int i = 0; i < 10; i++) fd[i] = eventfd(1, EFD_NONBLOCK);
  for (int part = 0; part < 2; part++) {
    int cycles = part == 0 ? 20000 : 1000000;
    for (int i = 0; i < cycles; i++) {
      e.events = i & 1 ? EPOLLIN : EPOLLIN | EPOLLET;
      bad += epoll_ctl(ep, EPOLL_CTL_ADD, fd[i % 10], &e);
      bad += epoll_ctl(ep, EPOLL_CTL_DEL, fd[i % 10], &e);
    }
    // The same by closing, and with whole epolls.
    for (int i = 0; i < cycles / 50; i++) {
      int one = epoll_create1(0);
      pipe(p);
      bad += epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &e);
      bad += epoll_ctl(one, EPOLL_CTL_ADD, p[1], &e);
      bad += epoll_ctl(outer, EPOLL_CTL_ADD, one, &e);
      close(p[0]);
      close(one);
      close(p[1]);
    }
    pause_(part == 0 ? "warm" : "done");
  }
  printf("failed %d, left %d %d\n", bad, epoll_wait(ep, &e, 1, 0), epoll_wait(outer, &e, 1, 0));
  return 0;
}
