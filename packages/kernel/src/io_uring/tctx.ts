import { fput } from "../fs/file.ts";
import { type IoKiocb, type IoRingCtx, IoUringTask } from "../include/linux/ioUringTypes.ts";
import { TASK_RUNNING, type Task } from "../include/linux/sched.ts";
import { doExit } from "../kernel/exit.ts";
import type { Kernel } from "../kernel.ts";
import { EEXIST } from "../uapi/errno.ts";
import {
  IORING_OP_FUTEX_WAIT,
  IORING_OP_FUTEX_WAITV,
  IORING_OP_WAITID,
  IORING_SETUP_DEFER_TASKRUN,
  IORING_SETUP_SINGLE_ISSUER,
} from "../uapi/ioUring.ts";
import { ioCancelOnExit } from "./cancel.ts";
import { ioSubmitFlushCompletions } from "./complete.ts";
import { isUringFile } from "./fops.ts";
import { type IoWq, ioWqOf } from "./ioWq.ts";
import { ioRunLocalWork, tctxTaskWork } from "./tw.ts";

/** What a task has of io_uring: its rings, its workers, its requests (io_uring/tctx.c). */

/** The current task is about to use the ring. 0, or -EEXIST if another task owns it. @linux io_uring/tctx.c io_uring_add_tctx_node */
export function ioUringAddTctxNode(k: Kernel, ctx: IoRingCtx): number {
  const task = k.current;
  if (ctx.flags & IORING_SETUP_SINGLE_ISSUER && ctx.submitter !== task) return -EEXIST;
  if (task.ioUring?.rings.has(ctx)) return 0;
  ioUringAddTask(task, ctx);
  return 0;
}

/** Enters a task among the users of a ring. @linux io_uring/tctx.c __io_uring_add_tctx_node */
export function ioUringAddTask(task: Task, ctx: IoRingCtx): void {
  task.ioUring ??= new IoUringTask(task);
  const tctx = task.ioUring;
  if (ctx.iowqLimitsSet) {
    const wq = ioWqOf(tctx, ctx.sqEntries);
    for (const i of [0, 1] as const) if (ctx.iowqLimits[i] !== 0) wq.max[i] = ctx.iowqLimits[i];
  }
  tctx.rings.add(ctx);
  ctx.tasks.add(task);
}

/** The task has the ring no more; without any ring its workers have nothing to wait for. @linux io_uring/tctx.c io_uring_del_tctx_node */
export function ioUringDelTctxNode(k: Kernel, task: Task, ctx: IoRingCtx): void {
  const tctx = task.ioUring;
  if (!tctx) return;
  tctx.rings.delete(ctx);
  if (tctx.rings.size > 0) return;
  for (const w of [...((tctx.iowq as IoWq | null)?.workers ?? [])]) if (w.free) endIoThread(k, w.task);
}

/** Ends a thread of the kernel at once: it can only be asleep or waiting for its turn. */
export function endIoThread(k: Kernel, thread: Task): void {
  if (thread.exitState !== 0) return;
  const { current } = k;
  k.sched.dequeue(thread);
  thread.state = TASK_RUNNING;
  k.current = thread;
  doExit(k, 0);
  k.current = current;
}

/** Requests of a ring that a task has submitted, or all. */
function requestsOf(ctx: IoRingCtx, task: Task | null): IoKiocb[] {
  const list: IoKiocb[] = [];
  for (let r = ctx.first; r; r = r.next) if (!task || r.task === task) list.push(r);
  return list;
}

/** Would it, or one of its chain, keep a ring alive, or wait in the name of the task? @linux io_uring/cancel.c io_match_linked */
function tracked(req: IoKiocb): boolean {
  for (let r: IoKiocb | null = req; r; r = r.link) {
    if (r.file && isUringFile(r.file)) return true;
    if (r.opcode === IORING_OP_WAITID || r.opcode === IORING_OP_FUTEX_WAIT || r.opcode === IORING_OP_FUTEX_WAITV) return true;
  }
  return false;
}

/** Ends what can be ended of a ring's requests. @linux io_uring/cancel.c io_uring_try_cancel_requests */
export function ioUringTryCancelRequests(k: Kernel, ctx: IoRingCtx, task: Task | null, all = true): boolean {
  let any = false;
  for (const req of requestsOf(ctx, task)) if (req.task !== null && (all || tracked(req)) && ioCancelOnExit(k, req)) any = true;
  return any;
}

/** Rounds of cancelling before what is left is given up to the end of its task. */
const ROUNDS = 1000;

/**
 * The task exits: its workers end, and it lets go of all rings. What waits for files or for time goes on, and is told to whoever has
 * the ring; unless `all`: the task becomes another program.
 * @linux io_uring/cancel.c io_uring_cancel_generic
 */
export function ioUringFilesCancel(k: Kernel, task: Task, all = false): void {
  const tctx = task.ioUring as IoUringTask;
  tctx.inCancel = true;
  for (const list of (tctx.iowq as IoWq | null)?.work ?? []) {
    // Nobody will take these any more.
    for (const req of [...list]) ioCancelOnExit(k, req);
  }
  for (const w of [...((tctx.iowq as IoWq | null)?.workers ?? [])]) endIoThread(k, w.task);
  for (let round = 0; round < ROUNDS; round++) {
    let any = tctx.work.length > 0;
    for (const ctx of tctx.rings) {
      if (ioUringTryCancelRequests(k, ctx, task, all)) any = true;
      if (ctx.flags & IORING_SETUP_DEFER_TASKRUN && ctx.submitter === task && ctx.localWork.length > 0) {
        ioRunLocalWork(k, ctx, Number.POSITIVE_INFINITY);
        any = true;
      }
    }
    tctxTaskWork(k, task);
    if (!any || tctx.inflight <= 0) break;
  }
  for (const ctx of tctx.rings) {
    ctx.tasks.delete(task);
    ioSubmitFlushCompletions(k, ctx);
  }
  tctx.rings.clear();
  task.ioUring = null;
  for (const file of tctx.registeredRings ?? []) if (file) fput(k, file);
}

/** The last thread that runs a program exits: those in the kernel go as well. */
export function ioUringLastProgram(k: Kernel, task: Task): void {
  const { threads } = task.signal;
  if (threads.length < 2) return;
  for (const t of threads) if (t !== task && t.kthread === null) return;
  for (const t of [...threads]) if (t !== task) endIoThread(k, t);
}
