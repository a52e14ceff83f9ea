import { allocFd, fdPut } from "../fs/file.ts";
import {
  IO_URING_F_NONBLOCK,
  IOU_COMPLETE,
  type IoKiocb,
  REQ_F_APOLL_MULTISHOT,
  REQ_F_FAIL,
  REQ_F_FORCE_ASYNC,
  REQ_F_NOWAIT,
  REQ_F_POLLED,
} from "../include/linux/ioUringTypes.ts";
import { BLOCKED } from "../include/linux/sched.ts";
import { rlimit } from "../kernel/resource.ts";
import type { Kernel } from "../kernel.ts";
import { addressFromUser, doAccept, fileFlags, listenSocket } from "../net/calls.ts";
import { type Socket, sockAllocFile, sockCreate } from "../net/socket.ts";
import { stateClass } from "../state.ts";
import { EAGAIN, ECONNABORTED, ECONNRESET, EINPROGRESS, EINTR, EINVAL, EISCONN, EOPNOTSUPP, ERESTARTSYS } from "../uapi/errno.ts";
import { O_NONBLOCK } from "../uapi/fcntl.ts";
import {
  IORING_CQE_F_MORE,
  IORING_CQE_F_SOCK_NONEMPTY,
  IORING_FILE_INDEX_ALLOC,
  IORING_OP_ACCEPT,
  IORING_OP_BIND,
  IORING_OP_CONNECT,
  IORING_OP_LISTEN,
  IORING_OP_SHUTDOWN,
  IORING_OP_SOCKET,
  SQE_ADDR,
  SQE_BUF_INDEX,
  SQE_FD,
  SQE_FILE_INDEX,
  SQE_IOPRIO,
  SQE_LEN,
  SQE_OFF,
  SQE_OP_FLAGS,
} from "../uapi/ioUring.ts";
import { POLLIN } from "../uapi/poll.ts";
import { RLIMIT_NOFILE } from "../uapi/resource.ts";
import { AF_INET, AF_INET6, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_TYPE_MASK } from "../uapi/socket.ts";
import { ioReqPostCqe, ioReqSetRes, reqSetFail } from "./complete.ts";
import { ioFixedFdInstall } from "./filetable.ts";
import { socketOf } from "./netMsg.ts";
import type { IoIssueDef, IoOpList } from "./opdef.ts";
import { sqe16, sqe32, sqe64, sqeS32 } from "./rings.ts";

/** Making, connecting and ending sockets (io_uring/net.c). */

const IORING_ACCEPT_MULTISHOT = 1;
const IORING_ACCEPT_DONTWAIT = 2;
const IORING_ACCEPT_POLL_FIRST = 4;
const SOCK_FLAGS = SOCK_CLOEXEC | SOCK_NONBLOCK;
/** Connections accepted in one go before others have their turn; a queue has at most 4096. */
const ACCEPT_MAX = 8192;

/** struct io_accept, io_socket, io_connect, io_bind, io_listen, io_shutdown: each uses what it needs. */
class IoNetCmd {
  addr = 0;
  lengthAddr = 0;
  flags = 0;
  iouFlags = 0;
  fileSlot = 0;
  /** RLIMIT_NOFILE when it was submitted. */
  nofile = 0;
  domain = 0;
  type = 0;
  protocol = 0;
  name: Uint8Array | null = null;
  inProgress = false;
  seenConnaborted = false;
}
stateClass(IoNetCmd);

/** Ends the request with this result. */
function done(req: IoKiocb, r: number): number {
  const ret = r === -ERESTARTSYS ? -EINTR : r;
  if (ret < 0) reqSetFail(req);
  ioReqSetRes(req, ret, 0);
  return IOU_COMPLETE;
}

/** @linux io_uring/net.c io_accept_prep */
function acceptPrep(k: Kernel, req: IoKiocb, sqe: number): number {
  if (sqe32(k, sqe, SQE_LEN) !== 0 || sqe16(k, sqe, SQE_BUF_INDEX) !== 0) return -EINVAL;
  const a = new IoNetCmd();
  req.cmd = a;
  a.addr = sqe64(k, sqe, SQE_ADDR);
  a.lengthAddr = sqe64(k, sqe, SQE_OFF);
  a.flags = sqeS32(k, sqe, SQE_OP_FLAGS);
  a.nofile = rlimit(k.current, RLIMIT_NOFILE);
  a.iouFlags = sqe16(k, sqe, SQE_IOPRIO);
  if (a.iouFlags & ~(IORING_ACCEPT_MULTISHOT | IORING_ACCEPT_DONTWAIT | IORING_ACCEPT_POLL_FIRST)) return -EINVAL;
  a.fileSlot = sqe32(k, sqe, SQE_FILE_INDEX);
  if (a.fileSlot !== 0) {
    if (a.flags & SOCK_CLOEXEC) return -EINVAL;
    if (a.iouFlags & IORING_ACCEPT_MULTISHOT && a.fileSlot !== IORING_FILE_INDEX_ALLOC) return -EINVAL;
  }
  if (a.flags & ~SOCK_FLAGS) return -EINVAL;
  if (a.iouFlags & IORING_ACCEPT_MULTISHOT) req.flags |= REQ_F_APOLL_MULTISHOT;
  if (a.iouFlags & IORING_ACCEPT_DONTWAIT) req.flags |= REQ_F_NOWAIT;
  return 0;
}

