import {
  IO_URING_F_IOWQ,
  IO_URING_F_MULTISHOT,
  IO_URING_F_NONBLOCK,
  IOU_COMPLETE,
  IOU_REQUEUE,
  type IoKiocb,
  REQ_F_APOLL_MULTISHOT,
  REQ_F_BL_EMPTY,
  REQ_F_BUFFER_SELECT,
  REQ_F_NOWAIT,
} from "../include/linux/ioUringTypes.ts";
import { BLOCKED } from "../include/linux/sched.ts";
import type { Kernel } from "../kernel.ts";
import { copyToUser } from "../mm/usercopy.ts";
import { UserIovec, userIter } from "../mm/userIov.ts";
import { messageControl, receiveMessage } from "../net/message.ts";
import { Message, type Socket } from "../net/socket.ts";
import { EAGAIN, EFAULT, EINTR, EINVAL, ENOBUFS, ERESTARTSYS } from "../uapi/errno.ts";
import { O_NONBLOCK } from "../uapi/fcntl.ts";
import {
  IORING_CQE_F_BUF_MORE,
  IORING_CQE_F_MORE,
  IORING_CQE_F_SOCK_NONEMPTY,
  IORING_OP_RECV,
  IORING_OP_RECV_ZC,
  IORING_OP_RECVMSG,
  SQE_ADDR,
  SQE_FILE_INDEX,
  SQE_IOPRIO,
  SQE_LEN,
  SQE_OFF,
  SQE_OP_FLAGS,
} from "../uapi/ioUring.ts";
import { MSG_CMSG_CLOEXEC, MSG_CTRUNC, MSG_DONTWAIT, MSG_TRUNC, MSG_WAITALL } from "../uapi/socket.ts";
import { ioReqPostCqe, ioReqSetRes, reqSetFail } from "./complete.ts";
import {
  type BufferRun,
  chosen,
  ioBuffersPeek,
  ioDoBufferSelect,
  ioKbufKeep,
  ioKbufRecycle,
  ioPutKbuf,
  ioPutKbufs,
  ioSelectBuffer,
} from "./kbuf.ts";
import * as M from "./netMsg.ts";
import type { IoIssueDef, IoOpList } from "./opdef.ts";
import { sqe16, sqe32, sqe64, sqeS32 } from "./rings.ts";

/** RECV and RECVMSG (io_uring/net.c). */

const RECVMSG_FLAGS = M.IORING_RECVSEND_POLL_FIRST | M.IORING_RECV_MULTISHOT | M.IORING_RECVSEND_BUNDLE;
/** Goes of a multishot receive before others have their turn. */
const MULTISHOT_MAX_RETRY = 32;
/** A bundle that is continued keeps these flags of its last go, all others of its first. */
const CQE_F_MASK = IORING_CQE_F_SOCK_NONEMPTY | IORING_CQE_F_MORE | IORING_CQE_F_BUF_MORE;
/** sizeof(struct io_uring_recvmsg_out) */
const RECVMSG_OUT = 16;
/** More goes than a request can have buffers. */
const GOES_MAX = 1 << 17;

/** @linux io_uring/net.c io_recvmsg_prep */
function recvmsgPrep(k: Kernel, req: IoKiocb, sqe: number): number {
  const sr = new M.IoSrMsg();
  req.cmd = sr;
  if (sqe64(k, sqe, SQE_OFF) !== 0) return -EINVAL;
  sr.buf = sqe64(k, sqe, SQE_ADDR);
  sr.len = sqe32(k, sqe, SQE_LEN);
  sr.flags = sqe16(k, sqe, SQE_IOPRIO);
  if (sr.flags & ~RECVMSG_FLAGS) return -EINVAL;
  sr.msgFlags = sqeS32(k, sqe, SQE_OP_FLAGS);
  if (sr.msgFlags & MSG_DONTWAIT) req.flags |= REQ_F_NOWAIT;
  if (req.flags & REQ_F_BUFFER_SELECT) sr.bufGroup = req.bufGroup;
  const total = sqe32(k, sqe, SQE_FILE_INDEX);
  const plain = req.opcode === IORING_OP_RECV;
  if (sr.flags & M.IORING_RECV_MULTISHOT) {
    if (!(req.flags & REQ_F_BUFFER_SELECT)) return -EINVAL;
    if (sr.msgFlags & MSG_WAITALL) return -EINVAL;
    if (plain) {
      sr.mshotLen = sr.len;
      sr.mshotTotalLen = total;
      if (total !== 0) sr.flags |= M.IORING_RECV_MSHOT_LIM;
    } else if (total !== 0) return -EINVAL;
    req.flags |= REQ_F_APOLL_MULTISHOT;
  } else if (total !== 0) return -EINVAL;
  if (sr.flags & M.IORING_RECVSEND_BUNDLE && !plain) return -EINVAL;
  sr.vecNr = M.netmsgCacheTake(req);
  if (plain) return ioDoBufferSelect(req) ? 0 : M.importUbuf(sr);
  const r = M.ioMsgCopyHdr(k, req, sr, false);
  if (r < 0 || !(req.flags & REQ_F_APOLL_MULTISHOT)) return r;
  return M.ioRecvmsgMshotPrep(sr, sr.header!);
}

