// An alarm, a signal that is sent twice while it is blocked, and one that is ignored.
#include <signal.h>
#include <unistd.h>

static void handler(int sig) { (void)sig; }

int main(void) {
  sigset_t set;
  signal(SIGALRM, handler);
  signal(SIGUSR1, handler);
  signal(SIGUSR2, SIG_IGN);
  alarm(1);
  pause();
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, NULL);
  kill(getpid(), SIGUSR1);
  kill(getpid(), SIGUSR1);
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  kill(getpid(), SIGUSR2);
}
