import type { File } from "../include/linux/fs.ts";
import type { Kernel } from "../kernel.ts";
import { copyFromUser, copyToUser } from "../mm/usercopy.ts";
import { EBADF, EFAULT, EINVAL, EOVERFLOW } from "../uapi/errno.ts";
import {
  F_OFD_GETLK,
  F_OFD_SETLK,
  F_OFD_SETLKW,
  F_RDLCK,
  F_SETLKW,
  F_UNLCK,
  F_WRLCK,
  O_ACCMODE,
  O_RDONLY,
  O_WRONLY,
  SEEK_CUR,
  SEEK_END,
  SEEK_SET,
} from "../uapi/fcntl.ts";
import { getS64, setU64 } from "../uapi/struct.ts";
import { FileLock, type FileLockContext, OFFSET_MAX, posixConflict, posixLockFile } from "./locks.ts";

/** sizeof(struct flock) and where its members are. */
const FLOCK_SIZE = 32;
const L_WHENCE = 2;
const L_START = 8;
const L_LEN = 16;
const L_PID = 24;

const raw = new Uint8Array(FLOCK_SIZE);
const view = new DataView(raw.buffer);

/** The request that `raw` describes, or -errno. @linux fs/locks.c flock_to_posix_lock */
function toLock(k: Kernel, file: File, ofd: boolean): FileLock | number {
  let start: number;
  switch (view.getInt16(L_WHENCE, true)) {
    case SEEK_SET:
      start = 0;
      break;
    case SEEK_CUR:
      start = file.pos;
      break;
    case SEEK_END:
      start = file.inode.size;
      break;
    default:
      return -EINVAL;
  }
  const offset = getS64(view, L_START);
  if (offset > OFFSET_MAX - start) return -EOVERFLOW;
  start += offset;
  if (start < 0) return -EINVAL;
  const len = getS64(view, L_LEN);
  let end = OFFSET_MAX;
  if (len > 0) {
    end = start + len - 1;
    if (end > OFFSET_MAX) return -EOVERFLOW;
  } else if (len < 0) {
    if (start + len < 0) return -EINVAL;
    end = start - 1;
    start += len;
  }
  const type = view.getInt16(0, true);
  if (type !== F_RDLCK && type !== F_WRLCK && type !== F_UNLCK) return -EINVAL;
  return new FileLock(ofd ? file : k.current.files, ofd ? -1 : k.current.tgid, type, start, end);
}

/** F_GETLK and F_OFD_GETLK: the first lock in the way, or type F_UNLCK. @linux fs/locks.c fcntl_getlk */
export function fcntlGetlk(k: Kernel, file: File, cmd: number, address: number): number {
  if (copyFromUser(k, address, raw, 0, FLOCK_SIZE) !== 0) return -EFAULT;
  const ofd = cmd === F_OFD_GETLK;
  const type = view.getInt16(0, true);
  if (!ofd && type !== F_RDLCK && type !== F_WRLCK) return -EINVAL;
  const request = toLock(k, file, ofd);
  if (typeof request === "number") return request;
  if (ofd && view.getInt32(L_PID, true) !== 0) return -EINVAL;
  const ctx = file.inode.locks as FileLockContext | null;
  // F_OFD_GETLK with F_UNLCK asks for any lock at all.
  const found =
    ctx && type === F_UNLCK
      ? (ctx.posix.find((l) => l.owner === file && l.end >= request.start && request.end >= l.start) ?? null)
      : ctx
        ? posixConflict(ctx, request)
        : null;
  if (!found) view.setInt16(0, F_UNLCK, true);
  else {
    view.setInt16(0, found.type, true);
    view.setInt16(L_WHENCE, SEEK_SET, true);
    setU64(view, L_START, found.start);
    setU64(view, L_LEN, found.end === OFFSET_MAX ? 0 : found.end - found.start + 1);
    view.setInt32(L_PID, found.pid, true);
  }
  return copyToUser(k, address, raw, 0, FLOCK_SIZE);
}

/** F_SETLK, F_SETLKW and their F_OFD_ forms. @linux fs/locks.c fcntl_setlk */
export function fcntlSetlk(k: Kernel, file: File, cmd: number, address: number): number {
  if (copyFromUser(k, address, raw, 0, FLOCK_SIZE) !== 0) return -EFAULT;
  const ofd = cmd === F_OFD_SETLK || cmd === F_OFD_SETLKW;
  const request = toLock(k, file, ofd);
  if (typeof request === "number") return request;
  const access = file.flags & O_ACCMODE;
  if (request.type === F_RDLCK && access === O_WRONLY) return -EBADF;
  if (request.type === F_WRLCK && access === O_RDONLY) return -EBADF;
  if (ofd && view.getInt32(L_PID, true) !== 0) return -EINVAL;
  const wait = cmd === F_SETLKW || cmd === F_OFD_SETLKW;
  return posixLockFile(k, file.inode, request, wait, !ofd);
}
