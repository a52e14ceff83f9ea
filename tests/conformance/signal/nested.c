// SA_NODEFER, SA_RESETHAND, sa_mask, masks inside and after handlers.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
static int depth;
static unsigned long mask(void) { sigset_t s; sigprocmask(SIG_SETMASK, 0, &s); return s.__val[0]; }
static void h(int sig) {
  depth++;
  printf("enter %d depth %d mask %lx\n", sig, depth, mask());
  if (depth < 3 && sig == SIGUSR1) raise(sig);
  printf("leave %d depth %d\n", sig, depth);
  depth--;
}
static void once(int sig) { struct sigaction o; sigaction(sig, 0, &o); printf("once: now default=%d\n", o.sa_handler == SIG_DFL); }
int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  struct sigaction sa, old;
  memset(&sa, 0, sizeof sa);
  sa.sa_handler = h;
  sa.sa_flags = SA_NODEFER;
  sigaction(SIGUSR1, &sa, 0);
  raise(SIGUSR1);
  sa.sa_flags = 0;
  sigaddset(&sa.sa_mask, SIGTERM);
  sigaddset(&sa.sa_mask, SIGKILL);
  sigaction(SIGUSR2, &sa, 0);
  sigaction(SIGUSR2, 0, &old);
  printf("mask kept without KILL: %lx\n", old.sa_mask.__val[0]);
  raise(SIGUSR2);
  printf("after: %lx\n", mask());
  sa.sa_handler = once;
  sa.sa_flags = SA_RESETHAND;
  sigaction(SIGHUP, &sa, 0);
  raise(SIGHUP);
  sigaction(SIGHUP, 0, &old);
  printf("default again=%d\n", old.sa_handler == SIG_DFL);
  return 0;
}
