import type { Kernel } from "../kernel.ts";
import { IovIter } from "../lib/iovIter.ts";
import { LinearIter } from "../lib/linearIter.ts";
import { stateClass } from "../state.ts";
import { COPY_FROM_USER, COPY_TO_USER, COPY_ZERO, countCopy } from "../trace/copies.ts";
import { EFAULT, EINVAL } from "../uapi/errno.ts";
import { TASK_SIZE } from "./flags.ts";
import { copyFromUser, userPage } from "./usercopy.ts";

/** Largest transfer of one call. @linux include/linux/fs.h MAX_RW_COUNT */
export const MAX_RW_COUNT = 0x7ffff000;
const UIO_MAXIOV = 1024;

/** Segments of the current task's memory. */
class UserIter extends IovIter {
  readonly #base: number[];
  readonly #length: number[];
  #segment = 0;
  #offset = 0;

  constructor(base: number[], length: number[], count: number) {
    super();
    this.#base = base;
    this.#length = length;
    this.count = count;
  }

  /** Calls `move(physical address, bytes, offset so far)` for each run of bytes until n are done or a fault comes, and counts them. */
  #walk(k: Kernel, n: number, kind: number, move: (pa: number, run: number, done: number) => void): number {
    const write = kind !== COPY_FROM_USER;
    let done = 0;
    const want = Math.min(n, this.count);
    while (done < want) {
      const left = this.#length[this.#segment]! - this.#offset;
      if (left === 0) {
        this.#segment++;
        this.#offset = 0;
        continue;
      }
      const pa = userPage(k, this.#base[this.#segment]! + this.#offset, write);
      if (pa < 0) break;
      const run = Math.min(want - done, left, 4096 - (pa & 4095));
      move(pa, run, done);
      done += run;
      this.#offset += run;
    }
    this.count -= done;
    countCopy(k, kind, done);
    return done;
  }

  copyTo(k: Kernel, src: Uint8Array, srcOffset: number, n: number): number {
    return this.#walk(k, n, COPY_TO_USER, (pa, run, done) => {
      k.machine.phys.u8.set(src.subarray(srcOffset + done, srcOffset + done + run), pa);
    });
  }
  copyPhysTo(k: Kernel, physAddr: number, n: number): number {
    return this.#walk(k, n, COPY_TO_USER, (pa, run, done) => {
      k.machine.phys.u8.copyWithin(pa, physAddr + done, physAddr + done + run);
    });
  }
  copyFrom(k: Kernel, dst: Uint8Array, dstOffset: number, n: number): number {
    return this.#walk(k, n, COPY_FROM_USER, (pa, run, done) => {
      dst.set(k.machine.phys.u8.subarray(pa, pa + run), dstOffset + done);
    });
  }
  copyPhysFrom(k: Kernel, physAddr: number, n: number): number {
    return this.#walk(k, n, COPY_FROM_USER, (pa, run, done) => {
      k.machine.phys.u8.copyWithin(physAddr + done, pa, pa + run);
    });
  }
  zero(k: Kernel, n: number): number {
    return this.#walk(k, n, COPY_ZERO, (pa, run) => {
      k.machine.phys.u8.fill(0, pa, pa + run);
    });
  }
  revert(n: number): void {
    this.count += n;
    while (n > 0) {
      const back = Math.min(n, this.#offset);
      this.#offset -= back;
      n -= back;
      if (n > 0) this.#offset = this.#length[--this.#segment]!;
    }
  }
  advance(n: number): void {
    n = Math.min(n, this.count);
    this.count -= n;
    while (n > 0) {
      const step = Math.min(n, this.#length[this.#segment]! - this.#offset);
      this.#offset += step;
      n -= step;
      if (n > 0) {
        this.#segment++;
        this.#offset = 0;
      }
    }
  }
}

/** A buffer of the kernel's own. */
class KernelIter extends LinearIter {
  readonly #bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    super(0, bytes.length);
    this.#bytes = bytes;
  }
  protected bytes(): Uint8Array {
    return this.#bytes;
  }
}

/** One buffer of the current task. Lengths above MAX_RW_COUNT are cut. */
export function userIter(_k: Kernel, addr: number, len: number): IovIter {
  const n = Math.min(len, MAX_RW_COUNT);
  return new UserIter([addr], [n], n);
}
export function kernelIter(bytes: Uint8Array): IovIter {
  return new KernelIter(bytes);
}

/** A struct iovec array of the current task: -EINVAL for too many or negative lengths, -EFAULT. @linux lib/iov_iter.c import_iovec */
export function importIovec(k: Kernel, iovAddr: number, count: number, write: boolean): IovIter | number {
  void write;
  const iov = copyIovec(k, iovAddr, count);
  return typeof iov === "number" ? iov : new UserIter(iov.base, iov.length, iov.total);
}

/** A struct iovec array as it was taken from the program. */
export class UserIovec {
  readonly base: number[];
  readonly length: number[];
  readonly total: number;
  constructor(base: number[], length: number[], total: number) {
    this.base = base;
    this.length = length;
    this.total = total;
  }
}
stateClass(UserIovec);

/** An iterator over the current task's memory, from the start of such an array. */
export function iovecIter(iov: UserIovec): IovIter {
  return new UserIter(iov.base, iov.length, iov.total);
}

/** Takes a struct iovec array of the current task: errors as importIovec. */
export function copyIovec(k: Kernel, iovAddr: number, count: number): UserIovec | number {
  if (count > UIO_MAXIOV || count < 0) return -EINVAL;
  const raw = new Uint8Array(count * 16);
  if (copyFromUser(k, iovAddr, raw, 0, raw.length) < 0) return -EFAULT;
  const view = new DataView(raw.buffer);
  const base: number[] = [];
  const length: number[] = [];
  const cut = k.faults === null ? 0 : k.faults.vectorCut;
  const most = cut > 0 ? cut : MAX_RW_COUNT;
  let total = 0;
  for (let i = 0; i < count; i++) {
    const hi = view.getInt32(i * 16 + 12, true);
    if (hi < 0) return -EINVAL;
    let len = hi * 4294967296 + view.getUint32(i * 16 + 8, true);
    const addr = view.getUint32(i * 16 + 4, true) * 4294967296 + view.getUint32(i * 16, true);
    if (addr + len > TASK_SIZE && len > 0) return -EFAULT;
    if (len > most - total) len = most - total;
    total += len;
    base.push(addr);
    length.push(len);
  }
  return new UserIovec(base, length, total);
}
