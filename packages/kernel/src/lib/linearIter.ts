import type { Kernel } from "../kernel.ts";
import { COPY_KERNEL, COPY_ZERO, countCopy } from "../trace/copies.ts";
import { IovIter } from "./iovIter.ts";

/** A run of the kernel's own bytes, in one array at a time: what is copied is copied within the kernel. */
export abstract class LinearIter extends IovIter {
  #at: number;
  /** From place `at` of the array on. */
  constructor(at: number, count: number) {
    super();
    this.#at = at;
    this.count = count;
  }
  /** The array that the bytes are in, as it is now. */
  protected abstract bytes(k: Kernel): Uint8Array;

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
    this.bytes(k).set(src.subarray(srcOffset, srcOffset + run), at);
    return run;
  }
  copyPhysTo(k: Kernel, physAddr: number, n: number): number {
    return this.copyTo(k, k.machine.phys.u8, physAddr, n);
  }
  copyFrom(k: Kernel, dst: Uint8Array, dstOffset: number, n: number): number {
    const at = this.#at;
    const run = this.#take(k, n, COPY_KERNEL);
    dst.set(this.bytes(k).subarray(at, at + run), dstOffset);
    return run;
  }
  copyPhysFrom(k: Kernel, physAddr: number, n: number): number {
    return this.copyFrom(k, k.machine.phys.u8, physAddr, n);
  }
  zero(k: Kernel, n: number): number {
    const at = this.#at;
    const run = this.#take(k, n, COPY_ZERO);
    this.bytes(k).fill(0, at, at + run);
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
