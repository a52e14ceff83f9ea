// Three kilobytes arrive, the program reads one, and waits again. Argument: level, edge, or loop (edge-triggered
// and read until EAGAIN).
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv) {
  const char *mode = argc > 1 ? argv[1] : "level";
  int pair[2];
  char buffer[3072] = {0};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) < 0) return 1;
  int ep = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN | (strcmp(mode, "level") ? EPOLLET : 0), .data.fd = pair[0]};
  epoll_ctl(ep, EPOLL_CTL_ADD, pair[0], &event);
  if (write(pair[1], buffer, sizeof buffer) != sizeof buffer) return 1;
  for (int round = 0; round < 2; round++) {
    struct epoll_event got;
    int n = epoll_wait(ep, &got, 1, 50);
    printf("wait %d: %d\n", round, n);
    if (n < 1) break;
    ssize_t r;
    do {
      r = read(pair[0], buffer, 1024);
      if (r < 0) printf("read: %s\n", errno == EAGAIN ? "EAGAIN" : "error");
      else printf("read %zd\n", r);
    } while (!strcmp(mode, "loop") && r > 0);
  }
  return 0;
}
