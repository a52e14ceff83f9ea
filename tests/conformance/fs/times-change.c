// Which times an operation changes.
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

static struct timespec then[2] = {{1000, 0}, {1000, 0}};
static long ctime0;
static int fd;
static void reset(const char *n) {
  struct stat st;
  utimensat(AT_FDCWD, n, then, AT_SYMLINK_NOFOLLOW);
}
static void show(const char *what, const char *n) {
  struct stat st;
  lstat(n, &st);
  printf("%s: %s%s\n", what, st.st_atim.tv_sec != 1000 ? "a" : "-", st.st_mtim.tv_sec != 1000 ? "m" : "-");
  reset(n);
}
#define DO(e, n) (e, show(#e, n))
int main(void) {
  char c;
  fd = open("f", O_CREAT | O_RDWR, 0600);
  mkdir("d", 0755);
  reset("f");
  reset("d");
  DO(write(fd, "abc", 3), "f");
  DO(write(fd, "", 0), "f");
  DO(pread(fd, &c, 1, 0), "f");
  DO(pread(fd, &c, 0, 0), "f");
  DO(ftruncate(fd, 3), "f");
  DO(ftruncate(fd, 1), "f");
  DO(truncate("f", 9), "f");
  DO(chmod("f", 0644), "f");
  DO(link("f", "d/f"), "f");
  show("link", "d");
  DO(rename("d/f", "d/g"), "d");
  DO(unlink("d/g"), "d");
  DO(mkdir("d/e", 0755), "d");
  DO(rmdir("d/e"), "d");
  DO(symlink("x", "d/s"), "d");
  DO(close(open("d/s", O_CREAT | O_NOFOLLOW | O_RDONLY, 0600)), "d");
  DO(close(open("d/new", O_CREAT | O_WRONLY, 0600)), "d");
  DO(close(open("d/new", O_CREAT | O_WRONLY, 0600)), "d");
  DO(close(open("f", O_WRONLY | O_TRUNC)), "f");
  DO(close(open("f", O_WRONLY | O_TRUNC)), "f");
  return 0;
}
