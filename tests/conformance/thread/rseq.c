// rseq: registered by the C library; errors; a sequence interrupted by a signal goes to its abort handler.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>
#define T(e) do { errno = 0; long r_ = (e); int x_ = errno; printf("%s: %ld %d\n", #e, r_, x_); } while (0)
static volatile int hits;
static void h(int s) { hits++; }
int main(void) {
  struct rseq *r = (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
  printf("cpu id valid %d\n", (int)r->cpu_id >= 0);
  T(syscall(SYS_rseq, r, 32, 0, RSEQ_SIG));
  T(syscall(SYS_rseq, r, 32, 0, 1));
  T(syscall(SYS_rseq, (char *)r + 64, 32, 0, RSEQ_SIG));
  T(syscall(SYS_rseq, r, 32, 5, RSEQ_SIG));
  signal(SIGALRM, h);
  ualarm(20000, 0);
  int aborted = 0;
  // Spins inside the sequence until the signal throws it out.
  asm volatile(
      ".pushsection .data.rseq_cs, \"aw\"\n.balign 32\n7: .long 0, 0\n.quad 1f, 2f-1f, 3f\n.popsection\n"
      "leaq 7b(%%rip), %%rax\n movq %%rax, %1\n"
      "1: jmp 1b\n"
      "2: jmp 4f\n"
      ".byte 0x0f, 0xb9, 0x3d\n.long 0x53053053\n"
      "3: movl $1, %0\n"
      "4:\n"
      : "+m"(aborted), "=m"(r->rseq_cs) : : "rax", "memory");
  // Preemption may have done it before the signal.
  printf("aborted %d cs cleared %d\n", aborted, r->rseq_cs == 0);
  return 0;
}
