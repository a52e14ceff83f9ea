import { IOU_COMPLETE, IOU_ISSUE_SKIP_COMPLETE, type IoKiocb, REQ_F_CQE_SKIP } from "../include/linux/ioUringTypes.ts";
import type { Kernel } from "../kernel.ts";
import { stateClass } from "../state.ts";
import { EALREADY, EINVAL, ENOENT } from "../uapi/errno.ts";
import { EPOLLET, EPOLLEXCLUSIVE, EPOLLONESHOT } from "../uapi/eventpoll.ts";
import {
  IORING_OP_POLL_ADD,
  IORING_OP_POLL_REMOVE,
  IORING_POLL_ADD_LEVEL,
  IORING_POLL_ADD_MULTI,
  IORING_POLL_UPDATE_EVENTS,
  IORING_POLL_UPDATE_USER_DATA,
  SQE_ADDR,
  SQE_BUF_INDEX,
  SQE_FILE_INDEX,
  SQE_LEN,
  SQE_OFF,
  SQE_OP_FLAGS,
} from "../uapi/ioUring.ts";
import { POLLERR, POLLHUP, POLLNVAL, POLLRDHUP } from "../uapi/poll.ts";
import { ioHashFirst } from "./cancelTable.ts";
import { ioReqSetRes, reqSetFail } from "./complete.ts";
import type { IoIssueDef, IoOpList } from "./opdef.ts";
import { IoPoll, ioArmPollHandler, ioPollCancelReq, ioPollDisarm, ioPollOf, ioPollReady } from "./poll.ts";
import { sqe16, sqe32, sqe64 } from "./rings.ts";
import { ioReqTaskComplete, ioReqTaskQueueFail, ioReqTaskWorkAdd } from "./tw.ts";

const UNMASK = POLLERR | POLLHUP | POLLNVAL | POLLRDHUP;

/** struct io_poll_update */
class IoPollUpdate {
  readonly oldLo: number;
  readonly oldHi: number;
  readonly newLo: number;
  readonly newHi: number;
  readonly events: number;
  readonly flags: number;
  constructor(oldLo: number, oldHi: number, newLo: number, newHi: number, events: number, flags: number) {
    this.oldLo = oldLo;
    this.oldHi = oldHi;
    this.newLo = newLo;
    this.newHi = newHi;
    this.events = events;
    this.flags = flags;
  }
}
stateClass(IoPollUpdate);

/** @linux io_uring/poll.c io_poll_parse_events */
function parseEvents(k: Kernel, sqe: number, flags: number): number {
  let events = sqe32(k, sqe, SQE_OP_FLAGS);
  if (!(flags & IORING_POLL_ADD_MULTI)) events |= EPOLLONESHOT;
  if (!(flags & IORING_POLL_ADD_LEVEL)) events |= EPOLLET;
  return (events & 0xffff) | (events & (EPOLLEXCLUSIVE | EPOLLONESHOT | EPOLLET));
}

/** @linux io_uring/poll.c io_poll_add_prep */
function addPrep(k: Kernel, req: IoKiocb, sqe: number): number {
  if (sqe16(k, sqe, SQE_BUF_INDEX) !== 0 || sqe64(k, sqe, SQE_OFF) !== 0 || sqe64(k, sqe, SQE_ADDR) !== 0) return -EINVAL;
  const flags = sqe32(k, sqe, SQE_LEN);
  if ((flags & ~IORING_POLL_ADD_MULTI) !== 0) return -EINVAL;
  if (flags & IORING_POLL_ADD_MULTI && req.flags & REQ_F_CQE_SKIP) return -EINVAL;
  req.opFlags = parseEvents(k, sqe, flags);
  return 0;
}

/** @linux io_uring/poll.c io_poll_add */
function ioPollAdd(k: Kernel, req: IoKiocb): number {
  const poll = new IoPoll(req, req.opFlags | UNMASK, null);
  const r = ioArmPollHandler(k, req, poll);
  if (r > 0) {
    ioReqSetRes(req, ioPollReady(), 0);
    return IOU_COMPLETE;
  }
  return r < 0 ? r : IOU_ISSUE_SKIP_COMPLETE;
}

