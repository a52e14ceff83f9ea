import { closeFd, fdInstall, fput, getFile } from "../fs/file.ts";
import { getname } from "../fs/namei.ts";
import { classic, doFilpOpen, type OpenHow, readOpenHow, validOpenHow } from "../fs/open.ts";
import type { File } from "../include/linux/fs.ts";
import {
  IO_URING_F_NONBLOCK,
  IOU_COMPLETE,
  type IoKiocb,
  REQ_F_CREDS,
  REQ_F_FIXED_FILE,
  REQ_F_FORCE_ASYNC,
} from "../include/linux/ioUringTypes.ts";
import { BLOCKED } from "../include/linux/sched.ts";
import { rlimit } from "../kernel/resource.ts";
import type { Kernel } from "../kernel.ts";
import { stateClass } from "../state.ts";
import { EAGAIN, EBADF, EINVAL, EPERM } from "../uapi/errno.ts";
import { __O_TMPFILE, O_CLOEXEC, O_CREAT, O_LARGEFILE, O_TRUNC, RESOLVE_CACHED } from "../uapi/fcntl.ts";
import {
  IORING_FIXED_FD_NO_CLOEXEC,
  IORING_OP_CLOSE,
  IORING_OP_FIXED_FD_INSTALL,
  IORING_OP_OPENAT,
  IORING_OP_OPENAT2,
  SQE_ADDR,
  SQE_ADDR3,
  SQE_BUF_INDEX,
  SQE_FD,
  SQE_FILE_INDEX,
  SQE_LEN,
  SQE_OFF,
  SQE_OP_FLAGS,
} from "../uapi/ioUring.ts";
import { RLIMIT_NOFILE } from "../uapi/resource.ts";
import { ioReqSetRes, reqSetFail } from "./complete.ts";
import { ioFixedFdRemove, ioInstallOpened } from "./filetable.ts";
import { isUringFile } from "./fops.ts";
import type { IoIssueDef, IoOpList } from "./opdef.ts";
import { sqe16, sqe32, sqe64, sqeS32 } from "./rings.ts";

/** Opening and closing, of descriptors and of direct ones (io_uring/openclose.c). */

/** struct io_open */
class IoOpen {
  readonly dfd: number;
  readonly name: string;
  readonly how: OpenHow;
  /** Place of a direct descriptor plus one, 0: an ordinary one. */
  readonly fileSlot: number;
  readonly nofile: number;
  constructor(dfd: number, name: string, how: OpenHow, fileSlot: number, nofile: number) {
    this.dfd = dfd;
    this.name = name;
    this.how = how;
    this.fileSlot = fileSlot;
    this.nofile = nofile;
  }
}
stateClass(IoOpen);

/** @linux io_uring/openclose.c __io_openat_prep */
function openPrep(k: Kernel, req: IoKiocb, sqe: number, how: OpenHow): number {
  if (sqe16(k, sqe, SQE_BUF_INDEX) !== 0) return -EINVAL;
  if (req.flags & REQ_F_FIXED_FILE) return -EBADF;
  const name = getname(k, sqe64(k, sqe, SQE_ADDR));
  if (typeof name === "number") return name;
  const fileSlot = sqe32(k, sqe, SQE_FILE_INDEX);
  // A direct descriptor belongs to no program that could be another after exec.
  if (fileSlot !== 0 && how.flags & O_CLOEXEC) return -EINVAL;
  req.cmd = new IoOpen(sqeS32(k, sqe, SQE_FD), name, how, fileSlot, rlimit(k.current, RLIMIT_NOFILE));
  if (how.flags & (O_TRUNC | O_CREAT | __O_TMPFILE)) req.flags |= REQ_F_FORCE_ASYNC;
  return 0;
}

/** @linux io_uring/openclose.c io_openat2 */
function ioOpenat2(k: Kernel, req: IoKiocb, issueFlags: number): number {
  const o = req.cmd as IoOpen;
  let ret = validOpenHow(o.how);
  if (ret === 0) {
    const { flags, mode, resolve } = o.how;
    const file = doFilpOpen(k, o.dfd, o.name, { flags: flags | O_LARGEFILE, mode, resolve });
    if (file === BLOCKED) return BLOCKED;
    if (typeof file !== "number") ret = ioInstallOpened(k, req.ctx, file, o.fileSlot, (flags & O_CLOEXEC) !== 0);
    else {
      // Without a worker only what needs no waiting is done.
      if (file === -EAGAIN && !(resolve & RESOLVE_CACHED) && issueFlags & IO_URING_F_NONBLOCK) return -EAGAIN;
      ret = file;
    }
  }
  if (ret < 0) reqSetFail(req);
  ioReqSetRes(req, ret, 0);
  return IOU_COMPLETE;
}

