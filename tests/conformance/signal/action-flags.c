// SA_NODEFER, SA_RESETHAND, sa_mask, and what sigaction reports back.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static volatile int depth, deepest, raised;
static void nesting(int sig) {
  if (++depth > deepest) deepest = depth;
  if (raised++ < 4) raise(sig);
  depth--;
}
static void masks(int sig) {
  sigset_t now;
  sigprocmask(SIG_SETMASK, NULL, &now);
  printf("%s blocks USR1 %d USR2 %d TERM %d KILL %d\n", strsignal(sig), sigismember(&now, SIGUSR1), sigismember(&now, SIGUSR2),
         sigismember(&now, SIGTERM), sigismember(&now, SIGKILL));
}

int main(void) {
  struct sigaction a = {.sa_handler = nesting}, b;
  sigaction(SIGUSR1, &a, NULL);
  raise(SIGUSR1);
  printf("deferred: depth %d\n", deepest);
  deepest = raised = 0;
  a.sa_flags = SA_NODEFER;
  sigaction(SIGUSR1, &a, NULL);
  raise(SIGUSR1);
  printf("not deferred: depth %d\n", deepest);
  memset(&a, 0, sizeof a);
  a.sa_handler = masks;
  sigaddset(&a.sa_mask, SIGTERM);
  sigaddset(&a.sa_mask, SIGKILL);
  a.sa_flags = SA_RESETHAND;
  sigaction(SIGUSR2, &a, NULL);
  sigaction(SIGUSR2, NULL, &b);
  printf("flags %x, TERM in mask %d, KILL in mask %d\n", b.sa_flags & ~0x04000000, sigismember(&b.sa_mask, SIGTERM), sigismember(&b.sa_mask, SIGKILL));
  raise(SIGUSR2);
  sigaction(SIGUSR2, NULL, &b);
  printf("reset to default: %d, flags %x\n", b.sa_handler == SIG_DFL, b.sa_flags & ~0x04000000);
  a.sa_flags = SA_NODEFER;
  sigaction(SIGUSR2, &a, NULL);
  raise(SIGUSR2);
  // Flags that the kernel does not know are dropped; SA_UNSUPPORTED always is.
  a.sa_flags = 0x400 | 0x00000100 | SA_RESTART;
  sigaction(SIGUSR2, &a, NULL);
  sigaction(SIGUSR2, NULL, &b);
  printf("kept %x\n", b.sa_flags & ~0x04000000);
}
