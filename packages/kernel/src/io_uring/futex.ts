import { IOU_COMPLETE, IOU_ISSUE_SKIP_COMPLETE, type IoKiocb, REQ_F_ASYNC_WAIT } from "../include/linux/ioUringTypes.ts";
import type { Task } from "../include/linux/sched.ts";
import { FutexWaiter, unqueue } from "../kernel/futex/core.ts";
import { type FutexVector, futex2FlagsValid, futexParseWaitv, futexWaitMultipleSetup } from "../kernel/futex/waitv.ts";
import { futexWaitSetup, futexWake } from "../kernel/futex/waitwake.ts";
import type { Kernel } from "../kernel.ts";
import { stateClass } from "../state.ts";
import { ECANCELED, EINVAL } from "../uapi/errno.ts";
import { FUTEX_WAITV_MAX, FUTEX2_PRIVATE } from "../uapi/futex.ts";
import {
  IORING_OP_FUTEX_WAIT,
  IORING_OP_FUTEX_WAITV,
  IORING_OP_FUTEX_WAKE,
  SQE_ADDR,
  SQE_ADDR3,
  SQE_BUF_INDEX,
  SQE_FD,
  SQE_FILE_INDEX,
  SQE_LEN,
  SQE_OFF,
  SQE_OP_FLAGS,
} from "../uapi/ioUring.ts";
import { ioHashAdd, ioHashDel } from "./cancelTable.ts";
import { ioReqSetRes, reqSetFail } from "./complete.ts";
import type { IoIssueDef, IoOpList } from "./opdef.ts";
import { sqe16, sqe32, sqe64 } from "./rings.ts";
import { ioReqQueueTwComplete, ioReqTaskQueueFail } from "./tw.ts";

/** Waiting for futexes and waking who waits (io_uring/futex.c). */

/** A request's place on a futex: being woken completes it. */
class IoFutexWaiter extends FutexWaiter {
  readonly req: IoKiocb;
  /** Which of several words. */
  readonly index: number;
  constructor(task: Task, address: number, req: IoKiocb, index: number) {
    super(task, address);
    this.req = req;
    this.index = index;
  }
  /** @linux io_uring/futex.c io_futex_wake_fn, io_futex_wakev_fn */
  override wake(k: Kernel): void {
    const f = this.req.cmd as IoFutex;
    if (f.woken) return;
    f.woken = true;
    for (const w of f.waiters) unqueue(k, w);
    ioHashDel(this.req.ctx, this.req);
    ioReqQueueTwComplete(k, this.req, f.words ? this.index : 0);
  }
}

/** struct io_futex */
class IoFutex {
  address = 0;
  value = 0;
  mask = 0;
  shared = false;
  /** FUTEX_WAITV's. */
  words: FutexVector[] | null = null;
  waiters: FutexWaiter[] = [];
  woken = false;
}
stateClass(IoFutexWaiter, IoFutex);

/** @linux io_uring/futex.c io_futex_prep */
function futexPrep(k: Kernel, req: IoKiocb, sqe: number): number {
  if (sqe32(k, sqe, SQE_LEN) !== 0 || sqe32(k, sqe, SQE_OP_FLAGS) !== 0) return -EINVAL;
  if (sqe16(k, sqe, SQE_BUF_INDEX) !== 0 || sqe32(k, sqe, SQE_FILE_INDEX) !== 0) return -EINVAL;
  const flags = sqe32(k, sqe, SQE_FD);
  if (!futex2FlagsValid(flags)) return -EINVAL;
  const f = new IoFutex();
  f.address = sqe64(k, sqe, SQE_ADDR);
  f.value = sqe64(k, sqe, SQE_OFF);
  f.mask = sqe64(k, sqe, SQE_ADDR3);
  f.shared = !(flags & FUTEX2_PRIVATE);
  // A number of waiters to wake has 64 bits as well, and no more than 32 mean anything.
  if (f.value > 0xffffffff || f.mask > 0xffffffff) return -EINVAL;
  req.cmd = f;
  return 0;
}

/** @linux io_uring/futex.c io_futexv_prep */
function futexvPrep(k: Kernel, req: IoKiocb, sqe: number): number {
  if (sqe32(k, sqe, SQE_FD) !== 0 || sqe16(k, sqe, SQE_BUF_INDEX) !== 0 || sqe32(k, sqe, SQE_FILE_INDEX) !== 0) return -EINVAL;
  if (sqe64(k, sqe, SQE_OFF) !== 0 || sqe32(k, sqe, SQE_OP_FLAGS) !== 0 || sqe64(k, sqe, SQE_ADDR3) !== 0) return -EINVAL;
  const n = sqe32(k, sqe, SQE_LEN);
  if (n === 0 || n > FUTEX_WAITV_MAX) return -EINVAL;
  const words = futexParseWaitv(k, sqe64(k, sqe, SQE_ADDR), n);
  if (typeof words === "number") return words;
  const f = new IoFutex();
  f.words = words;
  req.cmd = f;
  return 0;
}

/** It waits, or has failed at once. */
function begun(req: IoKiocb, r: number): number {
  if (r < 0) {
    reqSetFail(req);
    ioReqSetRes(req, r, 0);
    return IOU_COMPLETE;
  }
  req.flags |= REQ_F_ASYNC_WAIT;
  ioHashAdd(req.ctx, req);
  return IOU_ISSUE_SKIP_COMPLETE;
}

/** @linux io_uring/futex.c io_futex_wait */
function wait(k: Kernel, req: IoKiocb): number {
  const f = req.cmd as IoFutex;
  if (f.mask === 0) return begun(req, -EINVAL);
  const w = new IoFutexWaiter(req.task ?? k.current, f.address, req, 0);
  w.bitset = f.mask;
  const r = futexWaitSetup(k, w, f.value, f.shared);
  if (r === 0) f.waiters = [w];
  return begun(req, r);
}

/** @linux io_uring/futex.c io_futexv_wait */
function waitv(k: Kernel, req: IoKiocb): number {
  const f = req.cmd as IoFutex;
  const words = f.words ?? [];
  let index = 0;
  const task = req.task ?? k.current;
  return begun(
    req,
    futexWaitMultipleSetup(k, words, f.waiters, (word) => new IoFutexWaiter(task, word.address, req, index++)),
  );
}

/** @linux io_uring/futex.c io_futex_wake */
function wake(k: Kernel, req: IoKiocb): number {
  const f = req.cmd as IoFutex;
  const r = f.mask === 0 ? -EINVAL : f.value === 0 ? 0 : futexWake(k, f.address, f.shared, f.value | 0, f.mask);
  if (r < 0) reqSetFail(req);
  ioReqSetRes(req, r, 0);
  return IOU_COMPLETE;
}

/** @linux io_uring/futex.c __io_futex_cancel */
function cancel(k: Kernel, req: IoKiocb): boolean {
  const f = req.cmd as IoFutex;
  if (f.woken) return false;
  f.woken = true;
  for (const w of f.waiters) unqueue(k, w);
  ioHashDel(req.ctx, req);
  ioReqTaskQueueFail(k, req, -ECANCELED);
  return true;
}

const waitDef: IoIssueDef = { prep: futexPrep, issue: wait, cancel };
const waitvDef: IoIssueDef = { prep: futexvPrep, issue: waitv, cancel };
const wakeDef: IoIssueDef = { prep: futexPrep, issue: wake };

export const futexOps: IoOpList = [
  [IORING_OP_FUTEX_WAIT, waitDef],
  [IORING_OP_FUTEX_WAKE, wakeDef],
  [IORING_OP_FUTEX_WAITV, waitvDef],
];
