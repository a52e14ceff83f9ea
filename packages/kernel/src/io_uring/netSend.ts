import {
  IO_URING_F_IOWQ,
  IO_URING_F_NONBLOCK,
  IOU_COMPLETE,
  type IoKiocb,
  REQ_F_BL_EMPTY,
  REQ_F_BUFFER_SELECT,
  REQ_F_CQE_SKIP,
  REQ_F_NEED_CLEANUP,
  REQ_F_NOWAIT,
} from "../include/linux/ioUringTypes.ts";
import { BLOCKED } from "../include/linux/sched.ts";
import type { Kernel } from "../kernel.ts";
import type { IovIter } from "../lib/iovIter.ts";
import { UserIovec } from "../mm/userIov.ts";
import { addressFromUser } from "../net/calls.ts";
import { sendMessage } from "../net/message.ts";
import { Message, type Socket } from "../net/socket.ts";
import { EAGAIN, EFAULT, EINTR, EINVAL, EOPNOTSUPP, ERESTARTSYS } from "../uapi/errno.ts";
import {
  IORING_CQE_F_MORE,
  IORING_OP_SEND,
  IORING_OP_SEND_ZC,
  IORING_OP_SENDMSG,
  IORING_OP_SENDMSG_ZC,
  SQE_ADDR,
  SQE_ADDR3,
  SQE_BUF_INDEX,
  SQE_FILE_INDEX,
  SQE_IOPRIO,
  SQE_LEN,
  SQE_OFF,
  SQE_OP_FLAGS,
  SQE_PAD2,
} from "../uapi/ioUring.ts";
import { AF_INET, AF_INET6, MSG_DONTWAIT, MSG_NOSIGNAL, MSG_WAITALL, SOCK_DGRAM, SOCK_STREAM } from "../uapi/socket.ts";
import { ioReqPostCqe, ioReqSetRes, reqSetFail } from "./complete.ts";
import { type BufferRun, ioBuffersSelect, ioDoBufferSelect, ioKbufKeep, ioPutKbuf, ioPutKbufs } from "./kbuf.ts";
import * as M from "./netMsg.ts";
import { ioAllocNotif, ioNotifFlush } from "./notif.ts";
import type { IoIssueDef, IoOpList } from "./opdef.ts";
import { sqe16, sqe32, sqe64, sqeS32 } from "./rings.ts";
import { fixedIter, ioFindBufNode, ioImportFixed, ioImportFixedVec } from "./rsrc.ts";

/** SEND, SENDMSG, SEND_ZC and SENDMSG_ZC (io_uring/net.c). */

const SENDMSG_FLAGS = M.IORING_RECVSEND_POLL_FIRST | M.IORING_RECVSEND_BUNDLE | M.IORING_SEND_VECTORIZED;
const ZC_FLAGS = M.IORING_RECVSEND_POLL_FIRST | M.IORING_RECVSEND_FIXED_BUF | M.IORING_SEND_ZC_REPORT_USAGE | M.IORING_SEND_VECTORIZED;
/** Flags that only the kernel's own senders may set. @linux include/linux/socket.h MSG_INTERNAL_SENDMSG_FLAGS */
const MSG_INTERNAL_SENDMSG_FLAGS = 0x8000000 | 0x1000000 | 0x20000 | 0x80000;
const MSG_ZEROCOPY = 0x4000000;
const INT_MAX = 0x7fffffff;
/** Attempts of one bundle of sends: its buffers are counted, so this is never reached. */
const BUNDLE_MAX = 65536;

/** What follows the flags of a send. @linux io_uring/net.c io_send_setup */
function sendSetup(k: Kernel, req: IoKiocb, sr: M.IoSrMsg, sqe: number): number {
  sr.buf = sqe64(k, sqe, SQE_ADDR);
  if (sqe16(k, sqe, SQE_FILE_INDEX + 2) !== 0) return -EINVAL;
  const addr = sqe64(k, sqe, SQE_OFF);
  if (addr !== 0) {
    const name = addressFromUser(k, addr, sqe16(k, sqe, SQE_FILE_INDEX));
    if (typeof name === "number") return name;
    sr.name = name;
  }
  if (sr.flags & M.IORING_RECVSEND_FIXED_BUF) {
    if (!(sr.flags & M.IORING_SEND_VECTORIZED)) return 0;
    return M.importVec(k, sr, sr.buf, sr.len);
  }
  if (ioDoBufferSelect(req)) return 0;
  if (sr.flags & M.IORING_SEND_VECTORIZED) return sr.len > 1024 ? -EINVAL : M.importVec(k, sr, sr.buf, sr.len);
  return M.importUbuf(sr);
}

