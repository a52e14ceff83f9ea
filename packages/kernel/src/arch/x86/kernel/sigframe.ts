/**
 * Where things lie in the frame that the kernel pushes for a signal handler:
 * struct rt_sigframe { pretcode; struct ucontext uc; struct siginfo info; }, and above it, 64-byte
 * aligned, the floating-point state. (arch/x86/include/asm/sigframe.h, uapi/asm/sigcontext.h)
 */
export const FRAME_SIZE = 440;
export const UC = 8;
export const UC_FLAGS = UC;
export const UC_LINK = UC + 8;
export const UC_STACK = UC + 16;
export const UC_MCONTEXT = UC + 40;
export const UC_SIGMASK = UC + 296;
export const INFO = 312;

/** Members of struct sigcontext, relative to UC_MCONTEXT. */
export const SC_IP = 128;
export const SC_FLAGS = 136;
export const SC_CS = 144;
export const SC_SS = 150;
export const SC_ERR = 152;
export const SC_TRAPNO = 160;
export const SC_OLDMASK = 168;
export const SC_CR2 = 176;
export const SC_FPSTATE = 184;
/** Order of the general registers in struct sigcontext, by encoding number: r8…r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp. */
export const SC_REGISTERS = [8, 9, 10, 11, 12, 13, 14, 15, 7, 6, 5, 3, 2, 0, 1, 4] as const;

export const UC_FP_XSTATE = 1;
export const UC_SIGCONTEXT_SS = 2;
export const UC_STRICT_RESTORE_SS = 4;

/** An xsave area for XCR0 = 3 (x87 and SSE): FXSAVE image, header, and a closing magic number. */
export const FXSAVE_SIZE = 512;
export const XSTATE_SIZE = 576;
export const FPSTATE_SIZE = 580;
/** struct _fpx_sw_bytes in the reserved tail of the FXSAVE image. */
export const SW_RESERVED = 464;
export const FP_XSTATE_MAGIC1 = 0x46505853;
export const FP_XSTATE_MAGIC2 = 0x46505845;
export const XFEATURES = 3;

export const USER_CS = 0x33;
export const USER_DS = 0x2b;
