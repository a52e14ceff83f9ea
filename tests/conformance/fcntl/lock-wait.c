// Waiting for record locks: order, interruption, deadlock.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../print.h"
static void h(int s) {}
static int lock(int fd, int cmd, int type, long start, long len) {
  struct flock l = {.l_type = type, .l_start = start, .l_len = len};
  return fcntl(fd, cmd, &l);
}
int main(void) {
  int fd = open("file", O_CREAT | O_RDWR, 0600), p[2];
  setbuf(stdout, 0);
  pipe(p);
  char c;
  lock(fd, F_SETLK, F_WRLCK, 0, 1);
  for (int i = 0; i < 3; i++) {
    if (fork() == 0) {
      lock(fd, F_SETLKW, F_WRLCK, 0, 1);
      printf("child %d has it\n", i);
      lock(fd, F_SETLK, F_UNLCK, 0, 1);
      _exit(0);
    }
    usleep(50000);
  }
  printf("unlock\n");
  lock(fd, F_SETLK, F_UNLCK, 0, 1);
  while (wait(0) > 0);
  lock(fd, F_SETLK, F_RDLCK, 0, 1);
  if (fork() == 0) {
    struct sigaction sa = {.sa_handler = h};
    sigaction(SIGALRM, &sa, 0);
    alarm(1);
    P("interrupted", lock(fd, F_SETLKW, F_WRLCK, 0, 1));
    P("shared", lock(fd, F_SETLKW, F_RDLCK, 0, 1));
    _exit(0);
  }
  wait(0);
  // The parent has byte 0 and waits for 1; the child has 1 and asks for 0.
  lock(fd, F_SETLK, F_WRLCK, 0, 1);
  int pid = fork();
  if (pid == 0) {
    lock(fd, F_SETLK, F_WRLCK, 1, 1);
    write(p[1], "x", 1);
    usleep(100000);
    P("child", lock(fd, F_SETLKW, F_WRLCK, 0, 1));
    _exit(0);
  }
  read(p[0], &c, 1);
  P("parent", lock(fd, F_SETLKW, F_WRLCK, 1, 1));
  wait(0);
  // Death releases.
  if (fork() == 0) {
    lock(fd, F_SETLK, F_WRLCK, 5, 1);
    write(p[1], "x", 1);
    usleep(50000);
    _exit(0);
  }
  read(p[0], &c, 1);
  P("held", lock(fd, F_SETLK, F_WRLCK, 5, 1));
  P("after its exit", lock(fd, F_SETLKW, F_WRLCK, 5, 1));
  wait(0);
  return 0;
}
