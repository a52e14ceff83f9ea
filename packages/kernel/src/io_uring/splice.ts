import { closeFd, fdInstall, fput } from "../fs/file.ts";
import { createPipeFiles, PIPE_FLAGS } from "../fs/pipe.ts";
import { doSplice, doTee, SPLICE_F_ALL, type SpliceOffsets } from "../fs/splice.ts";
import type { File } from "../include/linux/fs.ts";
import type { IoRsrcNode } from "../include/linux/ioUringTypes.ts";
import { IOU_COMPLETE, type IoKiocb, REQ_F_FORCE_ASYNC, REQ_F_NEED_CLEANUP } from "../include/linux/ioUringTypes.ts";
import { BLOCKED } from "../include/linux/sched.ts";
import type { Kernel } from "../kernel.ts";
import { copyToUser } from "../mm/usercopy.ts";
import { stateClass } from "../state.ts";
import { EBADF, EFAULT, EINVAL, ENOPKG } from "../uapi/errno.ts";
import { O_CLOEXEC } from "../uapi/fcntl.ts";
import {
  IORING_FILE_INDEX_ALLOC,
  IORING_OP_PIPE,
  IORING_OP_SPLICE,
  IORING_OP_TEE,
  SQE_ADDR,
  SQE_ADDR3,
  SQE_FD,
  SQE_FILE_INDEX,
  SQE_LEN,
  SQE_OFF,
  SQE_OP_FLAGS,
} from "../uapi/ioUring.ts";
import { ioReqSetRes, reqSetFail } from "./complete.ts";
import { ioFixedFdInstall, ioFixedFdRemove } from "./filetable.ts";
import { ioFileGetNormal } from "./issue.ts";
import type { IoIssueDef, IoOpList } from "./opdef.ts";
import { sqe32, sqe64, sqeS32, sqeS64 } from "./rings.ts";
import { ioPutRsrcNode } from "./rsrc.ts";

/** SPLICE, TEE and PIPE (io_uring/splice.c, io_uring/openclose.c). */

const SPLICE_F_FD_IN_FIXED = 0x80000000;
const O_NOTIFICATION_PIPE = 0o200;

/** struct io_splice */
class IoSplice {
  offIn = 0;
  offOut = 0;
  len = 0;
  flags = 0;
  fdIn = 0;
  fixed = false;
  file: File | null = null;
  node: IoRsrcNode | null = null;
}
stateClass(IoSplice);

/** @linux io_uring/splice.c __io_splice_prep */
function splicePrep(k: Kernel, req: IoKiocb, sqe: number): number {
  const sp = new IoSplice();
  sp.len = sqe32(k, sqe, SQE_LEN);
  const flags = sqe32(k, sqe, SQE_OP_FLAGS);
  sp.fixed = (flags & SPLICE_F_FD_IN_FIXED) !== 0;
  sp.flags = flags & ~SPLICE_F_FD_IN_FIXED;
  if (sp.flags & ~SPLICE_F_ALL) return -EINVAL;
  sp.fdIn = sqeS32(k, sqe, SQE_FILE_INDEX);
  sp.offIn = sqeS64(k, sqe, SQE_ADDR);
  sp.offOut = sqeS64(k, sqe, SQE_OFF);
  if (req.opcode === IORING_OP_TEE && (sp.offIn !== 0 || sp.offOut !== 0)) return -EINVAL;
  req.cmd = sp;
  req.flags |= REQ_F_FORCE_ASYNC | REQ_F_NEED_CLEANUP;
  return 0;
}

/** @linux io_uring/splice.c io_splice_get_file */
function getFile(k: Kernel, req: IoKiocb, sp: IoSplice): File | null {
  if (sp.file) return sp.file;
  if (!sp.fixed) sp.file = ioFileGetNormal(k, req, sp.fdIn);
  else {
    const node = sp.fdIn < 0 ? null : (req.ctx.files?.nodes[sp.fdIn] ?? null);
    if (!node?.file) return null;
    node.refs++;
    sp.node = node;
    sp.file = node.file;
  }
  return sp.file;
}

/** @linux io_uring/splice.c io_splice_cleanup */
function spliceCleanup(k: Kernel, req: IoKiocb): void {
  const sp = req.cmd as IoSplice | null;
  if (!sp) return;
  if (sp.node) ioPutRsrcNode(k, req.ctx, sp.node);
  else if (sp.file) fput(k, sp.file);
  sp.node = null;
  sp.file = null;
}

/** An interrupted one tells the program the number that is meant for the kernel (ERESTARTSYS), as Linux does. */
function spliceDone(req: IoKiocb, sp: IoSplice, ret: number): number {
  if (ret !== sp.len) reqSetFail(req);
  req.res = ret;
  req.cflags = 0;
  return IOU_COMPLETE;
}

