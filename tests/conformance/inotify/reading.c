// Reading events: buffer sizes, FIONREAD, poll, blocking, merging.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../print.h"
static int bytes(int fd) {
  int n = -1;
  ioctl(fd, FIONREAD, &n);
  return n;
}
static int mask(int fd) {
  struct pollfd p = {fd, POLLIN | POLLOUT};
  poll(&p, 1, 0);
  return p.revents;
}
static void touch(const char *f) { close(open(f, O_CREAT | O_WRONLY, 0600)); }
int main(void) {
  char b[4096] __attribute__((aligned(8)));
  int in = inotify_init1(IN_NONBLOCK);
  mkdir("d", 0755);
  inotify_add_watch(in, "d", IN_CREATE);
  P("empty", read(in, b, sizeof b));
  printf("poll %x bytes %d\n", mask(in), bytes(in));
  touch("d/a");
  touch("d/bb");
  touch("d/a-rather-long-name-of-more");
  printf("poll %x bytes %d\n", mask(in), bytes(in));
  P("too small", read(in, b, 31));
  P("exactly one", read(in, b, 32));
  P("one and a half", read(in, b, 48));
  P("the long one", read(in, b, 47));
  P("the long one", read(in, b, 48));
  printf("poll %x bytes %d\n", mask(in), bytes(in));
  int w = inotify_add_watch(in, "d/a", IN_ATTRIB | IN_MODIFY);
  for (int i = 0; i < 5; i++) chmod("d/a", 0600 + i);
  printf("merged %d\n", bytes(in));
  int fd = open("d/a", O_WRONLY);
  write(fd, "x", 1);
  fchmod(fd, 0600);
  write(fd, "x", 1);
  fchmod(fd, 0600);
  printf("only the last is looked at %d\n", bytes(in));
  inotify_rm_watch(in, w);
  printf("ignored %d\n", bytes(in));
  P("write", write(in, b, 1));
  P("lseek", lseek(in, 0, SEEK_CUR));
  int s = inotify_init();
  inotify_add_watch(s, "d", IN_CREATE);
  if (fork() == 0) {
    usleep(20000);
    touch("d/late");
    _exit(0);
  }
  ssize_t n = read(s, b, sizeof b);
  printf("blocking read %zd %s\n", n, ((struct inotify_event *)b)->name);
  wait(0);
  if (fork() == 0) {
    usleep(20000);
    touch("d/later");
    _exit(0);
  }
  struct pollfd p = {s, POLLIN};
  P("poll", poll(&p, 1, -1));
  wait(0);
  return 0;
}
