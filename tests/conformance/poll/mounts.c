// /proc/self/mounts can be polled: a change of the mounts is told of once, to each open file.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
static void look(const char *what, int fd) {
  struct pollfd p = {fd, POLLIN | POLLPRI, 0};
  int n = poll(&p, 1, 0);
  printf("%s: %d %#x\n", what, n, p.revents);
}
int main(void) {
  char b[4096];
  unshare(CLONE_NEWNS);
  mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
  int a = open("/proc/self/mounts", O_RDONLY), i = open("/proc/self/mountinfo", O_RDONLY), ep = epoll_create1(0);
  struct epoll_event e = {.events = EPOLLPRI};
  printf("add %d\n", epoll_ctl(ep, EPOLL_CTL_ADD, a, &e));
  look("fresh", a);
  look("fresh", i);
  mkdir("m", 0700);
  if (mount("none", "m", "tmpfs", 0, NULL) != 0) {
    printf("no right to mount\n");
    return 0;
  }
  int n = epoll_wait(ep, &e, 1, 0);
  printf("epoll: %d %#x\n", n, n > 0 ? e.events : 0);
  look("told before", a);
  look("mounted", i);
  look("again", i);
  while (read(i, b, sizeof b) > 0);
  look("read", i);
  umount("m");
  look("unmounted", i);
  look("unmounted", a);
  look("a file opened later", open("/proc/self/mounts", O_RDONLY));
  rmdir("m");
  return 0;
}
