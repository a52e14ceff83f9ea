import {
  type IoKiocb,
  type IoRingCtx,
  type IoTwFunc,
  REQ_F_FORCE_ASYNC,
  REQ_F_HARDLINK,
  REQ_F_LINK,
} from "../include/linux/ioUringTypes.ts";
import { TASK_INTERRUPTIBLE, type Task } from "../include/linux/sched.ts";
import { recalcSigpending } from "../kernel/signal/pending.ts";
import type { Kernel } from "../kernel.ts";
import { stateTable } from "../state.ts";
import { EFAULT } from "../uapi/errno.ts";
import { IORING_SETUP_DEFER_TASKRUN, IORING_SETUP_SQPOLL, IORING_SETUP_TASKRUN_FLAG, IORING_SQ_TASKRUN } from "../uapi/ioUring.ts";
import { ioReqCompleteDefer, ioReqSetRes, ioSubmitFlushCompletions } from "./complete.ts";
import { ioEventfdSignal } from "./eventfd.ts";
import { ioQueueIowq } from "./ioWq.ts";
import { ioQueueSqe, ioReqDeferFailed } from "./issue.ts";
import { ioPollTaskFunc } from "./poll.ts";
import { sqFlags } from "./rings.ts";

/** Task work: what a wake-up has begun is gone on with in the context of the task that has submitted the request. */

/** Its end is to be told. @linux io_uring/io_uring.c io_req_task_complete */
export const ioReqTaskComplete: IoTwFunc = stateTable("io_req_task_complete", {
  run(_k: Kernel, req: IoKiocb): void {
    ioReqCompleteDefer(req);
  },
});

/** It is to be tried (again). @linux io_uring/io_uring.c io_req_task_submit */
export const ioReqTaskSubmit: IoTwFunc = stateTable("io_req_task_submit", {
  run(k: Kernel, req: IoKiocb, cancel: boolean): void {
    if (cancel) ioReqDeferFailed(k, req, -EFAULT);
    else if (req.flags & REQ_F_FORCE_ASYNC) ioQueueIowq(k, req);
    else ioQueueSqe(k, req);
  },
});

/** It fails with what is in its result. @linux io_uring/io_uring.c io_req_task_cancel */
export const ioReqTaskCancel: IoTwFunc = stateTable("io_req_task_cancel", {
  run(k: Kernel, req: IoKiocb): void {
    ioReqDeferFailed(k, req, req.res);
  },
});

/** Queues `req.tw` to be run by the task that has submitted it. @linux io_uring/tw.c io_req_task_work_add */
export function ioReqTaskWorkAdd(k: Kernel, req: IoKiocb): void {
  const { ctx } = req;
  const task = req.task as Task;
  if (req.twQueued) return;
  req.twQueued = true;
  if (k.trace.ioUringTaskAdd.enabled) k.trace.ioUringTaskAdd.fire(ctx, req);
  if (ctx.flags & IORING_SETUP_DEFER_TASKRUN && !ctx.dying) {
    localWorkAdd(k, ctx, req);
    return;
  }
  if (task.exitState !== 0 || task.ioUring === null) {
    // Nobody is left to do it.
    req.twQueued = false;
    req.tw?.run(k, req, true);
    ioSubmitFlushCompletions(k, ctx);
    return;
  }
  if (ctx.flags & IORING_SETUP_DEFER_TASKRUN) {
    localWorkAdd(k, ctx, req);
    return;
  }
  const { work } = task.ioUring;
  work.push(req);
  if (work.length > 1) return;
  if (ctx.flags & IORING_SETUP_TASKRUN_FLAG) sqFlags(k, ctx, IORING_SQ_TASKRUN, 0);
  if (ctx.flags & IORING_SETUP_SQPOLL) {
    k.sched.wakeUpTask(task);
    return;
  }
  setNotifySignal(k, task);
}

/** Queues work that is not bound to a ring's own time. @linux kernel/task_work.c task_work_add */
export function ioTaskWorkAdd(k: Kernel, task: Task, req: IoKiocb): void {
  req.twQueued = true;
  task.ioUring?.work.push(req);
  setNotifySignal(k, task);
}

/** Gets a task to look at its work before it goes on, and out of a sleep that signals end. @linux include/linux/sched/signal.h set_notify_signal */
export function setNotifySignal(k: Kernel, task: Task): void {
  task.notifySignal = true;
  task.userWork = true;
  task.sigPendingFlag = true;
  if (task.state === TASK_INTERRUPTIBLE) k.sched.wakeUpTask(task);
}

