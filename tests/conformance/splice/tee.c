// tee: lengths, errors, blocking.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../print.h"
static int bytes(int fd) {
  int n = -1;
  ioctl(fd, FIONREAD, &n);
  return n;
}
static void h(int s) { printf("signal %d\n", s); }
int main(void) {
  int p[2], q[2];
  char b[100];
  setbuf(stdout, 0);
  pipe(p);
  pipe(q);
  P("empty, nonblock", tee(p[0], q[1], 10, SPLICE_F_NONBLOCK));
  write(p[1], "0123456789", 10);
  P("part", tee(p[0], q[1], 4, 0));
  P("all", tee(p[0], q[1], 400, 0));
  printf("%d %d\n", bytes(p[0]), bytes(q[0]));
  printf("%.*s\n", (int)read(q[0], b, 100), b);
  P("length 0", tee(p[0], q[1], 0, 0));
  P("same", tee(p[0], p[1], 1, 0));
  P("no pipe", tee(p[0], open("f", O_CREAT | O_WRONLY, 0600), 1, 0));
  P("wrong end", tee(p[0], q[0], 1, 0));
  P("closed", tee(99, q[1], 1, 0));
  P("bad flags", tee(p[0], q[1], 1, 64));
  if (fork() == 0) {
    usleep(20000);
    write(p[1], "late", 4);
    _exit(0);
  }
  read(p[0], b, 100);
  P("waits for data", tee(p[0], q[1], 100, 0));
  wait(0);
  for (int i = 0; tee(p[0], q[1], 4, SPLICE_F_NONBLOCK) > 0; i++);
  P("full", tee(p[0], q[1], 4, SPLICE_F_NONBLOCK));
  printf("%d\n", bytes(q[0]));
  signal(SIGPIPE, h);
  close(q[0]);
  P("no reader", tee(p[0], q[1], 4, 0));
  close(p[1]);
  read(p[0], b, 100);
  int r[2];
  pipe(r);
  P("no writer", tee(p[0], r[1], 4, 0));
  return 0;
}
