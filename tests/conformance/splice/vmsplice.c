// vmsplice in both directions.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>
#include "../print.h"
static int bytes(int fd) {
  int n = -1;
  ioctl(fd, FIONREAD, &n);
  return n;
}
int main(void) {
  int p[2];
  static char out[100000];
  pipe2(p, O_NONBLOCK);
  char *m = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < 1 << 20; i++) m[i] = i * 31 + i / 4096;
  struct iovec v[2] = {{m + 100, 50}, {m + 4090, 10}};
  P("two pieces", vmsplice(p[1], v, 2, 0));
  printf("%d\n", bytes(p[0]));
  P("read", read(p[0], out, 100));
  printf("%d %d\n", !memcmp(out, m + 100, 50), !memcmp(out + 50, m + 4090, 10));
  struct iovec all = {m, 1 << 20};
  P("as much as fits", vmsplice(p[1], &all, 1, SPLICE_F_NONBLOCK));
  P("full", vmsplice(p[1], &all, 1, SPLICE_F_NONBLOCK));
  m[0] = '!';
  read(p[0], out, sizeof out);
  printf("by reference %d\n", out[0] == '!');
  write(p[1], "to be moved out", 15);
  struct iovec to[2] = {{out, 5}, {out + 50, 100}};
  P("to memory", vmsplice(p[0], to, 2, 0));
  printf("%.5s|%.10s\n", out, out + 50);
  P("empty", vmsplice(p[0], to, 2, SPLICE_F_NONBLOCK));
  P("none", vmsplice(p[1], v, 0, 0));
  int f = open("f", O_CREAT | O_RDWR, 0600);
  P("no pipe", vmsplice(f, v, 1, 0));
  P("closed", vmsplice(99, v, 1, 0));
  P("bad flags", vmsplice(p[1], v, 1, 128));
  P("fault", vmsplice(p[1], (void *)8, 1, 0));
  struct iovec bad = {(void *)8, 10};
  P("fault in a piece", vmsplice(p[1], &bad, 1, 0));
  struct iovec half[2] = {{m, 10}, {(void *)8, 10}};
  P("fault in the second piece", vmsplice(p[1], half, 2, 0));
  return 0;
}
