import type { Iattr, Inode, Path } from "../include/linux/fs.ts";
import { capable } from "../kernel/capability.ts";
import { currentTime } from "../kernel/time/timekeeping.ts";
import type { Kernel } from "../kernel.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { CAP_CHOWN } from "../uapi/capability.ts";
import { EBADF, EINVAL, EOPNOTSUPP, EPERM } from "../uapi/errno.ts";
import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW, atNames } from "../uapi/fcntl.ts";
import { IN_ACCESS, IN_ATTRIB, IN_MODIFY } from "../uapi/inotify.ts";
import { FS_APPEND_FL, FS_IMMUTABLE_FL } from "../uapi/ioctls.ts";
import { isLnk, S_ISGID } from "../uapi/stat.ts";
import { fget } from "./file.ts";
import { inodeOwnerOrCapable } from "./inode.ts";
import { LOOKUP_EMPTY, LOOKUP_FOLLOW, userPathAt } from "./namei.ts";
import { fsnotifyChange } from "./notify/fsnotify.ts";
import { inGroup, inodePermission, MAY_WRITE, mntWantWrite } from "./permission.ts";
import { inGroupOrCapable, privBits, writePrivBits } from "./removePrivs.ts";

/** A change of attributes, and how it came about. */
export interface Change extends Iattr {
  /** The size changes by truncate or O_TRUNC. */
  truncate?: boolean;
  /** … and the modification time changes even if the size is the same. */
  touchSize?: boolean;
  /** Times are given explicitly: only the owner may do that. */
  setTimes?: boolean;
  /** Times are "now": writers may do that too. */
  touch?: boolean;
}

/** May these attributes be changed? @linux fs/attr.c setattr_prepare */
function setattrPrepare(k: Kernel, inode: Inode, a: Change): number {
  const { cred } = k.current;
  if (a.uid !== undefined && (cred.fsuid !== inode.uid || a.uid !== inode.uid) && !capable(k, CAP_CHOWN)) return -EPERM;
  if (a.gid !== undefined && !(cred.fsuid === inode.uid && (inGroup(cred, a.gid) || a.gid === inode.gid)) && !capable(k, CAP_CHOWN))
    return -EPERM;
  if (a.mode !== undefined) {
    if (!inodeOwnerOrCapable(k, inode)) return -EPERM;
    if (!inGroupOrCapable(k, a.gid ?? inode.gid)) a.mode &= ~S_ISGID;
  }
  if (a.setTimes && !inodeOwnerOrCapable(k, inode)) return -EPERM;
  return 0;
}

/** What watchers are told. One time alone counts as an access or a modification. @linux include/linux/fsnotify.h fsnotify_change */
function eventsOf(a: Change): number {
  let mask = a.uid !== undefined || a.gid !== undefined || a.mode !== undefined ? IN_ATTRIB : 0;
  if (a.size !== undefined) mask |= IN_MODIFY;
  if (a.atime && a.mtime) mask |= IN_ATTRIB;
  else if (a.atime) mask |= IN_ACCESS;
  else if (a.mtime) mask |= IN_MODIFY;
  return mask;
}

/** Changes attributes of what a path names. 0 or -errno. @linux fs/attr.c notify_change */
export function notifyChange(k: Kernel, path: Path, a: Change): number {
  const inode = path.dentry.inode!;
  const ro = mntWantWrite(path.mnt);
  if (ro < 0) return ro;
  const fixed = inode.flags & (FS_APPEND_FL | FS_IMMUTABLE_FL);
  if (fixed) {
    if (a.truncate) {
      if (fixed & FS_APPEND_FL) return -EPERM;
    } else if (a.mode !== undefined || a.uid !== undefined || a.gid !== undefined || a.setTimes) return -EPERM;
    else if (a.touch && fixed & FS_IMMUTABLE_FL) return -EPERM;
  }
  if (a.touch && !inodeOwnerOrCapable(k, inode)) {
    const p = inodePermission(k, inode, MAY_WRITE);
    if (p < 0) return p;
  }
  // A change of size or owner takes set-id bits away. Whoever may write needs no more for the former.
  if (a.truncate) {
    const bits = writePrivBits(k, inode);
    if (bits) a.mode = inode.mode & ~bits;
  } else {
    if (a.uid !== undefined || a.gid !== undefined) {
      const bits = privBits(k, inode);
      if (bits) a.mode = inode.mode & ~bits;
    }
    const p = setattrPrepare(k, inode, a);
    if (p < 0) return p;
  }
  const now = currentTime(k);
  a.ctime = now;
  // truncate to the size a file has changes nothing; ftruncate and O_TRUNC do count.
  if (a.truncate && (a.touchSize || a.size !== inode.size)) a.mtime = now;
  if (!inode.op.setattr) return -EPERM;
  const r = inode.op.setattr(k, inode, a);
  if (r < 0) return r;
  fsnotifyChange(k, inode, path.dentry, eventsOf(a));
  return 0;
}

