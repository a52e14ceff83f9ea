/**
 * Where everything lies in the one WebAssembly.Memory. The CPU state comes first so that every
 * register's address fits the 16-bit operand fields of an IR op: an operand *is* the address.
 */

/** General registers, 8 bytes each, in encoding order (rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8…r15). */
export const GPR = 0x400;
/** IR temporaries T0…T7, 8 bytes each. Not architectural; dead between instructions. */
export const TEMP = 0x480;
/** Effective address of the current instruction's memory operand (an IR temporary as well). */
export const ADDR = 0x4c0;
/** A word that reads as zero and is never written. */
export const ZERO = 0x4c8;
/** Instruction pointer; valid whenever `run` has returned. */
export const RIP = 0x4d0;
/** RFLAGS bits outside the lazy status flags (DF, TF, AC, ID, NT); the status bits here are only valid when CC_OP is CC_FLAGS. */
export const RFLAGS = 0x4d8;
/** Lazy flags: which operation set them (i32, see lazy flags in ir/flags.ts) … */
export const CC_OP = 0x4e0;
/** … its result and its second operand (i64 each), and the carry kept by inc/dec. */
export const CC_RES = 0x4e8;
export const CC_SRC = 0x4f0;
export const CC_AUX = 0x4f8;
export const FS_BASE = 0x500;
export const GS_BASE = 0x508;
/** MXCSR (i32). */
export const MXCSR = 0x510;
/** x87: control word, status word (with TOP in bits 11-13), abridged tag byte (1 = not empty, physical register order), last opcode (i32 each). */
export const FPU_CW = 0x514;
export const FPU_SW = 0x518;
export const FPU_TAG = 0x51c;
export const FPU_OP = 0x520;
/** x87 last instruction and operand pointers (i64 each). */
export const FPU_IP = 0x528;
export const FPU_DP = 0x530;
/** TSC_AUX as rdtscp and rdpid return it (i32). */
export const TSC_AUX = 0x538;
/** x87 physical registers R0…R7, 16 bytes each: 64-bit significand, 16-bit sign+exponent, padding. ST(i) is R[(TOP+i)&7]; MMi is the significand of R[i]. */
export const FPR = 0x540;
/** XMM0…XMM15, 16 bytes each, then four IR temporaries XT0…XT3. */
export const XMM = 0x600;
export const XTEMP = 0x700;
/** End of what a context switch saves (XTEMP and the IR temporaries need not be). */
export const CPU_CONTEXT_START = GPR;
export const CPU_CONTEXT_END = 0x700;

/** Run control, not part of a task's context. */
/** Instructions that may still be retired before `run` returns Trap.BUDGET (i32). */
export const BUDGET = 0x740;
/** Details of the trap that ended `run`: error code (i32), faulting address (i64, CR2). */
export const TRAP_ERROR = 0x744;
export const TRAP_ADDR = 0x748;
/** IR pointer at the trap (i32) and scratch of the engines. */
export const TRAP_PC = 0x750;
/** Page-table root: physical address (i32), and the address-space id that tags code lookups (i32). */
export const CR3 = 0x754;
export const ASID = 0x758;
/** Longest block, in instructions, that may start now: BLOCK_MAX normally, 1 when stepping to an exact count (i32). */
export const BLOCK_LIMIT = 0x75c;
/** TSC at the moment of the last `run` entry, and TSC ticks per retired instruction: rdtsc is computed from these (i64, i32). */
export const TSC_BASE = 0x760;
export const TSC_PER_INSN = 0x768;
/** Budget at `run` entry, so that retired = BUDGET_START - budget (i32). */
export const BUDGET_START = 0x76c;
/** Bounce buffer for accesses that cross a page (64 bytes), with its guest address and size for the write-back. */
export const BOUNCE = 0x780;
export const BOUNCE_ADDR = 0x7c0;
export const BOUNCE_SIZE = 0x7c8;
/** Vector of the exception an op raised (i32), and the chain field that a lookup exit may fill (i32, 0 = none). */
export const TRAP_VECTOR = 0x7d0;
export const PATCH_SLOT = 0x7d4;
/** SIMD exceptions that the current instruction has met (i32); zero between instructions. */
export const SIMD_PENDING = 0x7d8;
/** Counts changes of the address space that may concern compiled code (i32). */
export const MAPPINGS = 0x7dc;
/** Instructions that `run` may still retire after the present chunk (i32). */
export const AFTER_CHUNK = 0x7e0;
/** Where the present chunk ended: IN_REGION, AT_REGION or 0, somewhere else (i32). */
export const ENDED_IN_REGION = 0x7e4;
/** In compiled code, which is no reason to compile more. */
export const IN_REGION = 1;
/** Where a region is entered, because it needs more than was left: that says little of where the program spends its time. */
export const AT_REGION = 2;
/** 1 until a chunk that starts where a region was left for want of budget comes to a region again, and the budget when it did (i32). */
export const RESUMED = 0x7e8;
export const RESUMED_BUDGET = 0x7ec;
/** Time stamp counter where the present chunk began (f64); negative: the run loop answers rdtsc. */
export const TSC_START = 0x7f0;
/** The present chunk is not to end where a region is entered, but where its instructions do (i32). */
export const EXACT_END = 0x7f8;
/** Scratch for support functions (256 bytes). */
export const SCRATCH = 0x800;
/** Memory image of the FPU state under construction or being read (1 KiB). */
export const FPU_IMAGE = 0x4000;
/** Constant pool for masks and tables that support functions need. */
export const CONST_POOL = 0x1000;
export const CONST_POOL_END = 0x4000;
/** Vectors that compiled code loads rather than builds (16 bytes each): see jit/float.ts. */
export const FLOAT_CONSTANTS = 0x3fc0;

