// Takes code away while it is in use: a hot function is unmapped and called (SIGSEGV at its address), replaced by
// another mapping, remapped elsewhere, made not executable; and a function unmaps the page it runs on.
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>

typedef long (*function)(long);
static sigjmp_buf back;
static uint8_t *fault_rip, *fault_address;

static void on_fault(int sig, siginfo_t *info, void *context) {
  (void)sig;
  fault_rip = (uint8_t *)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
  fault_address = info->si_addr;
  siglongjmp(back, 1);
}

/** Counts down over a jump into the next page and back: a loop over two pages. */
static void two_pages(uint8_t *p, int step) {
  uint8_t first[] = {0x31, 0xc0, 0xe9, 0, 0, 0, 0};
  int32_t d = 4096 - 7;
  memcpy(first + 3, &d, 4);
  memcpy(p, first, sizeof first);
  // back in the first page at 64: sub rdi, 1; jne second page; ret
  uint8_t loop[] = {0x48, 0x83, 0xef, 0x01, 0x0f, 0x85, 0, 0, 0, 0, 0xc3};
  d = 4096 - (64 + 10);
  memcpy(loop + 6, &d, 4);
  memcpy(p + 64, loop, sizeof loop);
  // second page: add rax, step; jmp 64
  uint8_t second[] = {0x48, 0x83, 0xc0, (uint8_t)step, 0xe9, 0, 0, 0, 0};
  d = 64 - (4096 + 9);
  memcpy(second + 5, &d, 4);
  memcpy(p + 4096, second, sizeof second);
}

static uint8_t *pages(void *at) {
  return mmap(at, 8192, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | (at ? MAP_FIXED : 0), -1, 0);
}

int main(void) {
  struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &sa, 0);
  uint8_t *p = pages(0);
  two_pages(p, 3);
  printf("hot %ld\n", ((function)p)(500000));
  // The second page goes away: the loop faults on its way there.
  munmap(p + 4096, 4096);
  if (!sigsetjmp(back, 1)) printf("ran %ld\n", ((function)p)(10));
  else printf("fault at %ld %ld\n", (long)(fault_rip - p), (long)(fault_address - p));
  // Another page takes its place.
  pages(p);
  two_pages(p, 5);
  printf("again %ld\n", ((function)p)(500000));
  // Only the second page is replaced.
  uint8_t *q = pages(0);
  two_pages(q, 7);
  mremap(q + 4096, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, p + 4096);
  printf("mixed %ld\n", ((function)p)(500000));
  // Not executable.
  mprotect(p + 4096, 4096, PROT_READ);
  if (!sigsetjmp(back, 1)) printf("ran %ld\n", ((function)p)(10));
  else printf("fault at %ld %ld\n", (long)(fault_rip - p), (long)(fault_address - p));
  mprotect(p + 4096, 4096, PROT_READ | PROT_EXEC);
  printf("executable %ld\n", ((function)p)(1000));
  // A function that unmaps its own page: the system call returns to nothing.
  for (int i = 0; i < 300; i++) {
    uint8_t *s = pages(0);
    // mov eax, SYS_munmap; syscall; ret, with rdi and rsi given
    uint8_t code[] = {0xb8, SYS_munmap, 0, 0, 0, 0x0f, 0x05, 0xc3};
    memcpy(s, code, sizeof code);
    if (!sigsetjmp(back, 1)) {
      ((long (*)(void *, long))s)(s, 8192);
      printf("returned\n");
    } else if (fault_rip != s + 7 || fault_address != s + 7) printf("wrong fault %p %p\n", (void *)fault_rip, (void *)s);
  }
  puts("end");
  return 0;
}
