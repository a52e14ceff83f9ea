import { fput, getFile } from "../fs/file.ts";
import type { File } from "../include/linux/fs.ts";
import { IOU_COMPLETE, IOU_ISSUE_SKIP_COMPLETE, type IoKiocb, type IoRingCtx, type IoTwFunc } from "../include/linux/ioUringTypes.ts";
import type { Kernel } from "../kernel.ts";
import { copyFromUser } from "../mm/usercopy.ts";
import { stateClass, stateTable } from "../state.ts";
import { EBADF, EBADFD, EFAULT, EINVAL, EOVERFLOW, EOWNERDEAD } from "../uapi/errno.ts";
import {
  IORING_OP_MSG_RING,
  IORING_OP_NOP,
  IORING_SETUP_DEFER_TASKRUN,
  IORING_SETUP_R_DISABLED,
  SQE_ADDR,
  SQE_ADDR3,
  SQE_BUF_INDEX,
  SQE_FD,
  SQE_FILE_INDEX,
  SQE_FLAGS,
  SQE_LEN,
  SQE_OFF,
  SQE_OP_FLAGS,
  SQE_OPCODE,
  SQE_PERSONALITY,
  SQE_SIZE,
} from "../uapi/ioUring.ts";
import { ioPostAuxCqe, ioReqSetRes, reqSetFail } from "./complete.ts";
import { ioFixedFdInstall } from "./filetable.ts";
import { isUringFile } from "./fops.ts";
import type { IoIssueDef, IoOpList } from "./opdef.ts";
import { ioAllocReq, ioFreeReq } from "./request.ts";
import { sqe16, sqe32, sqe64 } from "./rings.ts";
import { ioReqQueueTwComplete, ioReqTaskWorkAdd, ioTaskWorkAdd } from "./tw.ts";

/** Messages from ring to ring (io_uring/msg_ring.c). */

const IORING_MSG_DATA = 0;
const IORING_MSG_SEND_FD = 1;
const IORING_MSG_RING_CQE_SKIP = 1;
const IORING_MSG_RING_FLAGS_PASS = 2;

/** struct io_msg */
class IoMsg {
  userLo = 0;
  userHi = 0;
  len = 0;
  cmd = 0;
  srcFd = 0;
  /** The target's slot, or flags for its CQE. */
  dstFd = 0;
  flags = 0;
  srcFile: File | null = null;
  /** The request that sends a file to a ring whose own task must take it. */
  from: IoKiocb | null = null;
}
stateClass(IoMsg);

/** The program's bytes of an SQE, wherever they are. */
interface SqeFields {
  u16(off: number): number;
  u32(off: number): number;
  u64(off: number): number;
}

/** @linux io_uring/msg_ring.c __io_msg_ring_prep */
function readMsg(f: SqeFields): IoMsg | number {
  if (f.u16(SQE_BUF_INDEX) !== 0 || f.u16(SQE_PERSONALITY) !== 0) return -EINVAL;
  const msg = new IoMsg();
  msg.userLo = f.u32(SQE_OFF);
  msg.userHi = f.u32(SQE_OFF + 4);
  msg.len = f.u32(SQE_LEN) | 0;
  msg.cmd = f.u64(SQE_ADDR);
  msg.srcFd = f.u64(SQE_ADDR3);
  msg.dstFd = f.u32(SQE_FILE_INDEX);
  msg.flags = f.u32(SQE_OP_FLAGS);
  return (msg.flags & ~(IORING_MSG_RING_CQE_SKIP | IORING_MSG_RING_FLAGS_PASS)) !== 0 ? -EINVAL : msg;
}

function msgRingPrep(k: Kernel, req: IoKiocb, sqe: number): number {
  const msg = readMsg({
    u16: (off) => sqe16(k, sqe, off),
    u32: (off) => sqe32(k, sqe, off),
    u64: (off) => sqe64(k, sqe, off),
  });
  if (typeof msg === "number") return msg;
  req.cmd = msg;
  return 0;
}

/** Only the ring's own task may put a CQE there. @linux io_uring/msg_ring.c io_msg_need_remote */
const needRemote = (target: IoRingCtx): boolean => (target.flags & IORING_SETUP_DEFER_TASKRUN) !== 0;

/** The message has arrived at the target's task. @linux io_uring/msg_ring.c io_msg_tw_complete, io_msg_tw_fd_complete */
const ioMsgTw: IoTwFunc = stateTable("io_msg_tw", {
  run(k: Kernel, carrier: IoKiocb, cancel: boolean): void {
    const msg = carrier.cmd as IoMsg;
    const { from } = msg;
    if (from) {
      const r = cancel ? -EOWNERDEAD : installComplete(k, carrier.ctx, msg);
      msg.from = null;
      if (r < 0) reqSetFail(from);
      ioReqQueueTwComplete(k, from, r);
    } else if (!cancel) ioPostAuxCqe(k, carrier.ctx, msg.userLo, msg.userHi, msg.len, cqeFlags(msg));
    ioFreeReq(k, carrier);
  },
});

