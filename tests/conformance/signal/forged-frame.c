// rt_sigreturn with bad frames ends in SIGSEGV; changed frames take effect.
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>
#include <sys/resource.h>
static int mode;
static void landed(void) { write(1, "landed\n", 7); _exit(0); }
static void h(int sig, siginfo_t *si, void *v) {
  ucontext_t *uc = v;
  switch (mode) {
    case 0: uc->uc_mcontext.gregs[REG_RIP] = 0x8000000000000000ull; break;
    case 1: uc->uc_mcontext.gregs[REG_CSGSFS] = 0; break;
    case 2: uc->uc_mcontext.fpregs = (void *)1; break;
    case 3: ((uint32_t *)uc->uc_mcontext.fpregs)[6] = 0xffffffff; break;
    case 4: uc->uc_mcontext.gregs[REG_RIP] = (greg_t)landed; uc->uc_mcontext.gregs[REG_RSP] &= ~15ull; uc->uc_mcontext.gregs[REG_RSP] -= 8; break;
    case 5: uc->uc_mcontext.fpregs = 0; break;
    case 6: uc->uc_mcontext.gregs[REG_EFL] |= 0x400000 | 0x20000; break;
    case 7: uc->uc_mcontext.gregs[REG_RSP] = 0; uc->uc_mcontext.gregs[REG_RIP] = (greg_t)landed; break;
  }
}
int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  struct rlimit rl = {0, 0};
  setrlimit(RLIMIT_CORE, &rl);
  for (mode = 0; mode < 8; mode++) {
    pid_t c = fork();
    if (c == 0) {
      struct sigaction sa;
      memset(&sa, 0, sizeof sa);
      sa.sa_sigaction = h;
      sa.sa_flags = SA_SIGINFO;
      sigaction(SIGUSR1, &sa, 0);
      raise(SIGUSR1);
      write(1, "returned\n", 9);
      _exit(1);
    }
    int st;
    waitpid(c, &st, 0);
    printf("%d: %s %d\n", mode, WIFSIGNALED(st) ? "signal" : "exit", WIFSIGNALED(st) ? WTERMSIG(st) : WEXITSTATUS(st));
  }
  return 0;
}
