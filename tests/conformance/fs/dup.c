// Descriptors: dup, dup2, dup3, F_DUPFD, close_range, limits.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
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

static void open_ones(void) {
  printf("open:");
  for (int i = 3; i < 40; i++)
    if (fcntl(i, F_GETFD) >= 0) printf(" %d%s", i, fcntl(i, F_GETFD) ? "c" : "");
  puts("");
}
int main(void) {
  T(open("f", O_CREAT | O_RDWR, 0600));
  T(dup(3));
  T(dup2(3, 10));
  T(dup2(3, 3));
  T(dup2(99, 99));
  T(dup2(99, 5));
  T(dup2(3, -1));
  T(dup2(3, 1 << 30));
  T(dup3(3, 3, 0));
  T(dup3(3, 11, O_CLOEXEC));
  T(dup3(3, 11, O_NONBLOCK));
  T(dup(99));
  T(fcntl(3, F_DUPFD, 20));
  T(fcntl(3, F_DUPFD_CLOEXEC, 20));
  T(fcntl(3, F_DUPFD, -1));
  T(fcntl(3, F_DUPFD, 1 << 30));
  open_ones();
  T(fcntl(4, F_SETFD, FD_CLOEXEC));
  T(dup2(4, 5));
  T(fcntl(5, F_GETFD));
  T(close(5));
  T(close(5));
  T(close(-1));
  T(dup(3));
  T(close_range(4, 10, 0));
  open_ones();
  T(close_range(11, 20, CLOSE_RANGE_CLOEXEC));
  open_ones();
  T(close_range(20, 10, 0));
  T(close_range(3, 4, 8));
  T(close_range(20, ~0u, CLOSE_RANGE_UNSHARE));
  open_ones();
  struct rlimit l = {12, 1024};
  T(setrlimit(RLIMIT_NOFILE, &l));
  T(dup2(3, 12));
  T(dup2(3, 11));
  T(fcntl(3, F_DUPFD, 12));
  T(fcntl(3, F_DUPFD, 11));
  int n = 0;
  while (dup(3) >= 0) n++;
  printf("%d %s\n", n, strerrorname_np(errno));
  T(open("f", O_RDONLY));
  int p[2];
  T(close(7));
  T(pipe(p));
  T(dup(3));
  return 0;
}