/** DEFER_TASKRUN: work waits until its submitter asks for events. @linux io_uring/tw.c io_req_local_work_add */
function localWorkAdd(k: Kernel, ctx: IoRingCtx, req: IoKiocb): void {
  ctx.localWork.push(req);
  if (ctx.localWork.length === 1) {
    if (ctx.flags & IORING_SETUP_TASKRUN_FLAG) sqFlags(k, ctx, IORING_SQ_TASKRUN, 0);
    ioEventfdSignal(k, ctx, false);
  }
  if (ctx.cqWaitNr <= 0 || !ctx.submitter) return;
  // The waiter wants so many; but how many a chain will come to, nobody knows.
  const lazy = req.tw === ioPollTaskFunc && (req.flags & (REQ_F_LINK | REQ_F_HARDLINK)) === 0;
  if (!lazy || ctx.localWork.length >= ctx.cqWaitNr) k.sched.wakeUpTask(ctx.submitter);
}

/** Runs the work of the current task. @linux io_uring/tw.c tctx_task_work_run */
export function tctxTaskWork(k: Kernel, task: Task): void {
  const tctx = task.ioUring;
  task.notifySignal = false;
  recalcSigpending(task);
  if (tctx === null || tctx.work.length === 0) return;
  let count = 0;
  // What a batch completes may let chains go on: that is work again.
  while (tctx.work.length > 0) {
    const list = tctx.work;
    tctx.work = [];
    let ctx: IoRingCtx | null = null;
    for (const req of list) {
      if (ctx !== req.ctx) {
        if (ctx) endRun(k, ctx);
        ctx = req.ctx;
      }
      req.twQueued = false;
      count++;
      req.tw?.run(k, req, ctx.dying || task.exiting);
    }
    if (ctx) endRun(k, ctx);
  }
  if (k.trace.ioUringTaskWorkRun.enabled) k.trace.ioUringTaskWorkRun.fire(task, count);
  task.notifySignal = false;
  recalcSigpending(task);
}

function endRun(k: Kernel, ctx: IoRingCtx): void {
  ioSubmitFlushCompletions(k, ctx);
  if (ctx.flags & IORING_SETUP_TASKRUN_FLAG) sqFlags(k, ctx, 0, IORING_SQ_TASKRUN);
}

/** Runs the work that the ring has kept for its submitter, who is the current task. @returns how much was done @linux io_uring/tw.c __io_run_local_work */
export function ioRunLocalWork(k: Kernel, ctx: IoRingCtx, most: number): number {
  let done = 0;
  if (ctx.flags & IORING_SETUP_TASKRUN_FLAG) sqFlags(k, ctx, 0, IORING_SQ_TASKRUN);
  while (ctx.localWork.length > 0 && done < most) {
    const list = ctx.localWork.splice(0, most - done);
    for (const req of list) {
      req.twQueued = false;
      req.tw?.run(k, req, ctx.dying);
      done++;
    }
    ioSubmitFlushCompletions(k, ctx);
  }
  if (ctx.localWork.length > 0 && ctx.flags & IORING_SETUP_TASKRUN_FLAG) sqFlags(k, ctx, IORING_SQ_TASKRUN, 0);
  if (done > 0 && k.trace.ioUringLocalWorkRun.enabled) k.trace.ioUringLocalWorkRun.fire(ctx, done);
  return done;
}

/** Ends a request from outside of its batch with this result, by task work. @linux io_uring/io_uring.c io_req_queue_tw_complete */
export function ioReqQueueTwComplete(k: Kernel, req: IoKiocb, res: number): void {
  ioReqSetRes(req, res, 0);
  req.tw = ioReqTaskComplete;
  ioReqTaskWorkAdd(k, req);
}

/** Has it to be tried by its own task. @linux io_uring/io_uring.c io_req_task_queue */
export function ioReqTaskQueue(k: Kernel, req: IoKiocb): void {
  req.tw = ioReqTaskSubmit;
  ioReqTaskWorkAdd(k, req);
}

/** It fails, in its own task. @linux io_uring/io_uring.c io_req_task_queue_fail */
export function ioReqTaskQueueFail(k: Kernel, req: IoKiocb, res: number): void {
  ioReqSetRes(req, res, 0);
  req.tw = ioReqTaskCancel;
  ioReqTaskWorkAdd(k, req);
}
