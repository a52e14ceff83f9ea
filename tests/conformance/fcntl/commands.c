// fcntl: duplicates, flags of descriptors and files, errors.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "../print.h"
int main(void) {
  closefrom(3);
  int f = open("file", O_CREAT | O_RDWR | O_APPEND, 0600);
  P("F_DUPFD", fcntl(f, F_DUPFD, 10));
  P("F_DUPFD", fcntl(f, F_DUPFD, 10));
  P("F_DUPFD_CLOEXEC", fcntl(f, F_DUPFD_CLOEXEC, 10));
  P("F_GETFD", fcntl(10, F_GETFD));
  P("F_GETFD", fcntl(12, F_GETFD));
  P("F_SETFD", fcntl(10, F_SETFD, 3));
  P("F_GETFD", fcntl(10, F_GETFD));
  P("F_SETFD", fcntl(10, F_SETFD, 2));
  P("F_GETFD", fcntl(10, F_GETFD));
  P("negative", fcntl(f, F_DUPFD, -1));
  P("too large", fcntl(f, F_DUPFD, 1 << 30));
  struct rlimit rl = {15, 15};
  setrlimit(RLIMIT_NOFILE, &rl);
  P("limit", fcntl(f, F_DUPFD, 15));
  P("below limit", fcntl(f, F_DUPFD, 13));
  P("below limit", fcntl(f, F_DUPFD, 13));
  P("none left from there", fcntl(f, F_DUPFD, 13));
  printf("F_GETFL %o\n", fcntl(f, F_GETFL) & ~0100000);
  P("F_SETFL", fcntl(f, F_SETFL, O_NONBLOCK | O_RDONLY | O_CREAT | O_TRUNC));
  printf("F_GETFL %o\n", fcntl(f, F_GETFL) & ~0100000);
  printf("shared by duplicates %o\n", fcntl(10, F_GETFL) & ~0100000);
  P("unknown", fcntl(f, 9999));
  P("bad descriptor", fcntl(99, F_GETFD));
  P("bad descriptor, unknown", fcntl(99, 9999));
  int o = open("file", O_PATH);
  printf("O_PATH flags %o\n", fcntl(o, F_GETFL));
  P("F_GETFD", fcntl(o, F_GETFD));
  P("F_SETFL", fcntl(o, F_SETFL, 0));
  P("F_GETLK", fcntl(o, F_GETLK, 0));
  P("F_GETOWN", fcntl(f, F_GETOWN));
  P("F_SETOWN", fcntl(f, F_SETOWN, getpid()));
  printf("own %d\n", fcntl(f, F_GETOWN) == getpid());
  P("F_SETOWN nobody", fcntl(f, F_SETOWN, 99999999));
  P("F_SETSIG", fcntl(f, F_SETSIG, 70));
  P("F_SETSIG", fcntl(f, F_SETSIG, 34));
  P("F_GETSIG", fcntl(f, F_GETSIG));
  P("F_GETPIPE_SZ of a file", fcntl(f, F_GETPIPE_SZ));
  P("F_GETLEASE", fcntl(f, F_GETLEASE));
  P("F_GET_SEALS", fcntl(1, F_GET_SEALS) < 0 ? -1 : 0);
  return 0;
}
