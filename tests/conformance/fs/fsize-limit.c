// RLIMIT_FSIZE: short writes, EFBIG and SIGXFSZ.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
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

static volatile int hits;
static void on(int s) { hits++; }
int main(void) {
  char buf[64] = {0};
  signal(SIGXFSZ, on);
  struct rlimit l = {20, 100};
  T(setrlimit(RLIMIT_FSIZE, &l));
  T(open("f", O_CREAT | O_RDWR, 0600));
  T(write(3, buf, 16));
  T(write(3, buf, 16));
  T(write(3, buf, 16));
  T(hits);
  T(write(3, buf, 0));
  T(pwrite(3, buf, 10, 15));
  T(pwrite(3, buf, 10, 30));
  T(hits);
  T(ftruncate(3, 21));
  T(hits);
  T(ftruncate(3, 20));
  T(truncate("f", 50));
  T(hits);
  T(fallocate(3, 0, 10, 20));
  T(hits);
  T(lseek(3, 1000, SEEK_SET));
  signal(SIGXFSZ, SIG_IGN);
  T(write(3, buf, 1));
  return 0;
}
