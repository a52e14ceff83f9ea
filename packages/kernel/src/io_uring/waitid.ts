import { IOU_COMPLETE, IOU_ISSUE_SKIP_COMPLETE, type IoKiocb, type IoTwFunc, REQ_F_ASYNC_WAIT } from "../include/linux/ioUringTypes.ts";
import { WaitQueueEntry } from "../include/linux/wait.ts";
import { WAITID_NONE, waitidOnce } from "../kernel/wait.ts";
import type { Kernel } from "../kernel.ts";
import { stateClass, stateTable } from "../state.ts";
import { ECANCELED, EINVAL } from "../uapi/errno.ts";
import {
  IORING_OP_WAITID,
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
import { ioReqCompleteDefer, ioReqSetRes, reqSetFail } from "./complete.ts";
import type { IoIssueDef, IoOpList } from "./opdef.ts";
import { sqe16, sqe32, sqe64, sqeS32 } from "./rings.ts";
import { ioReqTaskQueueFail, ioReqTaskWorkAdd } from "./tw.ts";

/** Waiting for children (io_uring/waitid.c). */

/** struct io_waitid: a request's place on its process's queue of who waits for children. */
class IoWaitid extends WaitQueueEntry {
  readonly req: IoKiocb;
  which = 0;
  upid = 0;
  options = 0;
  infop = 0;
  done = false;
  constructor(req: IoKiocb) {
    super();
    this.req = req;
  }
  /** @linux io_uring/waitid.c io_waitid_wait */
  wake(k: Kernel): number {
    this.queue?.remove(this);
    this.req.tw = ioWaitidCb;
    ioReqTaskWorkAdd(k, this.req);
    return 1;
  }
}
stateClass(IoWaitid);

/** @linux io_uring/waitid.c io_waitid_prep */
function waitidPrep(k: Kernel, req: IoKiocb, sqe: number): number {
  if (sqe64(k, sqe, SQE_ADDR) !== 0 || sqe16(k, sqe, SQE_BUF_INDEX) !== 0) return -EINVAL;
  if (sqe64(k, sqe, SQE_ADDR3) !== 0 || sqe32(k, sqe, SQE_OP_FLAGS) !== 0) return -EINVAL;
  const w = new IoWaitid(req);
  w.which = sqeS32(k, sqe, SQE_LEN);
  w.upid = sqeS32(k, sqe, SQE_FD);
  w.options = sqeS32(k, sqe, SQE_FILE_INDEX);
  w.infop = sqe64(k, sqe, SQE_OFF);
  req.cmd = w;
  return 0;
}

/** Looks, and waits on the queue if there is nothing yet. @returns whether it is over, with req.res */
function look(k: Kernel, req: IoKiocb, w: IoWaitid): boolean {
  const r = waitidOnce(k, w.which, w.upid, w.infop, w.options);
  if (r === WAITID_NONE) {
    k.current.signal.waitChildExit.add(w);
    return false;
  }
  if (r < 0) reqSetFail(req);
  ioReqSetRes(req, r, 0);
  return true;
}

/** @linux io_uring/waitid.c io_waitid */
function waitid(k: Kernel, req: IoKiocb): number {
  if (look(k, req, req.cmd as IoWaitid)) return IOU_COMPLETE;
  req.flags |= REQ_F_ASYNC_WAIT;
  ioHashAdd(req.ctx, req);
  return IOU_ISSUE_SKIP_COMPLETE;
}

/** Something has happened to a child. @linux io_uring/waitid.c io_waitid_cb */
const ioWaitidCb: IoTwFunc = stateTable("io_waitid_cb", {
  run(k: Kernel, req: IoKiocb, cancel: boolean): void {
    const w = req.cmd as IoWaitid;
    if (!cancel && !w.done && !look(k, req, w)) return;
    w.done = true;
    ioHashDel(req.ctx, req);
    if (cancel) {
      reqSetFail(req);
      ioReqSetRes(req, -ECANCELED, 0);
    }
    ioReqCompleteDefer(req);
  },
});

/** @linux io_uring/waitid.c __io_waitid_cancel */
function cancel(k: Kernel, req: IoKiocb): boolean {
  const w = req.cmd as IoWaitid;
  // Not on the queue: it is being looked at.
  if (w.done || !w.queue) return false;
  w.done = true;
  w.queue.remove(w);
  ioHashDel(req.ctx, req);
  ioReqTaskQueueFail(k, req, -ECANCELED);
  return true;
}

const def: IoIssueDef = { prep: waitidPrep, issue: waitid, cancel };
export const waitidOps: IoOpList = [[IORING_OP_WAITID, def]];