/** The place that a path argument and AT_* flags name. */
export function attrPath(k: Kernel, dfd: number, pathAddr: number, flags: number): Path | number {
  return userPathAt(k, dfd, pathAddr, (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) | (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0));
}
/** Goes on with a place, or passes the error on. */
export const onPath = (path: Path | number, then: (path: Path) => number): number => (typeof path === "number" ? path : then(path));

function chmodPath(k: Kernel, path: Path, mode: number): number {
  if (isLnk(path.dentry.inode!.mode)) return -EOPNOTSUPP;
  return notifyChange(k, path, { mode: mode & 0o7777 });
}
function fchmodat(k: Kernel, dfd: number, pathAddr: number, mode: number, flags: number): number {
  if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) return -EINVAL;
  return onPath(attrPath(k, dfd, pathAddr, flags), (p) => chmodPath(k, p, mode));
}

function chownPath(k: Kernel, path: Path, uid: number, gid: number): number {
  const a: Change = {};
  if (uid !== 0xffffffff) a.uid = uid;
  if (gid !== 0xffffffff) a.gid = gid;
  if (a.uid === undefined && a.gid === undefined) {
    const ro = mntWantWrite(path.mnt);
    if (ro < 0) return ro;
    const inode = path.dentry.inode!;
    const bits = privBits(k, inode);
    return notifyChange(k, path, bits ? { mode: inode.mode & ~bits } : {});
  }
  return notifyChange(k, path, a);
}
function fchownat(k: Kernel, dfd: number, pathAddr: number, uid: number, gid: number, flags: number): number {
  if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) return -EINVAL;
  return onPath(attrPath(k, dfd, pathAddr, flags), (p) => chownPath(k, p, uid, gid));
}

const owner = { owner: A.uid, group: A.uid };
export const attrSyscalls: SyscallDef[] = [
  syscall("chmod", { pathname: A.path, mode: A.mode }, (k, p, m) => fchmodat(k, AT_FDCWD, p, m, 0), { linux: "fs/open.c chmod" }),
  syscall(
    "fchmod",
    { fd: A.fd, mode: A.mode },
    (k, fd, m) => {
      const f = fget(k, fd);
      return f ? chmodPath(k, f.path, m) : -EBADF;
    },
    { linux: "fs/open.c fchmod" },
  ),
  syscall("fchmodat", { dirfd: A.dirfd, pathname: A.path, mode: A.mode }, (k, d, p, m) => fchmodat(k, d, p, m, 0), {
    linux: "fs/open.c fchmodat",
  }),
  syscall("fchmodat2", { dirfd: A.dirfd, pathname: A.path, mode: A.mode, flags: A.flags(atNames) }, fchmodat, {
    linux: "fs/open.c fchmodat2",
  }),
  syscall("chown", { pathname: A.path, ...owner }, (k, p, u, g) => fchownat(k, AT_FDCWD, p, u, g, 0), { linux: "fs/open.c chown" }),
  syscall("lchown", { pathname: A.path, ...owner }, (k, p, u, g) => fchownat(k, AT_FDCWD, p, u, g, AT_SYMLINK_NOFOLLOW), {
    linux: "fs/open.c lchown",
  }),
  syscall(
    "fchown",
    { fd: A.fd, ...owner },
    (k, fd, u, g) => {
      const f = fget(k, fd);
      return f ? chownPath(k, f.path, u, g) : -EBADF;
    },
    { linux: "fs/open.c fchown" },
  ),
  syscall("fchownat", { dirfd: A.dirfd, pathname: A.path, ...owner, flags: A.flags(atNames) }, fchownat, { linux: "fs/open.c fchownat" }),
];
