import { eventfdFops } from "../fs/eventfd.ts";
import { canRead, canWrite, isSeekable, transfer } from "../fs/readWrite.ts";
import { vfsPoll } from "../fs/select.ts";
import type { File } from "../include/linux/fs.ts";
import {
  IO_URING_F_MULTISHOT,
  IO_URING_F_NONBLOCK,
  IOU_COMPLETE,
  type IoKiocb,
  REQ_F_APOLL_MULTISHOT,
  REQ_F_BUFFER_SELECT,
  REQ_F_BUFFERS_COMMIT,
  REQ_F_NOWAIT,
} from "../include/linux/ioUringTypes.ts";
import { BLOCKED } from "../include/linux/sched.ts";
import type { Kernel } from "../kernel.ts";
import type { IovIter } from "../lib/iovIter.ts";
import { TASK_SIZE } from "../mm/flags.ts";
import { getUser64 } from "../mm/usercopy.ts";
import { copyIovec, iovecIter, MAX_RW_COUNT, UserIovec, userIter } from "../mm/userIov.ts";
import { EAGAIN, EBADF, EBADFD, EFAULT, EINTR, EINVAL, EOPNOTSUPP, ERESTARTSYS } from "../uapi/errno.ts";
import { O_NONBLOCK } from "../uapi/fcntl.ts";
import {
  IORING_CQE_F_MORE,
  IORING_OP_READ,
  IORING_OP_READ_FIXED,
  IORING_OP_READ_MULTISHOT,
  IORING_OP_READV,
  IORING_OP_READV_FIXED,
  IORING_OP_WRITE,
  IORING_OP_WRITE_FIXED,
  IORING_OP_WRITEV,
  IORING_OP_WRITEV_FIXED,
  IORING_SETUP_IOPOLL,
  SQE_ADDR,
  SQE_BUF_INDEX,
  SQE_IOPRIO,
  SQE_LEN,
  SQE_OFF,
  SQE_OP_FLAGS,
  SQE_PAD2,
} from "../uapi/ioUring.ts";
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../uapi/poll.ts";
import { isReg, S_IFIFO, S_IFMT, S_IFSOCK } from "../uapi/stat.ts";
import { ioReqPostCqe, ioReqSetRes, reqSetFail } from "./complete.ts";
import { ioBufferSelect, ioKbufRecycle, ioPutKbuf } from "./kbuf.ts";
import type { IoIssueDef, IoOpList } from "./opdef.ts";
import { ioPollOf } from "./poll.ts";
import { sqe16, sqe32, sqe64, sqeS64 } from "./rings.ts";
import { fixedIter, ioFindBufNode, ioImportFixed, ioImportFixedVec } from "./rsrc.ts";

const RWF_NOWAIT = 8;
/** RWF_HIPRI, DSYNC, SYNC, NOWAIT and APPEND. */
const RWF_SUPPORTED = 0x1f;

/** Fields that all transfers have. @linux io_uring/rw.c __io_prep_rw */
function prepRw(k: Kernel, req: IoKiocb, sqe: number): number {
  const pos = sqeS64(k, sqe, SQE_OFF);
  // Beyond 2^53 a position is no more exact: it is beyond every file.
  req.off = pos;
  req.bufIndex = req.flags & REQ_F_BUFFER_SELECT ? req.bufIndex : sqe16(k, sqe, SQE_BUF_INDEX);
  req.ioprio = sqe16(k, sqe, SQE_IOPRIO);
  if (req.ioprio !== 0 && req.ioprio >>> 13 > 3) return -EINVAL;
  req.addr = sqe64(k, sqe, SQE_ADDR);
  req.len = sqe32(k, sqe, SQE_LEN);
  req.opFlags = sqe32(k, sqe, SQE_OP_FLAGS);
  req.done = 0;
  // Attributes (protection information) belong to block devices.
  if (sqe64(k, sqe, SQE_PAD2) !== 0) return -EINVAL;
  return 0;
}

/** One buffer of the program's. @linux io_uring/rw.c io_prep_read */
function prepSingle(k: Kernel, req: IoKiocb, sqe: number): number {
  const r = prepRw(k, req, sqe);
  if (r !== 0 || req.flags & REQ_F_BUFFER_SELECT) return r;
  if (req.len > MAX_RW_COUNT) req.len = MAX_RW_COUNT;
  return req.addr + req.len > TASK_SIZE && req.len > 0 ? -EFAULT : 0;
}