/**
 * A go has ended with `ret`. @returns CONTINUE, or what issue is to return
 * @linux io_uring/net.c io_recv_finish
 */
function recvFinish(k: Kernel, req: IoKiocb, sr: M.IoSrMsg, ret: number, last: boolean, left: number, flags: number): number {
  let mshotFinished = last;
  let cflags = sr.inq > 0 ? IORING_CQE_F_SOCK_NONEMPTY : 0;
  if (ret > 0 && sr.flags & M.IORING_RECV_MSHOT_LIM) {
    sr.mshotTotalLen -= Math.min(ret, sr.mshotTotalLen);
    if (sr.mshotTotalLen === 0) {
      sr.flags |= M.IORING_RECV_MSHOT_DONE;
      mshotFinished = true;
    }
  }
  let finish = false;
  if (sr.flags & M.IORING_RECVSEND_BUNDLE) {
    const now = ret - sr.doneIo;
    cflags |= ioPutKbufs(k, req, now, M.ioBundleNbufs(sr, now));
    if (sr.flags & M.IORING_RECV_RETRY) cflags = req.cflags | (cflags & CQE_F_MASK);
    if (sr.mshotLen !== 0 && ret >= sr.mshotLen) sr.flags |= M.IORING_RECV_MSHOT_CAP;
    if (req.flags & REQ_F_BL_EMPTY) finish = true;
    else if (!(sr.flags & M.IORING_RECV_NO_RETRY) && sr.inq > 1 && now > 0 && left === 0) {
      // There is more, and the buffers were filled: it is appended to this.
      req.cflags = cflags & ~CQE_F_MASK;
      sr.len = sr.inq;
      sr.doneIo += now;
      sr.flags |= M.IORING_RECV_RETRY;
      return CONTINUE;
    }
  } else cflags |= ioPutKbuf(k, req, ret);
  if (!finish && req.flags & REQ_F_APOLL_MULTISHOT && !mshotFinished && ioReqPostCqe(k, req, ret, cflags | IORING_CQE_F_MORE)) {
    M.mshotPrepRetry(req, sr);
    if (cflags & IORING_CQE_F_SOCK_NONEMPTY || sr.inq < 0) {
      if (sr.loops++ < MULTISHOT_MAX_RETRY && !(sr.flags & M.IORING_RECV_MSHOT_CAP)) return CONTINUE;
      sr.loops = 0;
      sr.flags &= ~M.IORING_RECV_MSHOT_CAP;
      if (flags & IO_URING_F_MULTISHOT) return IOU_REQUEUE;
    }
    return -EAGAIN;
  }
  ioReqSetRes(req, ret, cflags);
  M.ioReqMsgCleanup(req, flags);
  return IOU_COMPLETE;
}
/** Not a result: the next go follows. */
const CONTINUE = 1;

/** The outcome of a go together with those before. */
function total(req: IoKiocb, sr: M.IoSrMsg, ret: number): number {
  if (ret > 0) return ret + sr.doneIo;
  if (sr.doneIo > 0) return sr.doneIo;
  ioKbufRecycle(req);
  return ret;
}

/** A multishot recvmsg sets the head of its buffer aside. 0 or -EFAULT. @linux io_uring/net.c io_recvmsg_prep_multishot */
function mshotBuffer(sr: M.IoSrMsg): number {
  const head = RECVMSG_OUT + sr.nameLen + sr.controlLen;
  if (chosen.len < head) return -EFAULT;
  sr.buf = chosen.addr;
  sr.payloadLen = chosen.len - head;
  return 0;
}

const out = new Uint8Array(RECVMSG_OUT + 128);
const outView = new DataView(out.buffer);

