import type { IoRingCtx } from "../include/linux/ioUringTypes.ts";
import { BLOCKED, type Task, TaskWait } from "../include/linux/sched.ts";
import { restoreSavedSigmaskUnless, setUserSigmask } from "../kernel/signal.ts";
import { getTimespec, toNs, userTimespec } from "../kernel/time/userTime.ts";
import type { Kernel } from "../kernel.ts";
import { copyFromUser } from "../mm/usercopy.ts";
import { stateClass } from "../state.ts";
import { EBADR, EEXIST, EFAULT, EINTR, EINVAL, ETIME } from "../uapi/errno.ts";
import {
  IORING_ENTER_ABS_TIMER,
  IORING_ENTER_EXT_ARG,
  IORING_ENTER_EXT_ARG_REG,
  IORING_SETUP_DEFER_TASKRUN,
  IORING_SETUP_IOPOLL,
} from "../uapi/ioUring.ts";
import { ioCqringOverflowFlush } from "./complete.ts";
import { CQ_HEAD, CQ_TAIL, ioCqringEventsUser, regionAddr, ringRead } from "./rings.ts";
import { ioRunLocalWork, tctxTaskWork } from "./tw.ts";

/** Waiting for completions in io_uring_enter (io_uring/wait.c). */

/** Work that is done at once where nobody says how much is wanted. */
const LOCAL_TW_DEFAULT_MAX = 20;
const REG_WAIT_SIZE = 64;
const REG_WAIT_TS = 1;

/** What the wait is told besides the number of events (struct ext_arg). */
export class ExtArg {
  sig = 0;
  sigSize = 0;
  /** ns; Infinity: no timeout; -1: none given. */
  timeout = -1;
  minTime = 0;
}

/** The waiter: woken once there are enough completions (struct io_wait_queue). */
export class IoWaitQueue extends TaskWait {
  readonly ctx: IoRingCtx;
  readonly cqTail: number;
  readonly nrTimeouts: number;
  constructor(task: Task, ctx: IoRingCtx, cqTail: number, nrTimeouts: number) {
    super(task);
    this.ctx = ctx;
    this.cqTail = cqTail;
    this.nrTimeouts = nrTimeouts;
  }
  override wake(k: Kernel, key: number): number {
    const { ctx } = this;
    if (!shouldWake(k, ctx, this.cqTail, this.nrTimeouts) && ctx.overflow.length === 0 && ctx.localWork.length === 0) return 0;
    return super.wake(k, key);
  }
}

/** How far a call of io_uring_enter has got while it sleeps. */
export class EnterProgress {
  /** What has been submitted. */
  readonly submitted: number;
  waiting = false;
  cqTail = 0;
  cqMinTail = 0;
  nrTimeouts = 0;
  /** ns since boot. */
  minEnd = 0;
  end = Number.POSITIVE_INFINITY;
  /** Waits for room in the SQ instead (IORING_ENTER_SQ_WAIT). */
  sqWait = false;
  constructor(submitted: number) {
    this.submitted = submitted;
  }
}
stateClass(ExtArg, IoWaitQueue, EnterProgress);

/** @linux io_uring/wait.h io_should_wake */
function shouldWake(k: Kernel, ctx: IoRingCtx, cqTail: number, nrTimeouts: number): boolean {
  return ((ringRead(k, ctx, CQ_TAIL) - cqTail) | 0) >= 0 || ctx.cqTimeouts !== nrTimeouts;
}

const raw = new Uint8Array(24);
const view = new DataView(raw.buffer);
const u64 = (off: number): number => view.getUint32(off + 4, true) * 4294967296 + view.getUint32(off, true);

/** Reads the call's last two arguments. 0 or an error. @linux io_uring/io_uring.c io_get_ext_arg */
export function ioGetExtArg(k: Kernel, ctx: IoRingCtx, flags: number, argp: number, argsz: number, ext: ExtArg): number {
  if (!(flags & IORING_ENTER_EXT_ARG)) {
    ext.sig = argp;
    ext.sigSize = argsz;
    return 0;
  }
  if (flags & IORING_ENTER_EXT_ARG_REG) return regArg(k, ctx, argp, argsz, ext);
  if (argsz !== 24) return -EINVAL;
  if (copyFromUser(k, argp, raw, 0, 24) !== 0) return -EFAULT;
  ext.sig = u64(0);
  ext.sigSize = view.getUint32(8, true);
  ext.minTime = view.getUint32(12, true) * 1000;
  const ts = u64(16);
  if (ts === 0) return 0;
  if (getTimespec(k, ts) !== 0) return -EFAULT;
  ext.timeout = userTimespec.sec < 0 ? 0 : toNs(userTimespec);
  return 0;
}

/** The arguments lie in registered memory, at an offset. @linux io_uring/io_uring.c io_get_ext_arg_reg */
function regArg(k: Kernel, ctx: IoRingCtx, offset: number, argsz: number, ext: ExtArg): number {
  if (argsz !== REG_WAIT_SIZE) return -EINVAL;
  if (offset % 8 !== 0 || offset + REG_WAIT_SIZE > ctx.waitArgSize || !ctx.paramRegion) return -EFAULT;
  const at = regionAddr(ctx.paramRegion, offset);
  const v = k.machine.phys.view;
  const minWait = v.getUint32(at + 16, true);
  const flags = v.getUint32(at + 20, true);
  if ((flags & ~REG_WAIT_TS) !== 0) return -EINVAL;
  ext.minTime = minWait * 1000;
  ext.sig = v.getUint32(at + 28, true) * 4294967296 + v.getUint32(at + 24, true);
  ext.sigSize = v.getUint32(at + 32, true);
  if (flags & REG_WAIT_TS) {
    const sec = v.getInt32(at + 4, true) * 4294967296 + v.getUint32(at, true);
    const nsec = v.getInt32(at + 12, true) * 4294967296 + v.getUint32(at + 8, true);
    ext.timeout = sec < 0 ? 0 : toNs({ sec, nsec });
  }
  return 0;
}

