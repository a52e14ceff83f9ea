/*
 * Runs single instructions on the real processor, with any values in all registers. Standard input:
 * records (see struct record); standard output: the states afterwards. Used by hardware.test.ts.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define DATA 0x10000000UL
#define CODE 0x10010000UL

struct state {
  uint64_t gpr[16]; /* in encoding order */
  uint64_t flags;
  uint32_t signal, pad;
  uint8_t x87[160]; /* the first part of an FXSAVE image */
  uint8_t mem[256];
};
struct record {
  uint8_t code[16];
  struct state s;
};

struct state st;
uint64_t saved_rsp;
uint8_t fx[512] __attribute__((aligned(64)));
uint64_t code_at = CODE;
extern void run_one(void);
extern char run_back[], run_done[];

__asm__(
    ".text\nrun_one:\n"
    "push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
    "fxrstor64 fx(%rip)\n"
    "mov %rsp,saved_rsp(%rip)\n"
    "pushq st+128(%rip); popfq\n"
    "mov st+0(%rip),%rax; mov st+8(%rip),%rcx; mov st+16(%rip),%rdx; mov st+24(%rip),%rbx\n"
    "mov st+40(%rip),%rbp; mov st+48(%rip),%rsi; mov st+56(%rip),%rdi\n"
    "mov st+64(%rip),%r8; mov st+72(%rip),%r9; mov st+80(%rip),%r10; mov st+88(%rip),%r11\n"
    "mov st+96(%rip),%r12; mov st+104(%rip),%r13; mov st+112(%rip),%r14; mov st+120(%rip),%r15\n"
    "mov st+32(%rip),%rsp\n"
    "jmp *code_at(%rip)\n"
    "run_back:\n"
    "mov %rsp,st+32(%rip); mov saved_rsp(%rip),%rsp\n"
    "pushfq; popq st+128(%rip)\n"
    "mov %rax,st+0(%rip); mov %rcx,st+8(%rip); mov %rdx,st+16(%rip); mov %rbx,st+24(%rip)\n"
    "mov %rbp,st+40(%rip); mov %rsi,st+48(%rip); mov %rdi,st+56(%rip)\n"
    "mov %r8,st+64(%rip); mov %r9,st+72(%rip); mov %r10,st+80(%rip); mov %r11,st+88(%rip)\n"
    "mov %r12,st+96(%rip); mov %r13,st+104(%rip); mov %r14,st+112(%rip); mov %r15,st+120(%rip)\n"
    "fxsave64 fx(%rip)\n"
    "run_done:\n"
    "mov saved_rsp(%rip),%rsp\n"
    "cld; fnclex; fninit\n"
    "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\nret\n");

static void on_signal(int sig, siginfo_t *info, void *ctx) {
  ucontext_t *uc = ctx;
  greg_t *g = uc->uc_mcontext.gregs;
  static const int order[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
  (void)info;
  for (int i = 0; i < 16; i++) st.gpr[i] = g[order[i]];
  st.flags = g[REG_EFL];
  st.signal = sig;
  memcpy(fx, uc->uc_mcontext.fpregs, 416);
  g[REG_RIP] = (greg_t)run_done;
  g[REG_EFL] = 0x202;
}

int main(void) {
  struct record r;
  static char stack[65536];
  stack_t ss = {.ss_sp = stack, .ss_size = sizeof stack};
  struct sigaction sa = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
  sigaltstack(&ss, NULL);
  int signals[] = {SIGFPE, SIGSEGV, SIGILL, SIGBUS, SIGTRAP};
  for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &sa, NULL);
  uint8_t *data = mmap((void *)DATA, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  uint8_t *code = mmap((void *)CODE, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  if (data == MAP_FAILED || code == MAP_FAILED) return 1;
  while (fread(&r, sizeof r, 1, stdin) == 1) {
    /* The instruction, then a jump back through an absolute address. */
    unsigned n = r.code[15];
    memcpy(code, r.code, n);
    code[n] = 0xff, code[n + 1] = 0x25, memset(code + n + 2, 0, 4);
    uint64_t back = (uint64_t)run_back;
    memcpy(code + n + 6, &back, 8);
    st = r.s;
    memset(data, 0, 4096);
    memcpy(data + 512, st.mem, 256);
    memset(fx, 0, sizeof fx);
    memcpy(fx, st.x87, 160);
    fx[24] = 0x80, fx[25] = 0x1f, fx[26] = fx[27] = 0;
    st.signal = 0;
    run_one();
    memcpy(st.mem, data + 512, 256);
    memcpy(st.x87, fx, 160);
    fwrite(&st, sizeof st, 1, stdout);
  }
  return 0;
}
