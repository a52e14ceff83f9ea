// How much goes into a pipe: buffers of one page, merging, atomicity of PIPE_BUF, sizes by fcntl.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "../print.h"
static char big[1 << 20];
static int fill(int fd, int n) {
  long total = 0;
  for (;;) {
    ssize_t r = write(fd, big, n);
    if (r < 0) break;
    total += r;
  }
  return total;
}
static int drain(int fd) {
  long total = 0;
  for (;;) {
    ssize_t r = read(fd, big, sizeof big);
    if (r <= 0) break;
    total += r;
  }
  return total;
}
static int bytes(int fd) {
  int n = -1;
  ioctl(fd, FIONREAD, &n);
  return n;
}
int main(void) {
  int p[2];
  pipe2(p, O_NONBLOCK);
  printf("size %d\n", fcntl(p[0], F_GETPIPE_SZ));
  static const int sizes[] = {1, 100, 1000, 1024, 3000, 4095, 4096, 4097, 5000, 8192, 65536, 70000};
  for (int i = 0; i < 12; i++) {
    int w = fill(p[1], sizes[i]);
    int b = bytes(p[0]);
    printf("writes of %d: %d, FIONREAD %d, drained %d\n", sizes[i], w, b, drain(p[0]));
  }
  // Partial write of more than PIPE_BUF; none of PIPE_BUF or less.
  write(p[1], big, 65536 - 4096 + 1);
  P("4096 when 4095 left", write(p[1], big, 4096));
  printf("4097 when one buffer less: %zd\n", write(p[1], big, 8000));
  printf("bytes %d\n", bytes(p[0]));
  drain(p[0]);
  // Appending to the last buffer only if it all fits there.
  write(p[1], big, 100);
  write(p[1], big, 3996);
  write(p[1], big, 1);
  printf("bytes %d\n", bytes(p[0]));
  printf("rest by pages %d\n", fill(p[1], 4096));
  drain(p[0]);
  // Reading frees a slot only when its buffer is used up.
  fill(p[1], 4096);
  read(p[0], big, 4095);
  printf("after 4095: %zd\n", write(p[1], big, 10));
  read(p[0], big, 1);
  printf("after 4096: %zd\n", write(p[1], big, 10));
  drain(p[0]);
  static const int req[] = {0, 1, 4096, 4097, 10000, 65537, 1048576};
  for (int i = 0; i < 7; i++) {
    int r = fcntl(p[1], F_SETPIPE_SZ, req[i]);
    printf("set %d: %d get %d holds %d\n", req[i], r, fcntl(p[0], F_GETPIPE_SZ), fill(p[1], 4096));
    drain(p[0]);
  }
  fcntl(p[1], F_SETPIPE_SZ, 65536);
  fill(p[1], 4096);
  P("shrink when full", fcntl(p[1], F_SETPIPE_SZ, 4096));
  drain(p[0]);
  write(p[1], "keep this", 9);
  printf("shrink %d\n", fcntl(p[1], F_SETPIPE_SZ, 4096));
  ssize_t n = read(p[0], big, 100);
  printf("%.*s\n", (int)n, big);
  P("negative", fcntl(p[1], F_SETPIPE_SZ, -1));
  return 0;
}
