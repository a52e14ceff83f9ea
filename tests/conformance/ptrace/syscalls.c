// System-call-stops: entry and exit in turn, with the registers; changed numbers, arguments and results; GET_SYSCALL_INFO.
#include "ptrace.h"

static void target(void) {
  syscall(SYS_getppid, 11, 12, 13, 14, 15, 16);
  dprintf(1, "  getppid %ld\n", syscall(SYS_getppid, 1, 2, 3, 4, 5, 6));
  long r = syscall(SYS_getppid);
  dprintf(1, "  changed number: %d\n", r == getpid());
  r = syscall(SYS_dup, -1, 0, 0, 0, 0, 0);
  dprintf(1, "  changed argument: %ld\n", r);
  r = syscall(SYS_getppid);
  dprintf(1, "  changed result: %ld %d\n", r, errno);
  errno = 0;
  r = syscall(SYS_mkdir, "not-made", 0700);
  dprintf(1, "  skipped: %ld %d\n", r, errno);
  r = syscall(SYS_mkdir, "not-made", 0700);
  dprintf(1, "  skipped with a result: %ld\n", r);
  dprintf(1, "  there: %d\n", access("not-made", F_OK));
  syscall(1000, 1, 2, 3);
  syscall(SYS_exit_group, 5, 0, 0, 0, 0, 0);
}
static struct user_regs_struct regs;
static void stop(pid_t p) {
  show("syscall", pt(PTRACE_SYSCALL, p, 0, 0));
  int s = waits("child", p);
  if (!WIFSTOPPED(s)) exit(0);
  pt(PTRACE_GETREGS, p, 0, P(&regs));
}
/** On to the entry of a call of this number. */
static void until(pid_t p, long nr) {
  for (;;) {
    pt(PTRACE_SYSCALL, p, 0, 0);
    int s;
    waitpid(p, &s, 0);
    if (!WIFSTOPPED(s)) {
      status_text("child", s);
      exit(0);
    }
    pt(PTRACE_GETREGS, p, 0, P(&regs));
    if (regs.orig_rax == nr) return;
    pt(PTRACE_SYSCALL, p, 0, 0);
    waitpid(p, &s, 0);
  }
}
static void exit_stop(pid_t p) {
  pt(PTRACE_SYSCALL, p, 0, 0);
  int s;
  waitpid(p, &s, 0);
  pt(PTRACE_GETREGS, p, 0, P(&regs));
}
static void info(pid_t p) {
  struct __ptrace_syscall_info i;
  memset(&i, 0xee, sizeof i);
  long n = pt(PTRACE_GET_SYSCALL_INFO, p, sizeof i, P(&i));
  printf("info %ld: op %d arch %x ip %d sp %d", n, i.op, i.arch, i.instruction_pointer == regs.rip, i.stack_pointer == regs.rsp);
  if (i.op == 1)
    printf(" nr %lld args %lld %lld %lld %lld %lld %lld", i.entry.nr, i.entry.args[0], i.entry.args[1], i.entry.args[2], i.entry.args[3],
           i.entry.args[4], i.entry.args[5]);
  if (i.op == 2) printf(" error %d negative %d", i.exit.is_error, (long long)i.exit.rval < 0);
  printf("\n");
  memset(&i, 0xee, sizeof i);
  n = pt(PTRACE_GET_SYSCALL_INFO, p, 5, P(&i));
  printf("short %ld: op %d, byte 5 %x\n", n, i.op, ((unsigned char *)&i)[5]);
  fflush(stdout);
}
int main(void) {
  pid_t p = traced(target);
  info(p);
  show("options", pt(PTRACE_SETOPTIONS, p, 0, 0));
  stop(p);
  printf("entry rax %lld orig %lld rdi %lld r9 %lld\n", regs.rax, regs.orig_rax, regs.rdi, regs.r9);
  info(p);
  unsigned long msg = 77;
  show("eventmsg", pt(PTRACE_GETEVENTMSG, p, 0, P(&msg)));
  printf("message %ld\n", msg);
  stop(p);
  printf("exit rax is parent %d orig %lld\n", regs.rax == getpid(), regs.orig_rax);
  show("unknown option", pt(PTRACE_SETOPTIONS, p, 0, 0x800));
  show("options", pt(PTRACE_SETOPTIONS, p, 0, PTRACE_O_TRACESYSGOOD));
  stop(p);
  printf("entry rax %lld orig %lld\n", regs.rax, regs.orig_rax);
  pt(PTRACE_GETEVENTMSG, p, 0, P(&msg));
  printf("message %ld\n", msg);
  siginfo_t si;
  show("siginfo", pt(PTRACE_GETSIGINFO, p, 0, P(&si)));
  printf("signo %d code %x\n", si.si_signo, si.si_code);
  info(p);
  stop(p);
  pt(PTRACE_GETEVENTMSG, p, 0, P(&msg));
  printf("message %ld\n", msg);
  regs.rax = 4242;
  show("setregs", pt(PTRACE_SETREGS, p, 0, P(&regs)));
  info(p);

  until(p, SYS_getppid);
  show("number", pt(PTRACE_POKEUSER, p, offsetof(struct user_regs_struct, orig_rax), SYS_getpid));
  exit_stop(p);
  until(p, SYS_dup);
  show("argument", pt(PTRACE_POKEUSER, p, offsetof(struct user_regs_struct, rdi), 77));
  exit_stop(p);
  info(p);
  until(p, SYS_getppid);
  exit_stop(p);
  show("result", pt(PTRACE_POKEUSER, p, offsetof(struct user_regs_struct, rax), -ENOTTY));
  info(p);
  until(p, SYS_mkdir);
  show("skip", pt(PTRACE_POKEUSER, p, offsetof(struct user_regs_struct, orig_rax), -1));
  exit_stop(p);
  printf("rax %lld orig %lld\n", regs.rax, regs.orig_rax);
  until(p, SYS_mkdir);
  pt(PTRACE_POKEUSER, p, offsetof(struct user_regs_struct, orig_rax), -1);
  show("result", pt(PTRACE_POKEUSER, p, offsetof(struct user_regs_struct, rax), 99));
  exit_stop(p);
  until(p, 1000);
  exit_stop(p);
  printf("unknown: rax %lld\n", regs.rax);
  until(p, SYS_exit_group);
  info(p);
  pt(PTRACE_SYSCALL, p, 0, 0);
  waits("child", p);
}
