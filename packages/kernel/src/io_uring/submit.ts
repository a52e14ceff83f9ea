import type { IoKiocb, IoRingCtx } from "../include/linux/ioUringTypes.ts";
import { REQ_F_CREDS, REQ_F_FAIL, REQ_F_FORCE_ASYNC, REQ_F_HARDLINK, REQ_F_IO_DRAIN, REQ_F_LINK } from "../include/linux/ioUringTypes.ts";
import type { Kernel } from "../kernel.ts";
import { EACCES, ECANCELED, EINVAL, EOPNOTSUPP } from "../uapi/errno.ts";
import {
  IORING_OP_LAST,
  IORING_SETUP_IOPOLL,
  IORING_SETUP_SQE128,
  IORING_SETUP_SUBMIT_ALL,
  IOSQE_ASYNC,
  IOSQE_BUFFER_SELECT,
  IOSQE_CQE_SKIP_SUCCESS,
  IOSQE_FIXED_FILE,
  IOSQE_IO_DRAIN,
  IOSQE_IO_HARDLINK,
  IOSQE_IO_LINK,
  SQE_BUF_INDEX,
  SQE_FD,
  SQE_FLAGS,
  SQE_IOPRIO,
  SQE_OPCODE,
  SQE_PERSONALITY,
  SQE_SIZE,
  SQE_USER_DATA,
} from "../uapi/ioUring.ts";
import { ioReqSetRes, ioSubmitFlushCompletions, reqSetFail } from "./complete.ts";
import { ioDrainReq, ioInitDrain } from "./drain.ts";
import { ioQueueIowq } from "./ioWq.ts";
import { ioQueueSqe, ioReqDeferFailed } from "./issue.ts";
import { ioIssueDefs } from "./opdef.ts";
import { ioAllocReq } from "./request.ts";
import { ioSqringEntries, regionAddr, ringRead, ringWrite, SQ_DROPPED, SQ_HEAD, sqe8, sqe16, sqe32, sqeS32 } from "./rings.ts";

const COMMON_FLAGS = IOSQE_FIXED_FILE | IOSQE_IO_LINK | IOSQE_IO_HARDLINK | IOSQE_ASYNC;
const VALID_FLAGS = COMMON_FLAGS | IOSQE_BUFFER_SELECT | IOSQE_IO_DRAIN | IOSQE_CQE_SKIP_SUCCESS;
const LINK_FLAGS = REQ_F_LINK | REQ_F_HARDLINK;
/** Virtual time that a request costs, in ns, besides the call or the thread's turn. */
const REQUEST_COST = 50;

/** May this ring's program do that? @linux io_uring/io_uring.c io_check_restriction */
function ioCheckRestriction(ctx: IoRingCtx, opcode: number, flags: number): boolean {
  const r = ctx.restrictions;
  if (!r?.sqeOps.has(opcode)) return false;
  if ((flags & r.sqeFlagsRequired) !== r.sqeFlagsRequired) return false;
  return (flags & ~(r.sqeFlagsAllowed | r.sqeFlagsRequired)) === 0;
}

/** Reads an SQE. 0 or the error with which the request fails. @linux io_uring/io_uring.c io_init_req */
function ioInitReq(k: Kernel, ctx: IoRingCtx, req: IoKiocb, sqe: number): number {
  const opcode = sqe8(k, sqe, SQE_OPCODE);
  const flags = sqe8(k, sqe, SQE_FLAGS);
  req.flags = flags;
  req.userLo = sqe32(k, sqe, SQE_USER_DATA);
  req.userHi = sqe32(k, sqe, SQE_USER_DATA + 4);
  if (opcode >= IORING_OP_LAST) {
    req.opcode = 0;
    return -EINVAL;
  }
  req.opcode = opcode;
  const def = ioIssueDefs[opcode];
  if (flags & ~COMMON_FLAGS) {
    if (flags & ~VALID_FLAGS) return -EINVAL;
    if (flags & IOSQE_BUFFER_SELECT) {
      if (!def?.bufferSelect) return -EOPNOTSUPP;
      req.bufIndex = req.bufGroup = sqe16(k, sqe, SQE_BUF_INDEX);
    }
    if (flags & IOSQE_CQE_SKIP_SUCCESS) ctx.drainDisabled = true;
    if (flags & IOSQE_IO_DRAIN) {
      if (ctx.drainDisabled) return -EOPNOTSUPP;
      ioInitDrain(ctx);
    }
  }
  if (ctx.restricted || ctx.drainActive || ctx.drainNext) {
    if (ctx.restricted && !ioCheckRestriction(ctx, opcode, flags)) return -EACCES;
    if (ctx.drainActive) req.flags |= REQ_F_FORCE_ASYNC;
    if (ctx.drainNext && !ctx.linkHead) {
      ctx.drainNext = false;
      ctx.drainActive = true;
      req.flags |= REQ_F_IO_DRAIN | REQ_F_FORCE_ASYNC;
    }
  }
  if (!def) return -EOPNOTSUPP;
  if (!def.ioprio && sqe16(k, sqe, SQE_IOPRIO) !== 0) return -EINVAL;
  if (!def.iopoll && ctx.flags & IORING_SETUP_IOPOLL) return -EINVAL;
  if (def.needsFile) req.fd = sqeS32(k, sqe, SQE_FD);
  const personality = sqe16(k, sqe, SQE_PERSONALITY);
  if (personality !== 0) {
    req.creds = ctx.personalities.get(personality) ?? null;
    if (!req.creds) return -EINVAL;
    req.flags |= REQ_F_CREDS;
  }
  return def.prep(k, req, sqe);
}

