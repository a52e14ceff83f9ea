import { syncFileRange, vfsFadvise, vfsFsync } from "../fs/sync.ts";
import { doFtruncate, vfsFallocate } from "../fs/truncate.ts";
import type { File } from "../include/linux/fs.ts";
import { IOU_COMPLETE, type IoKiocb, REQ_F_FORCE_ASYNC } from "../include/linux/ioUringTypes.ts";
import { BLOCKED } from "../include/linux/sched.ts";
import type { Kernel } from "../kernel.ts";
import { doMadvise } from "../mm/protect.ts";
import { EINVAL } from "../uapi/errno.ts";
import {
  IORING_FSYNC_DATASYNC,
  IORING_OP_FADVISE,
  IORING_OP_FALLOCATE,
  IORING_OP_FILES_UPDATE,
  IORING_OP_FSYNC,
  IORING_OP_FTRUNCATE,
  IORING_OP_MADVISE,
  IORING_OP_SYNC_FILE_RANGE,
  SQE_ADDR,
  SQE_ADDR3,
  SQE_BUF_INDEX,
  SQE_FILE_INDEX,
  SQE_LEN,
  SQE_OFF,
  SQE_OP_FLAGS,
} from "../uapi/ioUring.ts";
import { ioReqSetRes, reqSetFail } from "./complete.ts";
import type { IoIssueDef, IoOpList } from "./opdef.ts";
import { sqe16, sqe32, sqe64, sqeS64 } from "./rings.ts";
import { ioFilesUpdate, ioFilesUpdateAlloc } from "./rsrcRegister.ts";

/** What a worker does with a file as a whole: io_uring/sync.c, advise.c, truncate.c; and changes of the table of files. */

/** The result of an ordinary function becomes the CQE's. */
function done(req: IoKiocb, ret: number): number {
  if (ret === BLOCKED) return ret;
  if (ret < 0) reqSetFail(req);
  ioReqSetRes(req, ret, 0);
  return IOU_COMPLETE;
}

/** @linux io_uring/sync.c io_fsync */
const fsync: IoIssueDef = {
  needsFile: true,
  prep(k: Kernel, req: IoKiocb, sqe: number): number {
    if (sqe64(k, sqe, SQE_ADDR) !== 0 || sqe16(k, sqe, SQE_BUF_INDEX) !== 0 || sqe32(k, sqe, SQE_FILE_INDEX) !== 0) return -EINVAL;
    req.opFlags = sqe32(k, sqe, SQE_OP_FLAGS);
    if ((req.opFlags & ~IORING_FSYNC_DATASYNC) !== 0) return -EINVAL;
    if (sqeS64(k, sqe, SQE_OFF) < 0) return -EINVAL;
    req.flags |= REQ_F_FORCE_ASYNC;
    return 0;
  },
  issue: (k, req) => done(req, vfsFsync(k, req.file as File, (req.opFlags & IORING_FSYNC_DATASYNC) !== 0)),
};

/** @linux io_uring/sync.c io_sync_file_range */
const syncRange: IoIssueDef = {
  needsFile: true,
  prep(k: Kernel, req: IoKiocb, sqe: number): number {
    if (sqe64(k, sqe, SQE_ADDR) !== 0 || sqe16(k, sqe, SQE_BUF_INDEX) !== 0 || sqe32(k, sqe, SQE_FILE_INDEX) !== 0) return -EINVAL;
    req.off = sqeS64(k, sqe, SQE_OFF);
    req.len = sqe32(k, sqe, SQE_LEN);
    req.opFlags = sqe32(k, sqe, SQE_OP_FLAGS);
    req.flags |= REQ_F_FORCE_ASYNC;
    return 0;
  },
  issue: (k, req) => done(req, syncFileRange(k, req.file as File, req.off, req.len, req.opFlags)),
};

/** The SQE's addr is the length, its len the mode. @linux io_uring/sync.c io_fallocate */
const fallocate: IoIssueDef = {
  needsFile: true,
  prep(k: Kernel, req: IoKiocb, sqe: number): number {
    if (sqe16(k, sqe, SQE_BUF_INDEX) !== 0 || sqe32(k, sqe, SQE_OP_FLAGS) !== 0 || sqe32(k, sqe, SQE_FILE_INDEX) !== 0) return -EINVAL;
    req.off = sqeS64(k, sqe, SQE_OFF);
    req.addr = sqeS64(k, sqe, SQE_ADDR);
    req.len = sqe32(k, sqe, SQE_LEN);
    req.flags |= REQ_F_FORCE_ASYNC;
    return 0;
  },
  issue: (k, req) => done(req, vfsFallocate(k, req.file as File, req.len, req.off, req.addr)),
};

