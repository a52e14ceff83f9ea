import {
  IO_URING_F_IOWQ,
  IO_URING_F_NONBLOCK,
  type IoKiocb,
  type IoUringTask,
  REQ_F_APOLL_MULTISHOT,
  REQ_F_CANCEL,
  REQ_F_FORCE_ASYNC,
  REQ_F_IOWQ,
  REQ_F_NOWAIT,
} from "../include/linux/ioUringTypes.ts";
import { BLOCKED, TASK_INTERRUPTIBLE, type Task } from "../include/linux/sched.ts";
import { doExit } from "../kernel/exit.ts";
import { createIoThread, type KthreadOps } from "../kernel/kthread.ts";
import { rlimit } from "../kernel/resource.ts";
import { recalcSigpending } from "../kernel/signal/pending.ts";
import type { Kernel } from "../kernel.ts";
import { stateClass, stateTable } from "../state.ts";
import { EAGAIN, EBADFD, ECANCELED } from "../uapi/errno.ts";
import { O_NONBLOCK } from "../uapi/fcntl.ts";
import { RLIMIT_NPROC } from "../uapi/resource.ts";
import { isReg } from "../uapi/stat.ts";
import { ioAssignFile, ioIssueSqe } from "./issue.ts";
import { ioIssueDefs } from "./opdef.ts";
import { IO_APOLL_OK, ioArmApoll } from "./poll.ts";
import { fmodeNowait } from "./rw.ts";
import { ioReqTaskQueueFail, setNotifySignal } from "./tw.ts";

/** Workers: threads that do what would have kept the submitter waiting (io_uring/io-wq.c). */

/** A worker that has had nothing to do for so long ends (ns). */
const WORKER_IDLE = 5e9;
/** Kinds of work: what ends by itself, and what may take for ever. */
export const IO_WQ_ACCT_BOUND = 0;
export const IO_WQ_ACCT_UNBOUND = 1;

/** struct io_worker */
export class IoWorker {
  readonly wq: IoWq;
  readonly acct: number;
  task!: Task;
  req: IoKiocb | null = null;
  /** It sleeps in the request that it works on. */
  blocked = false;
  free = false;
  /** The request's file is polled rather than slept on. */
  needsPoll = false;
  constructor(wq: IoWq, acct: number) {
    this.wq = wq;
    this.acct = acct;
  }
}

/** struct io_wq: the workers of one task that submits. */
export class IoWq {
  readonly tctx: IoUringTask;
  readonly workers: IoWorker[] = [];
  /** Waiting requests and the most workers, by kind. */
  readonly work: [IoKiocb[], IoKiocb[]] = [[], []];
  readonly max: [number, number];
  constructor(tctx: IoUringTask, bounded: number, unbounded: number) {
    this.tctx = tctx;
    this.max = [bounded, unbounded];
  }
}
stateClass(IoWorker, IoWq);

/** The workers of a task. @linux io_uring/tctx.c io_init_wq_offload */
export function ioWqOf(tctx: IoUringTask, sqEntries: number): IoWq {
  if (!tctx.iowq) tctx.iowq = new IoWq(tctx, Math.min(sqEntries, 4), rlimit(tctx.task, RLIMIT_NPROC));
  return tctx.iowq as IoWq;
}

/** Hands a request over to a worker of its task. @linux io_uring/io_uring.c io_queue_iowq */
export function ioQueueIowq(k: Kernel, req: IoKiocb): void {
  const task = req.task as Task;
  const tctx = task.ioUring;
  if (!tctx || task.exitState !== 0 || tctx.inCancel || req.ctx.dying) {
    ioReqTaskQueueFail(k, req, -ECANCELED);
    return;
  }
  const wq = ioWqOf(tctx, req.ctx.sqEntries);
  const def = ioIssueDefs[req.opcode];
  const acct = def?.unboundNonregFile && !(req.file && isReg(req.file.inode.mode)) ? IO_WQ_ACCT_UNBOUND : IO_WQ_ACCT_BOUND;
  req.flags |= REQ_F_IOWQ;
  if (k.trace.ioUringQueueAsyncWork.enabled) k.trace.ioUringQueueAsyncWork.fire(req.ctx, req, acct);
  wq.work[acct].push(req);
  ioWqNudge(k, wq, acct);
}

/** Somebody is to take the next request: a worker that is free, or a new one if all the others sleep. @linux io_uring/io-wq.c io_wq_enqueue, io_wq_create_worker */
function ioWqNudge(k: Kernel, wq: IoWq, acct: number): void {
  let n = 0;
  for (const w of wq.workers) {
    if (w.acct !== acct) continue;
    n++;
    if (w.free) {
      w.free = false;
      k.sched.wakeUpTask(w.task);
      return;
    }
    if (!w.blocked) return;
  }
  if (n >= Math.max(1, wq.max[acct] as number)) return;
  const w = new IoWorker(wq, acct);
  const owner = wq.tctx.task;
  w.task = createIoThread(k, owner, `iou-wrk-${owner.pid}`, ioWorkerOps, w);
  wq.workers.push(w);
  k.sched.wakeUpNew(w.task);
}