/** Is another connection there? -1: the family does not tell. */
function queueEmpty(k: Kernel, sock: Socket): number {
  const { family } = sock.sk;
  if (family !== AF_INET && family !== AF_INET6) return -1;
  return sock.ops.poll(k, sock, null) & POLLIN ? 0 : 1;
}

/** One connection: its descriptor, place, or 0; or -errno. */
function acceptOne(k: Kernel, req: IoKiocb, sock: Socket, a: IoNetCmd, nonblock: boolean): number {
  let fd = 0;
  if (a.fileSlot === 0) {
    fd = allocFd(k, 0, a.nofile);
    if (fd < 0) return fd;
  }
  const file = doAccept(k, sock, nonblock ? O_NONBLOCK : 0, a.addr, a.lengthAddr, a.flags);
  if (typeof file === "number") return file;
  if (a.fileSlot !== 0) return ioFixedFdInstall(k, req.ctx, file, a.fileSlot);
  fdPut(k, fd, file, (a.flags & SOCK_CLOEXEC) !== 0);
  return fd;
}

/** @linux io_uring/net.c io_accept */
function accept(k: Kernel, req: IoKiocb, flags: number): number {
  const a = req.cmd as IoNetCmd;
  const nonblock = (flags & IO_URING_F_NONBLOCK) !== 0;
  if (!(req.flags & REQ_F_POLLED) && a.iouFlags & IORING_ACCEPT_POLL_FIRST) return -EAGAIN;
  const sock = socketOf(req);
  if (typeof sock === "number") return sock;
  for (let n = 0; ; n++) {
    let ret = acceptOne(k, req, sock, a, nonblock);
    if (ret === BLOCKED) return ret;
    if (ret === -EAGAIN && nonblock && !(a.iouFlags & IORING_ACCEPT_DONTWAIT)) return ret;
    if (ret === -ERESTARTSYS) ret = -EINTR;
    const empty = ret >= 0 ? queueEmpty(k, sock) : -1;
    const cflags = empty === 0 ? IORING_CQE_F_SOCK_NONEMPTY : 0;
    if (ret >= 0 && req.flags & REQ_F_APOLL_MULTISHOT && n < ACCEPT_MAX && ioReqPostCqe(k, req, ret, cflags | IORING_CQE_F_MORE)) {
      if (empty !== 1) continue;
      return -EAGAIN;
    }
    if (ret < 0) reqSetFail(req);
    ioReqSetRes(req, ret, cflags);
    return IOU_COMPLETE;
  }
}

/** @linux io_uring/net.c io_socket_prep */
function socketPrep(k: Kernel, req: IoKiocb, sqe: number): number {
  if (sqe64(k, sqe, SQE_ADDR) !== 0 || sqe32(k, sqe, SQE_OP_FLAGS) !== 0 || sqe16(k, sqe, SQE_BUF_INDEX) !== 0) return -EINVAL;
  const s = new IoNetCmd();
  req.cmd = s;
  s.domain = sqeS32(k, sqe, SQE_FD);
  s.type = sqeS32(k, sqe, SQE_OFF);
  s.protocol = sqeS32(k, sqe, SQE_LEN);
  s.fileSlot = sqe32(k, sqe, SQE_FILE_INDEX);
  s.nofile = rlimit(k.current, RLIMIT_NOFILE);
  s.flags = s.type & ~SOCK_TYPE_MASK;
  if (s.fileSlot !== 0 && s.flags & SOCK_CLOEXEC) return -EINVAL;
  return s.flags & ~SOCK_FLAGS ? -EINVAL : 0;
}

/** @linux io_uring/net.c io_socket */
function socket(k: Kernel, req: IoKiocb): number {
  const s = req.cmd as IoNetCmd;
  let fd = 0;
  if (s.fileSlot === 0) {
    fd = allocFd(k, 0, s.nofile);
    if (fd < 0) return fd;
  }
  const sock = sockCreate(k, s.domain, s.type & SOCK_TYPE_MASK, s.protocol);
  if (typeof sock === "number") return done(req, sock);
  const file = sockAllocFile(k, sock, fileFlags(s.flags));
  if (s.fileSlot !== 0) return done(req, ioFixedFdInstall(k, req.ctx, file, s.fileSlot));
  fdPut(k, fd, file, (s.flags & SOCK_CLOEXEC) !== 0);
  return done(req, fd);
}

