import type { Inode, Path } from "../include/linux/fs.ts";
import { capable } from "../kernel/capability.ts";
import type { Kernel } from "../kernel.ts";
import { copyFromUser, copyToUser, strncpyFromUser } from "../mm/usercopy.ts";
import { A, flagNames, type SyscallDef, syscall } from "../syscall/declare.ts";
import { CAP_SETFCAP, CAP_SYS_ADMIN } from "../uapi/capability.ts";
import { E2BIG, EBADF, EFAULT, EINVAL, ENAMETOOLONG, ENODATA, EOPNOTSUPP, EPERM, ERANGE } from "../uapi/errno.ts";
import { AT_FDCWD } from "../uapi/fcntl.ts";
import { FS_APPEND_FL, FS_IMMUTABLE_FL } from "../uapi/ioctls.ts";
import { isDir, isReg, S_ISVTX } from "../uapi/stat.ts";
import { fget } from "./file.ts";
import { inodeOwnerOrCapable } from "./inode.ts";
import { LOOKUP_FOLLOW, userPathAt } from "./namei.ts";
import { fsnotifyAttrib } from "./notify/fsnotify.ts";
import { inodePermission, MAY_READ, MAY_WRITE, mntWantWrite } from "./permission.ts";

const XATTR_CREATE = 1;
const XATTR_REPLACE = 2;
const XATTR_NAME_MAX = 255;
const XATTR_SIZE_MAX = 65536;
const XATTR_LIST_MAX = 65536;

/** Who may touch which name space. @linux fs/xattr.c xattr_permission */
function xattrPermission(k: Kernel, inode: Inode, name: string, mask: number): number {
  if (mask & MAY_WRITE && inode.flags & (FS_APPEND_FL | FS_IMMUTABLE_FL)) return -EPERM;
  if (name.startsWith("security.") || name.startsWith("system.")) return 0;
  if (name.startsWith("trusted.")) return capable(k, CAP_SYS_ADMIN) ? 0 : mask & MAY_WRITE ? -EPERM : -ENODATA;
  if (name.startsWith("user.")) {
    if (!isReg(inode.mode) && !isDir(inode.mode)) return mask & MAY_WRITE ? -EPERM : -ENODATA;
    if (isDir(inode.mode) && inode.mode & S_ISVTX && mask & MAY_WRITE && !inodeOwnerOrCapable(k, inode)) return -EPERM;
  }
  return inodePermission(k, inode, mask);
}

/** Name spaces with a handler; a bare prefix names nothing. @linux fs/xattr.c xattr_resolve_name */
function resolveName(name: string): number {
  for (const prefix of ["user.", "trusted.", "security."]) {
    if (name.startsWith(prefix)) return name.length > prefix.length ? 0 : -EINVAL;
  }
  return -EOPNOTSUPP;
}

/** An attribute name of a call: 1 to 255 bytes. @linux fs/xattr.c import_xattr_name */
export function importXattrName(k: Kernel, address: number): string | number {
  const name = strncpyFromUser(k, address, XATTR_NAME_MAX + 1);
  if (typeof name === "number") return name === -ENAMETOOLONG ? -ERANGE : name;
  return name === "" ? -ERANGE : name;
}

/** What a setxattr sets: copied from the program. */
export interface XattrValue {
  name: string;
  value: Uint8Array;
  flags: number;
}

/** Reads the arguments of a setxattr: -EINVAL, -ERANGE, -E2BIG, -EFAULT. @linux fs/xattr.c setxattr_copy */
export function setxattrCopy(k: Kernel, nameAddr: number, value: number, size: number, flags: number): XattrValue | number {
  if (flags & ~(XATTR_CREATE | XATTR_REPLACE)) return -EINVAL;
  const name = importXattrName(k, nameAddr);
  if (typeof name === "number") return name;
  if (size > XATTR_SIZE_MAX) return -E2BIG;
  const bytes = new Uint8Array(size);
  return size > 0 && copyFromUser(k, value, bytes, 0, size) < 0 ? -EFAULT : { name, value: bytes, flags };
}

function setxattr(k: Kernel, path: Path, nameAddr: number, value: number, size: number, flags: number): number {
  const ro = mntWantWrite(path.mnt);
  if (ro < 0) return ro;
  const x = setxattrCopy(k, nameAddr, value, size, flags);
  return typeof x === "number" ? x : doSetxattr(k, path, x);
}

/** @linux fs/xattr.c do_setxattr */
export function doSetxattr(k: Kernel, path: Path, x: XattrValue): number {
  const ro = mntWantWrite(path.mnt);
  if (ro < 0) return ro;
  const { name } = x;
  const inode = path.dentry.inode as Inode;
  const p = xattrPermission(k, inode, name, MAY_WRITE);
  if (p < 0) return p;
  if (name.startsWith("security.") && !capable(k, name === "security.capability" ? CAP_SETFCAP : CAP_SYS_ADMIN)) return -EPERM;
  const known = resolveName(name);
  if (known < 0) return known;
  if (!inode.op.setxattr) return -EOPNOTSUPP;
  const r = inode.op.setxattr(k, inode, name, x.value, x.flags);
  if (r === 0) fsnotifyAttrib(k, inode, path.dentry);
  return r;
}

function getxattr(k: Kernel, path: Path, nameAddr: number, value: number, size: number): number {
  const name = importXattrName(k, nameAddr);
  return typeof name === "number" ? name : doGetxattr(k, path, name, value, size);
}

