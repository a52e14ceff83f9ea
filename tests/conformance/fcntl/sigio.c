// O_ASYNC: SIGIO or a signal of one's choice when a pipe has news.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "../print.h"
static int n, last, code, fd, band;
static void h(int s, siginfo_t *i, void *u) {
  n++;
  last = s;
  code = i->si_code;
  fd = i->si_fd;
  band = i->si_band;
}
int main(void) {
  int p[2];
  char c;
  pipe2(p, O_NONBLOCK);
  struct sigaction sa = {.sa_sigaction = h, .sa_flags = SA_SIGINFO};
  sigaction(SIGIO, &sa, 0);
  sigaction(SIGRTMIN, &sa, 0);
  P("O_ASYNC", fcntl(p[0], F_SETFL, O_ASYNC | O_NONBLOCK));
  printf("flags %o\n", fcntl(p[0], F_GETFL));
  write(p[1], "x", 1);
  printf("no owner: %d\n", n);
  read(p[0], &c, 1);
  fcntl(p[0], F_SETOWN, getpid());
  write(p[1], "x", 1);
  printf("owner: %d sig %d\n", n, last);
  fcntl(p[0], F_SETSIG, SIGRTMIN);
  read(p[0], &c, 1);
  write(p[1], "x", 1);
  printf("SETSIG: %d sig %d code %d fd %d band %x\n", n, last == SIGRTMIN, code, fd == p[0], band);
  int off = 0;
  P("FIOASYNC", ioctl(p[0], FIOASYNC, &off));
  printf("flags %o\n", fcntl(p[0], F_GETFL));
  read(p[0], &c, 1);
  write(p[1], "x", 1);
  printf("off: %d\n", n);
  int f = open("file", O_CREAT | O_RDWR, 0600);
  int on = 1;
  P("file", ioctl(f, FIOASYNC, &on));
  P("file F_SETFL", fcntl(f, F_SETFL, O_ASYNC));
  printf("flags %o\n", fcntl(f, F_GETFL) & ~0100000);
  return 0;
}
