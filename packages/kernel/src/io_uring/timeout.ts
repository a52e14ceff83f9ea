import {
  IOU_COMPLETE,
  IOU_ISSUE_SKIP_COMPLETE,
  type IoKiocb,
  type IoRingCtx,
  type IoTwFunc,
  REQ_F_ARM_LTIMEOUT,
  REQ_F_BUFFER_SELECT,
  REQ_F_FIXED_FILE,
  REQ_F_LINK_TIMEOUT,
} from "../include/linux/ioUringTypes.ts";
import { KernelTimer } from "../kernel/time/timer.ts";
import { getTimespec, toNs, userTimespec } from "../kernel/time/userTime.ts";
import type { Kernel } from "../kernel.ts";
import { stateClass, stateTable } from "../state.ts";
import { ECANCELED, EFAULT, EINVAL, ENOENT, ETIME } from "../uapi/errno.ts";
import {
  IORING_CQE_F_MORE,
  IORING_LINK_TIMEOUT_UPDATE,
  IORING_OP_LINK_TIMEOUT,
  IORING_OP_TIMEOUT,
  IORING_OP_TIMEOUT_REMOVE,
  IORING_TIMEOUT_ABS,
  IORING_TIMEOUT_BOOTTIME,
  IORING_TIMEOUT_ETIME_SUCCESS,
  IORING_TIMEOUT_MULTISHOT,
  IORING_TIMEOUT_REALTIME,
  IORING_TIMEOUT_UPDATE,
  SQE_ADDR,
  SQE_ADDR3,
  SQE_BUF_INDEX,
  SQE_FILE_INDEX,
  SQE_LEN,
  SQE_OFF,
  SQE_OP_FLAGS,
  SQE_PAD2,
} from "../uapi/ioUring.ts";
import { CancelData, ioCancelReqMatch, ioTryCancel } from "./cancel.ts";
import { ioReqCompleteDefer, ioReqPostCqe, ioReqSetRes, reqSetFail } from "./complete.ts";
import type { IoIssueDef, IoOpList } from "./opdef.ts";
import { sqe16, sqe32, sqe64 } from "./rings.ts";
import { ioReqQueueTwComplete, ioReqTaskQueueFail, ioReqTaskWorkAdd } from "./tw.ts";

/** Timeouts: by time, by a number of completions, and of the request that they follow in a chain (io_uring/timeout.c). */

const CLOCK_MASK = IORING_TIMEOUT_BOOTTIME | IORING_TIMEOUT_REALTIME;
const UPDATE_MASK = IORING_TIMEOUT_UPDATE | IORING_LINK_TIMEOUT_UPDATE;

/** struct io_timeout with its data. */
export class IoTimeout extends KernelTimer {
  readonly req: IoKiocb;
  /** Completions it waits for, 0 = none. */
  off: number;
  targetSeq = 0;
  /** Of a multishot one: how often it still comes, 0 = for ever. */
  repeats = 0;
  flags: number;
  /** The time asked for, in seconds and ns. */
  sec: number;
  nsec: number;
  /** Of a link timeout: the request that it guards, and at the end the one that it cancels. */
  head: IoKiocb | null = null;
  prev: IoKiocb | null = null;
  prevGeneration = 0;
  constructor(req: IoKiocb, off: number, flags: number, sec: number, nsec: number) {
    super();
    this.req = req;
    this.off = off;
    this.flags = flags;
    this.sec = sec;
    this.nsec = nsec;
  }
  expire(k: Kernel): void {
    if (this.req.opcode === IORING_OP_LINK_TIMEOUT) ioLinkTimeoutFn(k, this);
    else ioTimeoutFn(k, this);
  }
}

/** What a removal or change asks for. */
class IoTimeoutRem {
  readonly userLo: number;
  readonly userHi: number;
  readonly flags: number;
  readonly sec: number;
  readonly nsec: number;
  constructor(userLo: number, userHi: number, flags: number, sec: number, nsec: number) {
    this.userLo = userLo;
    this.userHi = userHi;
    this.flags = flags;
    this.sec = sec;
    this.nsec = nsec;
  }
}
stateClass(IoTimeout, IoTimeoutRem);

const timeoutOf = (req: IoKiocb): IoTimeout => req.cmd as IoTimeout;

/** Arms a timer by its time, clock and mode. */
function start(k: Kernel, t: IoTimeout): void {
  const { flags, sec, nsec } = t;
  const ns = toNs({ sec, nsec });
  t.wallClock = false;
  if (!(flags & IORING_TIMEOUT_ABS)) t.expires = k.time.now() + ns;
  else if (flags & IORING_TIMEOUT_REALTIME) {
    t.expires = k.time.realtimeToMonotonic({ sec, nsec });
    t.wallClock = true;
  } else t.expires = ns;
  if (t.expires !== Number.POSITIVE_INFINITY) k.time.addTimer(t);
}