/** An array of buffers: taken now, since the program may reuse the array. @linux io_uring/rw.c io_prep_rwv */
function prepVector(k: Kernel, req: IoKiocb, sqe: number): number {
  const r = prepRw(k, req, sqe);
  if (r !== 0) return r;
  if (req.flags & REQ_F_BUFFER_SELECT) {
    // One vector, of which only the length counts.
    if (req.len !== 1) return -EINVAL;
    const len = getUser64(k, req.addr + 8);
    if (len < 0 || getUser64(k, req.addr) < 0) return -EFAULT;
    req.len = Math.min(len, MAX_RW_COUNT);
    return 0;
  }
  const iov = copyIovec(k, req.addr, req.len > 0x7fffffff ? -1 : req.len);
  if (typeof iov === "number") return iov;
  req.asyncData = iov;
  req.len = iov.total;
  return 0;
}

/** Part of a registered buffer. @linux io_uring/rw.c io_prep_rw_fixed */
function prepFixed(k: Kernel, req: IoKiocb, sqe: number): number {
  const r = prepRw(k, req, sqe);
  if (r === 0 && req.len > MAX_RW_COUNT) req.len = MAX_RW_COUNT;
  return r;
}

/** Parts of a registered buffer. @linux io_uring/rw.c io_prep_rwv_fixed */
function prepFixedVector(k: Kernel, req: IoKiocb, sqe: number): number {
  const r = prepRw(k, req, sqe);
  if (r !== 0) return r;
  const iov = copyIovec(k, req.addr, req.len > 0x7fffffff ? -1 : req.len);
  if (typeof iov === "number") return iov;
  req.asyncData = iov;
  req.len = iov.total;
  return 0;
}

/** Where the bytes go to or come from, or an error. The buffer of a group is chosen once. */
function importBuffer(k: Kernel, req: IoKiocb, write: boolean, flags: number): IovIter | number {
  switch (req.opcode) {
    case IORING_OP_READ_FIXED:
    case IORING_OP_WRITE_FIXED: {
      const node = ioFindBufNode(req);
      if (!node?.buf) return -EFAULT;
      const off = ioImportFixed(node.buf, req.addr, req.len);
      return off < 0 ? off : fixedIter(node.buf, off, req.len);
    }
    case IORING_OP_READV_FIXED:
    case IORING_OP_WRITEV_FIXED: {
      const node = ioFindBufNode(req);
      if (!node?.buf) return -EFAULT;
      return ioImportFixedVec(node.buf, req.asyncData as UserIovec);
    }
    default:
      break;
  }
  if (req.flags & REQ_F_BUFFER_SELECT && !write) {
    const r = ioBufferSelect(k, req, flags);
    if (r < 0) return r;
  }
  return req.asyncData instanceof UserIovec ? iovecIter(req.asyncData) : userIter(k, req.addr, req.len);
}

/** Files whose reads and writes know how not to wait (FMODE_NOWAIT). */
export function fmodeNowait(file: File): boolean {
  const type = file.inode.mode & S_IFMT;
  return isReg(file.inode.mode) || type === S_IFIFO || type === S_IFSOCK || file.op === eventfdFops;
}

/** May the attempt be made without waiting? @linux io_uring/rw.c io_file_supports_nowait */
function supportsNowait(k: Kernel, file: File, write: boolean): boolean {
  if (fmodeNowait(file)) return true;
  if (!file.op.poll) return true;
  return (vfsPoll(k, file, null) & (write ? POLLOUT | POLLWRNORM : POLLIN | POLLRDNORM)) !== 0;
}

/** Bytes that the last attempt was to transfer. */
let expected = 0;

/** @linux io_uring/rw.c __io_read */
function attempt(k: Kernel, req: IoKiocb, flags: number, write: boolean): number {
  const file = req.file as File;
  const iter = importBuffer(k, req, write, flags);
  if (typeof iter === "number") return iter;
  if (!(write ? canWrite(file) : canRead(file))) return -EBADF;
  if ((req.opFlags & ~RWF_SUPPORTED) !== 0) return -EOPNOTSUPP;
  // No file here has a device whose completions are polled.
  if (req.ctx.flags & IORING_SETUP_IOPOLL) return -EOPNOTSUPP;
  if (req.opFlags & RWF_NOWAIT) {
    if (!fmodeNowait(file)) return -EOPNOTSUPP;
    req.flags |= REQ_F_NOWAIT;
  } else if (file.flags & O_NONBLOCK && !fmodeNowait(file)) req.flags |= REQ_F_NOWAIT;
  // -1 is the file's own position; files without one have none.
  if (req.off < -1) return -EINVAL;
  const pos = req.off === -1 || !isSeekable(file) ? -1 : req.off;
  expected = iter.count;
  const nonblock = (flags & IO_URING_F_NONBLOCK) !== 0;
  if (nonblock && !supportsNowait(k, file, write)) return -EAGAIN;
  const own = file.flags & O_NONBLOCK;
  if (nonblock || req.flags & REQ_F_NOWAIT) file.flags |= O_NONBLOCK;
  const ret = transfer(k, file, iter, pos, req.opFlags, write);
  if (!own) file.flags &= ~O_NONBLOCK;
  // A worker's attempt at a file that does not want to wait is the last one.
  return ret === -EAGAIN && own && !nonblock ? REFUSED : ret;
}
const REFUSED = -0x20003;

