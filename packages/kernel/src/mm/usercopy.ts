import { PF_USER, PF_WRITE } from "@lstar/machine";
import type { Kernel } from "../kernel.ts";
import { COPY_FROM_USER, COPY_TO_USER, COPY_ZERO, countCopy } from "../trace/copies.ts";
import { EFAULT, ENAMETOOLONG } from "../uapi/errno.ts";
import type { StructDef, StructValue } from "../uapi/struct.ts";
import { TASK_SIZE } from "./flags.ts";
import { handleMmFault } from "./memory.ts";

/** The kernel's accesses to the current task's memory. Pages are faulted in as the program's own accesses would. */

/** Physical address of a user byte, faulting its page in; -1 if the program may not access it so. */
export function userPage(k: Kernel, addr: number, write: boolean): number {
  if (!(addr >= 0 && addr < TASK_SIZE)) return -1;
  // Twice: a first fault may only have made room (see out-of-memory handling).
  for (let i = 0; i < 3; i++) {
    const pa = k.machine.translate(addr, write);
    if (pa >= 0) return pa;
    const { mm } = k.current;
    if (!mm || handleMmFault(k, mm, addr, PF_USER | (write ? PF_WRITE : 0)) !== 0) return -1;
    if (k.current.signal.groupExit) return -1;
  }
  return -1;
}

/** @returns 0 or -EFAULT; on a fault part of the bytes may have been copied. */
export function copyFromUser(k: Kernel, addr: number, dst: Uint8Array, off: number, n: number): number {
  return copyFromUserPartial(k, addr, dst, off, n) === n ? 0 : -EFAULT;
}

/** @returns the number of bytes copied before a fault. */
export function copyFromUserPartial(k: Kernel, addr: number, dst: Uint8Array, off: number, n: number): number {
  let done = 0;
  while (done < n) {
    const pa = userPage(k, addr + done, false);
    if (pa < 0) break;
    const run = Math.min(n - done, 4096 - (pa & 4095));
    dst.set(k.machine.phys.u8.subarray(pa, pa + run), off + done);
    done += run;
  }
  countCopy(k, COPY_FROM_USER, done);
  return done;
}

export function copyToUser(k: Kernel, addr: number, src: Uint8Array, off: number, n: number): number {
  return copyToUserPartial(k, addr, src, off, n) === n ? 0 : -EFAULT;
}

export function copyToUserPartial(k: Kernel, addr: number, src: Uint8Array, off: number, n: number): number {
  let done = 0;
  while (done < n) {
    const pa = userPage(k, addr + done, true);
    if (pa < 0) break;
    const run = Math.min(n - done, 4096 - (pa & 4095));
    const { u8 } = k.machine.phys;
    if (run <= 16) for (let i = 0; i < run; i++) u8[pa + i] = src[off + done + i]!;
    else u8.set(src.subarray(off + done, off + done + run), pa);
    done += run;
  }
  countCopy(k, COPY_TO_USER, done);
  return done;
}

/** Zeroes user memory. */
export function clearUser(k: Kernel, addr: number, n: number): number {
  let done = 0;
  while (done < n) {
    const pa = userPage(k, addr + done, true);
    if (pa < 0) return -EFAULT;
    const run = Math.min(n - done, 4096 - (pa & 4095));
    k.machine.phys.u8.fill(0, pa, pa + run);
    countCopy(k, COPY_ZERO, run);
    done += run;
  }
  return 0;
}

const word = new Uint8Array(8);
const wordView = new DataView(word.buffer);

/** Unsigned value, or -1 on a fault. */
export function getUser8(k: Kernel, addr: number): number {
  const pa = userPage(k, addr, false);
  if (pa < 0) return -1;
  countCopy(k, COPY_FROM_USER, 1);
  return k.machine.phys.u8[pa]!;
}
export function getUser16(k: Kernel, addr: number): number {
  return copyFromUser(k, addr, word, 0, 2) < 0 ? -1 : wordView.getUint16(0, true);
}
export function getUser32(k: Kernel, addr: number): number {
  if (addr % 4096 <= 4092) {
    const pa = userPage(k, addr, false);
    if (pa < 0) return -1;
    countCopy(k, COPY_FROM_USER, 4);
    return k.machine.phys.view.getUint32(pa, true);
  }
  return copyFromUser(k, addr, word, 0, 4) < 0 ? -1 : wordView.getUint32(0, true);
}
/** Exact below 2^53. */
export function getUser64(k: Kernel, addr: number): number {
  if (copyFromUser(k, addr, word, 0, 8) < 0) return -1;
  return wordView.getUint32(4, true) * 4294967296 + wordView.getUint32(0, true);
}

/** 0 or -EFAULT. */
export function putUser8(k: Kernel, addr: number, value: number): number {
  word[0] = value;
  return copyToUser(k, addr, word, 0, 1);
}
export function putUser16(k: Kernel, addr: number, value: number): number {
  wordView.setUint16(0, value, true);
  return copyToUser(k, addr, word, 0, 2);
}
export function putUser32(k: Kernel, addr: number, value: number): number {
  wordView.setInt32(0, value | 0, true);
  return copyToUser(k, addr, word, 0, 4);
}
/** Negative values are sign-extended. */
export function putUser64(k: Kernel, addr: number, value: number): number {
  wordView.setInt32(0, value | 0, true);
  wordView.setInt32(4, Math.floor(value / 4294967296) | 0, true);
  return copyToUser(k, addr, word, 0, 8);
}

/** A NUL-terminated byte string (latin1) of at most `max` bytes including the NUL, or -EFAULT or -ENAMETOOLONG. @linux lib/strncpy_from_user.c */
export function strncpyFromUser(k: Kernel, addr: number, max: number): string | number {
  let text = "";
  let done = 0;
  while (done < max) {
    const pa = userPage(k, addr + done, false);
    if (pa < 0) return -EFAULT;
    const run = Math.min(max - done, 4096 - (pa & 4095));
    const { u8 } = k.machine.phys;
    const nul = u8.indexOf(0, pa);
    const end = nul >= 0 && nul < pa + run ? nul : pa + run;
    for (let i = pa; i < end; i++) text += String.fromCharCode(u8[i]!);
    countCopy(k, COPY_FROM_USER, Math.min(end + 1 - pa, run));
    if (end < pa + run) return text;
    done += run;
  }
  return -ENAMETOOLONG;
}

/** Reads a struct by its declaration. */
export function readStruct(k: Kernel, addr: number, def: StructDef): StructValue | number {
  const bytes = new Uint8Array(def.size);
  if (copyFromUser(k, addr, bytes, 0, def.size) < 0) return -EFAULT;
  return def.read(new DataView(bytes.buffer), 0);
}

/** Writes a struct; members that are not given are zero. 0 or -EFAULT. */
export function writeStruct(k: Kernel, addr: number, def: StructDef, value: StructValue): number {
  return copyToUser(k, addr, def.bytes(value), 0, def.size);
}