/** @linux io_uring/net.c io_sendmsg_prep */
function sendmsgPrep(k: Kernel, req: IoKiocb, sqe: number): number {
  const sr = new M.IoSrMsg();
  req.cmd = sr;
  if (req.opcode !== IORING_OP_SEND && (sqe64(k, sqe, SQE_OFF) !== 0 || sqe32(k, sqe, SQE_FILE_INDEX) !== 0)) return -EINVAL;
  sr.len = sqe32(k, sqe, SQE_LEN);
  sr.flags = sqe16(k, sqe, SQE_IOPRIO);
  if (sr.flags & ~SENDMSG_FLAGS) return -EINVAL;
  sr.msgFlags = sqeS32(k, sqe, SQE_OP_FLAGS) | MSG_NOSIGNAL;
  if (sr.msgFlags & MSG_DONTWAIT) req.flags |= REQ_F_NOWAIT;
  if (req.flags & REQ_F_BUFFER_SELECT) sr.bufGroup = req.bufGroup;
  if (sr.flags & M.IORING_RECVSEND_BUNDLE) {
    if (req.opcode === IORING_OP_SENDMSG) return -EINVAL;
    sr.msgFlags |= MSG_WAITALL;
  }
  sr.vecNr = M.netmsgCacheTake(req);
  if (req.opcode === IORING_OP_SEND) return sendSetup(k, req, sr, sqe);
  sr.buf = sqe64(k, sqe, SQE_ADDR);
  return M.ioMsgCopyHdr(k, req, sr, true);
}

/** What an attempt gave is the request's end, unless the worker is to go on with it. */
function finished(req: IoKiocb, sr: M.IoSrMsg, ret: number, minRet: number): number {
  let r = ret;
  if (r < minRet) {
    if (r === -ERESTARTSYS) r = -EINTR;
    reqSetFail(req);
  }
  if (r >= 0) return r + sr.doneIo;
  return sr.doneIo > 0 ? sr.doneIo : r;
}

/** @linux io_uring/net.c io_sendmsg */
function sendmsg(k: Kernel, req: IoKiocb, flags: number): number {
  const sr = req.cmd as M.IoSrMsg;
  const sock = M.socketOf(req);
  if (typeof sock === "number") return sock;
  if (M.pollFirst(req, sr)) return -EAGAIN;
  const h = sr.header!;
  const m = new Message(M.dataIter(k, sr), M.attemptFlags(sr, flags) & ~MSG_INTERNAL_SENDMSG_FLAGS);
  const minRet = m.flags & MSG_WAITALL ? m.iter.count : 0;
  m.name = sr.name;
  // Control messages go with the first bytes.
  const ret = sendMessage(k, sock, m, h.control, sr.doneIo > 0 ? 0 : h.controlLength);
  if (ret === BLOCKED || (ret === -EAGAIN && flags & IO_URING_F_NONBLOCK)) return ret;
  if (ret > 0 && ret < minRet && M.ioNetRetry(sock, sr.msgFlags)) {
    M.advance(sr, ret);
    return -EAGAIN;
  }
  const r = finished(req, sr, ret, minRet);
  M.ioReqMsgCleanup(req, flags);
  ioReqSetRes(req, r, 0);
  return IOU_COMPLETE;
}

