import type { Iattr, Inode, Path } from "../include/linux/fs.ts";
import { capable } from "../kernel/capability.ts";
import { rlimit } from "../kernel/resource.ts";
import { sendSig } from "../kernel/signal.ts";
import { currentTime } from "../kernel/time/timekeeping.ts";
import type { Kernel } from "../kernel.ts";
import { copyFromUser } from "../mm/usercopy.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { CAP_CHOWN, CAP_FSETID } from "../uapi/capability.ts";
import { EACCES, EBADF, EFAULT, EFBIG, EINVAL, EISDIR, ENODEV, EOPNOTSUPP, EPERM, EROFS, ESPIPE, ETXTBSY } from "../uapi/errno.ts";
import {
  AT_EACCESS,
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  accessAtNames,
  atNames,
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  fallocNames,
  O_ACCMODE,
  O_APPEND,
  O_RDONLY,
  O_WRONLY,
} from "../uapi/fcntl.ts";
import { IN_ACCESS, IN_ATTRIB, IN_MODIFY } from "../uapi/inotify.ts";
import { RLIMIT_FSIZE } from "../uapi/resource.ts";
import { isDir, isLnk, isReg, S_IFIFO, S_IFMT, S_ISGID, UTIME_NOW, UTIME_OMIT } from "../uapi/stat.ts";
import { getS64 } from "../uapi/struct.ts";
import { fget } from "./file.ts";
import { inodeOwnerOrCapable } from "./inode.ts";
import { breakLease } from "./leases.ts";
import { LOOKUP_EMPTY, LOOKUP_FOLLOW, userPathAt } from "./namei.ts";
import { fsnotifyChange } from "./notify/fsnotify.ts";
import { inGroup, inodePermission, MAY_WRITE, mntWantWrite } from "./permission.ts";
import { privBits } from "./removePrivs.ts";

const SIGXFSZ = 25;
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
    const gid = a.gid ?? inode.gid;
    if (!inGroup(cred, gid) && !capable(k, CAP_FSETID)) a.mode &= ~S_ISGID;
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
  if (a.touch && !inodeOwnerOrCapable(k, inode)) {
    const p = inodePermission(k, inode, MAY_WRITE);
    if (p < 0) return p;
  }
  // A change of size or owner takes set-id bits away.
  if (a.mode === undefined && (a.truncate || a.uid !== undefined || a.gid !== undefined)) {
    const bits = a.truncate ? (capable(k, CAP_FSETID) ? 0 : privBits(inode)) : isDir(inode.mode) ? 0 : privBits(inode);
    if (bits) a.mode = inode.mode & ~bits;
    const p = a.truncate ? 0 : setattrPrepare(k, inode, { ...a, mode: undefined } as Change);
    if (p < 0) return p;
  } else {
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

function lookup(k: Kernel, dfd: number, pathAddr: number, flags: number): Path | number {
  return userPathAt(k, dfd, pathAddr, (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) | (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0));
}
const onPath = (path: Path | number, then: (path: Path) => number): number => (typeof path === "number" ? path : then(path));

function chmodPath(k: Kernel, path: Path, mode: number): number {
  if (isLnk(path.dentry.inode!.mode)) return -EOPNOTSUPP;
  return notifyChange(k, path, { mode: mode & 0o7777 });
}
function fchmodat(k: Kernel, dfd: number, pathAddr: number, mode: number, flags: number): number {
  if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) return -EINVAL;
  return onPath(lookup(k, dfd, pathAddr, flags), (p) => chmodPath(k, p, mode));
}

function chownPath(k: Kernel, path: Path, uid: number, gid: number): number {
  const a: Change = {};
  if (uid !== 0xffffffff) a.uid = uid;
  if (gid !== 0xffffffff) a.gid = gid;
  if (a.uid === undefined && a.gid === undefined) {
    const ro = mntWantWrite(path.mnt);
    if (ro < 0) return ro;
    const inode = path.dentry.inode!;
    const bits = isDir(inode.mode) ? 0 : privBits(inode);
    return notifyChange(k, path, bits ? { mode: inode.mode & ~bits } : {});
  }
  return notifyChange(k, path, a);
}
function fchownat(k: Kernel, dfd: number, pathAddr: number, uid: number, gid: number, flags: number): number {
  if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) return -EINVAL;
  return onPath(lookup(k, dfd, pathAddr, flags), (p) => chownPath(k, p, uid, gid));
}

