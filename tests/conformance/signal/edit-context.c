// A handler changes the interrupted program's registers, flags and vector state.
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

static void handler(int sig, siginfo_t *info, void *context) {
  (void)sig, (void)info;
  ucontext_t *uc = context;
  greg_t *r = uc->uc_mcontext.gregs;
  r[REG_RIP] += 2;
  r[REG_RAX] = 0x1122334455667788;
  r[REG_R15] = -5;
  r[REG_EFL] = (r[REG_EFL] & ~0x8d5) | 0x41;
  uint32_t *xmm = uc->uc_mcontext.fpregs->_xmm[3].element;
  for (int i = 0; i < 4; i++) xmm[i] = 0x01010101u * (i + 1);
  uc->uc_mcontext.fpregs->mxcsr |= 0x8000;
}

int main(void) {
  struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  sigaction(SIGILL, &a, NULL);
  uint64_t rax, r15, flags;
  uint32_t xmm[4], mxcsr;
  __asm__ volatile(
      "xor %%r15d, %%r15d; pxor %%xmm3, %%xmm3; cmp $1, %%r15; ud2; mov %%rax, %0; mov %%r15, %1; pushf; pop %2; movdqu %%xmm3, %3; stmxcsr %4"
      : "=m"(rax), "=m"(r15), "=r"(flags), "=m"(xmm), "=m"(mxcsr)
      :
      : "rax", "r15", "xmm3", "cc", "memory");
  printf("%lx %ld flags %lx xmm %x %x %x %x mxcsr %x\n", rax, (long)r15, flags & 0x8d5, xmm[0], xmm[1], xmm[2], xmm[3], mxcsr);
}
