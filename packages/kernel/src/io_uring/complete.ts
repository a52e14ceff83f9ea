import {
  type IoKiocb,
  IoOverflowCqe,
  type IoRingCtx,
  REQ_F_BIG_CQE,
  REQ_F_CQE_SKIP,
  REQ_F_FAIL,
  REQ_F_SKIP_LINK_CQES,
} from "../include/linux/ioUringTypes.ts";
import type { Kernel } from "../kernel.ts";
import { EINTR } from "../uapi/errno.ts";
import {
  CQE_SIZE,
  IORING_CQE_F_32,
  IORING_CQE_F_SKIP,
  IORING_SETUP_CQE_MIXED,
  IORING_SETUP_CQE32,
  IORING_SETUP_DEFER_TASKRUN,
  IORING_SQ_CQ_OVERFLOW,
} from "../uapi/ioUring.ts";
import { POLLIN, POLLRDNORM } from "../uapi/poll.ts";
import { ioQueueDeferred } from "./drain.ts";
import { ioEventfdSignal } from "./eventfd.ts";
import { ioFreeReq, ioQueueNext } from "./request.ts";
import { CQ_HEAD, CQ_OVERFLOW, CQ_TAIL, CQES, ringRead, ringWrite, sqFlags } from "./rings.ts";
import { ioFlushTimeouts } from "./timeout.ts";
import { ioReqTaskComplete, ioReqTaskWorkAdd } from "./tw.ts";

/** EPOLL_URING: the wake-up comes from a ring, so that polls of rings by rings do not call each other. */
const EPOLL_URING = 1 << 27;
/** CQEs kept beyond the ring: more than this are dropped, as when Linux's memory ends. */
const MAX_OVERFLOW = 1 << 16;

/** What the request has come to. @linux io_uring/io_uring.h io_req_set_res */
export function ioReqSetRes(req: IoKiocb, res: number, cflags: number): void {
  // What would make a system call start again ends a request.
  req.res = res <= -512 && res >= -516 ? -EINTR : res;
  req.cflags = cflags;
}

/** It has failed: the rest of its chain is not to be done. @linux io_uring/io_uring.h req_set_fail */
export function reqSetFail(req: IoKiocb): void {
  req.flags |= REQ_F_FAIL;
  if (req.flags & REQ_F_CQE_SKIP) {
    req.flags &= ~REQ_F_CQE_SKIP;
    req.flags |= REQ_F_SKIP_LINK_CQES;
  }
}

/** Room in the ring, by the program's own head. */
function cqFree(k: Kernel, ctx: IoRingCtx): number {
  const used = (ctx.cachedCqTail - ringRead(k, ctx, CQ_HEAD)) >>> 0;
  return used >= ctx.cqEntries ? 0 : ctx.cqEntries - used;
}

/** Writes one slot of 16 bytes, or 32 on a ring of CQE32. */
function writeSlot(k: Kernel, ctx: IoRingCtx, lo: number, hi: number, res: number, flags: number): number {
  const big = ctx.flags & IORING_SETUP_CQE32 ? 1 : 0;
  const off = CQES + ((ctx.cachedCqTail & (ctx.cqEntries - 1)) << big) * CQE_SIZE;
  const frame = ctx.rings.frames[off >>> 12] as number;
  const { phys } = k.machine;
  phys.willWrite(frame);
  const i = (frame << 10) + ((off & 4095) >>> 2);
  const { u32 } = phys;
  u32[i] = lo;
  u32[i + 1] = hi;
  u32[i + 2] = res;
  u32[i + 3] = flags;
  ctx.cachedCqTail = (ctx.cachedCqTail + 1) >>> 0;
  return i + 4;
}

/** Puts a CQE into the ring. @returns false if there is no room @linux io_uring/io_uring.h io_get_cqe_overflow */
function fillCqe(
  k: Kernel,
  ctx: IoRingCtx,
  lo: number,
  hi: number,
  res: number,
  flags: number,
  extra: number[] | null,
  force: boolean,
): boolean {
  // What has overflowed comes first.
  if (!force && ctx.overflow.length > 0) return false;
  let free = cqFree(k, ctx);
  if (extra && ctx.flags & IORING_SETUP_CQE_MIXED) {
    // It must not wrap: the last slot is skipped then.
    const at = ctx.cachedCqTail & (ctx.cqEntries - 1);
    if (at + 1 === ctx.cqEntries) {
      if (free < 3) return false;
      writeSlot(k, ctx, 0, 0, 0, IORING_CQE_F_SKIP);
      free--;
    }
    if (free < 2) return false;
    const i = writeSlot(k, ctx, lo, hi, res, flags | IORING_CQE_F_32);
    k.machine.phys.u32.set(extra, i);
    ctx.cachedCqTail = (ctx.cachedCqTail + 1) >>> 0;
    return true;
  }
  if (free === 0) return false;
  const i = writeSlot(k, ctx, lo, hi, res, flags);
  if (ctx.flags & IORING_SETUP_CQE32) {
    const { u32 } = k.machine.phys;
    for (let n = 0; n < 4; n++) u32[i + n] = extra ? (extra[n] as number) : 0;
  }
  return true;
}

/** Keeps a CQE until the program has made room. @returns false if it is lost @linux io_uring/io_uring.c io_cqring_add_overflow */
function addOverflow(k: Kernel, ctx: IoRingCtx, lo: number, hi: number, res: number, flags: number, extra: number[] | null): boolean {
  if (k.trace.ioUringCqeOverflow.enabled) k.trace.ioUringCqeOverflow.fire(ctx, lo, hi, res, flags);
  if (ctx.overflow.length >= MAX_OVERFLOW) {
    ringWrite(k, ctx, CQ_OVERFLOW, ringRead(k, ctx, CQ_OVERFLOW) + 1);
    ctx.cqeDropped = true;
    return false;
  }
  if (ctx.overflow.length === 0) sqFlags(k, ctx, IORING_SQ_CQ_OVERFLOW, 0);
  const o = new IoOverflowCqe();
  o.lo = lo;
  o.hi = hi;
  o.res = res;
  o.flags = flags;
  o.extra = extra;
  ctx.overflow.push(o);
  return true;
}

