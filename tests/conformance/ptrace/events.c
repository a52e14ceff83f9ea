// PTRACE_EVENT_*: fork, vfork and its end, clone, exec, exit; the new tasks are traced from their first instruction.
#include "ptrace.h"

static char stack[65536] __attribute__((aligned(16)));
static int cloned(void *arg) { return 9; }
static void target(void) {
  signal(SIGUSR1, SIG_IGN);
  pid_t p = fork();
  if (p == 0) _exit(1);
  waitpid(p, 0, 0);
  p = vfork();
  if (p == 0) _exit(2);
  waitpid(p, 0, 0);
  p = clone(cloned, stack + sizeof stack, CLONE_VM | SIGUSR1, 0);
  int s;
  waitpid(p, &s, __WALL);
  p = clone(cloned, stack + sizeof stack, CLONE_VM | CLONE_UNTRACED | SIGCHLD, 0);
  waitpid(p, &s, __WALL);
  char *argv[] = {"x", "child", NULL};
  execv("/proc/self/exe", argv);
}
int main(int argc, char **argv) {
  if (argc > 1) {
    write(1, "  the new program\n", 18);
    return 7;
  }
  pid_t p = traced(target), q = 0;
  show("options", pt(PTRACE_SETOPTIONS, p, 0, PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC |
                         PTRACE_O_TRACEVFORKDONE | PTRACE_O_TRACEEXIT));
  struct user_regs_struct regs;
  pt(PTRACE_CONT, p, 0, 0);
  for (;;) {
    int s = waits("parent", p);
    if (!WIFSTOPPED(s)) break;
    unsigned long msg = 0;
    int event = s >> 16;
    if (event) {
      pt(PTRACE_GETEVENTMSG, p, 0, P(&msg));
      pt(PTRACE_GETREGS, p, 0, P(&regs));
      siginfo_t si;
      pt(PTRACE_GETSIGINFO, p, 0, P(&si));
      printf("  siginfo %d %x %d; rax %lld orig_rax %lld\n", si.si_signo, si.si_code, si.si_pid == p, regs.rax, regs.orig_rax);
    }
    if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE) {
      q = msg;
      waits("  child", q);
      pt(PTRACE_GETREGS, q, 0, P(&regs));
      printf("  child: rax %lld orig_rax %lld\n", regs.rax, regs.orig_rax);
      siginfo_t si;
      printf("  siginfo %ld", pt(PTRACE_GETSIGINFO, q, 0, P(&si)));
      printf(" %d %d\n", si.si_signo, si.si_code);
      pt(PTRACE_CONT, q, 0, 0);
      waits("  child", q);
      pt(PTRACE_GETEVENTMSG, q, 0, P(&msg));
      printf("  exit code %lx\n", msg);
      pt(PTRACE_CONT, q, 0, 0);
      waits("  child", q);
    } else if (event == PTRACE_EVENT_VFORK_DONE) printf("  of %s\n", msg == q ? "that child" : "?");
    else if (event == PTRACE_EVENT_EXEC) printf("  was %s\n", msg == p ? "itself" : "?");
    else if (event == PTRACE_EVENT_EXIT) printf("  exit code %lx\n", msg);
    pt(PTRACE_CONT, p, 0, event ? 0 : WSTOPSIG(s) == SIGTRAP ? 0 : WSTOPSIG(s));
  }
  puts("exec without the option");
  p = traced(target);
  for (;;) {
    pt(PTRACE_CONT, p, 0, 0);
    int s = waits("parent", p);
    if (!WIFSTOPPED(s)) break;
    siginfo_t si;
    pt(PTRACE_GETSIGINFO, p, 0, P(&si));
    printf("  siginfo %d %d\n", si.si_signo, si.si_code);
  }
  puts("seized");
  p = fork();
  if (p == 0) {
    usleep(50000);
    target();
  }
  show("seize", pt(PTRACE_SEIZE, p, 0, PTRACE_O_TRACEFORK | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT));
  for (;;) {
    int s = waits("parent", p);
    if (!WIFSTOPPED(s)) break;
    if (s >> 16 == PTRACE_EVENT_FORK) {
      unsigned long msg;
      pt(PTRACE_GETEVENTMSG, p, 0, P(&msg));
      q = msg;
      waits("  child", q);
      siginfo_t si;
      pt(PTRACE_GETSIGINFO, q, 0, P(&si));
      printf("  siginfo %d %x\n", si.si_signo, si.si_code);
      pt(PTRACE_CONT, q, 0, 0);
      waits("  child", q);
      pt(PTRACE_DETACH, q, 0, 0);
      // Its parent reaps it.
    }
    pt(PTRACE_CONT, p, 0, s >> 16 ? 0 : WSTOPSIG(s));
  }
}