/** Does the work that waits, as far as this task may. */
function runWork(k: Kernel, ctx: IoRingCtx, most: number): void {
  const task = k.current;
  if (ctx.localWork.length > 0) ioRunLocalWork(k, ctx, most);
  if (task.notifySignal) tctxTaskWork(k, task);
}

/**
 * Waits until the program has `minEvents` CQEs before it. @returns 0, -ETIME, -EINTR, -EBADR, -EEXIST or BLOCKED; 0 whenever there is a CQE
 * @linux io_uring/io_uring.c io_cqring_wait
 */
export function ioCqringWait(k: Kernel, ctx: IoRingCtx, minEvents: number, flags: number, ext: ExtArg, w: EnterProgress): number {
  if (!w.waiting) {
    const r = beginWait(k, ctx, Math.min(minEvents, ctx.cqEntries), flags, ext, w);
    if (r <= 0) return r;
  }
  const ret = waitLoop(k, ctx, w);
  if (ret === BLOCKED) return ret;
  ctx.cqWaitNr = 0;
  restoreSavedSigmaskUnless(k, ret === -EINTR);
  return ringRead(k, ctx, CQ_HEAD) === ringRead(k, ctx, CQ_TAIL) ? ret : 0;
}

/** @returns 1 if there is something to wait for */
function beginWait(k: Kernel, ctx: IoRingCtx, minEvents: number, flags: number, ext: ExtArg, w: EnterProgress): number {
  if (ctx.flags & IORING_SETUP_DEFER_TASKRUN && ctx.submitter !== k.current) return -EEXIST;
  runWork(k, ctx, Math.max(LOCAL_TW_DEFAULT_MAX, minEvents));
  if (ctx.overflow.length > 0) ioCqringOverflowFlush(k, ctx);
  // Of a device that is polled nothing more would come by waiting.
  if (ioCqringEventsUser(k, ctx) >= minEvents || ctx.flags & IORING_SETUP_IOPOLL) return 0;
  w.cqTail = (ringRead(k, ctx, CQ_HEAD) + minEvents) >>> 0;
  w.cqMinTail = ringRead(k, ctx, CQ_TAIL);
  w.nrTimeouts = ctx.cqTimeouts;
  const start = k.time.now();
  if (ext.minTime > 0) w.minEnd = start + ext.minTime;
  if (ext.timeout >= 0) w.end = flags & IORING_ENTER_ABS_TIMER ? ext.timeout : start + ext.timeout;
  const r = setUserSigmask(k, ext.sig, ext.sigSize);
  if (r < 0) return r;
  if (k.trace.ioUringCqringWait.enabled) k.trace.ioUringCqringWait.fire(ctx, k.current, minEvents);
  w.waiting = true;
  return 1;
}

/** When the sleep ends by itself, or -1 if that has come. @linux io_uring/io_uring.c io_cqring_min_timer_wakeup */
function nextEnd(k: Kernel, ctx: IoRingCtx, w: EnterProgress): number {
  const now = w.minEnd > 0 || w.end !== Number.POSITIVE_INFINITY ? k.time.now() : 0;
  if (w.minEnd > 0) {
    if (now < w.minEnd) return w.minEnd;
    if (w.end === Number.POSITIVE_INFINITY || ringRead(k, ctx, CQ_TAIL) !== w.cqMinTail || ioCqringEventsUser(k, ctx) > 0) return -1;
  }
  return now >= w.end ? -1 : w.end;
}

function waitLoop(k: Kernel, ctx: IoRingCtx, w: EnterProgress): number {
  const task = k.current;
  for (;;) {
    runWork(k, ctx, Math.max(1, (w.cqTail - ringRead(k, ctx, CQ_TAIL)) | 0));
    if (ctx.overflow.length > 0) ioCqringOverflowFlush(k, ctx);
    if (ctx.cqeDropped) return -EBADR;
    if (shouldWake(k, ctx, w.cqTail, w.nrTimeouts)) return 0;
    if (ctx.localWork.length > 0 || task.notifySignal) continue;
    if (task.sigPendingFlag) return -EINTR;
    const end = nextEnd(k, ctx, w);
    if (end < 0) return -ETIME;
    task.deadline = end;
    if (ctx.flags & IORING_SETUP_DEFER_TASKRUN) {
      // Only as many as it waits for wake it.
      ctx.cqWaitNr = w.minEnd > 0 && k.time.now() >= w.minEnd ? 1 : Math.max(1, (w.cqTail - ringRead(k, ctx, CQ_TAIL)) | 0);
    }
    const wait = new IoWaitQueue(task, ctx, w.cqTail, w.nrTimeouts);
    task.waits.push(wait);
    ctx.cqWait.addExclusive(wait);
    return k.sched.sleepUntilDeadline();
  }
}
