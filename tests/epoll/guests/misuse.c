// Misuses of epoll. Argument: oneshot (never armed again), blocking (edge-triggered), dup (closed, kept by a duplicate).
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "oneshot";
  int fds[2];
  char buffer[64];
  if (pipe(fds) < 0) return 1;
  if (strcmp(what, "blocking")) fcntl(fds[0], F_SETFL, O_NONBLOCK);
  int ep = epoll_create1(0);
  unsigned flags = !strcmp(what, "oneshot") ? EPOLLONESHOT : !strcmp(what, "blocking") ? EPOLLET : 0;
  struct epoll_event event = {.events = EPOLLIN | flags, .data.fd = fds[0]}, got;
  epoll_ctl(ep, EPOLL_CTL_ADD, fds[0], &event);
  if (!strcmp(what, "dup")) {
    dup(fds[0]);
    close(fds[0]);
    return 0;
  }
  write(fds[1], "hello", 5);
  epoll_wait(ep, &got, 1, -1);
  read(fds[0], buffer, sizeof buffer);
  write(fds[1], "again", 5);
  epoll_wait(ep, &got, 1, 20);
  if (!strcmp(what, "blocking")) read(fds[0], buffer, sizeof buffer);
  return 0;
}
