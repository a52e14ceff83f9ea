// seccomp under a tracer: PTRACE_EVENT_SECCOMP with changed and skipped calls, the order of the two, reading filters.
#include "ptrace.h"
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

static void install(unsigned verdict, int nr) {
  struct sock_filter f[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1), BPF_STMT(BPF_RET | BPF_K, verdict),
                            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  struct sock_fprog p = {4, f};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p);
}
static void target(void) {
  pid_t self = getpid(), parent = getppid();
  install(SECCOMP_RET_TRACE | 77, SYS_getppid);
  install(SECCOMP_RET_ERRNO | 5, SYS_getuid);
  install(SECCOMP_RET_TRAP | 9, SYS_getgid);
  for (int i = 0; i < 4; i++) {
    errno = 0;
    long r = syscall(SYS_getppid, 1, 2, 3, 4, 5, 6);
    dprintf(1, "  getppid %ld %d\n", r == self ? -2 : r == parent ? -3 : r, errno);
  }
  syscall(SYS_getgid);
}
static struct user_regs_struct regs;
int main(void) {
  pid_t p = traced(target);
  int s;
  show("options", pt(PTRACE_SETOPTIONS, p, 0, PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD));
  int n = 0;
  pt(PTRACE_CONT, p, 0, 0);
  for (;;) {
    s = waits("child", p);
    if (!WIFSTOPPED(s)) break;
    unsigned long msg = 0;
    pt(PTRACE_GETEVENTMSG, p, 0, P(&msg));
    pt(PTRACE_GETREGS, p, 0, P(&regs));
    struct __ptrace_syscall_info i;
    memset(&i, 0, sizeof i);
    long size = pt(PTRACE_GET_SYSCALL_INFO, p, sizeof i, P(&i));
    printf("message %ld rax %lld orig_rax %lld info %ld op %d nr %lld data %d\n", msg, regs.rax, regs.orig_rax, size, i.op, i.seccomp.nr,
           i.seccomp.ret_data);
    if (n == 0) {
      struct sock_filter f[16];
      for (int k = 0; k < 4; k++) show("filter", pt(PTRACE_SECCOMP_GET_FILTER, p, k, 0));
      show("copy", pt(PTRACE_SECCOMP_GET_FILTER, p, 1, P(f)));
      printf("%x %x %x %x\n", f[0].code, f[1].k, f[2].k, f[3].k);
      show("bad place", pt(PTRACE_SECCOMP_GET_FILTER, p, 1, 8));
    }
    int request = PTRACE_CONT;
    switch (n++) {
      case 1: // another call
        pt(PTRACE_POKEUSER, p, offsetof(struct user_regs_struct, orig_rax), SYS_getpid);
        break;
      case 2: // none
        pt(PTRACE_POKEUSER, p, offsetof(struct user_regs_struct, orig_rax), -1);
        pt(PTRACE_POKEUSER, p, offsetof(struct user_regs_struct, rax), 1234);
        break;
      case 3: // one that the filters refuse
        pt(PTRACE_POKEUSER, p, offsetof(struct user_regs_struct, orig_rax), SYS_getuid);
        break;
    }
    siginfo_t si;
    if (WSTOPSIG(s) == SIGSYS) {
      pt(PTRACE_GETSIGINFO, p, 0, P(&si));
      printf("SIGSYS code %d errno %d syscall %d\n", si.si_code, si.si_errno, si.si_syscall);
    }
    pt(request, p, 0, s >> 16 ? 0 : WSTOPSIG(s));
  }
  puts("both: entry, seccomp, exit");
  p = traced(target);
  pt(PTRACE_SETOPTIONS, p, 0, PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD);
  int events = 0;
  while (events < 6) {
    pt(PTRACE_SYSCALL, p, 0, 0);
    waitpid(p, &s, 0);
    pt(PTRACE_GETREGS, p, 0, P(&regs));
    if (regs.orig_rax != SYS_getppid) continue;
    events++;
    printf("stop %x event %d\n", WSTOPSIG(s), s >> 16);
  }
  kill(p, SIGKILL);
  waits("child", p);
  puts("without the option");
  p = traced(target);
  pt(PTRACE_CONT, p, 0, 0);
  waits("child", p);
  kill(p, SIGKILL);
  waits("child", p);
  p = traced(target);
  show("no filters", pt(PTRACE_SECCOMP_GET_FILTER, p, 0, 0));
  kill(p, SIGKILL);
  waits("child", p);
}
