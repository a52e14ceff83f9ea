// splice to a descriptor whose kind cannot take it is refused before the pipe is looked at, empty or not.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <unistd.h>

int main(void) {
  int p[2];
  if (pipe(p)) return 1;
  struct { const char *name; int fd; } out[] = {
      {"eventfd", eventfd(0, 0)}, {"epoll", epoll_create1(0)}, {"timerfd", timerfd_create(CLOCK_MONOTONIC, 0)}, {"inotify", inotify_init()}};
  for (int full = 0; full < 2; full++) {
    if (full && write(p[1], "12345678", 8) != 8) return 1;
    for (unsigned i = 0; i < sizeof out / sizeof *out; i++) {
      int r = splice(p[0], 0, out[i].fd, 0, 8, 0);
      printf("%s: %d %s\n", out[i].name, r, r < 0 ? strerrorname_np(errno) : "");
    }
  }
  return 0;
}
