// Opening /proc/self/fd links: a new position, and files that have no name any more.
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

int main(void) {
  char buf[16];
  T(open("f", O_CREAT | O_RDWR, 0600));
  T(write(3, "text", 4));
  T(unlink("f"));
  T(open("/proc/self/fd/3", O_RDONLY));
  T(read(4, buf, 16));
  T(write(4, "x", 1));
  T(open("/proc/self/fd/3", O_RDWR | O_TRUNC));
  T(lseek(3, 0, SEEK_END));
  T(open("/proc/self/fd/77", O_RDONLY));
  T(open("/proc/self/fd/3", O_RDONLY | O_NOFOLLOW));
  T(open("/dev/fd/3", O_RDONLY));
  T(chdir("/proc/self/cwd"));
  T(access("/proc/self/cwd/.", F_OK));
  T(open("/proc/self/cwd", O_RDONLY | O_DIRECTORY));
  T(open("/proc/self/cwd/g", O_CREAT | O_RDWR, 0600));
  T(access("g", F_OK));
  int p[2];
  T(pipe(p));
  T(write(p[1], "pipe", 4));
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", p[0]);
  int fd = open(path, O_RDONLY | O_NONBLOCK);
  T(read(fd, buf, 16));
  T(open(path, O_WRONLY) >= 0);
  return 0;
}
