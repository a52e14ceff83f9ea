// fallocate: growing, keeping the size, punching holes.
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
  static char in[16384], ones[16384];
  struct stat st;
  memset(ones, 1, sizeof ones);
  T(open("f", O_CREAT | O_RDWR, 0600));
  T(fallocate(3, 0, 0, 8192));
  fstat(3, &st);
  printf("%ld %d\n", (long)st.st_size, st.st_blocks >= 16);
  T(fallocate(3, FALLOC_FL_KEEP_SIZE, 8192, 8192));
  fstat(3, &st);
  printf("%ld %d\n", (long)st.st_size, st.st_blocks >= 32);
  T(pwrite(3, ones, 16384, 0));
  T(fallocate(3, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4096, 4096));
  T(fallocate(3, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 100, 50));
  T(fallocate(3, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 9000, 7000));
  T(pread(3, in, sizeof in, 0));
  long sum = 0;
  for (int i = 0; i < 16384; i++) sum += in[i] * (i % 7 + 1);
  printf("%ld %d%d%d%d %d%d%d %d%d%d%d\n", sum, in[99], in[100], in[149], in[150], in[4095], in[4096], in[8191], in[8999], in[9000], in[15999], in[16000]);
  T(fallocate(3, FALLOC_FL_PUNCH_HOLE, 0, 4096));
  T(fallocate(3, 0, -1, 4096));
  T(fallocate(3, 0, 0, 0));
  T(fallocate(3, 0, 0, -1));
  T(fallocate(3, 0x4000, 0, 4096));
  T(posix_fallocate(3, 16384, 1));
  fstat(3, &st);
  printf("%ld\n", (long)st.st_size);
  T(open("f", O_RDONLY));
  T(fallocate(4, 0, 0, 4096));
  T(open(".", O_RDONLY));
  T(fallocate(5, 0, 0, 4096));
  int p[2];
  pipe(p);
  T(fallocate(p[1], 0, 0, 4096));
  T(open("/dev/null", O_RDWR));
  T(fallocate(8, 0, 0, 4096));
  T(fallocate(99, 0, 0, 4096));
  return 0;
}
