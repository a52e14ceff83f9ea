// readv, writev, preadv2, pwritev2 and their flags.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
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
  char a[4] = "", b[4] = "", c[8] = "";
  struct iovec w[] = {{"abc", 3}, {"", 0}, {"defgh", 5}};
  struct iovec r[] = {{a, 2}, {b, 3}, {c, 8}};
  struct iovec bad[] = {{a, 2}, {(void *)1, 4}};
  struct iovec neg[] = {{a, -1}};
  T(open("f", O_CREAT | O_RDWR, 0600));
  T(writev(3, w, 3));
  T(lseek(3, 0, SEEK_SET));
  T(readv(3, r, 3));
  printf("%.2s %.3s %.3s\n", a, b, c);
  T(writev(3, w, 0));
  T(writev(3, w, -1));
  T(syscall(SYS_writev, 3, w, 1025));
  T(readv(3, neg, 1));
  T(lseek(3, 0, SEEK_SET));
  T(readv(3, bad, 2));
  T(readv(3, bad + 1, 1));
  T(writev(3, bad + 1, 1));
  T(readv(3, (void *)1, 1));
  T(preadv(3, r, 2, 1));
  printf("%.2s %.3s\n", a, b);
  T(pwritev(3, w, 1, 6));
  T(lseek(3, 0, SEEK_END));
  T(preadv(3, r, 2, -1));
  T(lseek(3, 4, SEEK_SET));
  T(preadv2(3, r, 2, -1, 0));
  T(lseek(3, 0, SEEK_CUR));
  T(pwritev2(3, w, 1, 0, RWF_APPEND));
  T(lseek(3, 0, SEEK_END));
  T(lseek(3, 2, SEEK_SET));
  T(pwritev2(3, w, 1, -1, RWF_APPEND));
  T(lseek(3, 0, SEEK_CUR));
  T(pwritev2(3, w, 1, -1, RWF_SYNC | RWF_DSYNC));
  T(preadv2(3, r, 1, 0, 0x40000000));
  T(preadv2(3, r, 1, -2, 0));
  int p[2];
  T(pipe(p));
  T(writev(p[1], w, 3));
  T(readv(p[0], r, 3));
  T(preadv(p[0], r, 1, 0));
  return 0;
}
