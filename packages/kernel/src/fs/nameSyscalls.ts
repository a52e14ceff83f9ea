import type { Dentry, Inode, Mount } from "../include/linux/fs.ts";
import { capable } from "../kernel/capability.ts";
import type { Kernel } from "../kernel.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { CAP_DAC_READ_SEARCH } from "../uapi/capability.ts";
import { EBADF, EBUSY, EEXIST, EINVAL, EISDIR, ENOENT, ENOTDIR, ENOTEMPTY, EPERM, EXDEV } from "../uapi/errno.ts";
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_REMOVEDIR,
  AT_SYMLINK_FOLLOW,
  atNames,
  RENAME_EXCHANGE,
  RENAME_NOREPLACE,
  RENAME_WHITEOUT,
  renameNames,
} from "../uapi/fcntl.ts";
import { isDir, S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFMT, S_IFREG, S_IFSOCK } from "../uapi/stat.ts";
import { fgetRaw } from "./file.ts";
import { renameChecks, vfsCreate, vfsLink, vfsMkdir, vfsMknod, vfsRename, vfsRmdir, vfsSymlink, vfsUnlink } from "./nameChange.ts";
import {
  filenameCreate,
  filenameParent,
  forgetNegative,
  getname,
  LOOKUP_DIRECTORY,
  LOOKUP_EMPTY,
  LOOKUP_FOLLOW,
  lookupOne,
  userPathAt,
} from "./namei.ts";
import { inodePermission, MAY_EXEC, mntWantWrite } from "./permission.ts";
import { shutdownDetached } from "./shutdownSuper.ts";

/** Makes a name with `make`; the free dentry goes away if that fails. */
function create(
  k: Kernel,
  dfd: number,
  pathAddr: number | string,
  flags: number,
  make: (dir: Inode, dentry: Dentry, mnt: Mount) => number,
): number {
  const name = getname(k, pathAddr);
  if (typeof name === "number") return name;
  const c = filenameCreate(k, dfd, name, flags);
  if (typeof c === "number") return c;
  const ro = mntWantWrite(c.path.mnt);
  const r = ro < 0 ? ro : make(c.path.dentry.inode!, c.dentry, c.path.mnt);
  if (r < 0) forgetNegative(c.dentry);
  return r;
}

/** Paths of these are addresses, or what was taken from the program before. @linux fs/namei.c do_mkdirat */
export function mkdirat(k: Kernel, dfd: number, path: number | string, mode: number): number {
  return create(k, dfd, path, LOOKUP_DIRECTORY, (dir, dentry) => vfsMkdir(k, dir, dentry, mode));
}

function mknodat(k: Kernel, dfd: number, path: number, mode: number, dev: number): number {
  const type = mode & S_IFMT;
  if (type === S_IFDIR) return -EPERM;
  if (type !== 0 && type !== S_IFREG && type !== S_IFCHR && type !== S_IFBLK && type !== S_IFIFO && type !== S_IFSOCK) return -EINVAL;
  return create(k, dfd, path, 0, (dir, dentry) =>
    type === 0 || type === S_IFREG
      ? vfsCreate(k, dir, dentry, mode)
      : vfsMknod(k, dir, dentry, mode, type === S_IFCHR || type === S_IFBLK ? dev : 0),
  );
}

/** @linux fs/namei.c do_symlinkat */
export function symlinkat(k: Kernel, targetAddr: number | string, dfd: number, path: number | string): number {
  const target = getname(k, targetAddr);
  if (typeof target === "number") return target;
  return create(k, dfd, path, 0, (dir, dentry) => vfsSymlink(k, dir, dentry, target));
}

