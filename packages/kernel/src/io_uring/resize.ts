import { IoRingCtx } from "../include/linux/ioUringTypes.ts";
import type { Kernel } from "../kernel.ts";
import { copyFromUser, copyToUser } from "../mm/usercopy.ts";
import { EFAULT, EINVAL, EOVERFLOW } from "../uapi/errno.ts";
import * as U from "../uapi/ioUring.ts";
import { ioFreeRegion } from "./memmap.ts";
import * as R from "./rings.ts";
import { fillEntries, fillOut, type IoUringParams, ioAllocateRings, PARAMS_SIZE, readParams } from "./setup.ts";

/** Larger or smaller rings in place of those that a ring has (io_uring/register.c). */

const RESIZE_FLAGS = U.IORING_SETUP_CQSIZE | U.IORING_SETUP_CLAMP;
/** What a ring is for good. */
const COPY_FLAGS =
  U.IORING_SETUP_NO_SQARRAY | U.IORING_SETUP_SQE128 | U.IORING_SETUP_CQE32 | U.IORING_SETUP_NO_MMAP | U.IORING_SETUP_CQE_MIXED;

/** Copies entries from one region to another, by their numbers. */
function copyEntries(k: Kernel, from: IoRingCtx, to: IoRingCtx, sq: boolean, head: number, n: number): void {
  const { phys } = k.machine;
  const size = sq ? (from.flags & U.IORING_SETUP_SQE128 ? 128 : 64) : from.flags & U.IORING_SETUP_CQE32 ? 32 : 16;
  const start = sq ? 0 : R.CQES;
  for (let i = 0; i < n; i++) {
    const at = (head + i) >>> 0;
    const a = R.regionAddr(sq ? from.sqes : from.rings, start + (at & ((sq ? from.sqEntries : from.cqEntries) - 1)) * size);
    const b = R.regionAddr(sq ? to.sqes : to.rings, start + (at & ((sq ? to.sqEntries : to.cqEntries) - 1)) * size);
    phys.willWrite(b >>> 12);
    phys.u8.copyWithin(b, a, a + size);
  }
}

/** @linux io_uring/register.c io_register_resize_rings */
export function ioRegisterResizeRings(k: Kernel, ctx: IoRingCtx, arg: number): number {
  if (!(ctx.flags & U.IORING_SETUP_DEFER_TASKRUN)) return -EINVAL;
  const bytes = new Uint8Array(PARAMS_SIZE);
  if (copyFromUser(k, arg, bytes, 0, PARAMS_SIZE) !== 0) return -EFAULT;
  const view = new DataView(bytes.buffer);
  const p: IoUringParams = readParams(view, view.getUint32(0, true));
  if (p.flags & ~RESIZE_FLAGS) return -EINVAL;
  p.flags |= ctx.flags & COPY_FLAGS;
  const r = fillEntries(p);
  if (r < 0) return r;
  // The new rings are made beside the old ones, which stay if anything fails.
  const fresh = new IoRingCtx();
  fresh.flags = p.flags;
  fresh.uid = ctx.uid;
  fresh.sqEntries = p.sqEntries;
  fresh.cqEntries = p.cqEntries;
  const made = ioAllocateRings(k, fresh, p);
  if (made < 0) return made;
  fillOut(fresh, view, p);
  // Only a ring that is set up tells where its array is.
  view.setUint32(40 + 24, 0, true);
  const sqHead = R.ringRead(k, ctx, R.SQ_HEAD);
  const cqHead = R.ringRead(k, ctx, R.CQ_HEAD);
  const sqUsed = (R.ringRead(k, ctx, R.SQ_TAIL) - sqHead) >>> 0;
  const cqUsed = (R.ringRead(k, ctx, R.CQ_TAIL) - cqHead) >>> 0;
  const fits = sqUsed <= p.sqEntries && cqUsed <= p.cqEntries;
  if (!fits || copyToUser(k, arg, bytes, 0, PARAMS_SIZE) !== 0) {
    ioFreeRegion(k, fresh, fresh.rings);
    ioFreeRegion(k, fresh, fresh.sqes);
    return fits ? -EFAULT : -EOVERFLOW;
  }
  copyEntries(k, ctx, fresh, true, sqHead, sqUsed);
  copyEntries(k, ctx, fresh, false, cqHead, cqUsed);
  for (const off of [R.SQ_HEAD, R.SQ_TAIL, R.CQ_HEAD, R.CQ_TAIL, R.SQ_DROPPED, R.SQ_FLAGS, R.CQ_FLAGS, R.CQ_OVERFLOW]) {
    R.ringWrite(k, fresh, off, R.ringRead(k, ctx, off));
  }
  const { rings, sqes } = ctx;
  ctx.rings = fresh.rings;
  ctx.sqes = fresh.sqes;
  ctx.sqEntries = fresh.sqEntries;
  ctx.cqEntries = fresh.cqEntries;
  ctx.sqArrayOff = fresh.sqArrayOff;
  ctx.ringsSize = fresh.ringsSize;
  ctx.sqesSize = fresh.sqesSize;
  ioFreeRegion(k, ctx, rings);
  ioFreeRegion(k, ctx, sqes);
  return 0;
}
