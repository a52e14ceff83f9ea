// flock: sharing, conversion, inheritance, waiting.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../print.h"
static void h(int s) {}
int main(void) {
  int a = open("file", O_CREAT | O_RDWR, 0600), b = open("file", O_RDONLY), c = dup(a);
  setbuf(stdout, 0);
  P("shared", flock(a, LOCK_SH));
  P("shared", flock(b, LOCK_SH | LOCK_NB));
  P("exclusive", flock(b, LOCK_EX | LOCK_NB));
  P("b has lost its own", flock(a, LOCK_EX | LOCK_NB));
  P("duplicate is the same", flock(c, LOCK_SH | LOCK_NB));
  P("now b", flock(b, LOCK_SH | LOCK_NB));
  P("unlock by duplicate", flock(c, LOCK_UN));
  P("b exclusive", flock(b, LOCK_EX | LOCK_NB));
  P("a blocked", flock(a, LOCK_SH | LOCK_NB));
  if (fork() == 0) {
    P("child has it", flock(b, LOCK_EX | LOCK_NB));
    P("child unlocks", flock(b, LOCK_UN));
    _exit(0);
  }
  wait(0);
  P("a", flock(a, LOCK_EX | LOCK_NB));
  P("independent of POSIX locks", fcntl(b, F_SETLK, &(struct flock){.l_type = F_RDLCK}));
  if (fork() == 0) {
    int f = open("file", O_RDWR);
    close(a);
    close(c);
    struct sigaction sa = {.sa_handler = h};
    sigaction(SIGALRM, &sa, 0);
    alarm(1);
    P("interrupted", flock(f, LOCK_EX));
    P("waits", flock(f, LOCK_EX));
    _exit(0);
  }
  usleep(1200000);
  close(a);
  close(c);
  wait(0);
  P("bad operation", flock(b, 3));
  P("bad operation", flock(b, 0));
  P("bad descriptor", flock(99, LOCK_SH));
  P("O_PATH", flock(open("file", O_PATH), LOCK_SH));
  int d = open(".", O_RDONLY);
  P("directory", flock(d, LOCK_EX));
  int p[2];
  pipe(p);
  P("pipe", flock(p[0], LOCK_EX));
  return 0;
}
