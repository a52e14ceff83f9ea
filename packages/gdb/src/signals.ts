/** gdb's own signal numbers (include/gdb/signals.def) of Linux's 1 to 31. */
const GDB = [0, 1, 2, 3, 4, 5, 6, 10, 8, 9, 30, 11, 31, 13, 14, 15, 143, 20, 19, 17, 18, 21, 22, 16, 24, 25, 26, 27, 28, 23, 32, 12];

/** A Linux signal's number as gdb has it. */
export function toGdbSignal(sig: number): number {
  if (sig < 32) return GDB[sig] ?? 143;
  if (sig === 32) return 77;
  return sig === 64 ? 78 : sig + 12;
}

/** The Linux number of one of gdb's signals, 0 if there is none. */
export function fromGdbSignal(n: number): number {
  const low = GDB.indexOf(n);
  if (low >= 0) return low;
  if (n === 77) return 32;
  if (n === 78) return 64;
  return n >= 45 && n <= 75 ? n - 12 : 0;
}
