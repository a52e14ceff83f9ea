// A file copied by read and write with odd buffer sizes is the same.
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
  static unsigned char buf[70001], in[70001];
  unsigned x = 1;
  for (int i = 0; i < 70001; i++) buf[i] = (x = x * 1103515245 + 12345) >> 16;
  int fd = open("a", O_CREAT | O_RDWR, 0600), at = 0;
  for (int n = 1; at < 70001; n = n * 3 % 5003 + 1) at += write(fd, buf + at, at + n > 70001 ? 70001 - at : n);
  lseek(fd, 0, SEEK_SET);
  at = 0;
  for (int n = 7, r; (r = read(fd, in + at, at + n > 70001 ? 70001 - at : n)) > 0; n = n * 5 % 4999 + 1) at += r;
  T(at);
  T(memcmp(buf, in, 70001));
  int out = open("b", O_CREAT | O_RDWR, 0600);
  for (int i = 70000; i >= 0; i -= 4001) pwrite(out, buf + (i < 4000 ? 0 : i - 4000), i < 4000 ? i + 1 : 4001, i < 4000 ? 0 : i - 4000);
  T(pread(out, in, 70001, 0));
  T(memcmp(buf, in, 70001));
  T(lseek(out, 0, SEEK_END));
  return 0;
}
