// The resume flag in the frames of faults, traps and signals that others send.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

static volatile int skip;
static void handler(int sig, siginfo_t *info, void *context) {
  ucontext_t *uc = context;
  printf("%s: code %d, RF %lld\n", strsignal(sig), info->si_code, uc->uc_mcontext.gregs[REG_EFL] >> 16 & 1);
  uc->uc_mcontext.gregs[REG_RIP] += skip;
}

int main(void) {
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  int signals[] = {SIGSEGV, SIGFPE, SIGILL, SIGTRAP, SIGUSR1};
  for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &action, NULL);
  skip = 3;
  __asm__ volatile("xor %%eax, %%eax; mov (%%rax), %%rax; nop" ::: "rax", "memory");
  skip = 0;
  raise(SIGUSR1);
  skip = 2;
  __asm__ volatile("xor %%ecx, %%ecx; xor %%edx, %%edx; div %%ecx" ::: "rax", "rcx", "rdx", "memory");
  __asm__ volatile("ud2" ::: "memory");
  skip = 1;
  __asm__ volatile("hlt" ::: "memory");
  skip = 0;
  __asm__ volatile("int3" ::: "memory");
  skip = 2;
  __asm__ volatile("int $0x45" ::: "memory");
  skip = 0;
  raise(SIGUSR1);
  unsigned long flags;
  __asm__ volatile("pushf; pop %0" : "=r"(flags));
  printf("RF %lu\n", flags >> 16 & 1);
}
