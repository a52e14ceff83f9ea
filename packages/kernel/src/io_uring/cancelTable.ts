import type { IoKiocb, IoRingCtx } from "../include/linux/ioUringTypes.ts";

/** Requests that wait for something and can be found by their user_data (struct io_hash_table). */

function bucket(ctx: IoRingCtx, lo: number, hi: number): number {
  return (Math.imul(lo ^ Math.imul(hi, 0x85ebca6b), 0x9e3779b1) >>> 8) & (ctx.cancelTable.length - 1);
}

/** @linux io_uring/poll.c io_poll_req_insert */
export function ioHashAdd(ctx: IoRingCtx, req: IoKiocb): void {
  const b = bucket(ctx, req.userLo, req.userHi);
  req.hashed = true;
  req.hashNext = ctx.cancelTable[b] as IoKiocb | null;
  ctx.cancelTable[b] = req;
}

/** Takes a request out; must be called before its user_data changes. @linux io_uring/poll.c io_poll_req_delete */
export function ioHashDel(ctx: IoRingCtx, req: IoKiocb): void {
  if (!req.hashed) return;
  req.hashed = false;
  const b = bucket(ctx, req.userLo, req.userHi);
  let r = ctx.cancelTable[b] as IoKiocb | null;
  if (r === req) ctx.cancelTable[b] = req.hashNext;
  else {
    while (r && r.hashNext !== req) r = r.hashNext;
    if (r) r.hashNext = req.hashNext;
  }
  req.hashNext = null;
}

/** The first of those with this user_data; the rest follow by hashNext. */
export function ioHashFirst(ctx: IoRingCtx, lo: number, hi: number): IoKiocb | null {
  return ctx.cancelTable[bucket(ctx, lo, hi)] as IoKiocb | null;
}