/** @linux io_uring/truncate.c io_ftruncate */
const ftruncate: IoIssueDef = {
  needsFile: true,
  prep(k: Kernel, req: IoKiocb, sqe: number): number {
    if (
      sqe32(k, sqe, SQE_OP_FLAGS) !== 0 ||
      sqe64(k, sqe, SQE_ADDR) !== 0 ||
      sqe32(k, sqe, SQE_LEN) !== 0 ||
      sqe16(k, sqe, SQE_BUF_INDEX) !== 0 ||
      sqe32(k, sqe, SQE_FILE_INDEX) !== 0 ||
      sqe64(k, sqe, SQE_ADDR3) !== 0
    ) {
      return -EINVAL;
    }
    req.off = sqeS64(k, sqe, SQE_OFF);
    req.flags |= REQ_F_FORCE_ASYNC;
    return 0;
  },
  issue: (k, req) => done(req, req.off < 0 ? -EINVAL : doFtruncate(k, req.file as File, req.off)),
};

/** @linux io_uring/advise.c io_fadvise */
const fadvise: IoIssueDef = {
  needsFile: true,
  prep(k: Kernel, req: IoKiocb, sqe: number): number {
    if (sqe16(k, sqe, SQE_BUF_INDEX) !== 0 || sqe32(k, sqe, SQE_FILE_INDEX) !== 0) return -EINVAL;
    req.off = sqeS64(k, sqe, SQE_OFF);
    const len = sqeS64(k, sqe, SQE_ADDR);
    req.addr = len === 0 ? sqe32(k, sqe, SQE_LEN) : len;
    req.opFlags = sqe32(k, sqe, SQE_OP_FLAGS) | 0;
    return 0;
  },
  issue: (_k, req) => done(req, vfsFadvise(req.file as File, req.addr, req.opFlags)),
};

/** @linux io_uring/advise.c io_madvise */
const madvise: IoIssueDef = {
  prep(k: Kernel, req: IoKiocb, sqe: number): number {
    if (sqe16(k, sqe, SQE_BUF_INDEX) !== 0 || sqe32(k, sqe, SQE_FILE_INDEX) !== 0) return -EINVAL;
    req.addr = sqe64(k, sqe, SQE_ADDR);
    const len = sqe64(k, sqe, SQE_OFF);
    req.off = len === 0 ? sqe32(k, sqe, SQE_LEN) : len;
    req.opFlags = sqe32(k, sqe, SQE_OP_FLAGS) | 0;
    req.flags |= REQ_F_FORCE_ASYNC;
    return 0;
  },
  issue(k: Kernel, req: IoKiocb): number {
    const { mm } = k.current;
    return done(req, mm ? doMadvise(k, mm, req.addr, req.off, req.opFlags) : -EINVAL);
  },
};

/** @linux io_uring/rsrc.c io_files_update */
const filesUpdate: IoIssueDef = {
  prep(k: Kernel, req: IoKiocb, sqe: number): number {
    if (req.flags & 0x21) return -EINVAL;
    if (sqe32(k, sqe, SQE_OP_FLAGS) !== 0 || sqe32(k, sqe, SQE_FILE_INDEX) !== 0) return -EINVAL;
    req.off = sqe32(k, sqe, SQE_OFF);
    req.len = sqe32(k, sqe, SQE_LEN);
    if (req.len === 0) return -EINVAL;
    req.addr = sqe64(k, sqe, SQE_ADDR);
    return 0;
  },
  issue(k: Kernel, req: IoKiocb): number {
    const any = req.off === 0xffffffff;
    return done(req, any ? ioFilesUpdateAlloc(k, req.ctx, req.addr, req.len) : ioFilesUpdate(k, req.ctx, req.off, req.addr, 0, req.len));
  },
};

export const syncOps: IoOpList = [
  [IORING_OP_FSYNC, fsync],
  [IORING_OP_SYNC_FILE_RANGE, syncRange],
  [IORING_OP_FALLOCATE, fallocate],
  [IORING_OP_FTRUNCATE, ftruncate],
  [IORING_OP_FADVISE, fadvise],
  [IORING_OP_MADVISE, madvise],
  [IORING_OP_FILES_UPDATE, filesUpdate],
];