/** @linux io_uring/poll.c io_poll_remove_prep */
function removePrep(k: Kernel, req: IoKiocb, sqe: number): number {
  if (sqe16(k, sqe, SQE_BUF_INDEX) !== 0 || sqe32(k, sqe, SQE_FILE_INDEX) !== 0) return -EINVAL;
  const flags = sqe32(k, sqe, SQE_LEN);
  if ((flags & ~(IORING_POLL_UPDATE_EVENTS | IORING_POLL_UPDATE_USER_DATA | IORING_POLL_ADD_MULTI)) !== 0) return -EINVAL;
  // Oneshot or not is a matter of the events.
  if (flags === IORING_POLL_ADD_MULTI) return -EINVAL;
  const newLo = sqe32(k, sqe, SQE_OFF);
  const newHi = sqe32(k, sqe, SQE_OFF + 4);
  if (!(flags & IORING_POLL_UPDATE_USER_DATA) && (newLo | newHi) !== 0) return -EINVAL;
  let events = 0;
  if (flags & IORING_POLL_UPDATE_EVENTS) events = parseEvents(k, sqe, flags);
  else if (sqe32(k, sqe, SQE_OP_FLAGS) !== 0) return -EINVAL;
  req.cmd = new IoPollUpdate(sqe32(k, sqe, SQE_ADDR), sqe32(k, sqe, SQE_ADDR + 4), newLo, newHi, events, flags);
  return 0;
}

/** The poll operation with this user_data. @linux io_uring/poll.c io_poll_find */
function find(req: IoKiocb, lo: number, hi: number): IoKiocb | null {
  for (let r = ioHashFirst(req.ctx, lo, hi); r; r = r.hashNext) {
    if (r.userLo === lo && r.userHi === hi && r.opcode === IORING_OP_POLL_ADD) return r;
  }
  return null;
}

/** Ends or changes a poll operation. @linux io_uring/poll.c io_poll_remove */
function ioPollRemove(k: Kernel, req: IoKiocb): number {
  const u = req.cmd as IoPollUpdate;
  const target = find(req, u.oldLo, u.oldHi);
  const poll = target ? ioPollOf(target) : null;
  let ret = 0;
  if (!target || !poll) ret = -ENOENT;
  else if (poll.refs > 0) ret = -EALREADY;
  else if (!(u.flags & (IORING_POLL_UPDATE_EVENTS | IORING_POLL_UPDATE_USER_DATA))) ioPollCancelReq(k, poll);
  else if (ioPollDisarm(poll)) {
    if (u.flags & IORING_POLL_UPDATE_EVENTS) target.opFlags = (u.events & 0xffff) | (u.events & (EPOLLET | EPOLLONESHOT | EPOLLEXCLUSIVE));
    if (u.flags & IORING_POLL_UPDATE_USER_DATA) {
      target.userLo = u.newLo;
      target.userHi = u.newHi;
    }
    const r = ioPollAdd(k, target);
    // Ready at once, or in trouble: it is told by its own task.
    if (r === IOU_COMPLETE) ioReqTaskQueueDone(k, target);
    else if (r < 0 && r !== IOU_ISSUE_SKIP_COMPLETE) ioReqTaskQueueFail(k, target, r);
  } else ret = -EALREADY;
  if (ret < 0) reqSetFail(req);
  ioReqSetRes(req, ret, 0);
  return IOU_COMPLETE;
}

function ioReqTaskQueueDone(k: Kernel, req: IoKiocb): void {
  req.tw = ioReqTaskComplete;
  ioReqTaskWorkAdd(k, req);
}

const pollAdd: IoIssueDef = { needsFile: true, unboundNonregFile: true, prep: addPrep, issue: ioPollAdd };
const pollRemove: IoIssueDef = { prep: removePrep, issue: ioPollRemove };

export const pollOps: IoOpList = [
  [IORING_OP_POLL_ADD, pollAdd],
  [IORING_OP_POLL_REMOVE, pollRemove],
];
