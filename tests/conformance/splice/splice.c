// splice: file to pipe, pipe to file, pipe to pipe.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "../print.h"
static char big[100000], out[100000];
static int bytes(int fd) {
  int n = -1;
  ioctl(fd, FIONREAD, &n);
  return n;
}
int main(void) {
  int p[2], q[2];
  for (int i = 0; i < sizeof big; i++) big[i] = i * 13 + i / 4096;
  int f = open("a", O_CREAT | O_RDWR, 0600), g = open("b", O_CREAT | O_RDWR, 0600);
  write(f, big, sizeof big);
  lseek(f, 0, SEEK_SET);
  pipe2(p, O_NONBLOCK);
  pipe2(q, O_NONBLOCK);
  P("file to pipe", splice(f, 0, p[1], 0, 100, 0));
  printf("position %ld in pipe %d\n", (long)lseek(f, 0, SEEK_CUR), bytes(p[0]));
  off_t off = 4090;
  P("with offset", splice(f, &off, p[1], 0, 20, 0));
  printf("offset %ld position %ld in pipe %d\n", (long)off, (long)lseek(f, 0, SEEK_CUR), bytes(p[0]));
  P("pipe to file", splice(p[0], 0, g, 0, 50, 0));
  off_t at = 1000;
  P("rest to an offset", splice(p[0], 0, g, &at, 5000, 0));
  printf("offset %ld position %ld size %ld\n", (long)at, (long)lseek(g, 0, SEEK_CUR), (long)lseek(g, 0, SEEK_END));
  pread(g, out, 2000, 0);
  printf("bytes right %d %d %d\n", !memcmp(out, big, 50), !memcmp(out + 1000, big + 50, 50), !memcmp(out + 1050, big + 4090, 20));
  off = 0;
  P("as much as fits", splice(f, &off, p[1], 0, sizeof big, 0));
  P("full", splice(f, &off, p[1], 0, 1, 0));
  P("pipe to pipe, part", splice(p[0], 0, q[1], 0, 5000, 0));
  P("pipe to pipe, rest", splice(p[0], 0, q[1], 0, 1 << 20, 0));
  printf("left %d and %d\n", bytes(p[0]), bytes(q[0]));
  long n = read(q[0], out, sizeof out);
  printf("read %ld right %d\n", n, !memcmp(out, big, n));
  P("empty", splice(p[0], 0, q[1], 0, 10, 0));
  off = sizeof big;
  P("end of file", splice(f, &off, p[1], 0, 10, 0));
  off = sizeof big - 5;
  P("near the end", splice(f, &off, p[1], 0, 10, 0));
  P("length 0", splice(p[0], 0, q[1], 0, 0, 0));
  P("length 0 of nothing", splice(99, 0, 98, 0, 0, 0));
  P("bad flags", splice(p[0], 0, q[1], 0, 1, 0x100));
  P("no pipe", splice(f, 0, g, 0, 1, 0));
  P("same pipe", splice(p[0], 0, p[1], 0, 1, 0));
  P("offset of a pipe", splice(p[0], &off, q[1], 0, 1, 0));
  P("offset of a pipe", splice(f, 0, p[1], &off, 1, 0));
  P("wrong ends", splice(p[1], 0, q[1], 0, 1, 0));
  P("closed", splice(99, 0, q[1], 0, 1, 0));
  P("fault", splice(f, (void *)8, q[1], 0, 1, 0));
  int ap = open("b", O_WRONLY | O_APPEND);
  write(p[1], "x", 1);
  P("to O_APPEND", splice(p[0], 0, ap, 0, 1, 0));
  int ro = open("b", O_RDONLY);
  P("to read-only", splice(p[0], 0, ro, 0, 1, 0));
  close(p[1]);
  read(p[0], out, 100);
  P("no writer", splice(p[0], 0, q[1], 0, 10, 0));
  return 0;
}