function stop(k: Kernel, t: IoTimeout): void {
  if (t.heapIndex >= 0) k.time.cancelTimer(t);
}

function drop(list: IoKiocb[], req: IoKiocb): boolean {
  const i = list.indexOf(req);
  if (i >= 0) list.splice(i, 1);
  return i >= 0;
}

const noSeq = (t: IoTimeout): boolean => t.off === 0 || (t.flags & IORING_TIMEOUT_MULTISHOT) !== 0;

/** @linux io_uring/timeout.c __io_timeout_prep */
function timeoutPrep(k: Kernel, req: IoKiocb, sqe: number, isLink: boolean): number {
  const off = sqe32(k, sqe, SQE_OFF);
  if (sqe64(k, sqe, SQE_ADDR3) !== 0 || sqe64(k, sqe, SQE_PAD2) !== 0) return -EINVAL;
  if (sqe16(k, sqe, SQE_BUF_INDEX) !== 0 || sqe32(k, sqe, SQE_LEN) !== 1 || sqe32(k, sqe, SQE_FILE_INDEX) !== 0) return -EINVAL;
  if (off !== 0 && isLink) return -EINVAL;
  const flags = sqe32(k, sqe, SQE_OP_FLAGS);
  if ((flags & ~(IORING_TIMEOUT_ABS | CLOCK_MASK | IORING_TIMEOUT_ETIME_SUCCESS | IORING_TIMEOUT_MULTISHOT)) !== 0) return -EINVAL;
  if ((flags & CLOCK_MASK) === CLOCK_MASK) return -EINVAL;
  if (flags & IORING_TIMEOUT_MULTISHOT && flags & IORING_TIMEOUT_ABS) return -EINVAL;
  if (getTimespec(k, sqe64(k, sqe, SQE_ADDR)) !== 0) return -EFAULT;
  const { sec, nsec } = userTimespec;
  if (sec < 0 || nsec < 0) return -EINVAL;
  const t = new IoTimeout(req, off, flags, sec, nsec);
  if (flags & IORING_TIMEOUT_MULTISHOT && off > 0) t.repeats = off;
  req.cmd = t;
  if (!isLink) return 0;
  const { ctx } = req;
  const last = ctx.linkLast;
  if (!ctx.linkHead || !last || last.opcode === IORING_OP_LINK_TIMEOUT) return -EINVAL;
  t.head = last;
  last.flags |= REQ_F_ARM_LTIMEOUT;
  return 0;
}

/** @linux io_uring/timeout.c io_timeout */
function ioTimeout(k: Kernel, req: IoKiocb): number {
  const { ctx } = req;
  const t = timeoutOf(req);
  const list = ctx.timeouts;
  let at = list.length;
  if (!noSeq(t)) {
    const tail = (ctx.cachedCqTail - ctx.cqTimeouts) >>> 0;
    t.targetSeq = (tail + t.off) >>> 0;
    ctx.cqLastTmFlush = tail;
    while (at > 0) {
      const before = timeoutOf(list[at - 1] as IoKiocb);
      if (!noSeq(before) && t.off >= (before.targetSeq - tail) >>> 0) break;
      at--;
    }
  }
  list.splice(at, 0, req);
  start(k, t);
  return IOU_ISSUE_SKIP_COMPLETE;
}

/** Its time has come. @linux io_uring/timeout.c io_timeout_fn */
function ioTimeoutFn(k: Kernel, t: IoTimeout): void {
  const { req } = t;
  const { ctx } = req;
  drop(ctx.timeouts, req);
  ctx.cqTimeouts = (ctx.cqTimeouts + 1) >>> 0;
  if (!(t.flags & IORING_TIMEOUT_ETIME_SUCCESS)) reqSetFail(req);
  ioReqSetRes(req, -ETIME, 0);
  req.tw = ioTimeoutComplete;
  ioReqTaskWorkAdd(k, req);
}

/** @linux io_uring/timeout.c io_timeout_complete */
const ioTimeoutComplete: IoTwFunc = stateTable("io_timeout_complete", {
  run(k: Kernel, req: IoKiocb, cancel: boolean): void {
    const t = timeoutOf(req);
    const again = (t.flags & IORING_TIMEOUT_MULTISHOT) !== 0 && (t.off === 0 || (t.repeats !== 0 && --t.repeats !== 0));
    if (again && !cancel && ioReqPostCqe(k, req, -ETIME, IORING_CQE_F_MORE)) {
      req.ctx.timeouts.push(req);
      start(k, t);
      return;
    }
    ioReqCompleteDefer(req);
  },
});

