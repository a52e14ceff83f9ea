// Open files and working directories survive a rename; links in /proc follow.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

/* Prints an expression with its result or errno. */
#define T(e)                                                            \
  do {                                                                  \
    errno = 0;                                                          \
    long r_ = (long)(e);                                                \
    if (r_ == -1) printf("%s = -1 %s\n", #e, strerrorname_np(errno));   \
    else printf("%s = %ld\n", #e, r_);                                  \
  } while (0)

static void show(const char *what, const char *link) {
  char buf[256];
  ssize_t n = readlink(link, buf, sizeof buf - 1);
  buf[n < 0 ? 0 : n] = 0;
  char *last = strrchr(buf, '/');
  printf("%s: %s\n", what, last ? last : buf);
}
int main(void) {
  mkdir("d", 0755);
  int fd = open("d/f", O_CREAT | O_RDWR, 0600);
  chdir("d");
  show("fd", "/proc/self/fd/3");
  show("cwd", "/proc/self/cwd");
  rename("f", "g");
  rename("../d", "../e");
  show("fd", "/proc/self/fd/3");
  show("cwd", "/proc/self/cwd");
  unlink("g");
  show("fd", "/proc/self/fd/3");
  rmdir("../e");
  show("fd", "/proc/self/fd/3");
  show("cwd", "/proc/self/cwd");
  char buf[256];
  T(getcwd(buf, sizeof buf) ? 0 : -1);
  T(write(fd, "x", 1));
  return 0;
}
