// What exec keeps of signals: ignored stay ignored, caught become default, mask and pending stay.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static void h(int s) {}
int main(int argc, char **argv) {
  if (argc > 1) {
    struct sigaction a;
    sigset_t m, p;
    sigaction(SIGHUP, 0, &a); printf("HUP ignored %d\n", a.sa_handler == SIG_IGN);
    sigaction(SIGUSR1, 0, &a); printf("USR1 default %d flags %x\n", a.sa_handler == SIG_DFL, a.sa_flags);
    sigprocmask(0, 0, &m); printf("mask %lx\n", m.__val[0]);
    sigpending(&p); printf("pending %lx\n", p.__val[0]);
    stack_t ss; sigaltstack(0, &ss); printf("altstack off %d\n", !!(ss.ss_flags & SS_DISABLE));
    printf("alarm left %d\n", alarm(0) > 0);
    return 0;
  }
  signal(SIGHUP, SIG_IGN);
  signal(SIGUSR1, h);
  sigset_t m; sigemptyset(&m); sigaddset(&m, SIGUSR2); sigaddset(&m, SIGTERM);
  sigprocmask(SIG_SETMASK, &m, 0);
  raise(SIGUSR2);
  stack_t ss = {malloc(65536), 0, 65536};
  sigaltstack(&ss, 0);
  alarm(100);
  char *a[] = {"me", "x", 0};
  execv("/proc/self/exe", a);
  return 1;
}
