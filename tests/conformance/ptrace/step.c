// Single steps: over plain instructions, a call of the kernel, a repeated string instruction, int3, into a handler.
#include "ptrace.h"

extern char code[], after_syscall[], rep[], after_rep[], after_int3[], done[];
static void handler(int sig) {}
static void target(void) {
  signal(SIGUSR1, handler);
  char a[8] = "abcdefg", b[8];
  char *d = b, *s = a;
  long n = 5;
  asm volatile(".globl code, after_syscall, rep, after_rep, after_int3, done\n"
               "code: mov $39, %%eax\n"
               "nop\n"
               "syscall\n"
               "after_syscall: cld\n"
               "mov $5, %%ecx\n"
               "rep: rep movsb\n"
               "after_rep: pushf\n"
               "pop %%rax\n"
               "int3\n"
               "after_int3: nop\n"
               "done: nop\n"
               : "+D"(d), "+S"(s), "+c"(n)
               :
               : "rax", "r11", "memory");
  raise(SIGUSR1);
  dprintf(1, "  out of the handler\n");
}
static struct user_regs_struct r;
static int step(pid_t p, int sig) {
  int s;
  show("step", pt(PTRACE_SINGLESTEP, p, 0, sig));
  waitpid(p, &s, 0);
  if (!WIFSTOPPED(s)) {
    status_text("child", s);
    return s;
  }
  pt(PTRACE_GETREGS, p, 0, P(&r));
  siginfo_t si;
  long i = pt(PTRACE_GETSIGINFO, p, 0, P(&si));
  printf("  stopped %x code %d addr is rip %d tf %d orig_rax %lld", s >> 8, i == 0 ? si.si_code : -999, (unsigned long)si.si_addr == r.rip, !!(r.eflags & 0x100),
         r.orig_rax);
  static const struct { char *at; const char *name; } names[] = {{code, "code"}, {after_syscall, "after_syscall"}, {rep, "rep"}, {after_rep, "after_rep"},
                                                                 {after_int3, "after_int3"}, {done, "done"}, {(char *)handler, "handler"}};
  for (int k = 0; k < COUNT(names); k++)
    if (r.rip == (unsigned long)names[k].at) printf(" at %s", names[k].name);
  if (r.rip >= (unsigned long)rep && r.rip <= (unsigned long)after_rep) printf(" rcx %lld", r.rcx);
  printf("\n");
  fflush(stdout);
  return s;
}
int main(void) {
  pid_t p = traced(target);
  // A breakpoint brings it to the code.
  unsigned long word;
  show("peek", pt(PTRACE_PEEKTEXT, p, P(code), P(&word)));
  show("poke", pt(PTRACE_POKETEXT, p, P(code), (word & ~0xffUL) | 0xcc));
  pt(PTRACE_CONT, p, 0, 0);
  waits("child", p);
  siginfo_t si;
  pt(PTRACE_GETSIGINFO, p, 0, P(&si));
  printf("int3: code %x\n", si.si_code);
  pt(PTRACE_GETREGS, p, 0, P(&r));
  printf("behind it: %d\n", r.rip == P(code) + 1);
  show("poke", pt(PTRACE_POKETEXT, p, P(code), word));
  r.rip = P(code);
  show("setregs", pt(PTRACE_SETREGS, p, 0, P(&r)));
  for (int i = 0; i < 15; i++) step(p, 0);
  pt(PTRACE_GETREGS, p, 0, P(&r));
  printf("pushed flags have TF: %lld\n", r.rax >> 8 & 1);
  pt(PTRACE_CONT, p, 0, 0);
  waits("child", p);
  puts("into the handler");
  step(p, SIGUSR1);
  step(p, 0);
  pt(PTRACE_CONT, p, 0, 0);
  waits("child", p);

  puts("a step ends with a fork or a signal");
  p = traced(target);
  kill(p, SIGUSR2);
  step(p, 0);
  step(p, SIGUSR2);
}
