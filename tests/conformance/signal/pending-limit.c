// RLIMIT_SIGPENDING bounds what sigqueue may queue; kill gets through without a queue entry.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static volatile int received, with_value;
static void handler(int sig, siginfo_t *info, void *context) {
  (void)sig, (void)context;
  received++;
  with_value += info->si_code == SI_QUEUE;
}

int main(void) {
  // The count is per user: an account of its own.
  if (setuid(54321) < 0) return 1;
  struct rlimit limit = {5, 5};
  setrlimit(RLIMIT_SIGPENDING, &limit);
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  sigaction(SIGRTMIN, &action, NULL);
  sigaction(SIGUSR1, &action, NULL);
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  for (int i = 0; i < 8; i++) {
    union sigval value = {.sival_int = i};
    int r = sigqueue(getpid(), SIGRTMIN, value);
    printf("sigqueue %d: %s\n", i, r < 0 ? strerror(errno) : "queued");
  }
  printf("kill: %s\n", kill(getpid(), SIGRTMIN + 1) < 0 ? strerror(errno) : "sent");
  printf("kill USR1: %s\n", kill(getpid(), SIGUSR1) < 0 ? strerror(errno) : "sent");
  sigset_t pending;
  sigpending(&pending);
  printf("pending %d %d %d\n", sigismember(&pending, SIGRTMIN), sigismember(&pending, SIGRTMIN + 1), sigismember(&pending, SIGUSR1));
  signal(SIGRTMIN + 1, SIG_IGN);
  sigemptyset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  printf("received %d, with value %d\n", received, with_value);
}