/** Completions have been posted: timeouts that counted them are over. @linux io_uring/timeout.c io_flush_timeouts */
export function ioFlushTimeouts(k: Kernel, ctx: IoRingCtx): void {
  const seq = (ctx.cachedCqTail - ctx.cqTimeouts) >>> 0;
  while (ctx.timeouts.length > 0) {
    const req = ctx.timeouts[0] as IoKiocb;
    const t = timeoutOf(req);
    if (noSeq(t)) break;
    if ((seq - ctx.cqLastTmFlush) >>> 0 < (t.targetSeq - ctx.cqLastTmFlush) >>> 0) break;
    killTimeout(k, req, 0);
  }
  ctx.cqLastTmFlush = seq;
}

/** @linux io_uring/timeout.c io_kill_timeout */
function killTimeout(k: Kernel, req: IoKiocb, err: number): void {
  const { ctx } = req;
  stop(k, timeoutOf(req));
  drop(ctx.timeouts, req);
  ctx.cqTimeouts = (ctx.cqTimeouts + 1) >>> 0;
  if (err !== 0) reqSetFail(req);
  ioReqQueueTwComplete(k, req, err);
}

/** The ring or the task goes: a timeout that is pending ends. @returns false if the request is none */
export function ioKillTimeout(k: Kernel, req: IoKiocb): boolean {
  if (!(req.cmd instanceof IoTimeout) || !req.ctx.timeouts.includes(req)) return false;
  killTimeout(k, req, -ECANCELED);
  return true;
}

/** Takes a pending timeout off: by what is to be cancelled. The request, or -ENOENT. @linux io_uring/timeout.c io_timeout_extract */
function ioTimeoutExtract(k: Kernel, ctx: IoRingCtx, cd: CancelData): IoKiocb | number {
  for (const req of ctx.timeouts) {
    if (!ioCancelReqMatch(req, cd)) continue;
    stop(k, timeoutOf(req));
    drop(ctx.timeouts, req);
    return req;
  }
  return -ENOENT;
}

/** @linux io_uring/timeout.c io_timeout_cancel */
export function ioTimeoutCancel(k: Kernel, ctx: IoRingCtx, cd: CancelData): number {
  const req = ioTimeoutExtract(k, ctx, cd);
  if (typeof req === "number") return req;
  ioReqTaskQueueFail(k, req, -ECANCELED);
  return 0;
}

/** @linux io_uring/timeout.c io_timeout_remove_prep */
function removePrep(k: Kernel, req: IoKiocb, sqe: number): number {
  if (req.flags & (REQ_F_FIXED_FILE | REQ_F_BUFFER_SELECT)) return -EINVAL;
  if (sqe64(k, sqe, SQE_ADDR3) !== 0 || sqe64(k, sqe, SQE_PAD2) !== 0) return -EINVAL;
  if (sqe16(k, sqe, SQE_BUF_INDEX) !== 0 || sqe32(k, sqe, SQE_LEN) !== 0 || sqe32(k, sqe, SQE_FILE_INDEX) !== 0) return -EINVAL;
  const flags = sqe32(k, sqe, SQE_OP_FLAGS);
  let sec = 0;
  let nsec = 0;
  if (flags & UPDATE_MASK) {
    if ((flags & CLOCK_MASK) === CLOCK_MASK) return -EINVAL;
    if ((flags & ~(UPDATE_MASK | IORING_TIMEOUT_ABS | CLOCK_MASK)) !== 0) return -EINVAL;
    if (getTimespec(k, sqe64(k, sqe, SQE_OFF)) !== 0) return -EFAULT;
    ({ sec, nsec } = userTimespec);
    if (sec < 0 || nsec < 0) return -EINVAL;
  } else if (flags !== 0) return -EINVAL;
  req.cmd = new IoTimeoutRem(sqe32(k, sqe, SQE_ADDR), sqe32(k, sqe, SQE_ADDR + 4), flags, sec, nsec);
  return 0;
}

/** @linux io_uring/timeout.c io_timeout_remove */
function ioTimeoutRemove(k: Kernel, req: IoKiocb): number {
  const { ctx } = req;
  const tr = req.cmd as IoTimeoutRem;
  const cd = new CancelData(ctx, tr.userLo, tr.userHi, 0);
  let ret: number;
  if (!(tr.flags & IORING_TIMEOUT_UPDATE)) ret = ioTimeoutCancel(k, ctx, cd);
  else if (tr.flags & IORING_LINK_TIMEOUT_UPDATE) ret = updateLinked(k, ctx, tr);
  else {
    const found = ioTimeoutExtract(k, ctx, cd);
    ret = typeof found === "number" ? found : 0;
    if (typeof found !== "number") {
      const t = timeoutOf(found);
      t.off = 0;
      change(t, tr);
      ctx.timeouts.push(found);
      start(k, t);
    }
  }
  if (ret < 0) reqSetFail(req);
  ioReqSetRes(req, ret, 0);
  return IOU_COMPLETE;
}

