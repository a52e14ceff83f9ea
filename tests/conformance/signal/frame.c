// What the kernel pushes for a handler: alignment, red zone, ucontext, siginfo, floating-point area.
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
static void handler(int sig, siginfo_t *si, void *v) {
  ucontext_t *uc = v;
  uint64_t frame = (uint64_t)uc - 8;
  printf("sig=%d code=%d pid ok=%d\n", sig, si->si_code, si->si_pid == getpid());
  printf("frame mod 16 = %d\n", (int)(frame % 16));
  printf("info after uc: %ld\n", (long)((char *)si - (char *)uc));
  printf("uc_flags=%lx link=%p\n", uc->uc_flags & ~1ul, (void *)uc->uc_link);
  printf("stack sp=%p flags=%d size=%zu\n", uc->uc_stack.ss_sp, uc->uc_stack.ss_flags, uc->uc_stack.ss_size);
  greg_t *g = uc->uc_mcontext.gregs;
  printf("cs=%llx ss=%llx fs=%llx\n", (unsigned long long)g[REG_CSGSFS] & 0xffff, ((unsigned long long)g[REG_CSGSFS] >> 48), ((unsigned long long)g[REG_CSGSFS] >> 32) & 0xffff);
  printf("red zone kept: %d\n", (uint64_t)g[REG_RSP] - frame >= 128 + 440);
  printf("oldmask=%llx sigmask=%lx\n", g[REG_OLDMASK], uc->uc_sigmask.__val[0]);
  uint32_t *fp = (uint32_t *)uc->uc_mcontext.fpregs;
  printf("fp aligned=%d magic1=%x mxcsr=%x cwd=%x\n", (int)((uint64_t)fp % 64), fp[464 / 4], fp[6], fp[0] & 0xffff);
  uint32_t ext = fp[464 / 4 + 1], xs = fp[464 / 4 + 4];
  printf("extended-xstate=%d magic2=%x xfeatures has x87+sse=%d\n", ext - xs, *(uint32_t *)((char *)fp + xs), (fp[464 / 4 + 2] & 3) == 3);
}
int main(void) {
  struct sigaction sa;
  memset(&sa, 0, sizeof sa);
  sa.sa_sigaction = handler;
  sa.sa_flags = SA_SIGINFO;
  sigaddset(&sa.sa_mask, SIGUSR2);
  sigaction(SIGUSR1, &sa, 0);
  sigset_t s;
  sigemptyset(&s); sigaddset(&s, SIGHUP); sigaddset(&s, 40);
  sigprocmask(SIG_SETMASK, &s, 0);
  kill(getpid(), SIGUSR1);
  sigprocmask(SIG_SETMASK, 0, &s);
  printf("mask after: %lx\n", s.__val[0]);
  return 0;
}
