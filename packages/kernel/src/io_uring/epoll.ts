import { doEpollCtl, type EpollEvent, epollSendevents, readEpollEvent } from "../fs/eventpoll.ts";
import type { File } from "../include/linux/fs.ts";
import { IOU_COMPLETE, type IoKiocb } from "../include/linux/ioUringTypes.ts";
import type { Kernel } from "../kernel.ts";
import { EAGAIN, EINVAL } from "../uapi/errno.ts";
import {
  IORING_OP_EPOLL_CTL,
  IORING_OP_EPOLL_WAIT,
  SQE_ADDR,
  SQE_BUF_INDEX,
  SQE_FD,
  SQE_FILE_INDEX,
  SQE_LEN,
  SQE_OFF,
  SQE_OP_FLAGS,
} from "../uapi/ioUring.ts";
import { ioReqSetRes, reqSetFail } from "./complete.ts";
import type { IoIssueDef, IoOpList } from "./opdef.ts";
import { sqe16, sqe32, sqe64, sqeS32 } from "./rings.ts";

/** epoll_ctl and epoll_wait (io_uring/epoll.c). */

/** @linux io_uring/epoll.c io_epoll_ctl_prep */
function ctlPrep(k: Kernel, req: IoKiocb, sqe: number): number {
  if (sqe16(k, sqe, SQE_BUF_INDEX) !== 0 || sqe32(k, sqe, SQE_FILE_INDEX) !== 0) return -EINVAL;
  req.fd = sqeS32(k, sqe, SQE_FD);
  req.opFlags = sqeS32(k, sqe, SQE_LEN);
  req.off = sqeS32(k, sqe, SQE_OFF);
  const event = readEpollEvent(k, req.opFlags, sqe64(k, sqe, SQE_ADDR));
  if (typeof event === "number") return event;
  req.cmd = event;
  return 0;
}

/** @linux io_uring/epoll.c io_epoll_ctl */
function ctl(k: Kernel, req: IoKiocb): number {
  const r = doEpollCtl(k, req.fd, req.opFlags, req.off, req.cmd as EpollEvent);
  if (r < 0) reqSetFail(req);
  ioReqSetRes(req, r, 0);
  return IOU_COMPLETE;
}

/** @linux io_uring/epoll.c io_epoll_wait_prep */
function waitPrep(k: Kernel, req: IoKiocb, sqe: number): number {
  if (sqe64(k, sqe, SQE_OFF) !== 0 || sqe32(k, sqe, SQE_OP_FLAGS) !== 0) return -EINVAL;
  if (sqe16(k, sqe, SQE_BUF_INDEX) !== 0 || sqe32(k, sqe, SQE_FILE_INDEX) !== 0) return -EINVAL;
  req.addr = sqe64(k, sqe, SQE_ADDR);
  req.len = sqeS32(k, sqe, SQE_LEN);
  return 0;
}

/** @linux io_uring/epoll.c io_epoll_wait */
function wait(k: Kernel, req: IoKiocb): number {
  const r = epollSendevents(k, req.file as File, req.addr, req.len);
  if (r === 0) return -EAGAIN;
  if (r < 0) reqSetFail(req);
  ioReqSetRes(req, r, 0);
  return IOU_COMPLETE;
}

const ctlDef: IoIssueDef = { unboundNonregFile: true, prep: ctlPrep, issue: ctl };
const waitDef: IoIssueDef = { needsFile: true, pollin: true, prep: waitPrep, issue: wait };

export const epollOps: IoOpList = [
  [IORING_OP_EPOLL_CTL, ctlDef],
  [IORING_OP_EPOLL_WAIT, waitDef],
];