/** An address, for connect and bind. @linux io_uring/net.c io_connect_prep, io_bind_prep */
function addressPrep(k: Kernel, req: IoKiocb, sqe: number): number {
  if (sqe32(k, sqe, SQE_LEN) !== 0 || sqe16(k, sqe, SQE_BUF_INDEX) !== 0) return -EINVAL;
  if (sqe32(k, sqe, SQE_OP_FLAGS) !== 0 || sqe32(k, sqe, SQE_FILE_INDEX) !== 0) return -EINVAL;
  const c = new IoNetCmd();
  req.cmd = c;
  const name = addressFromUser(k, sqe64(k, sqe, SQE_ADDR), sqeS32(k, sqe, SQE_OFF));
  if (typeof name === "number") return name;
  c.name = name;
  return 0;
}

/** @linux io_uring/net.c io_connect */
function connect(k: Kernel, req: IoKiocb, flags: number): number {
  const c = req.cmd as IoNetCmd;
  if (req.flags & REQ_F_FAIL) return done(req, -ECONNRESET);
  const sock = socketOf(req);
  if (typeof sock === "number") return done(req, sock);
  const nonblock = (flags & IO_URING_F_NONBLOCK) !== 0;
  let ret = sock.ops.connect(k, sock, c.name!, nonblock ? O_NONBLOCK : sock.file!.flags & O_NONBLOCK);
  if (ret === BLOCKED) return ret;
  if (nonblock && (ret === -EAGAIN || ret === -EINPROGRESS || ret === -ECONNABORTED)) {
    if (ret === -EINPROGRESS) c.inProgress = true;
    else if (ret === -ECONNABORTED) {
      if (c.seenConnaborted) return done(req, ret);
      c.seenConnaborted = true;
    }
    return -EAGAIN;
  }
  if (c.inProgress && ret === -EISCONN) ret = sock.sk.takeError();
  return done(req, ret);
}

/** @linux io_uring/net.c io_bind */
function bind(k: Kernel, req: IoKiocb): number {
  const sock = socketOf(req);
  return typeof sock === "number" ? sock : done(req, sock.ops.bind(k, sock, (req.cmd as IoNetCmd).name!));
}

/** @linux io_uring/net.c io_listen_prep */
function listenPrep(k: Kernel, req: IoKiocb, sqe: number): number {
  if (sqe64(k, sqe, SQE_ADDR) !== 0 || sqe16(k, sqe, SQE_BUF_INDEX) !== 0 || sqe32(k, sqe, SQE_OP_FLAGS) !== 0) return -EINVAL;
  if (sqe32(k, sqe, SQE_FILE_INDEX) !== 0 || sqe64(k, sqe, SQE_OFF) !== 0) return -EINVAL;
  req.len = sqeS32(k, sqe, SQE_LEN);
  return 0;
}

/** @linux io_uring/net.c io_listen */
function listen(k: Kernel, req: IoKiocb): number {
  const sock = socketOf(req);
  return typeof sock === "number" ? sock : done(req, listenSocket(k, sock, req.len));
}

/** @linux io_uring/net.c io_shutdown_prep */
function shutdownPrep(k: Kernel, req: IoKiocb, sqe: number): number {
  if (sqe64(k, sqe, SQE_OFF) !== 0 || sqe64(k, sqe, SQE_ADDR) !== 0 || sqe32(k, sqe, SQE_OP_FLAGS) !== 0) return -EINVAL;
  if (sqe16(k, sqe, SQE_BUF_INDEX) !== 0 || sqe32(k, sqe, SQE_FILE_INDEX) !== 0) return -EINVAL;
  req.len = sqeS32(k, sqe, SQE_LEN);
  req.flags |= REQ_F_FORCE_ASYNC;
  return 0;
}

/** @linux io_uring/net.c io_shutdown */
function shutdown(k: Kernel, req: IoKiocb): number {
  const sock = socketOf(req);
  if (typeof sock === "number") return sock;
  ioReqSetRes(req, sock.ops.shutdown ? sock.ops.shutdown(k, sock, req.len) : -EOPNOTSUPP, 0);
  return IOU_COMPLETE;
}

const acceptDef: IoIssueDef = {
  needsFile: true,
  unboundNonregFile: true,
  pollin: true,
  pollExclusive: true,
  ioprio: true,
  prep: acceptPrep,
  issue: accept,
};
const connectDef: IoIssueDef = { needsFile: true, unboundNonregFile: true, pollout: true, prep: addressPrep, issue: connect };
const socketDef: IoIssueDef = { prep: socketPrep, issue: socket };
const bindDef: IoIssueDef = { needsFile: true, prep: addressPrep, issue: bind };
const listenDef: IoIssueDef = { needsFile: true, prep: listenPrep, issue: listen };
const shutdownDef: IoIssueDef = { needsFile: true, prep: shutdownPrep, issue: shutdown };

export const netOps: IoOpList = [
  [IORING_OP_ACCEPT, acceptDef],
  [IORING_OP_CONNECT, connectDef],
  [IORING_OP_SHUTDOWN, shutdownDef],
  [IORING_OP_SOCKET, socketDef],
  [IORING_OP_BIND, bindDef],
  [IORING_OP_LISTEN, listenDef],
];
