import type { File, Inode, Path } from "../include/linux/fs.ts";
import { rlimit } from "../kernel/resource.ts";
import { sendSig } from "../kernel/signal.ts";
import type { Kernel } from "../kernel.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { EBADF, EFBIG, EINVAL, EISDIR, ENODEV, EOPNOTSUPP, EPERM, ESPIPE, ETXTBSY } from "../uapi/errno.ts";
import {
  AT_FDCWD,
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  fallocNames,
  O_ACCMODE,
  O_APPEND,
  O_RDONLY,
  O_WRONLY,
} from "../uapi/fcntl.ts";
import { FS_APPEND_FL, FS_IMMUTABLE_FL } from "../uapi/ioctls.ts";
import { RLIMIT_FSIZE } from "../uapi/resource.ts";
import { SIGXFSZ } from "../uapi/signal.ts";
import { isDir, isReg, S_IFIFO, S_IFMT } from "../uapi/stat.ts";
import { attrPath, notifyChange, onPath } from "./attr.ts";
import { fget } from "./file.ts";
import { breakLease } from "./leases.ts";
import { fsnotifyModify } from "./notify/fsnotify.ts";
import { inodePermission, MAY_WRITE, mntWantWrite } from "./permission.ts";

/** Sizes: truncate, ftruncate, fallocate. */

/** -EFBIG with SIGXFSZ beyond the limit. @linux mm/truncate.c inode_newsize_ok */
function newSizeOk(k: Kernel, inode: Inode, size: number): number {
  if (size <= inode.size) return 0;
  if (size > rlimit(k.current, RLIMIT_FSIZE)) {
    sendSig(k, SIGXFSZ, k.current);
    return -EFBIG;
  }
  return size > 2 ** 53 - 1 ? -EFBIG : 0;
}

/** @linux fs/open.c vfs_truncate */
function truncatePath(k: Kernel, path: Path, size: number): number {
  if (size < 0) return -EINVAL;
  const inode = path.dentry.inode!;
  if (isDir(inode.mode)) return -EISDIR;
  if (!isReg(inode.mode)) return -EINVAL;
  const ro = mntWantWrite(path.mnt);
  if (ro < 0) return ro;
  const p = inodePermission(k, inode, MAY_WRITE);
  if (p < 0) return p;
  if (inode.writecount < 0) return -ETXTBSY;
  if (inode.locks) {
    const lease = breakLease(k, inode, O_WRONLY);
    if (lease < 0) return lease;
  }
  const s = newSizeOk(k, inode, size);
  return s < 0 ? s : notifyChange(k, path, { size, truncate: true });
}
function sysFtruncate(k: Kernel, fd: number, size: number): number {
  if (size < 0) return -EINVAL;
  const file = fget(k, fd);
  return file ? doFtruncate(k, file, size) : -EBADF;
}

/** `size`: not negative. @linux fs/open.c do_ftruncate */
export function doFtruncate(k: Kernel, file: File, size: number): number {
  if (!isReg(file.inode.mode) || (file.flags & O_ACCMODE) === O_RDONLY) return -EINVAL;
  const s = newSizeOk(k, file.inode, size);
  return s < 0 ? s : notifyChange(k, file.path, { size, truncate: true, touchSize: true });
}

function sysFallocate(k: Kernel, fd: number, mode: number, offset: number, length: number): number {
  const file = fget(k, fd);
  return file ? vfsFallocate(k, file, mode, offset, length) : -EBADF;
}

/** @linux fs/open.c vfs_fallocate */
export function vfsFallocate(k: Kernel, file: File, mode: number, offset: number, length: number): number {
  if (offset < 0 || length <= 0) return -EINVAL;
  if (mode & ~0x7b) return -EOPNOTSUPP;
  if (mode & FALLOC_FL_PUNCH_HOLE && !(mode & FALLOC_FL_KEEP_SIZE)) return -EOPNOTSUPP;
  if ((file.flags & O_ACCMODE) === O_RDONLY) return -EBADF;
  if (mode & ~FALLOC_FL_KEEP_SIZE && file.flags & O_APPEND) return -EPERM;
  const { mode: m } = file.inode;
  if ((m & S_IFMT) === S_IFIFO) return -ESPIPE;
  if (isDir(m)) return -EISDIR;
  if (!isReg(m)) return -ENODEV;
  if (offset + length > 2 ** 63) return -EFBIG;
  if (file.inode.flags & FS_APPEND_FL && mode & ~FALLOC_FL_KEEP_SIZE) return -EPERM;
  if (file.inode.flags & FS_IMMUTABLE_FL) return -EPERM;
  if (!file.op.fallocate) return -EOPNOTSUPP;
  if (!(mode & FALLOC_FL_KEEP_SIZE)) {
    const s = newSizeOk(k, file.inode, offset + length);
    if (s < 0) return s;
  }
  const r = file.op.fallocate(k, file, mode, offset, length);
  if (r === 0) fsnotifyModify(k, file);
  return r;
}

export const truncateSyscalls: SyscallDef[] = [
  syscall(
    "truncate",
    { path: A.path, length: A.off },
    (k, p, n) => (n < 0 ? -EINVAL : onPath(attrPath(k, AT_FDCWD, p, 0), (path) => truncatePath(k, path, n))),
    {
      linux: "fs/open.c truncate",
    },
  ),
  syscall("ftruncate", { fd: A.fd, length: A.off }, sysFtruncate, { linux: "fs/open.c ftruncate" }),
  syscall("fallocate", { fd: A.fd, mode: A.flags(fallocNames), offset: A.off, length: A.off }, sysFallocate, {
    linux: "fs/open.c fallocate",
  }),
];
