import { vfsPoll } from "../fs/select.ts";
import type { File } from "../include/linux/fs.ts";
import {
  IO_URING_F_COMPLETE_DEFER,
  IO_URING_F_MULTISHOT,
  IO_URING_F_NONBLOCK,
  IOU_COMPLETE,
  IOU_REQUEUE,
  IOU_RETRY,
  type IoKiocb,
  type IoTwFunc,
  REQ_F_APOLL_MULTISHOT,
  REQ_F_POLLED,
} from "../include/linux/ioUringTypes.ts";
import { BLOCKED } from "../include/linux/sched.ts";
import { type PollTable, WaitQueueEntry, type WaitQueueHead } from "../include/linux/wait.ts";
import type { Kernel } from "../kernel.ts";
import { stateClass, stateTable } from "../state.ts";
import { EAGAIN, ECANCELED, EINVAL } from "../uapi/errno.ts";
import { EPOLLET, EPOLLEXCLUSIVE, EPOLLONESHOT } from "../uapi/eventpoll.ts";
import { IORING_CQE_F_MORE, IORING_OP_POLL_ADD } from "../uapi/ioUring.ts";
import { POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLPRI, POLLRDHUP, POLLRDNORM, POLLWRNORM } from "../uapi/poll.ts";
import { ioHashAdd, ioHashDel } from "./cancelTable.ts";
import { ioReqCompleteDefer, ioReqPostCqe, ioReqSetRes, reqSetFail } from "./complete.ts";
import { ioIssueAgain, ioReqDeferFailed } from "./issue.ts";
import { ioIssueDefs } from "./opdef.ts";
import { ioReqTaskSubmit, ioReqTaskWorkAdd } from "./tw.ts";

/** Waiting for files: the poll operations' own, and that of any request whose file would block. */

const EPOLL_URING = 1 << 27;
/** A request whose file says it is ready, and would block all the same, is a worker's after so many times. */
const APOLL_MAX_RETRY = 128;
/** What io_arm_apoll comes to. */
export const IO_APOLL_OK = 0;
export const IO_APOLL_ABORTED = 1;
export const IO_APOLL_READY = 2;

/** struct io_poll: a request's place on a wait queue of its file. */
export class IoPoll extends WaitQueueEntry {
  readonly req: IoKiocb;
  /** Events waited for, with EPOLLONESHOT, EPOLLET and EPOLLEXCLUSIVE. */
  events: number;
  /** Wake-ups that the task work has not looked at yet; its queued once the first has come. */
  refs = 0;
  canceled = false;
  retries = APOLL_MAX_RETRY;
  /** A second queue of the same file. */
  double: IoPoll | null = null;
  /** The first one, which keeps the counts. */
  readonly owner: IoPoll;
  constructor(req: IoKiocb, events: number, owner: IoPoll | null) {
    super();
    this.req = req;
    this.events = events;
    this.owner = owner ?? this;
  }
  wake(k: Kernel, key: number): number {
    return ioPollWake(k, this, key);
  }
}
stateClass(IoPoll);

/** The poll entry of a request that waits for its file. */
export function ioPollOf(req: IoKiocb): IoPoll | null {
  return req.apoll instanceof IoPoll ? req.apoll : null;
}

/** The file has news. @linux io_uring/poll.c io_poll_wake */
function ioPollWake(k: Kernel, entry: IoPoll, key: number): number {
  const poll = entry.owner;
  const mask = key & 0xffff;
  if (key !== 0 && (key & poll.events & ~(EPOLLONESHOT | POLLPRI)) === 0) return 0;
  // Else a ring's CQE would make the next one for ever.
  if (key & EPOLL_URING) poll.events |= EPOLLONESHOT;
  if (poll.refs++ === 0) {
    if (key !== 0 && poll.events & EPOLLONESHOT) entry.queue?.remove(entry);
    ioPollExecute(k, poll.req, mask);
  }
  return 1;
}

