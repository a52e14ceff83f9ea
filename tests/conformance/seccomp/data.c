// What a filter sees: number, architecture, instruction pointer and the arguments as whole registers.
#include "seccomp.h"

/** Installs a filter that returns one word of seccomp_data (12 bits at a shift) as the errno of getppid. */
static unsigned offset, shift;
static void word(void) {
  struct sock_filter f[] = {LOAD(NR),
                            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 1, 0),
                            RET(SECCOMP_RET_ALLOW),
                            LOAD(offset),
                            BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, shift),
                            BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x3ff),
                            BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO),
                            BPF_STMT(BPF_RET | BPF_A, 0)};
  install(f, COUNT(f), 0);
  long r;
  register long r10 asm("r10") = 0x4444444433333333, r8 asm("r8") = 0x6666666655555555, r9 asm("r9") = 0x8888888877777777;
  asm volatile("lea 1f(%%rip), %%rbx\n syscall\n1:"
               : "=a"(r)
               : "a"(SYS_getppid | 0xabcd00000000), "D"(0x1111111122222222), "S"(-1L), "d"(0x123456789abcdef0), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "rbx", "memory");
  printf("%d>>%d: %lx\n", offset, shift, -r);
  fflush(stdout);
}
static void ip(void) {
  extern char after[];
  unsigned lo = (unsigned)(unsigned long)after, hi = (unsigned long)after >> 32;
  struct sock_filter f[] = {LOAD(8), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, lo, 0, 3), LOAD(12), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, hi, 0, 1),
                            RET(SECCOMP_RET_ERRNO | 77), RET(SECCOMP_RET_ALLOW)};
  install(f, COUNT(f), 0);
  long r;
  asm volatile("syscall\n.globl after\nafter:" : "=a"(r) : "a"(SYS_getppid) : "rcx", "r11", "memory");
  printf("instruction pointer: %ld\n", r);
  fflush(stdout);
}
static void length(void) {
  struct sock_filter f[] = {LOAD(NR), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 1, 0), RET(SECCOMP_RET_ALLOW),
                            BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0), BPF_STMT(BPF_LDX | BPF_W | BPF_LEN, 0), BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
                            BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO), BPF_STMT(BPF_RET | BPF_A, 0)};
  install(f, COUNT(f), 0);
  printf("twice the length: %ld\n", KERNEL(syscall(SYS_getppid)));
}
static void negative(void) {
  show("install", INSTALL(0, LOAD(NR), ON(-1, SECCOMP_RET_ERRNO | 33), ON(500, SECCOMP_RET_ERRNO | 34), ON(0x40000000 | SYS_getppid, SECCOMP_RET_ERRNO | 35),
       RET(SECCOMP_RET_ALLOW)));
  show("-1", KERNEL(syscall(-1)));
  show("500", KERNEL(syscall(500)));
  show("501", KERNEL(syscall(501)));
  show("x32", KERNEL(syscall(0x40000000 | SYS_getppid)));
}
int main(void) {
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  for (offset = 0; offset < 64; offset += offset == 4 ? 12 : 4)
    for (shift = 0; shift < 32; shift += 10) in_child("", word);
  in_child("ip", ip);
  in_child("length", length);
  in_child("negative", negative);
}
