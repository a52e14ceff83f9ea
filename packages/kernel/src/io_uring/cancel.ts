import type { File } from "../include/linux/fs.ts";
import {
  IOU_COMPLETE,
  type IoKiocb,
  type IoRingCtx,
  type IoUringTask,
  REQ_F_ASYNC_WAIT,
  REQ_F_BUFFER_SELECT,
  REQ_F_FIXED_FILE,
  REQ_F_IOWQ,
} from "../include/linux/ioUringTypes.ts";
import type { Kernel } from "../kernel.ts";
import { stateClass } from "../state.ts";
import { EALREADY, EBADF, ECANCELED, EINVAL, ENOENT } from "../uapi/errno.ts";
import {
  IORING_ASYNC_CANCEL_ALL,
  IORING_ASYNC_CANCEL_ANY,
  IORING_ASYNC_CANCEL_FD,
  IORING_ASYNC_CANCEL_FD_FIXED,
  IORING_ASYNC_CANCEL_OP,
  IORING_ASYNC_CANCEL_USERDATA,
  IORING_OP_ASYNC_CANCEL,
  SQE_ADDR,
  SQE_FD,
  SQE_FILE_INDEX,
  SQE_LEN,
  SQE_OFF,
  SQE_OP_FLAGS,
} from "../uapi/ioUring.ts";
import { ioReqSetRes, reqSetFail } from "./complete.ts";
import { ioFileGetFixed } from "./filetable.ts";
import { IO_WQ_CANCEL_OK, type IoWq, ioWqCancel } from "./ioWq.ts";
import { ioFileGetNormal } from "./issue.ts";
import { type IoIssueDef, type IoOpList, ioIssueDefs } from "./opdef.ts";
import { ioPollCancelReq, ioPollOf } from "./poll.ts";
import { sqe32, sqe64, sqeS32 } from "./rings.ts";
import { IoTimeout, ioKillTimeout, ioTimeoutCancel } from "./timeout.ts";
import { ioReqTaskQueueFail } from "./tw.ts";

/** Ending requests before they are done (io_uring/cancel.c). */

export const CANCEL_FLAGS =
  IORING_ASYNC_CANCEL_ALL |
  IORING_ASYNC_CANCEL_FD |
  IORING_ASYNC_CANCEL_ANY |
  IORING_ASYNC_CANCEL_FD_FIXED |
  IORING_ASYNC_CANCEL_USERDATA |
  IORING_ASYNC_CANCEL_OP;

/** struct io_cancel_data: which requests are meant. */
export class CancelData {
  readonly ctx: IoRingCtx;
  readonly lo: number;
  readonly hi: number;
  readonly flags: number;
  file: File | null = null;
  opcode = 0;
  /** With ALL or ANY each request is met once. */
  seq = 0;
  constructor(ctx: IoRingCtx, lo: number, hi: number, flags: number) {
    this.ctx = ctx;
    this.lo = lo;
    this.hi = hi;
    this.flags = flags;
  }
}
stateClass(CancelData);

/** Is this request meant? @linux io_uring/cancel.c io_cancel_req_match */
export function ioCancelReqMatch(req: IoKiocb, cd: CancelData): boolean {
  if (req.ctx !== cd.ctx) return false;
  const { flags } = cd;
  if (!(flags & (IORING_ASYNC_CANCEL_FD | IORING_ASYNC_CANCEL_OP | IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_USERDATA))) {
    return req.userLo === cd.lo && req.userHi === cd.hi && seen(req, cd);
  }
  if (flags & IORING_ASYNC_CANCEL_ANY) return seen(req, cd);
  if (flags & IORING_ASYNC_CANCEL_FD && req.file !== cd.file) return false;
  if (flags & IORING_ASYNC_CANCEL_OP && req.opcode !== cd.opcode) return false;
  if (flags & IORING_ASYNC_CANCEL_USERDATA && (req.userLo !== cd.lo || req.userHi !== cd.hi)) return false;
  return seen(req, cd);
}

