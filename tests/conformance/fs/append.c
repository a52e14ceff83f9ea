// O_APPEND: where writes go, with pwrite and after seeks.
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

static void dump(int fd) {
  char buf[64];
  ssize_t n = pread(fd, buf, sizeof buf, 0);
  printf("[%.*s]\n", (int)n, buf);
}
int main(void) {
  T(open("f", O_CREAT | O_RDWR | O_APPEND, 0600));
  T(write(3, "abc", 3));
  T(lseek(3, 0, SEEK_SET));
  T(write(3, "def", 3));
  T(lseek(3, 0, SEEK_CUR));
  dump(3);
  T(pwrite(3, "X", 1, 0));
  T(lseek(3, 0, SEEK_CUR));
  dump(3);
  T(open("f", O_RDWR));
  T(write(4, "12", 2));
  T(write(3, "ghi", 3));
  dump(4);
  T(fcntl(3, F_SETFL, 0));
  T(pwrite(3, "-", 1, 0));
  T(lseek(3, 1, SEEK_SET));
  T(write(3, "+", 1));
  dump(3);
  T(dup(3));
  T(lseek(5, 4, SEEK_SET));
  T(lseek(3, 0, SEEK_CUR));
  T(fcntl(5, F_SETFL, O_APPEND));
  T(fcntl(3, F_GETFL) & O_APPEND);
  return 0;
}
