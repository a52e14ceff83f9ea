import type { IoRingCtx } from "../include/linux/ioUringTypes.ts";
import { BLOCKED, type Cred, TASK_INTERRUPTIBLE, type Task } from "../include/linux/sched.ts";
import { WaitQueueHead } from "../include/linux/wait.ts";
import { doExit } from "../kernel/exit.ts";
import { createIoThread, type KthreadOps } from "../kernel/kthread.ts";
import type { PollingThread } from "../kernel/sched/core.ts";
import type { Kernel } from "../kernel.ts";
import { stateClass, stateTable } from "../state.ts";
import { EINVAL, ENXIO, EPERM } from "../uapi/errno.ts";
import {
  IORING_SETUP_ATTACH_WQ,
  IORING_SETUP_R_DISABLED,
  IORING_SETUP_SQ_AFF,
  IORING_SETUP_SQPOLL,
  IORING_SQ_NEED_WAKEUP,
} from "../uapi/ioUring.ts";
import { isUringFile } from "./fops.ts";
import { ioSqringEntries, ringRead, SQ_HEAD, SQ_TAIL, sqFlags } from "./rings.ts";
import type { IoUringParams } from "./setup.ts";
import { ioSubmitSqes } from "./submit.ts";
import { ioUringAddTask } from "./tctx.ts";
import { tctxTaskWork } from "./tw.ts";

/**
 * SQPOLL: a thread that takes SQEs by itself (io_uring/sqpoll.c). While it has nothing to do it does not run: it is looked
 * after between two instructions of programs (`look`), more and more rarely, and sleeps for good after sq_thread_idle.
 */

/** SQEs taken from one ring at a time where several share a thread. */
const CAP_ENTRIES = 8;
/** Instructions to the first look after work. */
const FIRST_LOOK = 1000;
/** sq_thread_idle where none is given: a second, in ns. */
const DEFAULT_IDLE = 1e9;

/** struct io_sq_data: a thread with its rings. */
export class IoSqData implements PollingThread {
  /** Null once it has died. */
  thread: Task | null = null;
  readonly ctxs: IoRingCtx[] = [];
  readonly wait = new WaitQueueHead();
  /** ns; the longest that a ring asks for. */
  idle = 0;
  cpu = -1;
  readonly pid: number;
  readonly tgid: number;
  interval = FIRST_LOOK;
  /** Work was last found then (ns since boot). */
  lastWork = 0;
  /** ns of its own time while it had work. */
  workTime = 0;
  needWakeup = false;
  constructor(pid: number, tgid: number) {
    this.pid = pid;
    this.tgid = tgid;
  }
  get task(): Task {
    return this.thread as Task;
  }
  look(k: Kernel): boolean {
    if ((this.thread?.ioUring?.work.length ?? 0) > 0) return true;
    for (const ctx of this.ctxs) if (mayTake(ctx) && ioSqringEntries(k, ctx) > 0) return true;
    return false;
  }
}
stateClass(IoSqData);

const mayTake = (ctx: IoRingCtx): boolean => !ctx.dying && (ctx.flags & IORING_SETUP_R_DISABLED) === 0;
const sqdOf = (ctx: IoRingCtx): IoSqData | null => ctx.sqd as IoSqData | null;

/** The thread of another ring, to be shared: -EPERM is no error but a wish that cannot be granted. @linux io_uring/sqpoll.c io_attach_sq_data */
function attach(k: Kernel, wqFd: number): IoSqData | number {
  const file = k.current.file(wqFd);
  if (!file) return -ENXIO;
  if (!isUringFile(file)) return -EINVAL;
  const sqd = sqdOf(file.priv as IoRingCtx);
  if (!sqd) return -EINVAL;
  return sqd.tgid === k.current.tgid ? sqd : -EPERM;
}