function seen(req: IoKiocb, cd: CancelData): boolean {
  if (!(cd.flags & (IORING_ASYNC_CANCEL_ALL | IORING_ASYNC_CANCEL_ANY))) return true;
  if (req.cancelSeq === cd.seq) return false;
  req.cancelSeq = cd.seq;
  return true;
}

/** The next serial number of a cancellation. */
export function nextCancelSeq(ctx: IoRingCtx): number {
  ctx.cancelSeq = (ctx.cancelSeq + 1) >>> 0 || 1;
  return ctx.cancelSeq;
}

/** Of a worker's requests. 0, -EALREADY if it is being worked on, -ENOENT. @linux io_uring/cancel.c io_async_cancel_one */
function ioAsyncCancelOne(k: Kernel, tctx: IoUringTask | null, cd: CancelData): number {
  const wq = tctx?.iowq as IoWq | null | undefined;
  if (!wq) return -ENOENT;
  const all = (cd.flags & (IORING_ASYNC_CANCEL_ALL | IORING_ASYNC_CANCEL_ANY)) !== 0;
  let found = -ENOENT;
  for (const list of wq.work) {
    for (const req of [...list]) {
      if (!ioCancelReqMatch(req, cd)) continue;
      ioWqCancel(k, req);
      found = 0;
      if (!all) return 0;
    }
  }
  for (const w of [...wq.workers]) {
    if (!w.req || !ioCancelReqMatch(w.req, cd)) continue;
    const r = ioWqCancel(k, w.req) === IO_WQ_CANCEL_OK ? 0 : -EALREADY;
    if (found === -ENOENT || r === 0) found = r;
    if (!all) return found;
  }
  return found;
}

/** Of requests that wait for something: poll, futexes … @linux io_uring/poll.c io_poll_cancel, io_uring/cancel.c io_cancel_remove */
function cancelWaiting(k: Kernel, ctx: IoRingCtx, cd: CancelData): number {
  for (const bucket of ctx.cancelTable) {
    for (let req = bucket; req; req = req.hashNext) {
      if (!ioCancelReqMatch(req, cd)) continue;
      return cancelHashed(k, req);
    }
  }
  return -ENOENT;
}

function cancelHashed(k: Kernel, req: IoKiocb): number {
  // Such waits tell how many were ended.
  if (req.flags & REQ_F_ASYNC_WAIT) return ioIssueDefs[req.opcode]?.cancel?.(k, req) ? 1 : -EALREADY;
  const poll = ioPollOf(req);
  if (!poll) return -ENOENT;
  if (poll.canceled) return -EALREADY;
  ioPollCancelReq(k, poll);
  return 0;
}

/** Ends one request that is meant. 0, -EALREADY or -ENOENT. `links`: the guarded request of a link timeout is looked for. @linux io_uring/cancel.c io_try_cancel */
export function ioTryCancel(k: Kernel, tctx: IoUringTask | null, cd: CancelData, _links = false): number {
  const { ctx } = cd;
  let r = ioAsyncCancelOne(k, tctx, cd);
  if (r === 0) return 0;
  const waiting = cancelWaiting(k, ctx, cd);
  if (waiting !== -ENOENT) return waiting;
  if (!(cd.flags & IORING_ASYNC_CANCEL_FD)) {
    const t = ioTimeoutCancel(k, ctx, cd);
    if (t !== -ENOENT) return t;
  }
  if (r === 0) r = -ENOENT;
  return r;
}

