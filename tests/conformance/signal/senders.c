// si_code, si_pid and si_uid by who sends: kill, raise, tgkill, sigqueue, alarm, abort, a child.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pid_t child;
static void handler(int sig, siginfo_t *info, void *context) {
  (void)context;
  const char *who = info->si_pid == getpid() ? "self" : child && info->si_pid == child ? "child" : info->si_pid == 0 ? "kernel" : info->si_pid == getppid() ? "parent" : "?";
  if (info->si_code == SI_TIMER) printf("%s: timer, value %d\n", strsignal(sig), info->si_value.sival_int);
  else printf("%s: code %d from %s, uid %d, errno %d, value %d\n", strsignal(sig), info->si_code, who, info->si_uid, info->si_errno, sig == SIGCHLD ? info->si_status : info->si_code == SI_QUEUE ? info->si_value.sival_int : 0);
}

int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  int signals[] = {SIGUSR1, SIGALRM, SIGCHLD, SIGRTMIN + 3};
  for (int i = 0; i < 4; i++) sigaction(signals[i], &a, NULL);
  sigset_t usr1, before;
  sigemptyset(&usr1);
  for (int i = 0; i < 4; i++) sigaddset(&usr1, signals[i]);
  sigprocmask(SIG_BLOCK, &usr1, &before);
  kill(getpid(), SIGUSR1);
  sigsuspend(&before);
  raise(SIGUSR1);
  sigsuspend(&before);
  syscall(SYS_tkill, gettid(), SIGUSR1);
  sigsuspend(&before);
  union sigval value = {.sival_int = 77};
  sigqueue(getpid(), SIGRTMIN + 3, value);
  sigsuspend(&before);
  struct itimerval soon = {.it_value = {0, 1000}};
  setitimer(ITIMER_REAL, &soon, NULL);
  sigsuspend(&before);
  timer_t timer;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 3, .sigev_value = {.sival_int = 88}};
  timer_create(CLOCK_MONOTONIC, &event, &timer);
  struct itimerspec once = {.it_value = {0, 1000000}};
  timer_settime(timer, 0, &once, NULL);
  sigsuspend(&before);
  child = fork();
  if (child == 0) {
    kill(getppid(), SIGUSR1);
    _exit(9);
  }
  // USR1 comes first, by number.
  siginfo_t info;
  waitid(P_PID, child, &info, WEXITED | WNOWAIT);
  sigsuspend(&before);
  waitpid(child, NULL, 0);
}
