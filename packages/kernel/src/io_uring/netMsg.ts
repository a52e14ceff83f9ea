import {
  IO_URING_F_IOWQ,
  IO_URING_F_NONBLOCK,
  type IoKiocb,
  REQ_F_BL_EMPTY,
  REQ_F_BUFFER_SELECT,
  REQ_F_NEED_CLEANUP,
  REQ_F_POLLED,
} from "../include/linux/ioUringTypes.ts";
import type { Kernel } from "../kernel.ts";
import type { IovIter } from "../lib/iovIter.ts";
import { TASK_SIZE } from "../mm/flags.ts";
import { getUser64 } from "../mm/usercopy.ts";
import { copyIovec, iovecIter, MAX_RW_COUNT, type UserIovec, userIter } from "../mm/userIov.ts";
import { addressFromUser } from "../net/calls.ts";
import { copyMsghdr, type MessageHeader } from "../net/message.ts";
import type { Socket } from "../net/socket.ts";
import { sockFromFile } from "../net/socket.ts";
import { stateClass } from "../state.ts";
import { EFAULT, EINVAL, ENOTSOCK, EOVERFLOW } from "../uapi/errno.ts";
import { IORING_CQE_F_MORE, IORING_OP_SEND_ZC, IORING_OP_SENDMSG_ZC } from "../uapi/ioUring.ts";
import { MSG_DONTWAIT, MSG_WAITALL, SOCK_SEQPACKET, SOCK_STREAM } from "../uapi/socket.ts";
import { ioNotifFlush } from "./notif.ts";

/** What sends and receives have in common (io_uring/net.c). */

/** Flags of the SQE's ioprio field. */
export const IORING_RECVSEND_POLL_FIRST = 1 << 0;
export const IORING_RECV_MULTISHOT = 1 << 1;
export const IORING_RECVSEND_FIXED_BUF = 1 << 2;
export const IORING_SEND_ZC_REPORT_USAGE = 1 << 3;
export const IORING_RECVSEND_BUNDLE = 1 << 4;
export const IORING_SEND_VECTORIZED = 1 << 5;
/** The kernel's own: a bundle is being continued, ended within a buffer, is as long as allowed, has a limit, has reached it. */
export const IORING_RECV_RETRY = 1 << 15;
export const IORING_RECV_PARTIAL_MAP = 1 << 14;
export const IORING_RECV_MSHOT_CAP = 1 << 13;
export const IORING_RECV_MSHOT_LIM = 1 << 12;
export const IORING_RECV_MSHOT_DONE = 1 << 11;
export const IORING_RECV_RETRY_CLEAR = IORING_RECV_RETRY | IORING_RECV_PARTIAL_MAP;
export const IORING_RECV_NO_RETRY = IORING_RECV_RETRY | IORING_RECV_PARTIAL_MAP | IORING_RECV_MSHOT_CAP | IORING_RECV_MSHOT_DONE;

/** A kept array of vectors longer than this is not kept (IO_VEC_CACHE_SOFT_CAP); and how many are kept (IO_ALLOC_CACHE_MAX). */
const VEC_SOFT_CAP = 256;
const CACHED = 128;

/** struct io_sr_msg with struct io_async_msghdr: what a send or receive is about. */
export class IoSrMsg {
  /** The struct user_msghdr, or the buffer, and the bytes left of it. */
  buf = 0;
  len = 0;
  doneIo = 0;
  msgFlags = 0;
  flags = 0;
  bufGroup = 0;
  loops = 0;
  /** A multishot receive's limit for each go, and for all; 0 = none. */
  mshotLen = 0;
  mshotTotalLen = 0;
  notif: IoKiocb | null = null;
  /** Vectors, if it has any, and how much of them earlier attempts have dealt with. */
  iov: UserIovec | null = null;
  used = 0;
  /** Room for vectors that a bundle has from an earlier one. */
  vecNr = 0;
  /** The address that is sent to. */
  name: Uint8Array | null = null;
  /** The program's header. */
  header: MessageHeader | null = null;
  /** A multishot recvmsg: what it sets aside in each buffer, and the room for data behind that. */
  nameLen = 0;
  controlLen = 0;
  payloadLen = 0;
  /** Bytes left in the socket after the last receive, -1 = unknown. */
  inq = -1;
}
stateClass(IoSrMsg);

/** Sizes of arrays of vectors that ended requests have left, by ring. @linux include/linux/io_uring_types.h netmsg_cache */
export function netmsgCacheTake(req: IoKiocb): number {
  return req.ctx.netmsgCache.pop() ?? 0;
}

/** @linux io_uring/net.c io_req_msg_cleanup, io_netmsg_recycle */
export function ioReqMsgCleanup(req: IoKiocb, flags: number): void {
  if (flags & IO_URING_F_IOWQ) return;
  const sr = req.cmd as IoSrMsg;
  const { netmsgCache } = req.ctx;
  if (netmsgCache.length < CACHED) netmsgCache.push(sr.vecNr > VEC_SOFT_CAP ? 0 : sr.vecNr);
  sr.vecNr = 0;
  if (!sr.notif) req.flags &= ~REQ_F_NEED_CLEANUP;
}

/** The next go of a multishot receive or of a bundle chooses anew. @linux io_uring/net.c io_mshot_prep_retry */
export function mshotPrepRetry(req: IoKiocb, sr: IoSrMsg): void {
  req.flags &= ~REQ_F_BL_EMPTY;
  sr.doneIo = 0;
  sr.flags &= ~IORING_RECV_RETRY_CLEAR;
  sr.len = sr.mshotLen;
  sr.iov = null;
}

