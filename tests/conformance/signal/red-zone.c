// A signal leaves the 128 bytes below the stack pointer alone, and its frame is aligned.
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

static volatile int runs, aligned = 1;
static void handler(int sig, siginfo_t *info, void *context) {
  char here[64];
  (void)sig, (void)info, (void)context;
  memset(here, 0xee, sizeof here);
  __asm__ volatile("" ::"r"(here) : "memory");
  if ((uintptr_t)__builtin_frame_address(0) % 16 != 0) aligned = 0;
  runs++;
}

int main(void) {
  struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  sigaction(SIGTRAP, &a, NULL);
  uint64_t bad = 0;
  for (int shift = 0; shift < 16; shift++) {
    uint64_t wrong;
    __asm__ volatile(
        "mov %%rsp, %%rbx; sub %1, %%rsp; mov $0x1234567, %%rcx; lea -128(%%rsp), %%rdx; 1: mov %%rcx, (%%rdx); add $8, %%rdx; cmp %%rsp, %%rdx; jb 1b;"
        "int3; xor %%eax, %%eax; lea -128(%%rsp), %%rdx; 2: cmp %%rcx, (%%rdx); je 3f; inc %%eax; 3: add $8, %%rdx; cmp %%rsp, %%rdx; jb 2b;"
        "mov %%rbx, %%rsp; mov %%rax, %0"
        : "=r"(wrong)
        : "r"((uint64_t)(shift + 256))
        : "rax", "rbx", "rcx", "rdx", "cc", "memory");
    bad += wrong;
  }
  printf("%d handlers, aligned %d, words changed %lu\n", runs, aligned, (unsigned long)bad);
}