/** Takes the buffers that a send is to send. 0 or -errno. @linux io_uring/net.c io_send_select_buffer */
function selectBuffer(k: Kernel, req: IoKiocb, sr: M.IoSrMsg): number {
  const run: BufferRun = { base: [], length: [], total: 0, partial: false };
  const bundle = (sr.flags & M.IORING_RECVSEND_BUNDLE) !== 0;
  const room = bundle ? Math.max(1, sr.vecNr) : 1;
  const n = ioBuffersSelect(k, req, sr.bufGroup, sr.len === 0 ? INT_MAX : Math.min(sr.len, INT_MAX), room, bundle, run);
  if (n < 0) return n;
  if (n > room) sr.vecNr = n;
  sr.len = run.total;
  sr.used = 0;
  if (n > 1) sr.iov = new UserIovec(run.base, run.length, run.total);
  else {
    sr.iov = null;
    sr.buf = run.base[0] as number;
    return M.importUbuf(sr);
  }
  return 0;
}

/** @returns false if a bundle goes on @linux io_uring/net.c io_send_finish */
function sendFinish(k: Kernel, req: IoKiocb, sr: M.IoSrMsg, ret: number): boolean {
  if (!(sr.flags & M.IORING_RECVSEND_BUNDLE)) {
    ioReqSetRes(req, ret, ioPutKbuf(k, req, ret));
    return true;
  }
  const cflags = ioPutKbufs(k, req, ret, M.ioBundleNbufs(sr, ret));
  if (ret > 0 && !(req.flags & REQ_F_BL_EMPTY) && ioReqPostCqe(k, req, ret, cflags | IORING_CQE_F_MORE)) {
    M.mshotPrepRetry(req, sr);
    return false;
  }
  ioReqSetRes(req, ret, cflags);
  return true;
}

/** @linux io_uring/net.c io_send */
function send(k: Kernel, req: IoKiocb, flags: number): number {
  const sr = req.cmd as M.IoSrMsg;
  const sock = M.socketOf(req);
  if (typeof sock === "number") return sock;
  if (M.pollFirst(req, sr)) return -EAGAIN;
  const attempt = M.attemptFlags(sr, flags) & ~MSG_INTERNAL_SENDMSG_FLAGS;
  for (let n = 0; n < BUNDLE_MAX; n++) {
    if (ioDoBufferSelect(req)) {
      const e = selectBuffer(k, req, sr);
      if (e < 0) return e;
    }
    const m = new Message(M.dataIter(k, sr), attempt);
    const minRet = attempt & MSG_WAITALL || sr.flags & M.IORING_RECVSEND_BUNDLE ? m.iter.count : 0;
    m.name = sr.name;
    const ret = sock.ops.sendmsg(k, sock, m);
    if (ret === BLOCKED || (ret === -EAGAIN && flags & IO_URING_F_NONBLOCK)) return ret;
    if (ret > 0 && ret < minRet && M.ioNetRetry(sock, sr.msgFlags)) {
      M.advance(sr, ret);
      ioKbufKeep(k, req, ret, M.ioBundleNbufs(sr, ret));
      return -EAGAIN;
    }
    if (sendFinish(k, req, sr, finished(req, sr, ret, minRet))) break;
  }
  M.ioReqMsgCleanup(req, flags);
  return IOU_COMPLETE;
}

/** @linux io_uring/net.c io_send_zc_prep */
function sendZcPrep(k: Kernel, req: IoKiocb, sqe: number): number {
  if (sqe64(k, sqe, SQE_PAD2) !== 0 || sqe64(k, sqe, SQE_ADDR3) !== 0) return -EINVAL;
  if (req.flags & REQ_F_CQE_SKIP) return -EINVAL;
  const sr = new M.IoSrMsg();
  req.cmd = sr;
  sr.notif = ioAllocNotif(k, req);
  req.flags |= REQ_F_NEED_CLEANUP;
  sr.flags = sqe16(k, sqe, SQE_IOPRIO);
  if (sr.flags & ~ZC_FLAGS) return -EINVAL;
  if (req.opcode === IORING_OP_SENDMSG_ZC && (sqe64(k, sqe, SQE_OFF) !== 0 || sqe32(k, sqe, SQE_FILE_INDEX) !== 0)) return -EINVAL;
  sr.len = sqe32(k, sqe, SQE_LEN);
  sr.msgFlags = sqeS32(k, sqe, SQE_OP_FLAGS) | MSG_NOSIGNAL | MSG_ZEROCOPY;
  req.bufIndex = sqe16(k, sqe, SQE_BUF_INDEX);
  if (sr.msgFlags & MSG_DONTWAIT) req.flags |= REQ_F_NOWAIT;
  sr.vecNr = M.netmsgCacheTake(req);
  if (req.opcode === IORING_OP_SEND_ZC) return sendSetup(k, req, sr, sqe);
  sr.buf = sqe64(k, sqe, SQE_ADDR);
  return M.ioMsgCopyHdr(k, req, sr, true);
}

