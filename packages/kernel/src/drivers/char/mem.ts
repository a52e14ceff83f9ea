import { registerChrdev } from "../../fs/charDev.ts";
import type { File, FileOperations } from "../../include/linux/fs.ts";
import type { Vma } from "../../include/linux/mm_types.ts";
import type { Kernel } from "../../kernel.ts";
import type { IovIter } from "../../lib/iovIter.ts";
import { VM_SHARED } from "../../mm/flags.ts";
import { shmemZeroSetup } from "../../mm/shmem.ts";
import { stateTable } from "../../state.ts";
import { EFAULT, EINVAL, ENOSPC } from "../../uapi/errno.ts";
import { kmsgFops } from "./kmsg.ts";
import { randomFops, urandomFops } from "./random.ts";

const MEM_MAJOR = 1;

/** @linux drivers/char/mem.c read_null */
function readNull(): number {
  return 0;
}

/** @linux drivers/char/mem.c write_null */
function writeNull(_k: Kernel, _file: File, from: IovIter): number {
  const n = from.count;
  // The bytes are not looked at, so even a bad address is fine.
  from.count = 0;
  return n;
}

/** @linux drivers/char/mem.c null_lseek */
function nullLseek(_k: Kernel, file: File): number {
  file.pos = 0;
  return 0;
}

/** @linux drivers/char/mem.c read_iter_zero */
function readZero(k: Kernel, _file: File, to: IovIter): number {
  const n = to.count;
  const done = to.zero(k, n);
  return done === 0 && n > 0 ? -EFAULT : done;
}

/** A private mapping is anonymous memory: the file is let go. A shared one shares only with children. @linux drivers/char/mem.c mmap_zero */
function mmapZero(k: Kernel, _file: File, vma: Vma): number {
  vma.file = null;
  if ((vma.flags & VM_SHARED) === 0) return 0;
  const shm = shmemZeroSetup(k, vma.end - vma.start);
  if (typeof shm === "number") return shm;
  // The area takes its own reference when it is inserted.
  shm.count--;
  vma.file = shm;
  return 0;
}

/** @linux drivers/char/mem.c write_full */
function writeFull(): number {
  return -ENOSPC;
}

export const nullFops: FileOperations = stateTable("null_fops", {
  /** @linux drivers/char/mem.c uring_cmd_null */
  uringCmd: (): number => 0,
  llseek: nullLseek,
  read: readNull,
  write: writeNull,
  refuseSpliceRead: (): number => -EINVAL,
});
export const zeroFops: FileOperations = stateTable("zero_fops", { llseek: nullLseek, read: readZero, write: writeNull, mmap: mmapZero });
export const fullFops: FileOperations = stateTable("full_fops", { llseek: nullLseek, read: readZero, write: writeFull });

/** The memory devices that exist: minor, name, permission bits. @linux drivers/char/mem.c devlist */
export const memDevices: readonly { minor: number; name: string; mode: number; fops: FileOperations }[] = [
  { minor: 3, name: "null", mode: 0o666, fops: nullFops },
  { minor: 5, name: "zero", mode: 0o666, fops: zeroFops },
  { minor: 7, name: "full", mode: 0o666, fops: fullFops },
  { minor: 8, name: "random", mode: 0o666, fops: randomFops },
  { minor: 9, name: "urandom", mode: 0o666, fops: urandomFops },
  { minor: 11, name: "kmsg", mode: 0o644, fops: kmsgFops },
];

for (const d of memDevices) registerChrdev(MEM_MAJOR, d.minor, "mem", d.fops);

export { MEM_MAJOR };