/** @linux io_uring/rw.c io_read, io_write, kiocb_done */
function readWrite(k: Kernel, req: IoKiocb, flags: number, write: boolean): number {
  let ret = attempt(k, req, flags, write);
  // A buffer of a ring goes back; a single one is kept while the request waits.
  if (ret < 0 && ret !== BLOCKED && req.flags & REQ_F_BUFFERS_COMMIT) ioKbufRecycle(req);
  if (ret === -ERESTARTSYS) ret = -EINTR;
  if (ret === REFUSED) ret = -EAGAIN;
  else if (ret < 0) return ret;
  const cflags = req.flags & REQ_F_BUFFER_SELECT ? ioPutKbuf(k, req, ret) : 0;
  if (ret !== expected) {
    reqSetFail(req);
    if (ret >= 0 && k.trace.ioUringShortWrite.enabled && write) k.trace.ioUringShortWrite.fire(req.ctx, req, req.off, expected, ret);
  }
  ioReqSetRes(req, ret, cflags);
  return IOU_COMPLETE;
}

/** @linux io_uring/rw.c io_read_mshot_prep */
function prepMultishot(k: Kernel, req: IoKiocb, sqe: number): number {
  if (!(req.flags & REQ_F_BUFFER_SELECT)) return -EINVAL;
  const r = prepRw(k, req, sqe);
  if (r !== 0) return r;
  if (req.addr !== 0 || req.len !== 0) return -EINVAL;
  req.flags |= REQ_F_APOLL_MULTISHOT;
  return 0;
}

/** Reads as often as there is something. @linux io_uring/rw.c io_read_mshot */
function ioReadMshot(k: Kernel, req: IoKiocb, flags: number): number {
  if (!req.file?.op.poll) return -EBADFD;
  const ret = attempt(k, req, flags, false);
  if (ret === BLOCKED) return ret;
  let cflags = 0;
  if (ret === -EAGAIN) {
    ioKbufRecycle(req);
    req.len = 0;
    return -EAGAIN;
  }
  if (ret <= 0) {
    ioKbufRecycle(req);
    if (ret < 0) reqSetFail(req);
  } else {
    cflags = ioPutKbuf(k, req, ret);
    req.len = 0;
    if (req.flags & REQ_F_APOLL_MULTISHOT && ioReqPostCqe(k, req, ret, cflags | IORING_CQE_F_MORE)) {
      // There may be more, of which no wake-up would tell.
      const poll = flags & IO_URING_F_MULTISHOT ? ioPollOf(req) : null;
      if (poll) poll.refs++;
      return -EAGAIN;
    }
  }
  ioReqSetRes(req, ret === REFUSED ? -EAGAIN : ret, cflags);
  return IOU_COMPLETE;
}

const ioRead = (k: Kernel, req: IoKiocb, flags: number): number => readWrite(k, req, flags, false);
const ioWrite = (k: Kernel, req: IoKiocb, flags: number): number => readWrite(k, req, flags, true);
const reads = { needsFile: true, unboundNonregFile: true, pollin: true, ioprio: true, iopoll: true } as const;
const writes = { needsFile: true, unboundNonregFile: true, pollout: true, ioprio: true, iopoll: true } as const;

const readv: IoIssueDef = { ...reads, bufferSelect: true, prep: prepVector, issue: ioRead };
const read: IoIssueDef = { ...reads, bufferSelect: true, prep: prepSingle, issue: ioRead };
const readFixed: IoIssueDef = { ...reads, prep: prepFixed, issue: ioRead };
const readvFixed: IoIssueDef = { ...reads, prep: prepFixedVector, issue: ioRead };
const writev: IoIssueDef = { ...writes, prep: prepVector, issue: ioWrite };
const write: IoIssueDef = { ...writes, prep: prepSingle, issue: ioWrite };
const writeFixed: IoIssueDef = { ...writes, prep: prepFixed, issue: ioWrite };
const readMshot: IoIssueDef = { ...reads, bufferSelect: true, prep: prepMultishot, issue: ioReadMshot };
const writevFixed: IoIssueDef = { ...writes, prep: prepFixedVector, issue: ioWrite };

export const rwOps: IoOpList = [
  [IORING_OP_READV, readv],
  [IORING_OP_WRITEV, writev],
  [IORING_OP_READ_FIXED, readFixed],
  [IORING_OP_WRITE_FIXED, writeFixed],
  [IORING_OP_READ, read],
  [IORING_OP_WRITE, write],
  [IORING_OP_READ_MULTISHOT, readMshot],
  [IORING_OP_READV_FIXED, readvFixed],
  [IORING_OP_WRITEV_FIXED, writevFixed],
];
