// EPOLLEXCLUSIVE: of several epolls on one pipe at least one, not all, wakes.
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
  for (int excl = 0; excl < 2; excl++) {
    int p[2], n = 0;
    pipe(p);
    for (int i = 0; i < 4; i++)
      if (fork() == 0) {
        int ep = epoll_create1(0);
        struct epoll_event e = {.events = EPOLLIN | (excl ? EPOLLEXCLUSIVE : 0)};
        epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &e);
        _exit(epoll_wait(ep, &e, 1, 400));
      }
    usleep(100000);
    write(p[1], "x", 1);
    for (int i = 0; i < 4; i++) {
      int st;
      wait(&st);
      n += WEXITSTATUS(st);
    }
    if (excl) printf("exclusive: some %d, all %d\n", n > 0, n == 4);
    else printf("shared: %d\n", n);
  }
  return 0;
}
