// Real-time signals queue, ordinary ones do not; order of delivery; sigqueue values.
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
static void h(int sig, siginfo_t *si, void *u) { printf("sig %d code %d value %d\n", sig, si->si_code, si->si_value.sival_int); }
int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  struct sigaction sa;
  memset(&sa, 0, sizeof sa);
  sa.sa_sigaction = h;
  sa.sa_flags = SA_SIGINFO;
  sigfillset(&sa.sa_mask);
  int sigs[] = {SIGUSR1, SIGUSR2, SIGHUP, 34, 40, 64};
  sigset_t all, p;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, 0);
  for (int i = 0; i < 6; i++) sigaction(sigs[i], &sa, 0);
  for (int n = 0; n < 3; n++)
    for (int i = 5; i >= 0; i--) {
      union sigval v = {.sival_int = n * 100 + i};
      sigqueue(getpid(), sigs[i], v);
    }
  sigpending(&p);
  printf("pending:");
  for (int s = 1; s <= 64; s++) if (sigismember(&p, s) == 1) printf(" %d", s);
  puts("");
  sigprocmask(SIG_UNBLOCK, &all, 0);
  puts("done");
  sigpending(&p);
  int left = 0;
  for (int s = 1; s <= 64; s++) left += sigismember(&p, s) == 1;
  printf("left %d\n", left);
  return 0;
}
