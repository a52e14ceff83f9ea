// Files without a position: seeking, positioned reads and writes, and the pos line of fdinfo.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>
static void say(const char *what, long r) { printf("  %s: %ld %s\n", what, r, r < 0 ? strerrorname_np(errno) : ""); }
static void try(const char *name, int fd) {
  printf("%s\n", name);
  uint64_t v = 1;
  char path[40], line[100] = "";
  say("lseek", lseek(fd, 5, SEEK_SET));
  say("lseek from the end", lseek(fd, 0, SEEK_END));
  say("lseek, bad whence", lseek(fd, 0, 9));
  say("pwrite", pwrite(fd, &v, 8, 3));
  say("pread", pread(fd, &v, 8, 3));
  say("write", write(fd, &v, 8));
  say("lseek here", lseek(fd, 0, SEEK_CUR));
  sprintf(path, "/proc/self/fdinfo/%d", fd);
  FILE *f = fopen(path, "r");
  fgets(line, sizeof line, f);
  fclose(f);
  printf("  %s", line);
}
int main(void) {
  sigset_t s;
  sigemptyset(&s);
  sigaddset(&s, SIGUSR1);
  try("eventfd", eventfd(0, EFD_NONBLOCK));
  try("timerfd", timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
  try("signalfd", signalfd(-1, &s, SFD_NONBLOCK));
  try("inotify", inotify_init1(IN_NONBLOCK));
  try("epoll", epoll_create1(0));
  int p[2];
  pipe2(p, O_NONBLOCK);
  try("pipe, reader", p[0]);
  try("pipe, writer", p[1]);
  return 0;
}
