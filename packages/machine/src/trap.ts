/** Why `run` returned. Processor exceptions keep their vector number (Intel SDM volume 3, table 6-1). */
export const Trap = {
  DE: 0,
  DB: 1,
  BP: 3,
  OF: 4,
  BR: 5,
  UD: 6,
  NM: 7,
  SS: 12,
  GP: 13,
  PF: 14,
  MF: 16,
  AC: 17,
  XM: 19,
  /** `syscall` executed: rip is after it; rcx and r11 are already clobbered as the instruction does. */
  SYSCALL: 0x100,
  /** The instruction budget is used up exactly. */
  BUDGET: 0x101,
  /** `int n` other than 3: the vector is in the trap's error code; rip is after it. */
  INT: 0x102,
  /** Internal to the machine: code at rip must be translated. Never seen by callers of `run`. */
  TRANSLATE: 0x103,
  /** Internal: rdtsc and rdtscp are answered by the run loop; a store met translated code. */
  RDTSC: 0x104,
  RDTSCP: 0x105,
  CODE_WRITE: 0x106,
  /** A system call has been served by `Machine.onSyscall`, which did not want to go on at once. */
  SYSCALL_DONE: 0x107,
} as const;

/** Page-fault error code bits (Intel SDM volume 3, section 4.7). */
export const PF_PRESENT = 1;
export const PF_WRITE = 2;
export const PF_USER = 4;
export const PF_INSTR = 16;
