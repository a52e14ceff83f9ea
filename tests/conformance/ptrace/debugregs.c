// Hardware breakpoints and watchpoints by the debug registers of struct user.
#include "ptrace.h"

static volatile long watched, other;
static volatile char bytes[16] __attribute__((aligned(16)));
__attribute__((noinline)) static long add(long a, long b) { return a + b; }
static void target(void) {
  watched = 1;
  other = watched;
  watched = 1;
  other = 5;
  __atomic_fetch_add(&watched, 1, __ATOMIC_SEQ_CST);
  bytes[3] = 1;
  *(volatile int *)(bytes + 2) = 7;
  bytes[8] = 2;
  memset((void *)bytes, 0, 16);
  raise(SIGUSR1);
  other = add(1, 2);
  other = add(3, 4);
}
#define DR(n) (offsetof(struct user, u_debugreg) + 8 * (n))
static long get(pid_t p, int n) {
  long v = -1;
  pt(PTRACE_PEEKUSER, p, DR(n), P(&v));
  return v;
}
/** On to the next trap by a debug register. */
static int next(pid_t p, int sig) {
  int s;
  pt(PTRACE_CONT, p, 0, sig);
  waitpid(p, &s, 0);
  if (!WIFSTOPPED(s)) {
    status_text("child", s);
    return 0;
  }
  siginfo_t si;
  struct user_regs_struct r;
  pt(PTRACE_GETSIGINFO, p, 0, P(&si));
  pt(PTRACE_GETREGS, p, 0, P(&r));
  printf("stopped %d code %d addr is rip %d dr6 %lx watched %ld at add %d\n", WSTOPSIG(s), si.si_code, P(si.si_addr) == r.rip, get(p, 6),
         ptrace(PTRACE_PEEKDATA, p, &watched, 0), r.rip == P(add));
  fflush(stdout);
  return WSTOPSIG(s);
}
int main(void) {
  pid_t p = traced(target);
  for (int i = 0; i < 8; i++) printf("dr%d %lx\n", i, get(p, i));
  show("dr4", pt(PTRACE_POKEUSER, p, DR(4), 1));
  show("dr5", pt(PTRACE_POKEUSER, p, DR(5), 1));
  show("kernel address", pt(PTRACE_POKEUSER, p, DR(0), 0xffff800000000000));
  show("dr0", pt(PTRACE_POKEUSER, p, DR(0), P(&watched)));
  show("ports", pt(PTRACE_POKEUSER, p, DR(7), 1 | 0x2 << 16));
  show("long instruction", pt(PTRACE_POKEUSER, p, DR(7), 1 | 0xc << 16));
  show("write, 8 bytes", pt(PTRACE_POKEUSER, p, DR(7), 1 | 0x9 << 16));
  printf("dr0 %d dr7 %lx\n", get(p, 0) == P(&watched), get(p, 7) & 0xffff03ff);
  show("unaligned", pt(PTRACE_POKEUSER, p, DR(0), P(&watched) + 1));
  next(p, 0);
  next(p, 0);
  next(p, 0);
  puts("a byte");
  show("off", pt(PTRACE_POKEUSER, p, DR(7), 0));
  show("dr1", pt(PTRACE_POKEUSER, p, DR(1), P(bytes + 3)));
  show("write, 1 byte", pt(PTRACE_POKEUSER, p, DR(7), 4 | 0x1 << 20));
  next(p, 0);
  next(p, 0);
  show("clear", pt(PTRACE_POKEUSER, p, DR(6), 0));
  printf("dr6 %lx\n", get(p, 6));
  puts("an instruction");
  pt(PTRACE_POKEUSER, p, DR(7), 0);
  show("dr3", pt(PTRACE_POKEUSER, p, DR(3), P(add)));
  show("execute", pt(PTRACE_POKEUSER, p, DR(7), 0x40));
  next(p, 0);
  next(p, 0);
  next(p, 0);
  next(p, 0);
  puts("reads and writes");
  p = traced(target);
  pt(PTRACE_POKEUSER, p, DR(2), P(&watched));
  show("read or write", pt(PTRACE_POKEUSER, p, DR(7), 0x10 | 0xb << 24));
  for (int i = 0; i < 8 && next(p, 0) == SIGTRAP; i++);
  puts("a step over a watched write");
  p = traced(target);
  pt(PTRACE_POKEUSER, p, DR(0), P(&watched));
  pt(PTRACE_POKEUSER, p, DR(7), 1 | 0x9 << 16);
  int s;
  for (;;) {
    pt(PTRACE_SINGLESTEP, p, 0, 0);
    waitpid(p, &s, 0);
    if (get(p, 6) & 1) break;
  }
  siginfo_t si;
  pt(PTRACE_GETSIGINFO, p, 0, P(&si));
  printf("code %d dr6 %lx watched %ld\n", si.si_code, get(p, 6), ptrace(PTRACE_PEEKDATA, p, &watched, 0));
  pt(PTRACE_KILL, p, 0, 0);
  waits("child", p);
}