/** Can it send from a program's pages (SOCK_SUPPORT_ZC)? */
function supportsZc(sock: Socket): boolean {
  const { family } = sock.sk;
  return (family === AF_INET || family === AF_INET6) && (sock.type === SOCK_STREAM || sock.type === SOCK_DGRAM);
}

/** The bytes to be sent, in a registered buffer or not; or -EFAULT. @linux io_uring/net.c io_send_zc_import */
function zcIter(k: Kernel, req: IoKiocb, sr: M.IoSrMsg): IovIter | number {
  if (!(sr.flags & M.IORING_RECVSEND_FIXED_BUF)) return M.dataIter(k, sr);
  const buf = ioFindBufNode(req)?.buf;
  if (!buf) return -EFAULT;
  if (sr.iov) {
    const iter = ioImportFixedVec(buf, sr.iov);
    if (typeof iter !== "number") iter.advance(sr.used);
    return iter;
  }
  const off = ioImportFixed(buf, sr.buf, sr.len);
  return off < 0 ? off : fixedIter(buf, off, sr.len);
}

/** @linux io_uring/net.c io_send_zc, io_sendmsg_zc */
function sendZc(k: Kernel, req: IoKiocb, flags: number): number {
  const sr = req.cmd as M.IoSrMsg;
  const sock = M.socketOf(req);
  if (typeof sock === "number") return sock;
  if (!supportsZc(sock)) return -EOPNOTSUPP;
  if (M.pollFirst(req, sr)) return -EAGAIN;
  const iter = zcIter(k, req, sr);
  if (typeof iter === "number") return iter;
  const m = new Message(iter, M.attemptFlags(sr, flags) & ~(MSG_INTERNAL_SENDMSG_FLAGS | MSG_ZEROCOPY));
  const minRet = m.flags & MSG_WAITALL ? iter.count : 0;
  m.name = sr.name;
  const h = sr.header;
  const ret = h ? sendMessage(k, sock, m, h.control, sr.doneIo > 0 ? 0 : h.controlLength) : sock.ops.sendmsg(k, sock, m);
  if (ret === BLOCKED || (ret === -EAGAIN && flags & IO_URING_F_NONBLOCK)) return ret;
  if (ret > 0 && ret < minRet && M.ioNetRetry(sock, sr.msgFlags)) {
    M.advance(sr, ret);
    return -EAGAIN;
  }
  const r = finished(req, sr, ret, minRet);
  // A worker's request tells when it ends: its order is kept that way.
  if (!(flags & IO_URING_F_IOWQ) && sr.notif) {
    const { notif } = sr;
    sr.notif = null;
    ioNotifFlush(k, notif, (sr.flags & M.IORING_SEND_ZC_REPORT_USAGE) !== 0 && r > 0);
    M.ioReqMsgCleanup(req, flags);
  } else if (r > 0) sr.doneIo = r;
  ioReqSetRes(req, r, IORING_CQE_F_MORE);
  return IOU_COMPLETE;
}

const common = { needsFile: true, unboundNonregFile: true, pollout: true, ioprio: true, fail: M.ioSendrecvFail } as const;
const sendmsgDef: IoIssueDef = { ...common, prep: sendmsgPrep, issue: sendmsg };
const sendDef: IoIssueDef = { ...common, bufferSelect: true, prep: sendmsgPrep, issue: send };
const zc: IoIssueDef = { ...common, prep: sendZcPrep, issue: sendZc, cleanup: M.ioSendZcCleanup };

export const netSendOps: IoOpList = [
  [IORING_OP_SENDMSG, sendmsgDef],
  [IORING_OP_SEND, sendDef],
  [IORING_OP_SEND_ZC, zc],
  [IORING_OP_SENDMSG_ZC, zc],
];
