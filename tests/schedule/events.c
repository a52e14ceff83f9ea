// Something of everything that the tracepoints of signals and timers tell.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
static void on(int s) {}
int main(void) {
  struct sigaction sa = {.sa_handler = on};
  sigaction(SIGUSR1, &sa, 0);
  sigaction(SIGALRM, &sa, 0);
  raise(SIGUSR1);
  kill(getpid(), SIGUSR2 + 5 /* SIGCHLD: ignored by default */);
  sigset_t usr;
  sigemptyset(&usr);
  sigaddset(&usr, SIGUSR1);
  sigprocmask(SIG_BLOCK, &usr, 0);
  kill(getpid(), SIGUSR1);
  kill(getpid(), SIGUSR1);
  sigprocmask(SIG_UNBLOCK, &usr, 0);
  alarm(1);
  pause();
  alarm(5);
  alarm(0);
  pid_t child = fork();
  if (child == 0) for (;;) pause();
  usleep(1000);
  kill(child, SIGTERM);
  wait(0);
  return 0;
}
