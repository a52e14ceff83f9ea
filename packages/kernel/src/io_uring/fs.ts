import { getname } from "../fs/namei.ts";
import { linkat, mkdirat, renameat2, symlinkat, unlinkat } from "../fs/nameSyscalls.ts";
import { sysStatx } from "../fs/stat.ts";
import { IOU_COMPLETE, type IoKiocb, REQ_F_FIXED_FILE, REQ_F_FORCE_ASYNC } from "../include/linux/ioUringTypes.ts";
import { BLOCKED } from "../include/linux/sched.ts";
import type { Kernel } from "../kernel.ts";
import { stateClass } from "../state.ts";
import { EBADF, EINVAL } from "../uapi/errno.ts";
import { AT_EMPTY_PATH, AT_REMOVEDIR } from "../uapi/fcntl.ts";
import {
  IORING_OP_LINKAT,
  IORING_OP_MKDIRAT,
  IORING_OP_RENAMEAT,
  IORING_OP_STATX,
  IORING_OP_SYMLINKAT,
  IORING_OP_UNLINKAT,
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

/** Names: what is done about them is a worker's (io_uring/fs.c, io_uring/statx.c). */

/** Directories and names as they were taken from the program. */
class IoNames {
  readonly dfd: number;
  readonly name: string;
  readonly newDfd: number;
  readonly newName: string;
  readonly flags: number;
  constructor(dfd: number, name: string, newDfd: number, newName: string, flags: number) {
    this.dfd = dfd;
    this.name = name;
    this.newDfd = newDfd;
    this.newName = newName;
    this.flags = flags;
  }
}
stateClass(IoNames);

/** Takes the names: one at addr, and with `two` another at addr2. */
function takeNames(k: Kernel, req: IoKiocb, sqe: number, two: boolean, flags: number, empty = false): number {
  if (sqe16(k, sqe, SQE_BUF_INDEX) !== 0) return -EINVAL;
  if (req.flags & REQ_F_FIXED_FILE) return -EBADF;
  const name = getname(k, sqe64(k, sqe, SQE_ADDR), empty);
  if (typeof name === "number") return name;
  let newName = "";
  if (two) {
    const second = getname(k, sqe64(k, sqe, SQE_OFF));
    if (typeof second === "number") return second;
    newName = second;
  }
  req.cmd = new IoNames(sqeS32(k, sqe, SQE_FD), name, sqe32(k, sqe, SQE_LEN) | 0, newName, flags);
  req.flags |= REQ_F_FORCE_ASYNC;
  return 0;
}

/** An operation on names: its result is the CQE's. */
function named(prep: IoIssueDef["prep"], act: (k: Kernel, n: IoNames, req: IoKiocb) => number): IoIssueDef {
  return {
    prep,
    issue(k: Kernel, req: IoKiocb): number {
      const ret = act(k, req.cmd as IoNames, req);
      if (ret === BLOCKED) return ret;
      if (ret < 0) reqSetFail(req);
      ioReqSetRes(req, ret, 0);
      return IOU_COMPLETE;
    },
  };
}

const renameat = named(
  (k, req, sqe) => (sqe32(k, sqe, SQE_FILE_INDEX) !== 0 ? -EINVAL : takeNames(k, req, sqe, true, sqe32(k, sqe, SQE_OP_FLAGS))),
  (k, n) => renameat2(k, n.dfd, n.name, n.newDfd, n.newName, n.flags),
);
const unlink = named(
  (k, req, sqe) => {
    if (sqe64(k, sqe, SQE_OFF) !== 0 || sqe32(k, sqe, SQE_LEN) !== 0 || sqe32(k, sqe, SQE_FILE_INDEX) !== 0) return -EINVAL;
    const flags = sqe32(k, sqe, SQE_OP_FLAGS);
    if (req.flags & REQ_F_FIXED_FILE) return -EBADF;
    return (flags & ~AT_REMOVEDIR) !== 0 ? -EINVAL : takeNames(k, req, sqe, false, flags);
  },
  (k, n) => unlinkat(k, n.dfd, n.name, (n.flags & AT_REMOVEDIR) !== 0),
);
const mkdir = named(
  (k, req, sqe) =>
    sqe64(k, sqe, SQE_OFF) !== 0 || sqe32(k, sqe, SQE_OP_FLAGS) !== 0 || sqe32(k, sqe, SQE_FILE_INDEX) !== 0
      ? -EINVAL
      : takeNames(k, req, sqe, false, 0),
  // The SQE's len is the mode.
  (k, n) => mkdirat(k, n.dfd, n.name, n.newDfd & 0xffff),
);
const symlink = named(
  (k, req, sqe) =>
    sqe32(k, sqe, SQE_LEN) !== 0 || sqe32(k, sqe, SQE_OP_FLAGS) !== 0 || sqe32(k, sqe, SQE_FILE_INDEX) !== 0
      ? -EINVAL
      : takeNames(k, req, sqe, true, 0),
  (k, n) => symlinkat(k, n.name, n.dfd, n.newName),
);
const link = named(
  (k, req, sqe) => {
    const flags = sqe32(k, sqe, SQE_OP_FLAGS);
    if (sqe32(k, sqe, SQE_FILE_INDEX) !== 0) return -EINVAL;
    return takeNames(k, req, sqe, true, flags, (flags & AT_EMPTY_PATH) !== 0);
  },
  (k, n) => linkat(k, n.dfd, n.name, n.newDfd, n.newName, n.flags),
);
/** addr2 is where the result goes, len the mask. @linux io_uring/statx.c io_statx */
const statx = named(
  (k, req, sqe) => {
    if (sqe32(k, sqe, SQE_FILE_INDEX) !== 0) return -EINVAL;
    req.addr = sqe64(k, sqe, SQE_OFF);
    const flags = sqe32(k, sqe, SQE_OP_FLAGS);
    return takeNames(k, req, sqe, false, flags, (flags & AT_EMPTY_PATH) !== 0);
  },
  (k, n, req) => sysStatx(k, n.dfd, n.name, n.flags, n.newDfd >>> 0, req.addr),
);

export const fsOps: IoOpList = [
  [IORING_OP_RENAMEAT, renameat],
  [IORING_OP_UNLINKAT, unlink],
  [IORING_OP_MKDIRAT, mkdir],
  [IORING_OP_SYMLINKAT, symlink],
  [IORING_OP_LINKAT, link],
  [IORING_OP_STATX, statx],
];