/** Puts what had overflowed into the ring, as far as there is room. @linux io_uring/io_uring.c io_cqring_do_overflow_flush */
export function ioCqringOverflowFlush(k: Kernel, ctx: IoRingCtx): void {
  let n = 0;
  for (const o of ctx.overflow) {
    if (!fillCqe(k, ctx, o.lo, o.hi, o.res, o.flags, o.extra, true)) break;
    n++;
  }
  if (n === 0) return;
  ctx.overflow.splice(0, n);
  if (ctx.overflow.length === 0) sqFlags(k, ctx, 0, IORING_SQ_CQ_OVERFLOW);
  ioCommitCqring(k, ctx);
}

/** The request's CQE goes into the ring, or to those that wait for room. */
function fillReqCqe(k: Kernel, req: IoKiocb): void {
  const { ctx } = req;
  const extra = req.flags & REQ_F_BIG_CQE ? req.extra : null;
  if (k.trace.ioUringComplete.enabled) k.trace.ioUringComplete.fire(ctx, req, req.userLo, req.userHi, req.res, req.cflags);
  if (!fillCqe(k, ctx, req.userLo, req.userHi, req.res, req.cflags, extra, false))
    addOverflow(k, ctx, req.userLo, req.userHi, req.res, req.cflags, extra);
}

/** The program sees the new tail; who waits for CQEs is told. @linux io_uring/io_uring.c __io_cq_unlock_post */
export function ioCommitCqring(k: Kernel, ctx: IoRingCtx): void {
  ringWrite(k, ctx, CQ_TAIL, ctx.cachedCqTail);
  if (ctx.cqWait.active) ctx.cqWait.wakeUp(k, 0, 0);
  if (ctx.pollWait.active) ctx.pollWait.wakeUp(k, POLLIN | POLLRDNORM | EPOLL_URING, 0);
  if (ctx.evfd) ioEventfdSignal(k, ctx, true);
  if (ctx.timeouts.length > 0) ioFlushTimeouts(k, ctx);
}

/** A CQE with no request at its end: `false` if it found no room in the ring and none beyond. @linux io_uring/io_uring.c io_post_aux_cqe */
export function ioPostAuxCqe(k: Kernel, ctx: IoRingCtx, lo: number, hi: number, res: number, cflags: number): boolean {
  if (k.trace.ioUringComplete.enabled) k.trace.ioUringComplete.fire(ctx, null, lo, hi, res, cflags);
  const posted = fillCqe(k, ctx, lo, hi, res, cflags, null, false) || addOverflow(k, ctx, lo, hi, res, cflags, null);
  ioCommitCqring(k, ctx);
  return posted;
}

/**
 * One more CQE of a request that goes on (multishot). Must be called while the ring's submitter or task work runs.
 * @returns false if the ring is full: the request should end then @linux io_uring/io_uring.c io_req_post_cqe
 */
export function ioReqPostCqe(k: Kernel, req: IoKiocb, res: number, cflags: number, extra: number[] | null = null): boolean {
  const { ctx } = req;
  // In order behind what the batch has finished.
  if (ctx.compl.length > 0) ioSubmitFlushCompletions(k, ctx);
  if (!fillCqe(k, ctx, req.userLo, req.userHi, res, cflags, extra, false)) return false;
  if (k.trace.ioUringComplete.enabled) k.trace.ioUringComplete.fire(ctx, req, req.userLo, req.userHi, res, cflags);
  ioCommitCqring(k, ctx);
  return true;
}

/** It is complete; its CQE is posted at the end of the batch. @linux io_uring/io_uring.h io_req_complete_defer */
export function ioReqCompleteDefer(req: IoKiocb): void {
  req.ctx.compl.push(req);
}

/** Posts what the batch has completed, frees it, and lets chains go on. @linux io_uring/io_uring.c __io_submit_flush_completions */
export function ioSubmitFlushCompletions(k: Kernel, ctx: IoRingCtx): void {
  const { compl } = ctx;
  if (compl.length === 0) return;
  ctx.compl = [];
  const before = ctx.cachedCqTail;
  for (const req of compl) if (!(req.flags & REQ_F_CQE_SKIP)) fillReqCqe(k, req);
  if (ctx.cachedCqTail !== before || ctx.overflow.length > 0) ioCommitCqring(k, ctx);
  for (const req of compl) {
    ioQueueNext(k, req);
    ioFreeReq(k, req);
  }
  if (ctx.drainActive) ioQueueDeferred(k, ctx);
}

/** Completes a request outside of any batch, such as in a worker. @linux io_uring/io_uring.c io_req_complete_post */
export function ioReqCompletePost(k: Kernel, req: IoKiocb): void {
  const { ctx } = req;
  if (ctx.flags & IORING_SETUP_DEFER_TASKRUN) {
    req.tw = ioReqTaskComplete;
    ioReqTaskWorkAdd(k, req);
    return;
  }
  if (!(req.flags & REQ_F_CQE_SKIP)) {
    fillReqCqe(k, req);
    ioCommitCqring(k, ctx);
  }
  ioQueueNext(k, req);
  ioFreeReq(k, req);
  if (ctx.drainActive) ioQueueDeferred(k, ctx);
}