/** @linux io_uring/cancel.c io_async_cancel_prep */
function cancelPrep(k: Kernel, req: IoKiocb, sqe: number): number {
  if (req.flags & REQ_F_BUFFER_SELECT) return -EINVAL;
  if (sqe64(k, sqe, SQE_OFF) !== 0 || sqe32(k, sqe, SQE_FILE_INDEX) !== 0) return -EINVAL;
  const flags = sqe32(k, sqe, SQE_OP_FLAGS);
  if ((flags & ~CANCEL_FLAGS) !== 0) return -EINVAL;
  const cd = new CancelData(req.ctx, sqe32(k, sqe, SQE_ADDR), sqe32(k, sqe, SQE_ADDR + 4), flags);
  if (flags & IORING_ASYNC_CANCEL_FD) {
    if (flags & IORING_ASYNC_CANCEL_ANY) return -EINVAL;
    req.fd = sqeS32(k, sqe, SQE_FD);
  }
  if (flags & IORING_ASYNC_CANCEL_OP) {
    if (flags & IORING_ASYNC_CANCEL_ANY) return -EINVAL;
    cd.opcode = sqe32(k, sqe, SQE_LEN);
  }
  req.cmd = cd;
  return 0;
}

/** All that are meant, or the first one. @returns 0, how many with ALL or ANY, or -ENOENT, -EALREADY @linux io_uring/cancel.c __io_async_cancel */
export function ioAsyncCancelAll(k: Kernel, tctx: IoUringTask | null, cd: CancelData): number {
  const all = (cd.flags & (IORING_ASYNC_CANCEL_ALL | IORING_ASYNC_CANCEL_ANY)) !== 0;
  let nr = 0;
  let r = 0;
  do {
    r = ioTryCancel(k, tctx, cd);
    if (r === -ENOENT) break;
    if (!all) return r;
    nr++;
  } while (nr < 1 << 20);
  const { ctx } = cd;
  // What other tasks' workers have.
  for (const task of ctx.tasks) {
    if (!task.ioUring) continue;
    r = ioAsyncCancelOne(k, task.ioUring, cd);
    if (r === -ENOENT) continue;
    if (!all) break;
    nr++;
  }
  return all ? nr : r;
}

/** @linux io_uring/cancel.c io_async_cancel */
function ioAsyncCancel(k: Kernel, req: IoKiocb): number {
  const cd = req.cmd as CancelData;
  cd.seq = nextCancelSeq(req.ctx);
  let ret = 0;
  if (cd.flags & IORING_ASYNC_CANCEL_FD) {
    if (req.flags & REQ_F_FIXED_FILE || cd.flags & IORING_ASYNC_CANCEL_FD_FIXED) {
      req.flags |= REQ_F_FIXED_FILE;
      req.file = ioFileGetFixed(k, req, req.fd);
    } else req.file = ioFileGetNormal(k, req, req.fd);
    if (!req.file) ret = -EBADF;
    cd.file = req.file;
  }
  if (ret === 0) ret = ioAsyncCancelAll(k, req.task?.ioUring ?? null, cd);
  if (ret < 0) reqSetFail(req);
  ioReqSetRes(req, ret, 0);
  return IOU_COMPLETE;
}

/** The ring or a task goes: ends a request wherever it is. @returns true if something was done about it */
export function ioCancelOnExit(k: Kernel, req: IoKiocb): boolean {
  const { ctx } = req;
  const d = ctx.defer.indexOf(req);
  if (d >= 0) {
    ctx.defer.splice(d, 1);
    for (let r: IoKiocb | null = req; r; r = r.link) ctx.nrDrained--;
    ioReqTaskQueueFail(k, req, -ECANCELED);
    return true;
  }
  if (req.flags & REQ_F_IOWQ) {
    ioWqCancel(k, req);
    return true;
  }
  if (req.hashed) return cancelHashed(k, req) >= 0;
  return req.cmd instanceof IoTimeout && ioKillTimeout(k, req);
}

const asyncCancel: IoIssueDef = { prep: cancelPrep, issue: ioAsyncCancel };
export const cancelOps: IoOpList = [[IORING_OP_ASYNC_CANCEL, asyncCancel]];