/** The request's socket, or -ENOTSOCK. */
export function socketOf(req: IoKiocb): Socket | number {
  const sock = req.file ? sockFromFile(req.file) : null;
  return sock ?? -ENOTSOCK;
}

/** Flags of an attempt: it must not wait unless a worker makes it. */
export function attemptFlags(sr: IoSrMsg, flags: number): number {
  return flags & IO_URING_F_NONBLOCK ? sr.msgFlags | MSG_DONTWAIT : sr.msgFlags;
}

/** The first attempt is to be made when the socket is ready. */
export function pollFirst(req: IoKiocb, sr: IoSrMsg): boolean {
  return (req.flags & REQ_F_POLLED) === 0 && (sr.flags & IORING_RECVSEND_POLL_FIRST) !== 0;
}

/** May a transfer that came out short be gone on with? @linux io_uring/net.c io_net_retry */
export function ioNetRetry(sock: Socket, flags: number): boolean {
  return (flags & MSG_WAITALL) !== 0 && (sock.type === SOCK_STREAM || sock.type === SOCK_SEQPACKET);
}

/** The buffer of an address that must be a program's. @linux lib/iov_iter.c import_ubuf */
export function importUbuf(sr: IoSrMsg): number {
  if (sr.len > MAX_RW_COUNT) sr.len = MAX_RW_COUNT;
  return sr.len > 0 && sr.buf + sr.len > TASK_SIZE ? -EFAULT : 0;
}

/** Where the next attempt goes on. */
export function dataIter(k: Kernel, sr: IoSrMsg): IovIter {
  if (!sr.iov) return userIter(k, sr.buf, sr.len);
  const iter = iovecIter(sr.iov);
  if (sr.used > 0) iter.advance(sr.used);
  return iter;
}

/** So much was transferred, and the request is not at its end. */
export function advance(sr: IoSrMsg, n: number): void {
  sr.doneIo += n;
  if (sr.iov) sr.used += n;
  else {
    sr.len -= n;
    sr.buf += n;
  }
}

/** How many vectors so many bytes have reached. @linux io_uring/net.c io_bundle_nbufs */
export function ioBundleNbufs(sr: IoSrMsg, bytes: number): number {
  if (bytes <= 0) return 0;
  if (!sr.iov) return 1;
  let left = bytes;
  let n = 0;
  while (left > 0 && n < sr.iov.length.length) left -= sr.iov.length[n++] as number;
  return n;
}

/**
 * Reads the header of a sendmsg or recvmsg, and its vectors unless buffers are chosen. 0 or -errno.
 * @linux io_uring/net.c io_msg_copy_hdr
 */
export function ioMsgCopyHdr(k: Kernel, req: IoKiocb, sr: IoSrMsg, send: boolean): number {
  const h = copyMsghdr(k, sr.buf);
  if (typeof h === "number") return h;
  sr.header = h;
  if (send && h.name !== 0 && h.nameLength > 0) {
    const name = addressFromUser(k, h.name, h.nameLength);
    if (typeof name === "number") return name;
    sr.name = name;
  }
  if (req.flags & REQ_F_BUFFER_SELECT) {
    if (h.iovCount > 1) return -EINVAL;
    sr.len = 0;
    if (h.iovCount === 1) {
      const len = getUser64(k, h.iov + 8);
      if (len < 0 || getUser64(k, h.iov) < 0) return -EFAULT;
      sr.len = Math.min(len, MAX_RW_COUNT);
    }
    return 0;
  }
  return importVec(k, sr, h.iov, h.iovCount);
}

/** @linux io_uring/net.c io_net_import_vec */
export function importVec(k: Kernel, sr: IoSrMsg, addr: number, count: number): number {
  const iov = copyIovec(k, addr, count);
  if (typeof iov === "number") return iov;
  sr.iov = iov;
  if (count > Math.max(1, sr.vecNr)) sr.vecNr = count;
  return 0;
}

/** A multishot recvmsg puts a header, a name and control messages before the data. 0 or -EOVERFLOW. @linux io_uring/net.c io_recvmsg_mshot_prep */
export function ioRecvmsgMshotPrep(sr: IoSrMsg, h: MessageHeader): number {
  if (h.givenNameLength < 0) return -EOVERFLOW;
  if (16 + h.givenNameLength + h.givenControlLength > 0x7fffffff) return -EOVERFLOW;
  sr.nameLen = h.givenNameLength;
  sr.controlLen = h.givenControlLength;
  return 0;
}

/** It ends without a last attempt: what was transferred before counts. @linux io_uring/net.c io_sendrecv_fail */
export function ioSendrecvFail(_k: Kernel, req: IoKiocb): void {
  const sr = req.cmd as IoSrMsg | null;
  if (!sr) return;
  if (sr.doneIo > 0) req.res = sr.doneIo;
  if (sr.notif && (req.opcode === IORING_OP_SEND_ZC || req.opcode === IORING_OP_SENDMSG_ZC)) req.cflags |= IORING_CQE_F_MORE;
}

/** @linux io_uring/net.c io_send_zc_cleanup */
export function ioSendZcCleanup(k: Kernel, req: IoKiocb): void {
  const sr = req.cmd as IoSrMsg | null;
  if (!sr?.notif) return;
  const { notif } = sr;
  sr.notif = null;
  ioNotifFlush(k, notif, (sr.flags & IORING_SEND_ZC_REPORT_USAGE) !== 0 && sr.doneIo > 0);
}
