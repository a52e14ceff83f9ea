// Signal-delivery-stops: the tracer sees each signal first, drops, changes or passes it.
#include "ptrace.h"

static volatile int got, got_code, got_pid;
static void handler(int sig, siginfo_t *si, void *ctx) {
  got = sig;
  got_code = si->si_code;
  got_pid = si->si_pid;
  dprintf(1, "  handler: signal %d code %d from %s\n", sig, si->si_code, si->si_pid == getpid() ? "myself" : si->si_pid == getppid() ? "parent" : "?");
}
static void target(void) {
  struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  sigaction(SIGUSR1, &sa, 0);
  sigaction(SIGUSR2, &sa, 0);
  signal(SIGWINCH, SIG_IGN);
  raise(SIGUSR1);
  dprintf(1, "  after USR1\n");
  raise(SIGUSR1);
  dprintf(1, "  after USR1\n");
  raise(SIGUSR1);
  dprintf(1, "  after USR1\n");
  raise(SIGWINCH);
  raise(SIGCHLD);
  dprintf(1, "  after ignored ones\n");
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  sigprocmask(SIG_BLOCK, &set, 0);
  raise(SIGUSR1);
  dprintf(1, "  a blocked one was injected\n");
  sigprocmask(SIG_UNBLOCK, &set, 0);
  raise(SIGTERM);
  dprintf(1, "  SIGTERM was dropped\n");
  raise(SIGUSR1);
  raise(SIGUSR2);
  raise(SIGKILL);
}
static void cont(pid_t p, int sig) {
  show("cont", pt(PTRACE_CONT, p, 0, sig));
  waits("child", p);
}
int main(void) {
  pid_t p = traced(target);
  siginfo_t si;
  show("siginfo of SIGSTOP", pt(PTRACE_GETSIGINFO, p, 0, P(&si)));
  printf("%d %d %d\n", si.si_signo, si.si_code, si.si_pid == p);
  cont(p, 0);
  show("siginfo", pt(PTRACE_GETSIGINFO, p, 0, P(&si)));
  printf("%d %d %d\n", si.si_signo, si.si_code, si.si_pid == p);
  cont(p, SIGUSR1);
  cont(p, 0);
  // Another signal instead.
  cont(p, SIGUSR2);
  cont(p, SIGWINCH);
  cont(p, SIGCHLD);
  // A blocked one is queued.
  cont(p, SIGUSR2);
  cont(p, SIGUSR2);
  cont(p, 0);
  // Forged details.
  pt(PTRACE_GETSIGINFO, p, 0, P(&si));
  si.si_code = SI_QUEUE;
  si.si_pid = getpid();
  show("setsiginfo", pt(PTRACE_SETSIGINFO, p, 0, P(&si)));
  show("null", pt(PTRACE_SETSIGINFO, p, 0, 0));
  cont(p, SIGUSR1);
  sigset_t set = {0}, old;
  show("getsigmask", pt(PTRACE_GETSIGMASK, p, 8, P(&old)));
  show("size", pt(PTRACE_GETSIGMASK, p, 4, P(&old)));
  sigaddset(&set, SIGUSR2);
  sigaddset(&set, SIGKILL);
  show("setsigmask", pt(PTRACE_SETSIGMASK, p, 8, P(&set)));
  pt(PTRACE_GETSIGMASK, p, 8, P(&old));
  printf("mask %lx then %lx\n", *(long *)&set, *(long *)&old);
  // Blocked now, so it is put back on the queue; then the tracee dies by its own hand.
  cont(p, SIGUSR2);

  puts("killed in a stop");
  p = traced(target);
  kill(p, SIGKILL);
  waits("child", p);
  puts("a fatal signal, passed on");
  p = traced(target);
  cont(p, SIGSEGV);
}
