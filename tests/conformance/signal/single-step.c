// The trap flag: SIGTRAP after each instruction, with code and address.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <ucontext.h>

static volatile int steps, codes, stop;
static volatile long addresses;
static void handler(int sig, siginfo_t *info, void *context) {
  (void)sig;
  ucontext_t *uc = context;
  steps++;
  codes += info->si_code == TRAP_TRACE;
  addresses += (long)info->si_addr == uc->uc_mcontext.gregs[REG_RIP];
  if (uc->uc_mcontext.gregs[REG_RBX] == 99) uc->uc_mcontext.gregs[REG_EFL] &= ~0x100l;
}

int main(void) {
  struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  sigaction(SIGTRAP, &a, NULL);
  __asm__ volatile(
      "xor %%ebx, %%ebx; pushf; orq $0x100, (%%rsp); popf; nop; nop; mov $3, %%ecx; 1: dec %%ecx; jnz 1b; push %%rax; pop %%rax; mov $99, %%ebx; nop; nop"
      ::: "rax", "rbx", "rcx", "cc", "memory");
  printf("steps %d, TRAP_TRACE %d, addresses right %ld\n", steps, codes, addresses);
}