/** @linux io_uring/sqpoll.c io_sq_offload_create */
export function ioSqOffloadCreate(k: Kernel, ctx: IoRingCtx, p: IoUringParams): number {
  const task = k.current;
  if ((p.flags & (IORING_SETUP_ATTACH_WQ | IORING_SETUP_SQPOLL)) === IORING_SETUP_ATTACH_WQ) {
    const file = task.file(p.wqFd);
    if (!file) return -ENXIO;
    if (!isUringFile(file)) return -EINVAL;
  }
  if (!(p.flags & IORING_SETUP_SQPOLL)) return p.flags & IORING_SETUP_SQ_AFF ? -EINVAL : 0;
  const found = p.flags & IORING_SETUP_ATTACH_WQ ? attach(k, p.wqFd) : -EPERM;
  if (typeof found === "number" && found !== -EPERM) return found;
  const attached = typeof found !== "number";
  const sqd = attached ? found : new IoSqData(task.pid, task.tgid);
  if (attached && !sqd.thread) return -ENXIO;
  // There is one processor.
  if (!attached && p.flags & IORING_SETUP_SQ_AFF && p.sqThreadCpu !== 0) return -EINVAL;
  ctx.sqd = sqd;
  ctx.sqCreds = task.cred;
  ctx.sqIdle = p.sqThreadIdle === 0 ? DEFAULT_IDLE : p.sqThreadIdle * 1e6;
  sqd.ctxs.push(ctx);
  updateIdle(sqd);
  if (attached) {
    ioUringAddTask(sqd.task, ctx);
    return 0;
  }
  if (p.flags & IORING_SETUP_SQ_AFF) sqd.cpu = p.sqThreadCpu;
  sqd.thread = createIoThread(k, task, `iou-sqp-${task.pid}`, ioSqThreadOps, sqd);
  ioUringAddTask(sqd.thread, ctx);
  sqd.lastWork = k.time.now();
  k.sched.wakeUpNew(sqd.thread);
  return 0;
}

/** @linux io_uring/sqpoll.c io_sqd_update_thread_idle */
function updateIdle(sqd: IoSqData): void {
  let idle = 0;
  for (const ctx of sqd.ctxs) idle = Math.max(idle, ctx.sqIdle);
  sqd.idle = idle;
}

/** Takes what a ring has, in the name of who made it. @linux io_uring/sqpoll.c __io_sq_thread */
function ioSqThreadCtx(k: Kernel, task: Task, ctx: IoRingCtx, cap: boolean): number {
  if (!mayTake(ctx)) return 0;
  const entries = ioSqringEntries(k, ctx);
  if (entries === 0) return 0;
  const own = task.cred;
  task.cred = ctx.sqCreds as Cred;
  const n = ioSubmitSqes(k, ctx, cap ? Math.min(entries, CAP_ENTRIES) : entries);
  task.cred = own;
  if (ctx.sqWait.active) ctx.sqWait.wakeUp(k);
  return n;
}

/** One round of the thread. @linux io_uring/sqpoll.c io_sq_thread */
function ioSqThread(k: Kernel, task: Task): void {
  const sqd = task.kthreadData as IoSqData;
  stopPolling(k, sqd);
  if (sqd.ctxs.length === 0) {
    doExit(k, 0);
    return;
  }
  const before = task.stime;
  let worked = (task.ioUring?.work.length ?? 0) > 0;
  if (worked) tctxTaskWork(k, task);
  const cap = sqd.ctxs.length > 1;
  let more = false;
  for (const ctx of [...sqd.ctxs]) {
    if (ioSqThreadCtx(k, task, ctx, cap) > 0) worked = true;
    if (mayTake(ctx) && ioSqringEntries(k, ctx) > 0) more = true;
  }
  // Chains go on by task work.
  if ((task.ioUring?.work.length ?? 0) > 0) {
    tctxTaskWork(k, task);
    worked = true;
    more ||= (task.ioUring?.work.length ?? 0) > 0;
  }
  if (sqd.ctxs.length === 0 || more) return;
  const now = k.time.now();
  if (worked || sqd.needWakeup) {
    sqd.workTime += task.stime - before;
    sqd.lastWork = now;
    sqd.interval = FIRST_LOOK;
    setNeedWakeup(k, sqd, false);
  }
  if (now - sqd.lastWork >= sqd.idle) sleepForGood(k, sqd);
  else spin(k, sqd);
}