/** Has the target's task take the message. @linux io_uring/msg_ring.c io_msg_remote_post */
function remotePost(k: Kernel, target: IoRingCtx, msg: IoMsg): number {
  const task = target.submitter;
  if (task === null || task.ioUring === null || task.exitState !== 0 || target.dying) return -EOWNERDEAD;
  const carrier = ioAllocReq(k, target, task);
  carrier.opcode = IORING_OP_NOP;
  carrier.cmd = msg;
  carrier.tw = ioMsgTw;
  // A file is taken as soon as the task is in the kernel, whatever ring it waits for.
  if (msg.from) ioTaskWorkAdd(k, task, carrier);
  else ioReqTaskWorkAdd(k, carrier);
  return 0;
}

const cqeFlags = (msg: IoMsg): number => (msg.flags & IORING_MSG_RING_FLAGS_PASS ? msg.dstFd : 0);

/** @linux io_uring/msg_ring.c __io_msg_ring_data */
function msgRingData(k: Kernel, target: IoRingCtx, msg: IoMsg): number {
  if (msg.srcFd !== 0 || msg.flags & ~IORING_MSG_RING_FLAGS_PASS) return -EINVAL;
  if (!(msg.flags & IORING_MSG_RING_FLAGS_PASS) && msg.dstFd !== 0) return -EINVAL;
  if (target.flags & IORING_SETUP_R_DISABLED) return -EBADFD;
  if (needRemote(target)) return remotePost(k, target, msg);
  return ioPostAuxCqe(k, target, msg.userLo, msg.userHi, msg.len, cqeFlags(msg)) ? 0 : -EOVERFLOW;
}

/** The file gets its place at the target, and a CQE tells of it. @linux io_uring/msg_ring.c io_msg_install_complete */
function installComplete(k: Kernel, target: IoRingCtx, msg: IoMsg): number {
  const file = msg.srcFile as File;
  msg.srcFile = null;
  const r = ioFixedFdInstall(k, target, file, msg.dstFd);
  if (r < 0 || msg.flags & IORING_MSG_RING_CQE_SKIP) return r;
  return ioPostAuxCqe(k, target, msg.userLo, msg.userHi, r, 0) ? r : -EOVERFLOW;
}

/** @linux io_uring/msg_ring.c io_msg_send_fd */
function msgSendFd(k: Kernel, req: IoKiocb, target: IoRingCtx, msg: IoMsg): number {
  if (msg.len !== 0) return -EINVAL;
  if (target === req.ctx) return -EINVAL;
  if (target.flags & IORING_SETUP_R_DISABLED) return -EBADFD;
  const file = req.ctx.files?.nodes[msg.srcFd]?.file;
  if (!file) return -EBADF;
  msg.srcFile = getFile(file);
  if (!needRemote(target)) return installComplete(k, target, msg);
  msg.from = req;
  const r = remotePost(k, target, msg);
  if (r === 0) return IOU_ISSUE_SKIP_COMPLETE;
  msg.from = null;
  msg.srcFile = null;
  fput(k, file);
  return r;
}

/** @linux io_uring/msg_ring.c io_msg_ring */
function msgRing(k: Kernel, req: IoKiocb): number {
  const msg = req.cmd as IoMsg;
  const file = req.file as File;
  let r = -EBADFD;
  if (isUringFile(file)) {
    const target = file.priv as IoRingCtx;
    if (msg.cmd === IORING_MSG_DATA) r = msgRingData(k, target, msg);
    else if (msg.cmd === IORING_MSG_SEND_FD) r = msgSendFd(k, req, target, msg);
    else r = -EINVAL;
  }
  if (r === IOU_ISSUE_SKIP_COMPLETE) return r;
  if (r < 0) reqSetFail(req);
  ioReqSetRes(req, r, 0);
  return IOU_COMPLETE;
}

/** A message from somebody without a ring: IORING_REGISTER_SEND_MSG_RING. @linux io_uring/msg_ring.c io_uring_sync_msg_ring */
export function ioUringSyncMsgRing(k: Kernel, arg: number, nr: number): number {
  if (arg === 0 || nr !== 1) return -EINVAL;
  const raw = new Uint8Array(SQE_SIZE);
  if (copyFromUser(k, arg, raw, 0, SQE_SIZE) !== 0) return -EFAULT;
  const v = new DataView(raw.buffer);
  if (raw[SQE_FLAGS] !== 0 || raw[SQE_OPCODE] !== IORING_OP_MSG_RING) return -EINVAL;
  const u32 = (off: number): number => v.getUint32(off, true);
  const msg = readMsg({ u16: (off) => v.getUint16(off, true), u32, u64: (off) => u32(off + 4) * 4294967296 + u32(off) });
  if (typeof msg === "number") return msg;
  if (msg.cmd !== IORING_MSG_DATA) return -EINVAL;
  const file = k.current.file(v.getInt32(SQE_FD, true));
  if (!file) return -EBADF;
  return isUringFile(file) ? msgRingData(k, file.priv as IoRingCtx, msg) : -EBADFD;
}

const def: IoIssueDef = { needsFile: true, iopoll: true, prep: msgRingPrep, issue: msgRing };
export const msgRingOps: IoOpList = [[IORING_OP_MSG_RING, def]];