/** The value's length; it goes to `value` unless size is 0. @linux fs/xattr.c do_getxattr */
export function doGetxattr(k: Kernel, path: Path, name: string, value: number, size: number): number {
  const inode = path.dentry.inode as Inode;
  const p = xattrPermission(k, inode, name, MAY_READ);
  if (p < 0) return p;
  const known = resolveName(name);
  if (known < 0) return known;
  if (!inode.op.getxattr) return -EOPNOTSUPP;
  const v = inode.op.getxattr(k, inode, name);
  if (typeof v === "number") return v;
  if (size === 0) return v.length;
  if (v.length > size) return -ERANGE;
  return copyToUser(k, value, v, 0, v.length) < 0 ? -EFAULT : v.length;
}

function listxattr(k: Kernel, path: Path, list: number, size: number): number {
  const inode = path.dentry.inode as Inode;
  if (!inode.op.listxattr) return -EOPNOTSUPP;
  const names = inode.op.listxattr(k, inode);
  if (typeof names === "number") return names;
  const admin = capable(k, CAP_SYS_ADMIN);
  let text = "";
  for (const n of names) if (admin || !n.startsWith("trusted.")) text += `${n}\0`;
  if (size === 0) return text.length;
  if (text.length > Math.min(size, XATTR_LIST_MAX)) return -ERANGE;
  const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
  return copyToUser(k, list, bytes, 0, bytes.length) < 0 ? -EFAULT : bytes.length;
}

function removexattr(k: Kernel, path: Path, nameAddr: number): number {
  const ro = mntWantWrite(path.mnt);
  if (ro < 0) return ro;
  const name = importXattrName(k, nameAddr);
  if (typeof name === "number") return name;
  const inode = path.dentry.inode as Inode;
  const p = xattrPermission(k, inode, name, MAY_WRITE);
  if (p < 0) return p;
  if (name.startsWith("security.") && !capable(k, name === "security.capability" ? CAP_SETFCAP : CAP_SYS_ADMIN)) return -EPERM;
  const known = resolveName(name);
  if (known < 0) return known;
  if (!inode.op.removexattr) return -EOPNOTSUPP;
  const r = inode.op.removexattr(k, inode, name);
  if (r === 0) fsnotifyAttrib(k, inode, path.dentry);
  return r;
}

/** By path, following a final link or not. */
function byPath(k: Kernel, pathname: number, flags: number, then: (path: Path) => number): number {
  const path = userPathAt(k, AT_FDCWD, pathname, flags);
  return typeof path === "number" ? path : then(path);
}

function byFd(k: Kernel, fd: number, then: (path: Path) => number): number {
  const file = fget(k, fd);
  return file ? then(file.path) : -EBADF;
}

const xattrNames = flagNames("XATTR_???", { XATTR_CREATE, XATTR_REPLACE });
const set = { name: A.string, value: A.bufIn("size"), size: A.size, flags: A.flags(xattrNames) };
const get = { name: A.string, value: A.bufOut("ret"), size: A.size };
const list = { list: A.bufOut("ret"), size: A.size };
const linux = { linux: "fs/xattr.c path_setxattr" };
const linuxGet = { linux: "fs/xattr.c path_getxattr" };
const linuxList = { linux: "fs/xattr.c path_listxattr" };
const linuxRemove = { linux: "fs/xattr.c path_removexattr" };

export const xattrSyscalls: SyscallDef[] = [
  syscall(
    "setxattr",
    { pathname: A.path, ...set },
    (k, p, n, v, s, f) => byPath(k, p, LOOKUP_FOLLOW, (path) => setxattr(k, path, n, v, s, f)),
    linux,
  ),
  syscall("lsetxattr", { pathname: A.path, ...set }, (k, p, n, v, s, f) => byPath(k, p, 0, (path) => setxattr(k, path, n, v, s, f)), linux),
  syscall("fsetxattr", { fd: A.fd, ...set }, (k, fd, n, v, s, f) => byFd(k, fd, (path) => setxattr(k, path, n, v, s, f)), linux),
  syscall(
    "getxattr",
    { pathname: A.path, ...get },
    (k, p, n, v, s) => byPath(k, p, LOOKUP_FOLLOW, (path) => getxattr(k, path, n, v, s)),
    linuxGet,
  ),
  syscall("lgetxattr", { pathname: A.path, ...get }, (k, p, n, v, s) => byPath(k, p, 0, (path) => getxattr(k, path, n, v, s)), linuxGet),
  syscall("fgetxattr", { fd: A.fd, ...get }, (k, fd, n, v, s) => byFd(k, fd, (path) => getxattr(k, path, n, v, s)), linuxGet),
  syscall(
    "listxattr",
    { pathname: A.path, ...list },
    (k, p, l, s) => byPath(k, p, LOOKUP_FOLLOW, (path) => listxattr(k, path, l, s)),
    linuxList,
  ),
  syscall("llistxattr", { pathname: A.path, ...list }, (k, p, l, s) => byPath(k, p, 0, (path) => listxattr(k, path, l, s)), linuxList),
  syscall("flistxattr", { fd: A.fd, ...list }, (k, fd, l, s) => byFd(k, fd, (path) => listxattr(k, path, l, s)), linuxList),
  syscall(
    "removexattr",
    { pathname: A.path, name: A.string },
    (k, p, n) => byPath(k, p, LOOKUP_FOLLOW, (path) => removexattr(k, path, n)),
    linuxRemove,
  ),
  syscall(
    "lremovexattr",
    { pathname: A.path, name: A.string },
    (k, p, n) => byPath(k, p, 0, (path) => removexattr(k, path, n)),
    linuxRemove,
  ),
  syscall("fremovexattr", { fd: A.fd, name: A.string }, (k, fd, n) => byFd(k, fd, (path) => removexattr(k, path, n)), linuxRemove),
];