/** @linux fs/namei.c do_linkat */
export function linkat(
  k: Kernel,
  oldDfd: number,
  oldPath: number | string,
  newDfd: number,
  newPath: number | string,
  flags: number,
): number {
  if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) return -EINVAL;
  if (flags & AT_EMPTY_PATH && !capable(k, CAP_DAC_READ_SEARCH)) return -ENOENT;
  const from = userPathAt(k, oldDfd, oldPath, (flags & AT_SYMLINK_FOLLOW ? LOOKUP_FOLLOW : 0) | (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0));
  if (typeof from === "number") return from;
  return create(k, newDfd, newPath, 0, (dir, dentry, mnt) => (from.mnt !== mnt ? -EXDEV : vfsLink(k, from.dentry.inode!, dir, dentry)));
}

/** @linux fs/namei.c do_unlinkat, do_rmdir */
export function unlinkat(k: Kernel, dfd: number, pathAddr: number | string, directory: boolean): number {
  const name = getname(k, pathAddr);
  if (typeof name === "number") return name;
  const w = filenameParent(k, dfd, name);
  if (typeof w === "number") return w;
  if (directory) {
    if (w.last === "..") return -ENOTEMPTY;
    if (w.last === ".") return -EINVAL;
    if (w.last === "") return -EBUSY;
  } else if (w.last === "" || w.last === "." || w.last === "..") return -EISDIR;
  const ro = mntWantWrite(w.path.mnt);
  if (ro < 0) return ro;
  const dentry = lookupOne(k, w.path.dentry, w.last);
  if (typeof dentry === "number") return dentry;
  if (!dentry.inode) {
    forgetNegative(dentry);
    return -ENOENT;
  }
  const dir = w.path.dentry.inode!;
  if (directory) return vfsRmdir(k, dir, dentry);
  if (w.trailing) return isDir(dentry.inode.mode) ? -EISDIR : -ENOTDIR;
  return vfsUnlink(k, dir, dentry);
}

/** @linux fs/namei.c do_renameat2 */
export function renameat2(
  k: Kernel,
  oldDfd: number,
  oldAddr: number | string,
  newDfd: number,
  newAddr: number | string,
  flags: number,
): number {
  if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT)) return -EINVAL;
  if (flags & (RENAME_NOREPLACE | RENAME_WHITEOUT) && flags & RENAME_EXCHANGE) return -EINVAL;
  const oldName = getname(k, oldAddr);
  if (typeof oldName === "number") return oldName;
  const from = filenameParent(k, oldDfd, oldName);
  if (typeof from === "number") return from;
  const newName = getname(k, newAddr);
  if (typeof newName === "number") return newName;
  const to = filenameParent(k, newDfd, newName);
  if (typeof to === "number") return to;
  if (from.path.mnt !== to.path.mnt) return -EXDEV;
  const plain = (s: string): boolean => s !== "" && s !== "." && s !== "..";
  if (!plain(from.last)) return -EBUSY;
  if (!plain(to.last)) return flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
  const ro = mntWantWrite(from.path.mnt);
  if (ro < 0) return ro;
  const oldDentry = lookupOne(k, from.path.dentry, from.last);
  if (typeof oldDentry === "number") return oldDentry;
  if (!oldDentry.inode) {
    forgetNegative(oldDentry);
    return -ENOENT;
  }
  const newDentry = lookupOne(k, to.path.dentry, to.last);
  if (typeof newDentry === "number") return newDentry;
  let r = renameChecks(
    { parent: from.path, dentry: oldDentry, trailing: from.trailing },
    { parent: to.path, dentry: newDentry, trailing: to.trailing },
    flags,
  );
  if (r === 0) r = vfsRename(k, from.path, oldDentry, to.path, newDentry, flags);
  if (newDentry.inode === null && newDentry.parent.children?.get(newDentry.name) === newDentry) forgetNegative(newDentry);
  return r;
}