/** @linux io_uring/poll.c __io_poll_execute */
function ioPollExecute(k: Kernel, req: IoKiocb, mask: number): void {
  ioReqSetRes(req, mask, 0);
  req.tw = ioPollTaskFunc;
  ioReqTaskWorkAdd(k, req);
}

/** Takes the request off its file's queues. @linux io_uring/poll.c io_poll_remove_entries */
function ioPollRemoveEntries(poll: IoPoll): void {
  poll.queue?.remove(poll);
  const { double } = poll;
  if (double) {
    double.queue?.remove(double);
    poll.double = null;
  }
}

/** Puts a request on the queues that its file names: two at most. @linux io_uring/poll.c io_poll_queue_proc */
class IoPollTable implements PollTable {
  readonly poll: IoPoll;
  entries = 0;
  error = 0;
  constructor(poll: IoPoll) {
    this.poll = poll;
  }
  wait(_k: Kernel, queue: WaitQueueHead): void {
    const { poll } = this;
    let entry = poll;
    if (poll.queue) {
      if (poll.queue === queue || poll.double?.queue === queue) return;
      if (poll.double) {
        this.error = -EINVAL;
        return;
      }
      entry = new IoPoll(poll.req, poll.events, poll);
      poll.double = entry;
    }
    this.entries++;
    if (poll.events & EPOLLEXCLUSIVE) queue.addExclusive(entry);
    else queue.add(entry);
  }
}

/** The mask that was found by arming. */
let readyMask = 0;

/** @returns 1 if events are there already (ioPollReady), 0 if it waits now, or an error @linux io_uring/poll.c __io_arm_poll_handler */
export function ioArmPollHandler(k: Kernel, req: IoKiocb, poll: IoPoll): number {
  const table = new IoPollTable(poll);
  req.apoll = poll;
  poll.canceled = false;
  poll.refs = 0;
  const mask = vfsPoll(k, req.file as File, table) & poll.events & 0xffff;
  const both = EPOLLET | EPOLLONESHOT;
  if (table.error !== 0 || table.entries === 0 || (mask !== 0 && (poll.events & both) === both)) {
    ioPollRemoveEntries(poll);
    readyMask = mask;
    return mask !== 0 ? 1 : table.error !== 0 ? table.error : -EINVAL;
  }
  ioHashAdd(req.ctx, req);
  if (mask !== 0 && poll.events & EPOLLET) {
    poll.refs++;
    ioPollExecute(k, req, mask);
  }
  return 0;
}

/** Events found by the last arming. */
export function ioPollReady(): number {
  return readyMask;
}

/** A file that would block is waited for, if it can be polled. @linux io_uring/poll.c io_arm_apoll, io_arm_poll_handler */
export function ioArmApoll(k: Kernel, req: IoKiocb, extra: number): number {
  const def = ioIssueDefs[req.opcode];
  if (!def || (!def.pollin && !def.pollout) || !req.file?.op.poll) return IO_APOLL_ABORTED;
  let events = POLLPRI | POLLERR | POLLHUP | POLLNVAL | POLLRDHUP | EPOLLET | extra;
  if (!(req.flags & REQ_F_APOLL_MULTISHOT)) events |= EPOLLONESHOT;
  events |= def.pollin ? POLLIN | POLLRDNORM : POLLOUT | POLLWRNORM;
  if (def.pollExclusive) events |= EPOLLEXCLUSIVE;
  let poll = ioPollOf(req);
  if (poll && req.flags & REQ_F_POLLED) {
    if (--poll.retries <= 0) return IO_APOLL_ABORTED;
    poll.events = events;
  } else poll = new IoPoll(req, events, null);
  req.flags |= REQ_F_POLLED;
  const r = ioArmPollHandler(k, req, poll);
  if (r !== 0) return r > 0 ? IO_APOLL_READY : IO_APOLL_ABORTED;
  if (k.trace.ioUringPollArm.enabled) k.trace.ioUringPollArm.fire(req.ctx, req, events & 0xffff, poll.events);
  return IO_APOLL_OK;
}

/** What the task work finds. */
const DONE = 1;
const NO_ACTION = 2;
const USE_RES = 3;
const REISSUE = 4;
const REQUEUE = 5;