/**
 * Software TLB: direct-mapped by virtual page number. Entry of 32 bytes: i64 tag for reads, i64 tag
 * for writes (the page's virtual address, or -1), i32 physical address of the frame, padding. A
 * write tag is only filled when a write needs no further work (page writable, dirty bit set, frame
 * holds no translated code, frame not protected by a snapshot).
 */
export const TLB = 0x60000;
export const TLB_ENTRIES = 4096;
export const TLB_ENTRY_SIZE = 32;
/**
 * Which entries have been filled since the TLB was last emptied (u16 each), and how many times that was; if
 * it is more often than there is room for, all of it has to be emptied.
 */
export const TLB_LOG = 0x80000;
export const TLB_LOG_ENTRIES = 512;
export const TLB_FILLS = TLB_LOG + TLB_LOG_ENTRIES * 2;
/** Jump cache: virtual address (tagged with the address-space id) to translated code. 8192 entries of 16 bytes. */
export const JUMP_CACHE = 0x10000;
export const JUMP_CACHE_ENTRIES = 8192;
export const JUMP_CACHE_ENTRY_SIZE = 16;
/**
 * Compiled regions by slot: the address-space generation (MAPPINGS) for which the region's pages were last
 * found where they were when it was compiled; 0 = it lies in one page, whose mapping every lookup checks.
 */
export const REGION_MAPPINGS = 0x40000;
export const MAX_REGIONS = 16384;
/** One byte of flags per frame, for up to 4 GiB of physical memory. */
export const FRAME_FLAGS = 0x100000;
export const FRAME_FLAGS_END = 0x200000;
/** IR cache and its side table (see interp/). */
export const IR_CACHE = 0x200000;
export const IR_CACHE_END = 0x1a00000;
export const IR_SIDE = 0x1a00000;
export const IR_SIDE_END = 0x2800000;
/** First byte that may be handed out as a frame. Frame number = physical address / 4096, so frame numbers start above 0. */
export const FRAMES_START = 0x2800000;

export const PAGE_SIZE = 4096;

/** Frame flags. */
export const FRAME_HAS_CODE = 1;
/** The frame's contents are those of the last snapshot; the first write takes the flag away. */
export const FRAME_SNAPSHOT = 2;

/** Address of general register n. */
export const gpr = (n: number): number => GPR + n * 8;
/** Address of IR temporary Tn. */
export const temp = (n: number): number => TEMP + n * 8;
/** Address of XMM register n. */
export const xmm = (n: number): number => XMM + n * 16;
/** Address of the 128-bit IR temporary XTn. */
export const xtemp = (n: number): number => XTEMP + n * 16;
/** Address of MMX register n (the significand of x87 physical register n). */
export const mm = (n: number): number => FPR + n * 16;