/** @linux io_uring/openclose.c io_openat_prep */
function openatPrep(k: Kernel, req: IoKiocb, sqe: number): number {
  return openPrep(k, req, sqe, classic(sqe32(k, sqe, SQE_OP_FLAGS) | 0, sqe32(k, sqe, SQE_LEN)));
}

/** @linux io_uring/openclose.c io_openat2_prep */
function openat2Prep(k: Kernel, req: IoKiocb, sqe: number): number {
  const len = sqe32(k, sqe, SQE_LEN);
  const how = readOpenHow(k, sqe64(k, sqe, SQE_OFF), len);
  return typeof how === "number" ? how : openPrep(k, req, sqe, how);
}

/** @linux io_uring/openclose.c io_close_prep */
function closePrep(k: Kernel, req: IoKiocb, sqe: number): number {
  if (
    sqe64(k, sqe, SQE_OFF) !== 0 ||
    sqe64(k, sqe, SQE_ADDR) !== 0 ||
    sqe32(k, sqe, SQE_LEN) !== 0 ||
    sqe32(k, sqe, SQE_OP_FLAGS) !== 0 ||
    sqe16(k, sqe, SQE_BUF_INDEX) !== 0
  ) {
    return -EINVAL;
  }
  if (req.flags & REQ_F_FIXED_FILE) return -EBADF;
  req.fd = sqeS32(k, sqe, SQE_FD);
  req.off = sqe32(k, sqe, SQE_FILE_INDEX);
  return req.off !== 0 && req.fd !== 0 ? -EINVAL : 0;
}

/** @linux io_uring/openclose.c io_close */
function ioClose(k: Kernel, req: IoKiocb, issueFlags: number): number {
  let ret: number;
  if (req.off !== 0) ret = ioFixedFdRemove(k, req.ctx, req.off - 1);
  else {
    const file = k.current.file(req.fd);
    if (!file || isUringFile(file)) ret = -EBADF;
    else if (file.op.flush && issueFlags & IO_URING_F_NONBLOCK) return -EAGAIN;
    else ret = closeFd(k, req.fd);
  }
  if (ret < 0) reqSetFail(req);
  ioReqSetRes(req, ret, 0);
  return IOU_COMPLETE;
}

/** @linux io_uring/openclose.c io_install_fixed_fd_prep */
function installPrep(k: Kernel, req: IoKiocb, sqe: number): number {
  if (sqe64(k, sqe, SQE_OFF) !== 0 || sqe64(k, sqe, SQE_ADDR) !== 0 || sqe32(k, sqe, SQE_LEN) !== 0) return -EINVAL;
  if (sqe16(k, sqe, SQE_BUF_INDEX) !== 0 || sqe32(k, sqe, SQE_FILE_INDEX) !== 0 || sqe64(k, sqe, SQE_ADDR3) !== 0) return -EINVAL;
  if (!(req.flags & REQ_F_FIXED_FILE)) return -EBADF;
  const flags = sqe32(k, sqe, SQE_OP_FLAGS);
  if ((flags & ~IORING_FIXED_FD_NO_CLOEXEC) !== 0) return -EINVAL;
  // Descriptors are the task's, and not of whoever lends it rights.
  if (req.flags & REQ_F_CREDS) return -EPERM;
  req.opFlags = flags;
  return 0;
}

/** A direct descriptor becomes an ordinary one as well. @linux io_uring/openclose.c io_install_fixed_fd */
function ioInstallFixedFd(k: Kernel, req: IoKiocb): number {
  const file = req.file as File;
  const fd = fdInstall(k, getFile(file), !(req.opFlags & IORING_FIXED_FD_NO_CLOEXEC));
  if (fd < 0) {
    fput(k, file);
    reqSetFail(req);
  }
  ioReqSetRes(req, fd, 0);
  return IOU_COMPLETE;
}

const openat: IoIssueDef = { prep: openatPrep, issue: ioOpenat2 };
const openat2: IoIssueDef = { prep: openat2Prep, issue: ioOpenat2 };
const close: IoIssueDef = { prep: closePrep, issue: ioClose };
const install: IoIssueDef = { needsFile: true, prep: installPrep, issue: ioInstallFixedFd };

export const opencloseOps: IoOpList = [
  [IORING_OP_OPENAT, openat],
  [IORING_OP_OPENAT2, openat2],
  [IORING_OP_CLOSE, close],
  [IORING_OP_FIXED_FD_INSTALL, install],
];
