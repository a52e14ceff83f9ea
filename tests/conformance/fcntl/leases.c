// Leases: who may have one, and how an open breaks it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../print.h"
static int fd;
static volatile int n;
static void h(int s) { n++; }
static void release(int s) {
  n++;
  fcntl(fd, F_SETLEASE, F_UNLCK);
}
int main(void) {
  setbuf(stdout, 0);
  fd = open("file", O_CREAT | O_RDWR, 0600);
  P("read lease on a writable file", fcntl(fd, F_SETLEASE, F_RDLCK));
  P("write lease", fcntl(fd, F_SETLEASE, F_WRLCK));
  P("get", fcntl(fd, F_GETLEASE));
  P("unlock", fcntl(fd, F_SETLEASE, F_UNLCK));
  P("unlock again", fcntl(fd, F_SETLEASE, F_UNLCK));
  P("get", fcntl(fd, F_GETLEASE));
  P("bad type", fcntl(fd, F_SETLEASE, 9));
  int other = open("file", O_RDONLY);
  P("write lease while others have it open", fcntl(fd, F_SETLEASE, F_WRLCK));
  P("read lease while somebody writes", fcntl(other, F_SETLEASE, F_RDLCK));
  close(fd);
  P("read lease", fcntl(other, F_SETLEASE, F_RDLCK));
  P("get", fcntl(other, F_GETLEASE));
  signal(SIGIO, h);
  P("open for reading does not break it", close(open("file", O_RDONLY)));
  P("open for writing, nonblock", open("file", O_WRONLY | O_NONBLOCK));
  printf("signals %d\n", n);
  P("give up", fcntl(other, F_SETLEASE, F_UNLCK));
  close(other);
  fd = open("file", O_RDWR);
  P("write lease", fcntl(fd, F_SETLEASE, F_WRLCK));
  signal(SIGIO, release);
  n = 0;
  if (fork() == 0) {
    close(fd);
    int g = open("file", O_RDONLY);
    printf("child opened %d\n", g >= 0);
    _exit(0);
  }
  while (!n) usleep(1000);
  wait(0);
  printf("signals %d\n", n);
  return 0;
}
