import { getFile } from "../fs/file.ts";
import type { File } from "../include/linux/fs.ts";
import {
  IO_URING_F_COMPLETE_DEFER,
  IO_URING_F_NONBLOCK,
  IOU_COMPLETE,
  IOU_ISSUE_SKIP_COMPLETE,
  type IoKiocb,
  REQ_F_ARM_LTIMEOUT,
  REQ_F_CREDS,
  REQ_F_FIXED_FILE,
  REQ_F_NOWAIT,
} from "../include/linux/ioUringTypes.ts";
import { BLOCKED, type Cred, TASK_RUNNING, type Task } from "../include/linux/sched.ts";
import type { Kernel } from "../kernel.ts";
import { EAGAIN, EBADF } from "../uapi/errno.ts";
import { O_PATH } from "../uapi/fcntl.ts";
import { ioReqCompleteDefer, ioReqCompletePost, ioReqSetRes, reqSetFail } from "./complete.ts";
import { ioFileGetFixed } from "./filetable.ts";
import { ioQueueIowq } from "./ioWq.ts";
import { ioPutKbuf } from "./kbuf.ts";
import { type IoIssueDef, ioIssueDefs } from "./opdef.ts";
import { IO_APOLL_ABORTED, IO_APOLL_READY, ioArmApoll } from "./poll.ts";
import { ioPrepLinkedTimeout, ioQueueLinkedTimeout } from "./timeout.ts";
import { ioReqTaskQueue } from "./tw.ts";

/** Attempts at a request. */

/** Finds the request's file. @returns false if there is none @linux io_uring/io_uring.c io_assign_file */
export function ioAssignFile(k: Kernel, req: IoKiocb, def = ioIssueDefs[req.opcode] as IoIssueDef): boolean {
  if (req.file || !def.needsFile) return true;
  req.file = req.flags & REQ_F_FIXED_FILE ? ioFileGetFixed(k, req, req.fd) : ioFileGetNormal(k, req, req.fd);
  return req.file !== null;
}

/** An open file by its descriptor, with a reference; null if there is none. @linux io_uring/io_uring.c io_file_get_normal */
export function ioFileGetNormal(k: Kernel, req: IoKiocb, fd: number): File | null {
  if (k.trace.ioUringFileGet.enabled) k.trace.ioUringFileGet.fire(req.ctx, req, fd);
  const file = k.current.files.fd[fd];
  return file && !(file.flags & O_PATH) ? getFile(file) : null;
}

/** One attempt. @returns 0 if it is complete or will be by itself, else what to do about it @linux io_uring/io_uring.c io_issue_sqe */
export function ioIssueSqe(k: Kernel, req: IoKiocb, flags: number): number {
  const def = ioIssueDefs[req.opcode] as IoIssueDef;
  if (!ioAssignFile(k, req, def)) return -EBADF;
  let ret: number;
  if (req.flags & (REQ_F_CREDS | REQ_F_ARM_LTIMEOUT)) {
    const link = req.flags & REQ_F_ARM_LTIMEOUT ? ioPrepLinkedTimeout(req) : null;
    ret = req.flags & REQ_F_CREDS ? issueAs(k, req, def, flags, req.creds as Cred) : def.issue(k, req, flags);
    if (link) ioQueueLinkedTimeout(k, link);
  } else ret = def.issue(k, req, flags);
  if (ret === IOU_COMPLETE) {
    if (flags & IO_URING_F_COMPLETE_DEFER) ioReqCompleteDefer(req);
    else ioReqCompletePost(k, req);
    return 0;
  }
  return ret === IOU_ISSUE_SKIP_COMPLETE ? 0 : ret;
}

/** An attempt of a multishot request that poll has made ready. The result is the operation's own. */
export function ioIssueAgain(k: Kernel, req: IoKiocb, flags: number): number {
  const def = ioIssueDefs[req.opcode] as IoIssueDef;
  if (!ioAssignFile(k, req, def)) return -EBADF;
  const r = req.flags & REQ_F_CREDS ? issueAs(k, req, def, flags, req.creds as Cred) : def.issue(k, req, flags);
  if (r === BLOCKED) wakeAgain(k, k.current);
  return r;
}

/** What has gone to sleep in an attempt that must not is awake again. */
function wakeAgain(k: Kernel, task: Task): void {
  if (task.waits.length > 0) k.sched.leaveQueues(task);
  if (task.sleepTimer && task.sleepTimer.heapIndex >= 0) k.time.cancelTimer(task.sleepTimer);
  task.state = TASK_RUNNING;
}

/** The attempt is made with other credentials: IOSQE's personality, or those of who made the SQPOLL ring. */
function issueAs(k: Kernel, req: IoKiocb, def: IoIssueDef, flags: number, cred: Cred): number {
  const task = k.current;
  const own = task.cred;
  task.cred = cred;
  const ret = def.issue(k, req, flags);
  task.cred = own;
  return ret;
}

/**
 * The first attempt, and those after poll: it must not sleep. What the present system call has noted for its own sleep is
 * not the request's, so it is put away meanwhile.
 * @linux io_uring/io_uring.c io_queue_sqe
 */
export function ioQueueSqe(k: Kernel, req: IoKiocb): void {
  const task = k.current;
  const { progress, deadline, deadlineOnWallClock } = task;
  task.progress = null;
  task.deadline = Number.POSITIVE_INFINITY;
  const ret = ioIssueSqe(k, req, IO_URING_F_NONBLOCK | IO_URING_F_COMPLETE_DEFER);
  if (ret === BLOCKED) {
    // It has gone to sleep: it is woken at once, and a worker sleeps in its place, with what was done so far.
    wakeAgain(k, task);
    req.progress = task.progress;
  }
  task.progress = progress;
  task.deadline = deadline;
  task.deadlineOnWallClock = deadlineOnWallClock;
  if (ret === 0) return;
  if (ret === BLOCKED) ioQueueIowq(k, req);
  else ioQueueAsync(k, req, ret);
}

/** It could not be done at once. @linux io_uring/io_uring.c io_queue_async */
function ioQueueAsync(k: Kernel, req: IoKiocb, ret: number): void {
  if (ret !== -EAGAIN || req.flags & REQ_F_NOWAIT) {
    ioReqDeferFailed(k, req, ret);
    return;
  }
  switch (ioArmApoll(k, req, 0)) {
    case IO_APOLL_READY:
      ioReqTaskQueue(k, req);
      break;
    case IO_APOLL_ABORTED:
      ioQueueIowq(k, req);
      break;
    default:
      break;
  }
}

/** It fails; told at the end of the batch. @linux io_uring/io_uring.c io_req_defer_failed */
export function ioReqDeferFailed(k: Kernel, req: IoKiocb, res: number): void {
  reqSetFail(req);
  ioReqSetRes(req, res, ioPutKbuf(k, req, res));
  ioIssueDefs[req.opcode]?.fail?.(k, req);
  ioReqCompleteDefer(req);
}