/** It fails before it is begun; so does the chain it is in. @linux io_uring/io_uring.c io_submit_fail_init */
function ioSubmitFailInit(k: Kernel, ctx: IoRingCtx, req: IoKiocb, sqe: number, ret: number): number {
  if (k.trace.ioUringReqFailed.enabled) k.trace.ioUringReqFailed.fire(ctx, req, sqe, ret);
  reqSetFail(req);
  ioReqSetRes(req, ret, 0);
  const head = ctx.linkHead;
  if (head && !(head.flags & REQ_F_FAIL)) {
    reqSetFail(head);
    ioReqSetRes(head, -ECANCELED, 0);
  }
  // A chain is put together to its end even so.
  if (!(req.flags & LINK_FLAGS)) {
    let first = req;
    if (head) {
      (ctx.linkLast as IoKiocb).link = req;
      ctx.linkHead = null;
      first = head;
    }
    ioQueueSqeFallback(k, first);
    return ret;
  }
  if (head) (ctx.linkLast as IoKiocb).link = req;
  else ctx.linkHead = req;
  ctx.linkLast = req;
  return 0;
}

/** What cannot just be tried: it has failed, waits behind a drain, or is a worker's. @linux io_uring/io_uring.c io_queue_sqe_fallback */
function ioQueueSqeFallback(k: Kernel, req: IoKiocb): void {
  if (req.flags & REQ_F_FAIL) {
    req.flags &= ~REQ_F_HARDLINK;
    req.flags |= REQ_F_LINK;
    ioReqDeferFailed(k, req, req.res);
  } else if (req.ctx.drainActive) ioDrainReq(k, req);
  else ioQueueIowq(k, req);
}

/** Begins one request, or adds it to the chain being put together. 0, or the error that it has failed with. @linux io_uring/io_uring.c io_submit_sqe */
function ioSubmitSqe(k: Kernel, ctx: IoRingCtx, req: IoKiocb, sqe: number): number {
  const ret = ioInitReq(k, ctx, req, sqe);
  if (ret !== 0) return ioSubmitFailInit(k, ctx, req, sqe, ret);
  if (k.trace.ioUringSubmitReq.enabled) k.trace.ioUringSubmitReq.fire(ctx, req, sqe);
  let first = req;
  if (ctx.linkHead) {
    const last = ctx.linkLast as IoKiocb;
    if (k.trace.ioUringLink.enabled) k.trace.ioUringLink.fire(ctx, req, last);
    last.link = req;
    ctx.linkLast = req;
    if (req.flags & LINK_FLAGS) return 0;
    first = ctx.linkHead;
    ctx.linkHead = null;
    if (first.flags & (REQ_F_FORCE_ASYNC | REQ_F_FAIL)) {
      ioQueueSqeFallback(k, first);
      return 0;
    }
  } else if (req.flags & (LINK_FLAGS | REQ_F_FORCE_ASYNC | REQ_F_FAIL)) {
    if (req.flags & LINK_FLAGS) {
      ctx.linkHead = req;
      ctx.linkLast = req;
    } else ioQueueSqeFallback(k, req);
    return 0;
  }
  ioQueueSqe(k, first);
  return 0;
}

/** Physical address of the next SQE, or -1 if its index is none. @linux io_uring/io_uring.c io_get_sqe */
function ioGetSqe(k: Kernel, ctx: IoRingCtx): number {
  let head = ctx.cachedSqHead & (ctx.sqEntries - 1);
  ctx.cachedSqHead = (ctx.cachedSqHead + 1) >>> 0;
  if (ctx.sqArrayOff >= 0) {
    head = k.machine.phys.u32[regionAddr(ctx.rings, ctx.sqArrayOff + head * 4) >>> 2] as number;
    if (head >= ctx.sqEntries) {
      ringWrite(k, ctx, SQ_DROPPED, ringRead(k, ctx, SQ_DROPPED) + 1);
      return -1;
    }
  }
  return regionAddr(ctx.sqes, head * (ctx.flags & IORING_SETUP_SQE128 ? 2 * SQE_SIZE : SQE_SIZE));
}

/** Takes up to `nr` SQEs. @returns how many were taken @linux io_uring/io_uring.c io_submit_sqes */
export function ioSubmitSqes(k: Kernel, ctx: IoRingCtx, nr: number): number {
  const entries = Math.min(nr, ioSqringEntries(k, ctx));
  if (entries === 0) return 0;
  let left = entries;
  do {
    const sqe = ioGetSqe(k, ctx);
    if (sqe < 0) break;
    const req = ioAllocReq(k, ctx);
    if (ioSubmitSqe(k, ctx, req, sqe) !== 0 && !(ctx.flags & IORING_SETUP_SUBMIT_ALL)) {
      left--;
      break;
    }
  } while (--left > 0);
  const taken = entries - left;
  endSubmit(k, ctx);
  ringWrite(k, ctx, SQ_HEAD, ctx.cachedSqHead);
  k.time.advance(REQUEST_COST * taken);
  k.current.stime += REQUEST_COST * taken;
  return taken;
}

/** A chain that the batch has left open ends here. @linux io_uring/io_uring.c io_submit_state_end */
function endSubmit(k: Kernel, ctx: IoRingCtx): void {
  const head = ctx.linkHead;
  if (head) {
    ctx.linkHead = null;
    if (head.flags & (REQ_F_FORCE_ASYNC | REQ_F_FAIL)) ioQueueSqeFallback(k, head);
    else ioQueueSqe(k, head);
  }
  ioSubmitFlushCompletions(k, ctx);
}