interface Stamp {
  sec: number;
  nsec: number;
}

/** @linux fs/utimes.c vfs_utimes */
function setTimes(k: Kernel, path: Path, atime: Stamp, mtime: Stamp): number {
  const now = currentTime(k);
  const a: Change = {};
  const pick = (t: Stamp): Stamp | null => (t.nsec === UTIME_OMIT ? null : t.nsec === UTIME_NOW ? now : t);
  const at = pick(atime);
  const mt = pick(mtime);
  if (!at && !mt) return 0;
  if (at) a.atime = at;
  if (mt) a.mtime = mt;
  if (atime.nsec === UTIME_NOW && mtime.nsec === UTIME_NOW) a.touch = true;
  else a.setTimes = true;
  return notifyChange(k, path, a);
}
const pair = new Uint8Array(32);
const pairView = new DataView(pair.buffer);
const NOW: Stamp = { sec: 0, nsec: UTIME_NOW };

function utimesTarget(k: Kernel, dfd: number, pathAddr: number, flags: number): Path | number {
  if (pathAddr === 0 && dfd !== AT_FDCWD) {
    if (flags) return -EINVAL;
    const file = fget(k, dfd);
    return file ? file.path : -EBADF;
  }
  if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) return -EINVAL;
  return lookup(k, dfd, pathAddr, flags);
}

function sysUtimensat(k: Kernel, dfd: number, pathAddr: number, timesAddr: number, flags: number): number {
  let at = NOW;
  let mt = NOW;
  if (timesAddr !== 0) {
    if (copyFromUser(k, timesAddr, pair, 0, 32) < 0) return -EFAULT;
    at = { sec: getS64(pairView, 0), nsec: getS64(pairView, 8) };
    mt = { sec: getS64(pairView, 16), nsec: getS64(pairView, 24) };
    const valid = (n: number): boolean => (n >= 0 && n < 1e9) || n === UTIME_NOW || n === UTIME_OMIT;
    if (at.nsec === UTIME_OMIT && mt.nsec === UTIME_OMIT) return 0;
    if (!valid(at.nsec) || !valid(mt.nsec)) return -EINVAL;
  }
  return onPath(utimesTarget(k, dfd, pathAddr, flags), (p) => setTimes(k, p, at, mt));
}

/** Times in microseconds. */
function futimesat(k: Kernel, dfd: number, pathAddr: number, timesAddr: number): number {
  let at = NOW;
  let mt = NOW;
  if (timesAddr !== 0) {
    if (copyFromUser(k, timesAddr, pair, 0, 32) < 0) return -EFAULT;
    const microseconds = [getS64(pairView, 8), getS64(pairView, 24)] as const;
    if (microseconds.some((n) => n < 0 || n >= 1e6)) return -EINVAL;
    at = { sec: getS64(pairView, 0), nsec: microseconds[0] * 1000 };
    mt = { sec: getS64(pairView, 16), nsec: microseconds[1] * 1000 };
  }
  return onPath(utimesTarget(k, dfd, pathAddr, 0), (p) => setTimes(k, p, at, mt));
}
function sysUtime(k: Kernel, pathAddr: number, timesAddr: number): number {
  let at = NOW;
  let mt = NOW;
  if (timesAddr !== 0) {
    if (copyFromUser(k, timesAddr, pair, 0, 16) < 0) return -EFAULT;
    at = { sec: getS64(pairView, 0), nsec: 0 };
    mt = { sec: getS64(pairView, 8), nsec: 0 };
  }
  return onPath(lookup(k, AT_FDCWD, pathAddr, 0), (p) => setTimes(k, p, at, mt));
}

/** -EFBIG with SIGXFSZ beyond the limit. @linux mm/truncate.c inode_newsize_ok */
function newSizeOk(k: Kernel, inode: Inode, size: number): number {
  if (size <= inode.size) return 0;
  if (size > rlimit(k.current, RLIMIT_FSIZE)) {
    sendSig(k, SIGXFSZ, k.current);
    return -EFBIG;
  }
  return size > 2 ** 53 - 1 ? -EFBIG : 0;
}

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
  if (!file) return -EBADF;
  if (!isReg(file.inode.mode) || (file.flags & O_ACCMODE) === O_RDONLY) return -EINVAL;
  const s = newSizeOk(k, file.inode, size);
  return s < 0 ? s : notifyChange(k, file.path, { size, truncate: true, touchSize: true });
}