/** Whether the last go of a multishot recvmsg was the last one of all: no data have come, or an error. */
let mshotEnd = false;

/** @linux io_uring/net.c io_recvmsg_multishot */
function recvmsgMultishot(k: Kernel, sock: Socket, sr: M.IoSrMsg, m: Message): number {
  const { flags } = m;
  mshotEnd = true;
  if (sock.file!.flags & O_NONBLOCK) m.flags |= MSG_DONTWAIT;
  m.wantsName = sr.nameLen > 0;
  const r = sock.ops.recvmsg(k, sock, m);
  if (r < 0) return r;
  const last = r === 0;
  const control = messageControl(k, sock, m, sr.controlLen, flags);
  const name = m.name ?? new Uint8Array(0);
  outView.setUint32(0, name.length, true);
  outView.setUint32(4, control.used, true);
  outView.setUint32(8, r, true);
  outView.setUint32(12, m.outFlags | control.flags | (flags & MSG_CMSG_CLOEXEC), true);
  const n = Math.min(name.length, sr.nameLen, 128);
  out.set(name.subarray(0, n), RECVMSG_OUT);
  if (copyToUser(k, sr.buf, out, 0, RECVMSG_OUT + n) !== 0) return -EFAULT;
  if (control.used > 0 && copyToUser(k, sr.buf + RECVMSG_OUT + sr.nameLen, control.bytes, 0, control.used) !== 0) return -EFAULT;
  mshotEnd = last;
  return RECVMSG_OUT + sr.nameLen + sr.controlLen + Math.min(r, sr.payloadLen);
}

/** @linux io_uring/net.c io_recvmsg */
function recvmsg(k: Kernel, req: IoKiocb, flags: number): number {
  const sr = req.cmd as M.IoSrMsg;
  const sock = M.socketOf(req);
  if (typeof sock === "number") return sock;
  if (M.pollFirst(req, sr)) return -EAGAIN;
  const multishot = (req.flags & REQ_F_APOLL_MULTISHOT) !== 0;
  const msg = sr.buf;
  for (let n = 0; n < GOES_MAX; n++) {
    if (ioDoBufferSelect(req)) {
      if (ioSelectBuffer(k, req, sr.bufGroup, sr.len, flags) < 0) return -ENOBUFS;
      sr.used = 0;
      sr.iov = null;
      if (multishot && mshotBuffer(sr) < 0) {
        ioKbufRecycle(req);
        return -EFAULT;
      }
      sr.iov = new UserIovec([chosen.addr], [chosen.len], chosen.len);
      if (multishot) sr.used = chosen.len - sr.payloadLen;
    }
    const m = new Message(M.dataIter(k, sr), M.attemptFlags(sr, flags));
    m.wantsInq = true;
    sr.inq = -1;
    let minRet = 0;
    let ret: number;
    if (multishot) ret = recvmsgMultishot(k, sock, sr, m);
    else {
      const h = sr.header!;
      if (m.flags & MSG_WAITALL && h.controlLength === 0) minRet = m.iter.count;
      ret = receiveMessage(k, sock, m, h, msg);
    }
    sr.inq = m.inq;
    if (ret === BLOCKED) return ret;
    if (ret < minRet || ret < 0) {
      if (ret === -EAGAIN && flags & IO_URING_F_NONBLOCK) {
        ioKbufRecycle(req);
        return ret;
      }
      if (ret > 0 && M.ioNetRetry(sock, sr.msgFlags)) {
        sr.doneIo += ret;
        sr.used += ret;
        ioKbufKeep(k, req, ret, 1);
        return -EAGAIN;
      }
      if (ret === -ERESTARTSYS) ret = -EINTR;
      reqSetFail(req);
    } else if (m.flags & MSG_WAITALL && m.outFlags & (MSG_TRUNC | MSG_CTRUNC)) reqSetFail(req);
    const r = recvFinish(k, req, sr, total(req, sr, ret), multishot ? mshotEnd : true, m.iter.count, flags);
    if (r !== CONTINUE) return r;
  }
  return -EAGAIN;
}

