// read, write, pread, pwrite, lseek: positions and errors.
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
  char buf[32] = "";
  T(open("f", O_CREAT | O_RDWR, 0600));
  T(write(3, "0123456789", 10));
  T(lseek(3, 0, SEEK_CUR));
  T(read(3, buf, 4));
  T(lseek(3, 2, SEEK_SET));
  T(read(3, buf, 4));
  printf("%.4s\n", buf);
  T(lseek(3, -3, SEEK_END));
  T(read(3, buf, sizeof buf));
  printf("%.3s\n", buf);
  T(read(3, buf, sizeof buf));
  T(lseek(3, -1, SEEK_SET));
  T(lseek(3, -20, SEEK_CUR));
  T(lseek(3, 0, 77));
  T(lseek(3, 0, -1));
  T(lseek(3, 5, SEEK_END));
  T(write(3, "x", 1));
  T(pread(3, buf, sizeof buf, 8));
  for (int i = 0; i < 8; i++) printf("%02x%c", (unsigned char)buf[i], i < 7 ? ' ' : '\n');
  T(lseek(3, 0, SEEK_CUR));
  T(pwrite(3, "AB", 2, 1));
  T(lseek(3, 0, SEEK_CUR));
  T(pread(3, buf, 4, 0));
  printf("%.4s\n", buf);
  T(pread(3, buf, 4, -1));
  T(pwrite(3, buf, 4, -1));
  T(pread(3, buf, 4, 100));
  T(read(3, NULL, 0));
  T(write(3, NULL, 0));
  T(pread(3, (void *)1, 4, 0));
  T(pwrite(3, (void *)1, 4, 0));
  T(pread(3, (void *)-1, 4, 0));
  T(pread(3, buf, -1, 0));
  T(read(99, buf, 1));
  T(write(-1, buf, 1));
  T(lseek(99, 0, SEEK_SET));
  T(open("f", O_RDONLY));
  T(write(4, buf, 1));
  T(ftruncate(4, 1));
  T(close(4));
  T(open("f", O_WRONLY));
  T(read(4, buf, 1));
  T(close(4));
  T(open(".", O_RDONLY));
  T(read(4, buf, 1));
  T(pread(4, buf, 1, 0));
  T(write(4, buf, 1));
  int p[2];
  T(pipe(p));
  T(lseek(p[0], 0, SEEK_CUR));
  T(pread(p[0], buf, 1, 0));
  T(pwrite(p[1], buf, 1, 0));
  return 0;
}