/** Nothing to do now: it is looked for more between the instructions of programs. */
function spin(k: Kernel, sqd: IoSqData): void {
  const { task } = sqd;
  // Work moves the end of idling only in lastWork: the timer looks there when it fires.
  if (task.deadline <= k.time.now() || task.deadline === Number.POSITIVE_INFINITY) task.deadline = sqd.lastWork + sqd.idle;
  if (k.sched.sleepUntilDeadline() !== BLOCKED) task.state = TASK_INTERRUPTIBLE;
  k.sched.addPoller(sqd);
}

function stopPolling(k: Kernel, sqd: IoSqData): void {
  k.sched.removePoller(sqd);
}

/** It has been idle for long enough: programs must wake it from now on. */
function sleepForGood(k: Kernel, sqd: IoSqData): void {
  setNeedWakeup(k, sqd, true);
  k.sched.endCall(sqd.task);
  if (k.sched.sleepOn(sqd.wait) !== BLOCKED) sqd.task.state = TASK_INTERRUPTIBLE;
}

function setNeedWakeup(k: Kernel, sqd: IoSqData, need: boolean): void {
  if (sqd.needWakeup === need) return;
  sqd.needWakeup = need;
  for (const ctx of sqd.ctxs) sqFlags(k, ctx, need ? IORING_SQ_NEED_WAKEUP : 0, need ? 0 : IORING_SQ_NEED_WAKEUP);
}

/** The thread dies with its process, or by SIGKILL: its rings have nobody any more. */
function ioSqThreadExit(k: Kernel, task: Task): void {
  const sqd = task.kthreadData as IoSqData;
  stopPolling(k, sqd);
  sqd.thread = null;
  for (const ctx of sqd.ctxs) {
    sqFlags(k, ctx, IORING_SQ_NEED_WAKEUP, 0);
    if (ctx.sqWait.active) ctx.sqWait.wakeUpAll(k);
  }
}

const ioSqThreadOps: KthreadOps = stateTable("io_sq_thread", { run: ioSqThread, exit: ioSqThreadExit });

/** The ring leaves its thread, which ends with its last one. @linux io_uring/sqpoll.c io_sq_thread_finish */
export function ioSqThreadFinish(k: Kernel, ctx: IoRingCtx): void {
  const sqd = sqdOf(ctx);
  if (!sqd) return;
  ctx.sqd = null;
  const i = sqd.ctxs.indexOf(ctx);
  if (i >= 0) sqd.ctxs.splice(i, 1);
  updateIdle(sqd);
  if (sqd.ctxs.length === 0 && sqd.thread) k.sched.wakeUpTask(sqd.thread);
}

export function sqThreadAlive(ctx: IoRingCtx): boolean {
  return sqdOf(ctx)?.thread != null;
}

/** IORING_ENTER_SQ_WAKEUP */
export function ioSqpollWake(k: Kernel, ctx: IoRingCtx): void {
  const sqd = sqdOf(ctx);
  if (sqd?.thread && sqd.needWakeup) k.sched.wakeUpTask(sqd.thread);
}

/** A ring may be used from now on. */
export function ioSqThreadStart(k: Kernel, ctx: IoRingCtx): void {
  ioSqpollWake(k, ctx);
}

/** Waits for room in the SQ. 0, -ERESTARTSYS or BLOCKED. @linux io_uring/sqpoll.c io_sqpoll_wait_sq */
export function ioSqpollWait(k: Kernel, ctx: IoRingCtx): number {
  if ((ringRead(k, ctx, SQ_TAIL) - ringRead(k, ctx, SQ_HEAD)) >>> 0 !== ctx.sqEntries || !sqThreadAlive(ctx)) return 0;
  return k.sched.sleepOn(ctx.sqWait);
}

/** For /proc/PID/fdinfo: times in microseconds. */
export function sqPollInfo(ctx: IoRingCtx): { pid: number; cpu: number; total: number; work: number } {
  const sqd = sqdOf(ctx);
  if (!sqd?.thread) return { pid: -1, cpu: -1, total: 0, work: 0 };
  return {
    pid: sqd.thread.pid,
    cpu: Math.max(0, sqd.cpu),
    total: Math.floor(sqd.thread.stime / 1000),
    work: Math.floor(sqd.workTime / 1000),
  };
}
