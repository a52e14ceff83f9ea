// A million signals: to itself, from a timer's owner, and queued ones to a child that does not look.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile long got;
static void handler(int sig) { (void)sig, got++; }

int main(int argc, char **argv) {
  long many = argc > 1 ? atol(argv[1]) : 1000;
  signal(SIGUSR1, handler);
  for (long i = 0; i < many; i++) kill(getpid(), SIGUSR1);
  printf("%ld delivered\n", got);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    for (;;) sleep(1000);
  }
  usleep(1000);
  long queued = 0, refused = 0;
  for (long i = 0; i < many; i++) {
    union sigval v = {.sival_int = i};
    if (sigqueue(child, SIGRTMIN, v) == 0) queued++;
    else if (errno == EAGAIN) refused++;
  }
  printf("queued and refused: %s\n", queued + refused == many && queued > 0 ? "all" : "lost");
  kill(child, SIGKILL);
  int status;
  waitpid(child, &status, 0);
  printf("child ended by %d\n", WTERMSIG(status));
}
