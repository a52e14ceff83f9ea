// ioctls that all files have.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include "../print.h"
int main(void) {
  int n = -1, p[2];
  int f = open("file", O_CREAT | O_RDWR, 0600);
  pipe(p);
  write(f, "0123456789", 10);
  lseek(f, 3, SEEK_SET);
  P("FIONREAD", ioctl(f, FIONREAD, &n));
  printf("%d\n", n);
  P("FIOCLEX", ioctl(f, FIOCLEX));
  P("F_GETFD", fcntl(f, F_GETFD));
  P("FIONCLEX", ioctl(f, FIONCLEX));
  P("F_GETFD", fcntl(f, F_GETFD));
  n = 1;
  P("FIONBIO", ioctl(p[0], FIONBIO, &n));
  printf("%o\n", fcntl(p[0], F_GETFL));
  n = 0;
  P("FIONBIO", ioctl(p[0], FIONBIO, &n));
  printf("%o\n", fcntl(p[0], F_GETFL));
  P("FIONBIO fault", ioctl(p[0], FIONBIO, 8));
  long size = -1;
  P("FIOQSIZE", ioctl(f, FIOQSIZE, &size));
  P("FIOQSIZE of a pipe", ioctl(p[0], FIOQSIZE, &size));
  n = 0;
  P("FIGETBSZ", ioctl(f, FIGETBSZ, &n));
  printf("%d\n", n);
  struct termios t;
  P("TCGETS of a file", ioctl(f, TCGETS, &t));
  P("TCGETS of a pipe", ioctl(p[0], TCGETS, &t));
  P("unknown", ioctl(f, 0x12345));
  P("closed", ioctl(99, FIONREAD, &n));
  int o = open("file", O_PATH);
  P("O_PATH", ioctl(o, FIOCLEX));
  P("fault", ioctl(p[0], FIONREAD, 8));
  return 0;
}
