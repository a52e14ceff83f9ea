// What F_GETFL shows of the flags given to open.
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

static void show(int flags) {
  int fd = open("f", flags | O_CREAT, 0600);
  printf("%07o -> %07o\n", flags, fcntl(fd, F_GETFL));
  close(fd);
}
int main(void) {
  show(O_RDONLY);
  show(O_WRONLY);
  show(O_RDWR);
  show(O_RDWR | O_APPEND);
  show(O_RDWR | O_NONBLOCK);
  show(O_RDWR | O_TRUNC | O_NOCTTY);
  show(O_RDWR | O_SYNC);
  show(O_RDWR | O_DSYNC);
  show(O_RDWR | O_NOATIME);
  show(O_RDWR | O_CLOEXEC);
  show(O_RDWR | O_NOFOLLOW);
  int fd = open(".", O_PATH | O_RDWR | O_APPEND);
  printf("%07o\n", fcntl(fd, F_GETFL));
  close(fd);
  fd = open(".", O_RDONLY | O_DIRECTORY);
  printf("%07o\n", fcntl(fd, F_GETFL));
  T(fcntl(fd, F_SETFL, O_NONBLOCK | O_APPEND | O_RDWR));
  printf("%07o\n", fcntl(fd, F_GETFL));
  T(fcntl(fd, F_GETFD));
  T(close(fd));
  fd = open(".", O_RDONLY | O_CLOEXEC);
  T(fcntl(fd, F_GETFD));
  return 0;
}