/** @linux fs/open.c vfs_fallocate */
function sysFallocate(k: Kernel, fd: number, mode: number, offset: number, length: number): number {
  const file = fget(k, fd);
  if (!file) return -EBADF;
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
  if (!file.op.fallocate) return -EOPNOTSUPP;
  if (!(mode & FALLOC_FL_KEEP_SIZE)) {
    const s = newSizeOk(k, file.inode, offset + length);
    if (s < 0) return s;
  }
  return file.op.fallocate(k, file, mode, offset, length);
}

/** access by real ids, or effective ones. @linux fs/open.c do_faccessat */
function doFaccessat(k: Kernel, dfd: number, pathAddr: number, mode: number, flags: number): number {
  if (mode & ~7) return -EINVAL;
  if (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) return -EINVAL;
  const { current } = k;
  const saved = current.cred;
  if (!(flags & AT_EACCESS) && (saved.uid !== saved.fsuid || saved.gid !== saved.fsgid || saved.uid !== 0)) {
    const c = Object.assign(Object.create(Object.getPrototypeOf(saved)), saved) as typeof saved;
    c.fsuid = saved.uid;
    c.fsgid = saved.gid;
    c.capEffective = saved.uid === 0 ? saved.capPermitted : [0, 0];
    current.cred = c;
  }
  const r = onPath(lookup(k, dfd, pathAddr, flags), (path) => {
    const inode = path.dentry.inode!;
    if (mode & 1 && isReg(inode.mode) && path.mnt.flags & 8) return -EACCES;
    const p = inodePermission(k, inode, mode);
    if (p < 0) return p;
    if (mode & 2 && (isReg(inode.mode) || isDir(inode.mode)) && mntWantWrite(path.mnt) < 0) return -EROFS;
    return 0;
  });
  current.cred = saved;
  return r;
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
  syscall("utimensat", { dirfd: A.dirfd, pathname: A.path, times: A.ptr, flags: A.flags(atNames) }, sysUtimensat, {
    linux: "fs/utimes.c utimensat",
  }),
  syscall("futimesat", { dirfd: A.dirfd, pathname: A.path, times: A.ptr }, futimesat, { linux: "fs/utimes.c futimesat" }),
  syscall("utimes", { pathname: A.path, times: A.ptr }, (k, p, t) => futimesat(k, AT_FDCWD, p, t), { linux: "fs/utimes.c utimes" }),
  syscall("utime", { pathname: A.path, times: A.ptr }, sysUtime, { linux: "fs/utimes.c utime" }),
  syscall(
    "truncate",
    { path: A.path, length: A.off },
    (k, p, n) => (n < 0 ? -EINVAL : onPath(lookup(k, AT_FDCWD, p, 0), (path) => truncatePath(k, path, n))),
    {
      linux: "fs/open.c truncate",
    },
  ),
  syscall("ftruncate", { fd: A.fd, length: A.off }, sysFtruncate, { linux: "fs/open.c ftruncate" }),
  syscall("fallocate", { fd: A.fd, mode: A.flags(fallocNames), offset: A.off, length: A.off }, sysFallocate, {
    linux: "fs/open.c fallocate",
  }),
  syscall("access", { pathname: A.path, mode: A.custom("i32") }, (k, p, m) => doFaccessat(k, AT_FDCWD, p, m, 0), {
    linux: "fs/open.c access",
  }),
  syscall("faccessat", { dirfd: A.dirfd, pathname: A.path, mode: A.custom("i32") }, (k, d, p, m) => doFaccessat(k, d, p, m, 0), {
    linux: "fs/open.c faccessat",
  }),
  syscall("faccessat2", { dirfd: A.dirfd, pathname: A.path, mode: A.custom("i32"), flags: A.flags(accessAtNames) }, doFaccessat, {
    linux: "fs/open.c faccessat2",
  }),
];
