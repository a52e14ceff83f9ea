import type { Kernel } from "../kernel.ts";

/**
 * Where bytes of a read or write come from or go to (struct iov_iter): a list of user-memory
 * segments of the current task, or one kernel buffer. The position advances as bytes are moved.
 * All transfers are counted for copy accounting.
 */
export abstract class IovIter {
  /** Bytes left. */
  count = 0;
  /**
   * Copies `n` bytes from a kernel buffer into the iterator. @returns bytes copied, fewer on a fault or at the end.
   * @linux lib/iov_iter.c copy_to_iter
   */
  abstract copyTo(k: Kernel, src: Uint8Array, srcOffset: number, n: number): number;
  /** The same from physical memory (a page-cache frame): use this for frames, since linear memory may grow while user pages are faulted in. */
  abstract copyPhysTo(k: Kernel, physAddr: number, n: number): number;
  /** Copies out of the iterator into a kernel buffer. @linux lib/iov_iter.c copy_from_iter */
  abstract copyFrom(k: Kernel, dst: Uint8Array, dstOffset: number, n: number): number;
  abstract copyPhysFrom(k: Kernel, physAddr: number, n: number): number;
  /** Stores n zero bytes. @linux lib/iov_iter.c iov_iter_zero */
  abstract zero(k: Kernel, n: number): number;
  /** Gives back the last n bytes (after a partial use). @linux lib/iov_iter.c iov_iter_revert */
  abstract revert(n: number): void;
  /** Skips n bytes that an earlier part of the call has dealt with. @linux lib/iov_iter.c iov_iter_advance */
  abstract advance(n: number): void;
}
