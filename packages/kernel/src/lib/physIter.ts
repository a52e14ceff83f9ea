import type { Kernel } from "../kernel.ts";
import { COPY_KERNEL, COPY_ZERO, countCopy } from "../trace/copies.ts";
import { IovIter } from "./iovIter.ts";

/** Bytes of one frame, by physical address (ITER_BVEC with one segment). */
export class PhysIter extends IovIter {
  #at: number;
  constructor(physAddr: number, count: number) {
    super();
    this.#at = physAddr;
    this.count = count;
  }
  #take(k: Kernel, n: number, kind: number): number {
    const run = Math.min(n, this.count);
    this.#at += run;
    this.count -= run;
    countCopy(k, kind, run);
    return run;
  }
  copyTo(k: Kernel, src: Uint8Array, srcOffset: number, n: number): number {
    const at = this.#at;
    const run = this.#take(k, n, COPY_KERNEL);
    k.machine.phys.u8.set(src.subarray(srcOffset, srcOffset + run), at);
    return run;
  }
  copyPhysTo(k: Kernel, physAddr: number, n: number): number {
    const at = this.#at;
    const run = this.#take(k, n, COPY_KERNEL);
    k.machine.phys.u8.copyWithin(at, physAddr, physAddr + run);
    return run;
  }
  copyFrom(k: Kernel, dst: Uint8Array, dstOffset: number, n: number): number {
    const at = this.#at;
    const run = this.#take(k, n, COPY_KERNEL);
    dst.set(k.machine.phys.u8.subarray(at, at + run), dstOffset);
    return run;
  }
  copyPhysFrom(k: Kernel, physAddr: number, n: number): number {
    const at = this.#at;
    const run = this.#take(k, n, COPY_KERNEL);
    k.machine.phys.u8.copyWithin(physAddr, at, at + run);
    return run;
  }
  zero(k: Kernel, n: number): number {
    const at = this.#at;
    const run = this.#take(k, n, COPY_ZERO);
    k.machine.phys.u8.fill(0, at, at + run);
    return run;
  }
  revert(n: number): void {
    this.#at -= n;
    this.count += n;
  }
  advance(n: number): void {
    n = Math.min(n, this.count);
    this.#at += n;
    this.count -= n;
  }
}
