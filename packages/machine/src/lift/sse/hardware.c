/*
 * Runs single instructions on the real processor. Standard input: records of 16 code bytes and a
 * state; standard output: the states afterwards. Used by hardware.test.ts.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

struct state {
	uint64_t gpr[4]; /* rax, rcx, rdx, rdi is the memory's address and not compared */
	uint64_t flags;
	uint32_t mxcsr, signal;
	uint8_t xmm[4][16];
	uint64_t mm[4];
	uint8_t mem[64];
	uint16_t fsw;
	uint8_t ftw, pad[5];
	uint16_t mmexp[4];
};
struct record {
	uint8_t code[16];
	struct state s;
};

static struct state st __attribute__((aligned(64)));
static uint8_t memory[64] __attribute__((aligned(64)));
static uint8_t fx[512] __attribute__((aligned(64)));
static uint8_t *code;
extern void run_one(struct state *, void *code, void *memory, void *fx);
extern char run_back[];
static volatile int got;

asm(".text\n.globl run_one\nrun_one:\n"
    "push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
    "mov %rdi,%r12; mov %rsi,%r13; mov %rcx,%r14; mov %rdx,%rdi\n"
    "movq 112(%r12),%mm0; movq 120(%r12),%mm1; movq 128(%r12),%mm2; movq 136(%r12),%mm3\n"
    "movdqu 48(%r12),%xmm0; movdqu 64(%r12),%xmm1; movdqu 80(%r12),%xmm2; movdqu 96(%r12),%xmm3\n"
    "ldmxcsr 40(%r12)\n"
    "cmpb $0,-1(%r13); jne 1f; emms\n1:"
    "mov 0(%r12),%rax; mov 8(%r12),%rcx; mov 16(%r12),%rdx\n"
    "pushq 32(%r12); popfq\n"
    "call *%r13\n"
    ".globl run_back\nrun_back:\n"
    "pushfq; popq 32(%r12)\n"
    "mov %rax,0(%r12); mov %rcx,8(%r12); mov %rdx,16(%r12)\n"
    "fxsave64 (%r14)\n"
    "emms; cld\n"
    "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\nret\n");

static void on_signal(int sig, siginfo_t *info, void *ctx)
{
	ucontext_t *uc = ctx;
	(void)info;
	got = sig;
	uc->uc_mcontext.gregs[REG_RIP] = (greg_t)run_back;
	uc->uc_mcontext.gregs[REG_RSP] += 8;
}

int main(void)
{
	struct record r;
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
	int i;
	_Static_assert(__builtin_offsetof(struct state, xmm) == 48, "xmm");
	_Static_assert(__builtin_offsetof(struct state, mm) == 112, "mm");
	sigaction(SIGFPE, &sa, NULL);
	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGILL, &sa, NULL);
	code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	while (fread(&r, sizeof r, 1, stdin) == 1) {
		uint32_t normal = 0x1f80;
		code[63] = r.s.pad[0];
		memset(code + 64, 0x90, 16);
		memcpy(code + 64, r.code, 16);
		code[80] = 0xc3;
		st = r.s;
		memcpy(memory, st.mem, 64);
		got = 0;
		run_one(&st, code + 64, memory, fx);
		asm volatile("ldmxcsr %0" ::"m"(normal));
		memcpy(st.mem, memory, 64);
		memcpy(&st.mxcsr, fx + 24, 4);
		memcpy(&st.fsw, fx + 2, 2);
		st.ftw = fx[4];
		for (i = 0; i < 4; i++) {
			memcpy(st.xmm[i], fx + 160 + 16 * i, 16);
			memcpy(&st.mm[i], fx + 32 + 16 * i, 8);
			memcpy(&st.mmexp[i], fx + 40 + 16 * i, 2);
		}
		st.signal = got;
		fwrite(&st, sizeof st, 1, stdout);
	}
	return 0;
}
