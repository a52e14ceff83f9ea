import type { IoMappedRegion, IoRingCtx } from "../include/linux/ioUringTypes.ts";
import type { Kernel } from "../kernel.ts";

/** What lies in the memory that a ring shares with its program (struct io_rings). All of it may be changed by the program at any time. */

export const SQ_HEAD = 0;
export const SQ_TAIL = 4;
export const CQ_HEAD = 8;
export const CQ_TAIL = 12;
export const SQ_MASK = 16;
export const CQ_MASK = 20;
export const SQ_ENTRIES = 24;
export const CQ_ENTRIES = 28;
export const SQ_DROPPED = 32;
export const SQ_FLAGS = 36;
export const CQ_FLAGS = 40;
export const CQ_OVERFLOW = 44;
/** The CQEs' place. */
export const CQES = 64;

/** Physical address of a byte of a region. */
export function regionAddr(r: IoMappedRegion, off: number): number {
  return (r.frames[off >>> 12] as number) * 4096 + (off & 4095);
}

/** A word of the rings' header. */
export function ringRead(k: Kernel, ctx: IoRingCtx, off: number): number {
  return k.machine.phys.u32[((ctx.rings.frames[0] as number) << 10) + (off >>> 2)] as number;
}

export function ringWrite(k: Kernel, ctx: IoRingCtx, off: number, value: number): void {
  const { phys } = k.machine;
  const frame = ctx.rings.frames[0] as number;
  phys.willWrite(frame);
  phys.u32[(frame << 10) + (off >>> 2)] = value;
}

/** Sets and clears bits of sq_flags. */
export function sqFlags(k: Kernel, ctx: IoRingCtx, set: number, clear: number): void {
  ringWrite(k, ctx, SQ_FLAGS, (ringRead(k, ctx, SQ_FLAGS) & ~clear) | set);
}

/** SQEs that the program has filled in and the kernel has not taken: at most as many as the ring has. @linux io_uring/io_uring.h io_sqring_entries */
export function ioSqringEntries(k: Kernel, ctx: IoRingCtx): number {
  return Math.min((ringRead(k, ctx, SQ_TAIL) - ctx.cachedSqHead) >>> 0, ctx.sqEntries);
}

/** CQEs posted and not yet taken by the program. */
export function ioCqringEventsUser(k: Kernel, ctx: IoRingCtx): number {
  return (ringRead(k, ctx, CQ_TAIL) - ringRead(k, ctx, CQ_HEAD)) >>> 0;
}

/** Fields of an SQE at a physical address. */
export function sqe8(k: Kernel, sqe: number, off: number): number {
  return k.machine.phys.u8[sqe + off] as number;
}
export function sqe16(k: Kernel, sqe: number, off: number): number {
  return k.machine.phys.view.getUint16(sqe + off, true);
}
export function sqe32(k: Kernel, sqe: number, off: number): number {
  return k.machine.phys.u32[(sqe + off) >>> 2] as number;
}
export function sqeS32(k: Kernel, sqe: number, off: number): number {
  return k.machine.phys.i32[(sqe + off) >>> 2] as number;
}
/** An address or unsigned length: exact below 2^53. */
export function sqe64(k: Kernel, sqe: number, off: number): number {
  const { u32 } = k.machine.phys;
  const i = (sqe + off) >>> 2;
  return (u32[i + 1] as number) * 4294967296 + (u32[i] as number);
}
/** A signed position: exact within 2^53. */
export function sqeS64(k: Kernel, sqe: number, off: number): number {
  const { u32, i32 } = k.machine.phys;
  const i = (sqe + off) >>> 2;
  return (i32[i + 1] as number) * 4294967296 + (u32[i] as number);
}