/** @linux io_uring/poll.c io_poll_check_events */
function ioPollCheckEvents(k: Kernel, req: IoKiocb, poll: IoPoll): number {
  for (;;) {
    if (poll.canceled) return -ECANCELED;
    let seen = poll.refs;
    // Only the first wake-up's events were noted.
    if (seen !== 1) req.res = 0;
    if (req.res === 0) {
      req.res = vfsPoll(k, req.file as File, null) & poll.events & 0xffff;
      if (req.res === 0 && poll.events & EPOLLONESHOT) return REISSUE;
    }
    // The end comes behind what may be read before it: there is one more go.
    if (req.res & (POLLHUP | POLLRDHUP) && seen > 1) seen--;
    if (req.res !== 0) {
      if (poll.events & EPOLLONESHOT) return DONE;
      if (!(req.flags & REQ_F_APOLL_MULTISHOT)) {
        const mask = req.res & poll.events & 0xffff;
        if (!ioReqPostCqe(k, req, mask, IORING_CQE_F_MORE)) {
          ioReqSetRes(req, mask, 0);
          return USE_RES;
        }
      } else {
        const r = ioPollIssue(k, req);
        if (r === IOU_REQUEUE) return REQUEUE;
        if (r === IOU_COMPLETE) return USE_RES;
        if (r !== IOU_RETRY && r !== -EAGAIN && r < 0) return r;
      }
    }
    // From now on the file is asked.
    req.res = 0;
    poll.refs -= seen;
    if (poll.refs <= 0) {
      poll.refs = 0;
      return NO_ACTION;
    }
  }
}

/** One more attempt of a multishot request, which goes on if it gives IOU_RETRY. @linux io_uring/io_uring.c io_poll_issue */
function ioPollIssue(k: Kernel, req: IoKiocb): number {
  const r = ioIssueAgain(k, req, IO_URING_F_NONBLOCK | IO_URING_F_MULTISHOT | IO_URING_F_COMPLETE_DEFER);
  return r === BLOCKED ? -EAGAIN : r;
}

/** @linux io_uring/poll.c io_poll_task_func */
export const ioPollTaskFunc: IoTwFunc = stateTable("io_poll_task_func", {
  run(k: Kernel, req: IoKiocb, cancel: boolean): void {
    const poll = req.apoll as IoPoll;
    let r = cancel ? -ECANCELED : ioPollCheckEvents(k, req, poll);
    if (r === NO_ACTION) return;
    if (r === REQUEUE) {
      // Its wake-ups are still counted: it comes again behind the work that is there.
      ioPollExecute(k, req, 0);
      return;
    }
    ioPollRemoveEntries(poll);
    ioHashDel(req.ctx, req);
    if (req.opcode === IORING_OP_POLL_ADD) {
      if (r === REISSUE) {
        ioReqTaskSubmit.run(k, req, false);
        return;
      }
      if (r === DONE) r = req.res & poll.events & 0xffff;
      else if (r === USE_RES) r = req.res;
      else reqSetFail(req);
      ioReqSetRes(req, r, 0);
      ioReqCompleteDefer(req);
    } else if (r === USE_RES) ioReqCompleteDefer(req);
    else if (r === DONE || r === REISSUE) ioReqTaskSubmit.run(k, req, false);
    else ioReqDeferFailed(k, req, r);
  },
});

/** Ends the waiting of a request; it fails with ECANCELED. @linux io_uring/poll.c io_poll_cancel_req */
export function ioPollCancelReq(k: Kernel, poll: IoPoll): void {
  poll.canceled = true;
  if (poll.refs++ === 0) ioPollExecute(k, poll.req, 0);
}

/** Takes a request that waits out of its waiting, so that it can be changed. @returns false if its task work is under way @linux io_uring/poll.c io_poll_disarm */
export function ioPollDisarm(poll: IoPoll): boolean {
  if (poll.refs > 0) return false;
  ioPollRemoveEntries(poll);
  ioHashDel(poll.req.ctx, poll.req);
  return true;
}
