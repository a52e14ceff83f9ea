import { getname, LOOKUP_FOLLOW, pathLookupAt } from "../fs/namei.ts";
import { doGetxattr, doSetxattr, importXattrName, setxattrCopy, type XattrValue } from "../fs/xattr.ts";
import type { File, Path } from "../include/linux/fs.ts";
import { IOU_COMPLETE, type IoKiocb, REQ_F_FIXED_FILE, REQ_F_FORCE_ASYNC } from "../include/linux/ioUringTypes.ts";
import type { Kernel } from "../kernel.ts";
import { stateClass } from "../state.ts";
import { EBADF, EINVAL } from "../uapi/errno.ts";
import { AT_FDCWD } from "../uapi/fcntl.ts";
import {
  IORING_OP_FGETXATTR,
  IORING_OP_FSETXATTR,
  IORING_OP_GETXATTR,
  IORING_OP_SETXATTR,
  SQE_ADDR,
  SQE_ADDR3,
  SQE_LEN,
  SQE_OFF,
  SQE_OP_FLAGS,
} from "../uapi/ioUring.ts";
import { ioReqSetRes, reqSetFail } from "./complete.ts";
import type { IoIssueDef, IoOpList } from "./opdef.ts";
import { sqe32, sqe64 } from "./rings.ts";

/** Extended attributes (io_uring/xattr.c). */

/** struct io_xattr: a value to be set, or a name to be asked for. */
class IoXattr {
  set: XattrValue | null = null;
  name = "";
  value = 0;
  size = 0;
  path: string | null = null;
}
stateClass(IoXattr);

const isSet = (req: IoKiocb): boolean => req.opcode === IORING_OP_SETXATTR || req.opcode === IORING_OP_FSETXATTR;
const byPath = (req: IoKiocb): boolean => req.opcode === IORING_OP_SETXATTR || req.opcode === IORING_OP_GETXATTR;

/** @linux io_uring/xattr.c __io_getxattr_prep, __io_setxattr_prep */
function xattrPrep(k: Kernel, req: IoKiocb, sqe: number): number {
  const x = new IoXattr();
  const set = isSet(req);
  if (byPath(req) && req.flags & REQ_F_FIXED_FILE) return -EBADF;
  const name = sqe64(k, sqe, SQE_ADDR);
  x.value = sqe64(k, sqe, SQE_OFF);
  x.size = sqe32(k, sqe, SQE_LEN);
  const flags = sqe32(k, sqe, SQE_OP_FLAGS);
  if (set) {
    const v = setxattrCopy(k, name, x.value, x.size, flags);
    if (typeof v === "number") return v;
    x.set = v;
  } else {
    if (flags !== 0) return -EINVAL;
    const n = importXattrName(k, name);
    if (typeof n === "number") return n;
    x.name = n;
  }
  if (byPath(req)) {
    const path = getname(k, sqe64(k, sqe, SQE_ADDR3));
    if (typeof path === "number") return path;
    x.path = path;
  }
  req.cmd = x;
  req.flags |= REQ_F_FORCE_ASYNC;
  return 0;
}

/** @linux io_uring/xattr.c io_getxattr, io_setxattr, io_fgetxattr, io_fsetxattr */
function xattr(k: Kernel, req: IoKiocb): number {
  const x = req.cmd as IoXattr;
  let path: Path | number = (req.file as File | null)?.path ?? -EBADF;
  if (x.path !== null) path = pathLookupAt(k, AT_FDCWD, x.path, LOOKUP_FOLLOW);
  const r = typeof path === "number" ? path : x.set ? doSetxattr(k, path, x.set) : doGetxattr(k, path, x.name, x.value, x.size);
  if (r < 0) reqSetFail(req);
  ioReqSetRes(req, r, 0);
  return IOU_COMPLETE;
}

const file: IoIssueDef = { needsFile: true, prep: xattrPrep, issue: xattr };
const named: IoIssueDef = { prep: xattrPrep, issue: xattr };

export const xattrOps: IoOpList = [
  [IORING_OP_FSETXATTR, file],
  [IORING_OP_SETXATTR, named],
  [IORING_OP_FGETXATTR, file],
  [IORING_OP_GETXATTR, named],
];