function change(t: IoTimeout, tr: IoTimeoutRem): void {
  t.sec = tr.sec;
  t.nsec = tr.nsec;
  const clocks = IORING_TIMEOUT_ABS | CLOCK_MASK;
  t.flags = (t.flags & ~clocks) | (tr.flags & clocks);
}

/** @linux io_uring/timeout.c io_linked_timeout_update */
function updateLinked(k: Kernel, ctx: IoRingCtx, tr: IoTimeoutRem): number {
  for (const req of ctx.ltimeouts) {
    if (req.userLo !== tr.userLo || req.userHi !== tr.userHi) continue;
    const t = timeoutOf(req);
    stop(k, t);
    change(t, tr);
    start(k, t);
    return 0;
  }
  return -ENOENT;
}

/** The request is being tried: its timeout will be armed. @linux io_uring/timeout.c __io_prep_linked_timeout */
export function ioPrepLinkedTimeout(req: IoKiocb): IoKiocb | null {
  req.flags &= ~REQ_F_ARM_LTIMEOUT;
  if (req.link?.opcode !== IORING_OP_LINK_TIMEOUT) return null;
  req.flags |= REQ_F_LINK_TIMEOUT;
  return req.link;
}

/** Arms the timeout of a request, unless that is over already. @linux io_uring/timeout.c io_queue_linked_timeout */
export function ioQueueLinkedTimeout(k: Kernel, req: IoKiocb): void {
  if (!(req.cmd instanceof IoTimeout) || !req.cmd.head) return;
  req.ctx.ltimeouts.push(req);
  start(k, req.cmd);
}

/** The guarded request is over: its timeout, taken out of the chain, or null if that has fired. @linux io_uring/timeout.c io_disarm_linked_timeout */
export function ioDisarmLinkedTimeout(k: Kernel, req: IoKiocb): IoKiocb | null {
  const { link } = req;
  if (!link || !(link.cmd instanceof IoTimeout)) return null;
  const t = link.cmd;
  req.link = link.link;
  link.link = null;
  t.head = null;
  stop(k, t);
  return drop(req.ctx.ltimeouts, link) ? link : null;
}

/** The guarded request has taken too long. @linux io_uring/timeout.c io_link_timeout_fn */
function ioLinkTimeoutFn(k: Kernel, t: IoTimeout): void {
  const { req } = t;
  const prev = t.head;
  t.head = null;
  if (prev) {
    prev.link = req.link;
    prev.flags &= ~REQ_F_LINK_TIMEOUT;
    req.link = null;
  }
  drop(req.ctx.ltimeouts, req);
  t.prev = prev;
  if (prev) t.prevGeneration = prev.generation;
  req.tw = ioReqTaskLinkTimeout;
  ioReqTaskWorkAdd(k, req);
}

/** @linux io_uring/timeout.c io_req_task_link_timeout */
const ioReqTaskLinkTimeout: IoTwFunc = stateTable("io_req_task_link_timeout", {
  run(k: Kernel, req: IoKiocb, cancel: boolean): void {
    const t = timeoutOf(req);
    const { prev } = t;
    t.prev = null;
    let ret = 0;
    // It may have ended between the timer and now, and its object may be another request.
    if (prev && prev.generation !== t.prevGeneration) ret = -ENOENT;
    else if (prev && !cancel) {
      ret = ioTryCancel(k, req.task?.ioUring ?? null, new CancelData(req.ctx, prev.userLo, prev.userHi, 0), true);
    } else if (prev && cancel) ret = -ECANCELED;
    ioReqSetRes(req, ret !== 0 ? ret : -ETIME, 0);
    ioReqCompleteDefer(req);
  },
});

const timeout: IoIssueDef = { prep: (k, req, sqe) => timeoutPrep(k, req, sqe, false), issue: ioTimeout };
const timeoutRemove: IoIssueDef = { prep: removePrep, issue: ioTimeoutRemove };
/** It is never tried by itself. @linux io_uring/opdef.c io_no_issue */
const linkTimeout: IoIssueDef = { prep: (k, req, sqe) => timeoutPrep(k, req, sqe, true), issue: () => -ECANCELED };

export const timeoutOps: IoOpList = [
  [IORING_OP_TIMEOUT, timeout],
  [IORING_OP_TIMEOUT_REMOVE, timeoutRemove],
  [IORING_OP_LINK_TIMEOUT, linkTimeout],
];
