// Holes: SEEK_DATA and SEEK_HOLE, truncation, blocks.
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

#define K 65536
static void map(int fd) {
  off_t end = lseek(fd, 0, SEEK_END), at = 0;
  printf("size %ld:", (long)end);
  while (at < end) {
    off_t d = lseek(fd, at, SEEK_DATA);
    if (d < 0) break;
    at = lseek(fd, d, SEEK_HOLE);
    printf(" data %ld-%ld", (long)d, (long)at);
  }
  puts("");
}
int main(void) {
  static char block[K], in[K];
  struct stat st;
  memset(block, 'z', K);
  T(open("f", O_CREAT | O_RDWR, 0600));
  T(lseek(3, 0, SEEK_DATA));
  T(lseek(3, 0, SEEK_HOLE));
  T(pwrite(3, block, K, 2 * K));
  T(pwrite(3, block, K, 6 * K));
  T(ftruncate(3, 10 * K));
  map(3);
  T(lseek(3, 0, SEEK_DATA));
  T(lseek(3, 2 * K + 5, SEEK_DATA));
  T(lseek(3, 2 * K + 5, SEEK_HOLE));
  T(lseek(3, 7 * K, SEEK_DATA));
  T(lseek(3, 7 * K, SEEK_HOLE));
  T(lseek(3, 10 * K, SEEK_HOLE));
  T(lseek(3, -1, SEEK_DATA));
  T(pread(3, in, K, K));
  int zero = 1;
  for (int i = 0; i < K; i++) zero &= in[i] == 0;
  T(zero);
  fstat(3, &st);
  T(st.st_blocks * 512 == 2 * K);
  T(ftruncate(3, 2 * K + 100));
  T(ftruncate(3, 3 * K));
  T(pread(3, in, 200, 2 * K));
  printf("%d %d %d\n", in[0], in[99], in[100]);
  map(3);
  T(ftruncate(3, 0));
  fstat(3, &st);
  T(st.st_blocks);
  T(ftruncate(3, -1));
  T(truncate("f", 5));
  T(truncate("f", -1));
  T(truncate(".", 5));
  T(truncate("none", 5));
  T(pread(3, in, 9, 0));
  return 0;
}
