import type { Kernel } from "../kernel.ts";

/**
 * Copy accounting: every byte that is moved is counted where it is moved, for the task in whose context the kernel works. Work for
 * nobody in particular (a timer, a packet that comes in) counts for the task that it interrupts.
 */

/** By the processor, out of a program's memory. */
export const COPY_FROM_USER = 0;
/** By the processor, into a program's memory. */
export const COPY_TO_USER = 1;
/** By the processor, from one buffer of the kernel to another. */
export const COPY_KERNEL = 2;
/** Pages copied by the processor because a private one is written (copy on write). */
export const COPY_PAGE = 3;
/** No copies: bytes that the processor sets to zero. */
export const COPY_ZERO = 4;
/** By a device, into memory: what comes through the Host interface. */
export const DMA_IN = 5;
/** By a device, out of memory. */
export const DMA_OUT = 6;
/** How many kinds there are; `Task.copied` has a counter for each. */
export const COPY_KINDS = 7;

/** Counts n bytes of a kind (COPY_*, DMA_*). */
export function countCopy(k: Kernel, kind: number, n: number): void {
  k.current.copied[kind]! += n;
}

/** The counters under names: bytes. */
export interface CopyCounts {
  readonly fromUser: number;
  readonly toUser: number;
  readonly kernel: number;
  /** Copies of pages on write. */
  readonly pages: number;
  readonly zeroed: number;
  readonly dmaIn: number;
  readonly dmaOut: number;
}

/** What counters say, or how far they are ahead of `since`. */
export function copyCounts(now: ArrayLike<number>, since: ArrayLike<number> | null = null): CopyCounts {
  const of = (kind: number): number => now[kind]! - (since ? since[kind]! : 0);
  return {
    fromUser: of(COPY_FROM_USER),
    toUser: of(COPY_TO_USER),
    kernel: of(COPY_KERNEL),
    pages: of(COPY_PAGE),
    zeroed: of(COPY_ZERO),
    dmaIn: of(DMA_IN),
    dmaOut: of(DMA_OUT),
  };
}
