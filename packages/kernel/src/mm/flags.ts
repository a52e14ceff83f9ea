/** Flags of a Vma (include/linux/mm.h, VM_*). */
export const VM_READ = 1;
export const VM_WRITE = 2;
export const VM_EXEC = 4;
export const VM_SHARED = 8;
export const VM_MAYREAD = 0x10;
export const VM_MAYWRITE = 0x20;
export const VM_MAYEXEC = 0x40;
export const VM_MAYSHARE = 0x80;
export const VM_GROWSDOWN = 0x100;
export const VM_PFNMAP = 0x400;
export const VM_LOCKED = 0x2000;
export const VM_IO = 0x4000;
export const VM_SEQ_READ = 0x8000;
export const VM_RAND_READ = 0x10000;
export const VM_DONTCOPY = 0x20000;
export const VM_DONTEXPAND = 0x40000;
export const VM_LOCKONFAULT = 0x80000;
export const VM_ACCOUNT = 0x100000;
export const VM_NORESERVE = 0x200000;
export const VM_WIPEONFORK = 0x2000000;
export const VM_DONTDUMP = 0x4000000;
/** mseal: the area may not be unmapped, moved or changed. Linux keeps it in bit 63. */
export const VM_SEALED = 0x8000000;

/** Size of user space; addresses above are the kernel's. @linux arch/x86/include/asm/page_64_types.h TASK_SIZE_MAX */
export const TASK_SIZE = 0x7ffffffff000;
export const PAGE_SIZE = 4096;
export const PAGE_MASK_LOW = 4095;
/** Lowest address a program without privilege may map (vm.mmap_min_addr). */
export const MMAP_MIN_ADDR = 65536;

export const pageDown = (n: number): number => n - (n % PAGE_SIZE);
/** Page-aligned length above `n`; 0 where 64 bits overflow. */
export const pageAlign64 = (n: number): number => (n > 2 ** 64 - 4096 ? 0 : pageUp(n));
export const pageUp = (n: number): number => pageDown(n + PAGE_SIZE - 1);
