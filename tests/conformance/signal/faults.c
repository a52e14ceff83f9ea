// Faults: signal, si_code and si_addr for the common kinds.
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>
static sigjmp_buf env;
static volatile uint64_t base;
static void h(int sig, siginfo_t *si, void *v) {
  ucontext_t *uc = v;
  printf("sig=%d code=%d addr-base=%lld trapno=%lld err=%llx\n", sig, si->si_code, (long long)((uint64_t)si->si_addr - base), uc->uc_mcontext.gregs[REG_TRAPNO], uc->uc_mcontext.gregs[REG_ERR]);
  siglongjmp(env, 1);
}
#define TRY(name, b, stmt) do { printf("%s: ", name); base = (uint64_t)(b); if (sigsetjmp(env, 1) == 0) { stmt; puts("nothing"); } } while (0)
int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  struct sigaction sa;
  memset(&sa, 0, sizeof sa);
  sa.sa_sigaction = h;
  sa.sa_flags = SA_SIGINFO | SA_NODEFER;
  int sigs[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
  for (int i = 0; i < 5; i++) sigaction(sigs[i], &sa, 0);
  char *ro = mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char *none = mmap(0, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char *rw = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(rw + 4096, 4096);
  TRY("null read", 0, (void)*(volatile int *)0);
  TRY("null write", 0, *(volatile int *)16 = 1);
  TRY("read-only", ro, *(volatile char *)(ro + 5) = 1);
  TRY("none", none, (void)*(volatile char *)(none + 7));
  TRY("unmapped", rw, (void)*(volatile char *)(rw + 4096));
  TRY("across", rw, *(volatile uint64_t *)(rw + 4092) = 1);
  (void)*(volatile char *)ro;
  TRY("execute data", ro, ((void (*)(void))ro)());
  TRY("kernel address", 0xffffffff80000000, (void)*(volatile char *)0xffffffff80000000);
  TRY("non-canonical", 0, (void)*(volatile char *)0x8000000000000000);
  TRY("int3", 0, asm volatile("int3"));
  base = 0;
  printf("ud2: ");
  if (sigsetjmp(env, 1) == 0) { asm volatile("lea 1f(%%rip), %%rax; mov %%rax, %0; 1: ud2" : "=m"(base)::"rax"); }
  printf("div: ");
  if (sigsetjmp(env, 1) == 0) { asm volatile("lea 1f(%%rip), %%rax; mov %%rax, %0; xor %%eax,%%eax; xor %%edx,%%edx; xor %%ecx,%%ecx; 1: div %%ecx" : "=m"(base)::"rax", "rcx", "rdx"); }
  printf("int 0x21: ");
  if (sigsetjmp(env, 1) == 0) { base = 0; asm volatile("int $0x21"); }
  printf("hlt: ");
  if (sigsetjmp(env, 1) == 0) { base = 0; asm volatile("hlt"); }
  char name[] = "/tmp/bus-XXXXXX";
  int fd = mkstemp(name);
  unlink(name);
  ftruncate(fd, 4096);
  char *m = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  TRY("past end of file", m, (void)*(volatile char *)(m + 4100));
  return 0;
}