function sysChdir(k: Kernel, pathAddr: number): number {
  const path = userPathAt(k, AT_FDCWD, pathAddr, LOOKUP_FOLLOW | LOOKUP_DIRECTORY);
  if (typeof path === "number") return path;
  const p = inodePermission(k, path.dentry.inode!, MAY_EXEC);
  if (p < 0) return p;
  k.current.fs.pwd = path;
  shutdownDetached(k);
  return 0;
}
function sysFchdir(k: Kernel, fd: number): number {
  const file = fgetRaw(k, fd);
  if (!file) return -EBADF;
  if (!isDir(file.inode.mode)) return -ENOTDIR;
  const p = inodePermission(k, file.inode, MAY_EXEC);
  if (p < 0) return p;
  k.current.fs.pwd = file.path;
  shutdownDetached(k);
  return 0;
}

const devMode = { mode: A.custom("u32"), dev: A.custom("u32") };
export const nameSyscalls: SyscallDef[] = [
  syscall("mkdir", { pathname: A.path, mode: A.mode }, (k, p, m) => mkdirat(k, AT_FDCWD, p, m), { linux: "fs/namei.c mkdir" }),
  syscall("mkdirat", { dirfd: A.dirfd, pathname: A.path, mode: A.mode }, mkdirat, { linux: "fs/namei.c mkdirat" }),
  syscall("mknod", { pathname: A.path, ...devMode }, (k, p, m, d) => mknodat(k, AT_FDCWD, p, m, d), { linux: "fs/namei.c mknod" }),
  syscall("mknodat", { dirfd: A.dirfd, pathname: A.path, ...devMode }, mknodat, { linux: "fs/namei.c mknodat" }),
  syscall("symlink", { target: A.path, linkpath: A.path }, (k, t, p) => symlinkat(k, t, AT_FDCWD, p), { linux: "fs/namei.c symlink" }),
  syscall("symlinkat", { target: A.path, newdirfd: A.dirfd, linkpath: A.path }, symlinkat, { linux: "fs/namei.c symlinkat" }),
  syscall("link", { oldpath: A.path, newpath: A.path }, (k, a, b) => linkat(k, AT_FDCWD, a, AT_FDCWD, b, 0), { linux: "fs/namei.c link" }),
  syscall("linkat", { olddirfd: A.dirfd, oldpath: A.path, newdirfd: A.dirfd, newpath: A.path, flags: A.flags(atNames) }, linkat, {
    linux: "fs/namei.c linkat",
  }),
  syscall("unlink", { pathname: A.path }, (k, p) => unlinkat(k, AT_FDCWD, p, false), { linux: "fs/namei.c unlink" }),
  syscall(
    "unlinkat",
    { dirfd: A.dirfd, pathname: A.path, flags: A.flags(atNames) },
    (k, d, p, f) => (f & ~AT_REMOVEDIR ? -EINVAL : unlinkat(k, d, p, (f & AT_REMOVEDIR) !== 0)),
    { linux: "fs/namei.c unlinkat" },
  ),
  syscall("rmdir", { pathname: A.path }, (k, p) => unlinkat(k, AT_FDCWD, p, true), { linux: "fs/namei.c rmdir" }),
  syscall("rename", { oldpath: A.path, newpath: A.path }, (k, a, b) => renameat2(k, AT_FDCWD, a, AT_FDCWD, b, 0), {
    linux: "fs/namei.c rename",
  }),
  syscall(
    "renameat",
    { olddirfd: A.dirfd, oldpath: A.path, newdirfd: A.dirfd, newpath: A.path },
    (k, d, a, e, b) => renameat2(k, d, a, e, b, 0),
    {
      linux: "fs/namei.c renameat",
    },
  ),
  syscall("renameat2", { olddirfd: A.dirfd, oldpath: A.path, newdirfd: A.dirfd, newpath: A.path, flags: A.flags(renameNames) }, renameat2, {
    linux: "fs/namei.c renameat2",
  }),
  syscall("chdir", { path: A.path }, sysChdir, { linux: "fs/open.c chdir" }),
  syscall("fchdir", { fd: A.fd }, sysFchdir, { linux: "fs/open.c fchdir" }),
];