/** One step of a worker. @linux io_uring/io-wq.c io_wq_worker, io_worker_handle_work */
function ioWqWorker(k: Kernel, task: Task): void {
  const w = task.kthreadData as IoWorker;
  if (!w.req) {
    const req = w.wq.work[w.acct as 0 | 1].shift();
    if (!req) {
      workerIdle(k, w);
      return;
    }
    k.sched.endCall(task);
    w.req = req;
    req.worker = task;
    task.progress = req.progress;
    req.progress = null;
    const def = ioIssueDefs[req.opcode];
    w.needsPoll = (req.flags & REQ_F_FORCE_ASYNC) !== 0 && Boolean(def?.pollin || def?.pollout);
  }
  ioWqSubmitWork(k, w, w.req);
}

/** @linux io_uring/io_uring.c io_wq_submit_work */
function ioWqSubmitWork(k: Kernel, w: IoWorker, req: IoKiocb): void {
  // What has slept is gone on with even so: it finds that it was interrupted.
  const begun = w.blocked;
  w.blocked = false;
  if (req.flags & REQ_F_APOLL_MULTISHOT && !armMultishot(k, req)) {
    workerDone(k, w);
    return;
  }
  for (;;) {
    let ret = req.flags & REQ_F_CANCEL && !begun ? -ECANCELED : 0;
    if (ret === 0) ret = ioIssueSqe(k, req, w.needsPoll ? IO_URING_F_IOWQ | IO_URING_F_NONBLOCK : IO_URING_F_IOWQ);
    if (ret === BLOCKED) {
      w.blocked = true;
      // Others may need a worker meanwhile.
      if (w.wq.work[w.acct as 0 | 1].length > 0) ioWqNudge(k, w.wq, w.acct);
      return;
    }
    if (ret === -EAGAIN && w.needsPoll && !(req.flags & REQ_F_NOWAIT)) {
      if (ioArmApoll(k, req, 0) === IO_APOLL_OK) break;
      w.needsPoll = false;
      continue;
    }
    if (ret !== 0) ioReqTaskQueueFail(k, req, ret);
    break;
  }
  workerDone(k, w);
}

/**
 * Only the submitter may post the many CQEs of a multishot request: a worker just lets it wait for its file. Where the file's own calls
 * would sleep, it becomes a request for one. @returns whether the worker is to try it @linux io_uring/io_uring.c io_wq_submit_work
 */
function armMultishot(k: Kernel, req: IoKiocb): boolean {
  if (!ioAssignFile(k, req) || !req.file?.op.poll) {
    ioReqTaskQueueFail(k, req, -EBADFD);
    return false;
  }
  if (!(req.file.flags & O_NONBLOCK) && !fmodeNowait(req.file)) {
    req.flags &= ~REQ_F_APOLL_MULTISHOT;
    return true;
  }
  if (ioArmApoll(k, req, 0) !== IO_APOLL_OK) ioReqTaskQueueFail(k, req, -ECANCELED);
  return false;
}

/** The worker has let go of its request. */
function workerDone(k: Kernel, w: IoWorker): void {
  const { task, req } = w;
  if (req && req.worker === task) {
    req.worker = null;
    req.flags &= ~REQ_F_IOWQ;
  }
  w.req = null;
  task.progress = null;
  task.notifySignal = false;
  recalcSigpending(task);
  k.sched.endCall(task);
}

/** Nothing to do: sleeps, and after a while ends. */
function workerIdle(k: Kernel, w: IoWorker): void {
  const { task } = w;
  if (k.sched.deadlinePassed()) {
    doExit(k, 0);
    return;
  }
  w.free = true;
  task.notifySignal = false;
  recalcSigpending(task);
  k.sched.setDeadline(k.time.now() + WORKER_IDLE);
  if (k.sched.sleepUntilDeadline() !== BLOCKED) task.state = TASK_INTERRUPTIBLE;
}

/** The worker dies: what it worked on is cancelled. @linux io_uring/io-wq.c io_worker_exit */
function ioWorkerExit(k: Kernel, task: Task): void {
  const w = task.kthreadData as IoWorker;
  const { wq, req } = w;
  const i = wq.workers.indexOf(w);
  if (i >= 0) wq.workers.splice(i, 1);
  k.sched.endCall(task);
  if (!req) return;
  w.req = null;
  req.worker = null;
  req.flags &= ~REQ_F_IOWQ;
  ioReqTaskQueueFail(k, req, -ECANCELED);
}

const ioWorkerOps: KthreadOps = stateTable("io_wq_worker", { run: ioWqWorker, exit: ioWorkerExit });

/** Results of ioWqCancel. */
export const IO_WQ_CANCEL_OK = 0;
export const IO_WQ_CANCEL_RUNNING = 1;

/** Ends a request that a worker has or will have. A running one is interrupted, as by a signal. @linux io_uring/io-wq.c io_wq_cancel_cb */
export function ioWqCancel(k: Kernel, req: IoKiocb): number {
  const wq = req.task?.ioUring?.iowq as IoWq | null | undefined;
  if (wq) {
    for (const list of wq.work) {
      const i = list.indexOf(req);
      if (i < 0) continue;
      list.splice(i, 1);
      req.flags &= ~REQ_F_IOWQ;
      ioReqTaskQueueFail(k, req, -ECANCELED);
      return IO_WQ_CANCEL_OK;
    }
  }
  req.flags |= REQ_F_CANCEL;
  if (req.worker) setNotifySignal(k, req.worker);
  return IO_WQ_CANCEL_RUNNING;
}
