// Signals during poll, ppoll, select, pselect: masks, restart, EINTR.
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../print.h"
static volatile int count;
static void h(int s) { count++; }
static void later(int sig, int us) {
  int pid = getpid();
  if (fork() == 0) {
    usleep(us);
    kill(pid, sig);
    _exit(0);
  }
}
int main(void) {
  int p[2];
  pipe(p);
  setbuf(stdout, 0);
  struct pollfd v = {p[0], POLLIN};
  struct sigaction sa = {.sa_handler = h, .sa_flags = SA_RESTART};
  sigaction(SIGUSR1, &sa, 0);
  later(SIGUSR1, 20000);
  P("poll is not restarted", poll(&v, 1, 5000));
  printf("handled %d\n", count);
  wait(0);
  later(SIGUSR1, 20000);
  fd_set r;
  FD_ZERO(&r);
  FD_SET(p[0], &r);
  struct timeval tv = {50, 0};
  P("select", select(10, &r, 0, 0, &tv));
  printf("handled %d left %ld set %d\n", count, (long)tv.tv_sec, !!FD_ISSET(p[0], &r));
  wait(0);
  sigset_t block, none, old;
  sigemptyset(&none);
  sigemptyset(&block);
  sigaddset(&block, SIGUSR1);
  sigprocmask(SIG_BLOCK, &block, 0);
  kill(getpid(), SIGUSR1);
  P("blocked: poll", poll(&v, 1, 0));
  printf("handled %d\n", count);
  struct timespec ts = {5, 0};
  P("ppoll unblocks", ppoll(&v, 1, &ts, &none));
  sigprocmask(SIG_SETMASK, 0, &old);
  printf("handled %d, blocked again %d\n", count, sigismember(&old, SIGUSR1));
  kill(getpid(), SIGUSR1);
  P("pselect unblocks", pselect(10, &r, 0, 0, &ts, &none));
  sigprocmask(SIG_SETMASK, 0, &old);
  printf("handled %d, blocked again %d\n", count, sigismember(&old, SIGUSR1));
  later(SIGUSR1, 20000);
  P("ppoll sleeping", ppoll(&v, 1, 0, &none));
  printf("handled %d\n", count);
  wait(0);
  write(p[1], "x", 1);
  kill(getpid(), SIGUSR1);
  P("ready wins, the signal stays", ppoll(&v, 1, 0, &none));
  printf("handled %d\n", count);
  sigprocmask(SIG_SETMASK, &none, 0);
  printf("handled %d\n", count);
  P("bad size", syscall(SYS_ppoll, &v, 1, 0, &none, 4));
  // Stop and continue: the call goes on.
  char c;
  read(p[0], &c, 1);
  int pid = fork();
  if (pid == 0) {
    int n = poll(&v, 1, 300);
    _exit(n == 0 ? 9 : 1);
  }
  usleep(50000);
  kill(pid, SIGSTOP);
  int st;
  waitpid(pid, &st, WUNTRACED);
  printf("stopped %d\n", WIFSTOPPED(st));
  kill(pid, SIGCONT);
  waitpid(pid, &st, 0);
  printf("went on to its end %d\n", WEXITSTATUS(st));
  return 0;
}
