// Cost of one event among many watched descriptors: epollscale KIND DESCRIPTORS ROUNDS, KIND epoll, poll or select
// (always the one in the middle), or spread (epoll, any of them in turn).
// Prints nanoseconds per event, by the clock of the machine that it runs on. KIND register only watches and waits
// for a byte on standard input, KIND bare does not even watch.
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}
int main(int argc, char **argv) {
  if (argc < 4) return 0;
  const char *kind = argv[1];
  int n = atoi(argv[2]), rounds = atoi(argv[3]), last = 0, ep = -1;
  struct rlimit r = {n + 20, n + 20};
  if (setrlimit(RLIMIT_NOFILE, &r) != 0) {
    getrlimit(RLIMIT_NOFILE, &r);
    r.rlim_cur = r.rlim_max;
    setrlimit(RLIMIT_NOFILE, &r);
  }
  int watch = !strcmp(kind, "epoll") || !strcmp(kind, "register") || !strcmp(kind, "spread");
  int *fd = malloc(n * sizeof *fd);
  struct pollfd *p = malloc(n * sizeof *p);
  if (watch) ep = epoll_create1(0);
  for (int i = 0; i < n; i++) {
    fd[i] = eventfd(0, EFD_NONBLOCK);
    if (fd[i] < 0) {
      puts("limit");
      return 0;
    }
    last = fd[i];
    p[i] = (struct pollfd){fd[i], POLLIN, 0};
    struct epoll_event e = {.events = EPOLLIN, .data.u32 = i};
    if (watch && epoll_ctl(ep, EPOLL_CTL_ADD, fd[i], &e) != 0) {
      puts("limit");
      return 0;
    }
  }
  if (!strcmp(kind, "register") || !strcmp(kind, "bare")) {
    puts("ready");
    fflush(stdout);
    getchar();
    return 0;
  }
  size_t bytes = (last / 64 + 1) * 8;
  uint64_t *all = calloc(1, bytes), *set = malloc(bytes), v = 1;
  for (int i = 0; i < n; i++) all[fd[i] / 64] |= 1ull << (fd[i] % 64);
  unsigned seed = 1;
  double start = 0;
  for (int k = -rounds / 10; k < rounds; k++) {
    if (k == 0) start = now();
    seed = seed * 1103515245 + 12345;
    int at = strcmp(kind, "spread") ? n / 2 : seed % n;
    write(fd[at], &v, 8);
    if (watch) {
      struct epoll_event e[16];
      if (epoll_wait(ep, e, 16, -1) != 1 || (int)e[0].data.u32 != at) return 1;
    } else if (!strcmp(kind, "poll")) {
      if (poll(p, n, -1) != 1 || !p[at].revents) return 1;
    } else {
      memcpy(set, all, bytes);
      if (syscall(SYS_select, last + 1, set, NULL, NULL, NULL) != 1 || !(set[fd[at] / 64] >> (fd[at] % 64) & 1)) return 1;
    }
    read(fd[at], &v, 8);
  }
  printf("%.1f\n", (now() - start) / rounds);
  return 0;
}