/** @linux io_uring/splice.c io_splice */
function splice(k: Kernel, req: IoKiocb): number {
  const sp = req.cmd as IoSplice;
  const input = getFile(k, req, sp);
  if (!input) return spliceDone(req, sp, -EBADF);
  const offsets: SpliceOffsets = { in: sp.offIn === -1 ? null : sp.offIn, out: sp.offOut === -1 ? null : sp.offOut };
  const r = sp.len === 0 ? 0 : doSplice(k, input, req.file as File, offsets, sp.len, sp.flags);
  return r === BLOCKED ? r : spliceDone(req, sp, r);
}

/** @linux io_uring/splice.c io_tee */
function tee(k: Kernel, req: IoKiocb): number {
  const sp = req.cmd as IoSplice;
  const input = getFile(k, req, sp);
  if (!input) return spliceDone(req, sp, -EBADF);
  const r = sp.len === 0 ? 0 : doTee(k, input, req.file as File, sp.len, sp.flags);
  return r === BLOCKED ? r : spliceDone(req, sp, r);
}

/** @linux io_uring/openclose.c io_pipe_prep */
function pipePrep(k: Kernel, req: IoKiocb, sqe: number): number {
  if (sqe32(k, sqe, SQE_FD) !== 0 || sqe64(k, sqe, SQE_OFF) !== 0 || sqe64(k, sqe, SQE_ADDR3) !== 0) return -EINVAL;
  req.addr = sqe64(k, sqe, SQE_ADDR);
  req.opFlags = sqe32(k, sqe, SQE_OP_FLAGS);
  if (req.opFlags & ~PIPE_FLAGS) return -EINVAL;
  req.off = sqe32(k, sqe, SQE_FILE_INDEX);
  return 0;
}

const pair = new Int32Array(2);
const pairBytes = new Uint8Array(pair.buffer);

/** Descriptors of the ring's own. @linux io_uring/openclose.c io_pipe_fixed */
function pipeFixed(k: Kernel, req: IoKiocb, files: [File, File], slot: number): number {
  const { ctx } = req;
  const alloc = slot === IORING_FILE_INDEX_ALLOC;
  if (req.opFlags & O_CLOEXEC) {
    for (const f of files) fput(k, f);
    return -EINVAL;
  }
  const first = ioFixedFdInstall(k, ctx, files[0], slot);
  if (first < 0) {
    fput(k, files[1]);
    return first;
  }
  pair[0] = alloc ? first : slot - 1;
  const second = ioFixedFdInstall(k, ctx, files[1], alloc ? slot : slot + 1);
  if (second < 0) {
    ioFixedFdRemove(k, ctx, pair[0]);
    return second;
  }
  pair[1] = alloc ? second : slot;
  if (copyToUser(k, req.addr, pairBytes, 0, 8) === 0) return 0;
  ioFixedFdRemove(k, ctx, pair[0]);
  ioFixedFdRemove(k, ctx, pair[1]);
  return -EFAULT;
}

/** @linux io_uring/openclose.c io_pipe_fd */
function pipeFd(k: Kernel, req: IoKiocb, files: [File, File]): number {
  const cloexec = (req.opFlags & O_CLOEXEC) !== 0;
  const first = fdInstall(k, files[0], cloexec);
  if (first < 0) {
    for (const f of files) fput(k, f);
    return first;
  }
  const second = fdInstall(k, files[1], cloexec);
  if (second < 0) {
    closeFd(k, first);
    fput(k, files[1]);
    return second;
  }
  pair[0] = first;
  pair[1] = second;
  if (copyToUser(k, req.addr, pairBytes, 0, 8) === 0) return 0;
  closeFd(k, first);
  closeFd(k, second);
  return -EFAULT;
}

/** @linux io_uring/openclose.c io_pipe */
function pipe(k: Kernel, req: IoKiocb): number {
  const files = req.opFlags & O_NOTIFICATION_PIPE ? null : createPipeFiles(k, req.opFlags);
  const r = files === null ? -ENOPKG : req.off !== 0 ? pipeFixed(k, req, files, req.off) : pipeFd(k, req, files);
  if (r < 0) reqSetFail(req);
  ioReqSetRes(req, r, 0);
  return IOU_COMPLETE;
}

const spliceCommon = { needsFile: true, unboundNonregFile: true, prep: splicePrep, cleanup: spliceCleanup } as const;
const spliceDef: IoIssueDef = { ...spliceCommon, issue: splice };
const teeDef: IoIssueDef = { ...spliceCommon, issue: tee };
const pipeDef: IoIssueDef = { prep: pipePrep, issue: pipe };

export const spliceOps: IoOpList = [
  [IORING_OP_SPLICE, spliceDef],
  [IORING_OP_TEE, teeDef],
  [IORING_OP_PIPE, pipeDef],
];
