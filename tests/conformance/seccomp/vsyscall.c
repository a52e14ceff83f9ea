// The vsyscall page asks the filters too; the vDSO asks nobody, since it makes no call.
#include "seccomp.h"
#include <sys/auxv.h>
#include <time.h>

static void on_sys(int sig, siginfo_t *i, void *ctx) {
  ucontext_t *uc = ctx;
  printf("SIGSYS errno %d syscall %d addr %lx rax %lld at %llx\n", i->si_errno, i->si_syscall, (long)i->si_call_addr, uc->uc_mcontext.gregs[REG_RAX],
         uc->uc_mcontext.gregs[REG_RIP] >> 12 == 0xffffffffff600 ? uc->uc_mcontext.gregs[REG_RIP] : 0);
  fflush(stdout);
  _exit(4);
}
static unsigned verdict;
static long (*const vtime)(long *) = (void *)0xffffffffff600400;
static int (*const vgetcpu)(unsigned *, unsigned *, void *) = (void *)0xffffffffff600800;
static void call(void) {
  struct sigaction sa = {.sa_sigaction = on_sys, .sa_flags = SA_SIGINFO};
  sigaction(SIGSYS, &sa, 0);
  struct sock_filter f[] = {LOAD(NR), ON(SYS_time, verdict), ON(SYS_getcpu, verdict), ON(SYS_clock_gettime, verdict), RET(SECCOMP_RET_ALLOW)};
  install(f, COUNT(f), 0);
  struct timespec t;
  show("vDSO", KERNEL(clock_gettime(CLOCK_MONOTONIC, &t)));
  long r = vtime(0);
  show("time", r > 1000000 ? 1 : r);
  unsigned cpu = 99;
  show("getcpu", vgetcpu(&cpu, 0, 0));
  printf("cpu %s\n", cpu == 99 ? "untouched" : "set");
}
int main(void) {
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  unsigned v[] = {SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | 5, SECCOMP_RET_TRACE | 1, SECCOMP_RET_TRAP | 6, SECCOMP_RET_KILL_PROCESS};
  for (int i = 0; i < COUNT(v); i++) {
    verdict = v[i];
    in_child("child", call);
  }
}