/** Chooses the buffer or buffers of a go. 0 or -errno. @linux io_uring/net.c io_recv_buf_select */
function selectBuffer(k: Kernel, req: IoKiocb, sr: M.IoSrMsg, flags: number): number {
  sr.iov = null;
  sr.used = 0;
  if (!(sr.flags & M.IORING_RECVSEND_BUNDLE) || flags & IO_URING_F_IOWQ) {
    const r = ioSelectBuffer(k, req, sr.bufGroup, sr.len, flags);
    if (r < 0) return r;
    sr.buf = chosen.addr;
    sr.len = chosen.len;
    return M.importUbuf(sr);
  }
  let most = sr.len;
  if (most === 0 && sr.inq > 1) most = sr.inq;
  if (sr.flags & M.IORING_RECV_MSHOT_LIM) most = most === 0 ? sr.mshotTotalLen : Math.min(most, sr.mshotTotalLen);
  const run: BufferRun = { base: [], length: [], total: 0, partial: false };
  const room = Math.max(1, sr.vecNr);
  const n = ioBuffersPeek(k, req, sr.bufGroup, most, room, run);
  if (n < 0) return n;
  if (n > room) sr.vecNr = n;
  if (run.partial) sr.flags |= M.IORING_RECV_PARTIAL_MAP;
  if (n > 1) {
    sr.iov = new UserIovec(run.base, run.length, run.total);
    return 0;
  }
  sr.buf = run.base[0] as number;
  sr.len = run.length[0] as number;
  return M.importUbuf(sr);
}

/** @linux io_uring/net.c io_recv */
function recv(k: Kernel, req: IoKiocb, flags: number): number {
  const sr = req.cmd as M.IoSrMsg;
  if (M.pollFirst(req, sr)) return -EAGAIN;
  const sock = M.socketOf(req);
  if (typeof sock === "number") return sock;
  const multishot = (req.flags & REQ_F_APOLL_MULTISHOT) !== 0;
  // What a multishot or bundle asks for; choosing sets sr.len to what it got.
  for (let n = 0; n < GOES_MAX; n++) {
    const asked = sr.len;
    let ret = 0;
    if (ioDoBufferSelect(req)) {
      ret = selectBuffer(k, req, sr, flags);
      if (ret < 0) sr.inq = -1;
    }
    let left = 0;
    if (ret === 0) {
      const m = new Message(sr.iov ? M.dataIter(k, sr) : userIter(k, sr.buf, sr.len), M.attemptFlags(sr, flags));
      m.wantsInq = true;
      const minRet = m.flags & MSG_WAITALL ? m.iter.count : 0;
      ret = sock.ops.recvmsg(k, sock, m);
      sr.inq = m.inq;
      left = m.iter.count;
      if (ret === BLOCKED) return ret;
      if (ret < minRet || ret < 0) {
        if (ret === -EAGAIN && flags & IO_URING_F_NONBLOCK) {
          ioKbufRecycle(req);
          if (ioDoBufferSelect(req)) sr.len = asked;
          return ret;
        }
        if (ret > 0 && M.ioNetRetry(sock, sr.msgFlags)) {
          const nbufs = M.ioBundleNbufs(sr, ret);
          M.advance(sr, ret);
          ioKbufKeep(k, req, ret, nbufs);
          return -EAGAIN;
        }
        if (ret === -ERESTARTSYS) ret = -EINTR;
        reqSetFail(req);
      } else if (m.flags & MSG_WAITALL && m.outFlags & (MSG_TRUNC | MSG_CTRUNC)) reqSetFail(req);
    } else reqSetFail(req);
    const r = recvFinish(k, req, sr, total(req, sr, ret), ret <= 0, left, flags);
    if (r !== CONTINUE) return r;
    if (!multishot && !(sr.flags & M.IORING_RECV_RETRY)) break;
  }
  return -EAGAIN;
}

const common = {
  needsFile: true,
  unboundNonregFile: true,
  pollin: true,
  ioprio: true,
  bufferSelect: true,
  prep: recvmsgPrep,
  fail: M.ioSendrecvFail,
} as const;
const recvmsgDef: IoIssueDef = { ...common, issue: recvmsg };
const recvDef: IoIssueDef = { ...common, issue: recv };
/** Receives into memory that a device writes to: without such a queue there is nothing to receive from. @linux io_uring/net.c io_recvzc_prep */
const recvZcDef: IoIssueDef = {
  needsFile: true,
  unboundNonregFile: true,
  pollin: true,
  ioprio: true,
  prep: () => -EINVAL,
  issue: () => -EINVAL,
};

export const netRecvOps: IoOpList = [
  [IORING_OP_RECVMSG, recvmsgDef],
  [IORING_OP_RECV, recvDef],
  [IORING_OP_RECV_ZC, recvZcDef],
];
