import { type IoKiocb, type IoRingCtx, REQ_F_FORCE_ASYNC, REQ_F_IO_DRAIN } from "../include/linux/ioUringTypes.ts";
import type { Kernel } from "../kernel.ts";
import { ioLinkedNr } from "./request.ts";
import { ioReqTaskQueue } from "./tw.ts";

/** IOSQE_IO_DRAIN: a request that waits for all before it, and all after it for it. */

/** A request with the flag is read. @linux io_uring/io_uring.c io_init_drain */
export function ioInitDrain(ctx: IoRingCtx): void {
  const head = ctx.linkHead;
  ctx.drainActive = true;
  if (head) {
    // In the midst of a chain: the whole chain waits, and so does what follows it.
    head.flags |= REQ_F_IO_DRAIN | REQ_F_FORCE_ASYNC;
    ctx.drainNext = true;
  }
}

/** Puts a chain behind what is under way. @linux io_uring/io_uring.c io_drain_req */
export function ioDrainReq(k: Kernel, req: IoKiocb): void {
  const { ctx } = req;
  const drain = (req.flags & REQ_F_IO_DRAIN) !== 0;
  if (k.trace.ioUringDefer.enabled) k.trace.ioUringDefer.fire(ctx, req);
  ctx.nrDrained += ioLinkedNr(req);
  ctx.defer.push(req);
  ioQueueDeferred(k, ctx);
  if (!drain && ctx.defer.length === 0) ctx.drainActive = false;
}

/** Lets go on what need not wait any more. @linux io_uring/io_uring.c io_queue_deferred */
export function ioQueueDeferred(k: Kernel, ctx: IoRingCtx): void {
  let drain = false;
  let first = true;
  while (ctx.defer.length > 0) {
    const req = ctx.defer[0] as IoKiocb;
    if (req.flags & REQ_F_IO_DRAIN) drain = true;
    if ((drain || first) && ctx.nrReqs !== ctx.nrDrained) return;
    first = false;
    ctx.defer.shift();
    ctx.nrDrained -= ioLinkedNr(req);
    ioReqTaskQueue(k, req);
  }
}
