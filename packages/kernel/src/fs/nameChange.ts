import type { Dentry, Inode, Path } from "../include/linux/fs.ts";
import { capable } from "../kernel/capability.ts";
import { currentTime } from "../kernel/time/timekeeping.ts";
import type { Kernel } from "../kernel.ts";
import { CAP_FSETID, CAP_MKNOD } from "../uapi/capability.ts";
import { EBUSY, EEXIST, EINVAL, EISDIR, ENOENT, ENOTDIR, ENOTEMPTY, EPERM, EXDEV } from "../uapi/errno.ts";
import { RENAME_EXCHANGE, RENAME_NOREPLACE, RENAME_WHITEOUT } from "../uapi/fcntl.ts";
import { FS_APPEND_FL, FS_IMMUTABLE_FL } from "../uapi/ioctls.ts";
import { isDir, S_IFBLK, S_IFCHR, S_IFMT, S_IFREG, S_ISGID, S_ISVTX, S_IXGRP } from "../uapi/stat.ts";
import { dAlloc, dDelete, dExchange, dMove, dropInode, isSubdir } from "./dcache.ts";
import { detachMounts, isLocalMountpoint } from "./mntNamespace.ts";
import { fsnotifyCreate, fsnotifyDelete, fsnotifyLinkCount, fsnotifyMove } from "./notify/fsnotify.ts";
import { checkSticky, inGroup, inodePermission, MAY_EXEC, MAY_WRITE } from "./permission.ts";
import { mayLinkat } from "./protectedLinks.ts";

/** Operations that change names. Each checks permissions, asks the file system, tells watchers. */

/** May the caller add a name to `dir`? @linux fs/namei.c may_create */
function mayCreate(k: Kernel, dir: Inode): number {
  // A removed directory takes nothing any more.
  if (dir.nlink === 0) return -ENOENT;
  return inodePermission(k, dir, MAY_WRITE | MAY_EXEC);
}

/** May it remove `victim` from `dir`? @linux fs/namei.c may_delete */
function mayDelete(k: Kernel, dir: Inode, victim: Dentry, directory: boolean): number {
  const inode = victim.inode;
  if (!inode) return -ENOENT;
  const p = inodePermission(k, dir, MAY_WRITE | MAY_EXEC);
  if (p < 0) return p;
  if (dir.flags & FS_APPEND_FL || checkSticky(k, dir, inode) || inode.flags & (FS_APPEND_FL | FS_IMMUTABLE_FL)) return -EPERM;
  if (directory) {
    if (!isDir(inode.mode)) return -ENOTDIR;
    if (victim.parent === victim) return -EBUSY;
  } else if (isDir(inode.mode)) return -EISDIR;
  return 0;
}

function changed(k: Kernel, dir: Inode): void {
  dir.mtime = dir.ctime = currentTime(k);
}

/** Mode of a new inode: the umask applies, and set-group-ID may be lost. */
function newMode(k: Kernel, dir: Inode, mode: number): number {
  mode &= ~k.current.fs.umask;
  if (
    mode & S_ISGID &&
    mode & S_IXGRP &&
    !isDir(mode) &&
    dir.mode & S_ISGID &&
    !inGroup(k.current.cred, dir.gid) &&
    !capable(k, CAP_FSETID)
  )
    mode &= ~S_ISGID;
  return mode;
}

export function vfsCreate(k: Kernel, dir: Inode, dentry: Dentry, mode: number): number {
  const p = mayCreate(k, dir);
  if (p < 0) return p;
  if (!dir.op.create) return -EPERM;
  const r = dir.op.create(k, dir, dentry, newMode(k, dir, (mode & 0o7777) | S_IFREG));
  if (r < 0) return r;
  changed(k, dir);
  fsnotifyCreate(k, dir, dentry);
  return 0;
}

export function vfsMknod(k: Kernel, dir: Inode, dentry: Dentry, mode: number, rdev: number): number {
  const p = mayCreate(k, dir);
  if (p < 0) return p;
  const type = mode & S_IFMT;
  // A character device 0:0 is a whiteout, which anybody may make.
  if ((type === S_IFCHR || type === S_IFBLK) && !(type === S_IFCHR && rdev === 0) && !capable(k, CAP_MKNOD)) return -EPERM;
  if (!dir.op.mknod) return -EPERM;
  const r = dir.op.mknod(k, dir, dentry, newMode(k, dir, mode), rdev);
  if (r < 0) return r;
  changed(k, dir);
  fsnotifyCreate(k, dir, dentry);
  return 0;
}

export function vfsMkdir(k: Kernel, dir: Inode, dentry: Dentry, mode: number): number {
  const p = mayCreate(k, dir);
  if (p < 0) return p;
  if (!dir.op.mkdir) return -EPERM;
  const r = dir.op.mkdir(k, dir, dentry, mode & (0o777 | S_ISVTX) & ~k.current.fs.umask);
  if (r < 0) return r;
  changed(k, dir);
  fsnotifyCreate(k, dir, dentry);
  return 0;
}

export function vfsSymlink(k: Kernel, dir: Inode, dentry: Dentry, target: string): number {
  const p = mayCreate(k, dir);
  if (p < 0) return p;
  if (!dir.op.symlink) return -EPERM;
  const r = dir.op.symlink(k, dir, dentry, target);
  if (r < 0) return r;
  changed(k, dir);
  fsnotifyCreate(k, dir, dentry);
  return 0;
}

/** `inode` gets one more name. @linux fs/namei.c vfs_link */
export function vfsLink(k: Kernel, inode: Inode, dir: Inode, dentry: Dentry): number {
  const allowed = mayLinkat(k, inode);
  if (allowed < 0) return allowed;
  const p = mayCreate(k, dir);
  if (p < 0) return p;
  if (inode.sb !== dir.sb) return -EXDEV;
  if (inode.flags & (FS_APPEND_FL | FS_IMMUTABLE_FL)) return -EPERM;
  if (!dir.op.link) return -EPERM;
  if (isDir(inode.mode)) return -EPERM;
  if (inode.nlink === 0 && !inode.linkable) return -ENOENT;
  const r = dir.op.link(k, inode, dir, dentry);
  if (r < 0) return r;
  inode.linkable = false;
  changed(k, dir);
  fsnotifyLinkCount(k, inode);
  fsnotifyCreate(k, dir, dentry);
  return 0;
}

/** Takes a name away: of a directory, or of anything else. */
function remove(k: Kernel, dir: Inode, dentry: Dentry, directory: boolean): number {
  const p = mayDelete(k, dir, dentry, directory);
  if (p < 0) return p;
  const op = directory ? dir.op.rmdir : dir.op.unlink;
  if (!op) return -EPERM;
  if (isLocalMountpoint(k, dentry)) return -EBUSY;
  const inode = dentry.inode!;
  const r = op(k, dir, dentry);
  if (r < 0) return r;
  changed(k, dir);
  if (!directory) {
    inode.ctime = currentTime(k);
    fsnotifyLinkCount(k, inode);
  }
  detachMounts(k, dentry);
  dDelete(k, dentry);
  fsnotifyDelete(k, dir, dentry, inode);
  return 0;
}

/** @linux fs/namei.c vfs_unlink */
export function vfsUnlink(k: Kernel, dir: Inode, dentry: Dentry): number {
  return remove(k, dir, dentry, false);
}

/** @linux fs/namei.c vfs_rmdir */
export function vfsRmdir(k: Kernel, dir: Inode, dentry: Dentry): number {
  return remove(k, dir, dentry, true);
}

/** @linux fs/namei.c vfs_rename */
export function vfsRename(k: Kernel, oldParent: Path, oldDentry: Dentry, newParent: Path, newDentry: Dentry, flags: number): number {
  const oldDir = oldParent.dentry.inode!;
  const newDir = newParent.dentry.inode!;
  const source = oldDentry.inode!;
  const target = newDentry.inode;
  if (source === target) return 0;
  const directory = isDir(source.mode);
  let p = mayDelete(k, oldDir, oldDentry, directory);
  if (p < 0) return p;
  if (!target) p = mayCreate(k, newDir);
  else if (flags & RENAME_EXCHANGE) p = mayDelete(k, newDir, newDentry, isDir(target.mode));
  else p = mayDelete(k, newDir, newDentry, directory);
  if (p < 0) return p;
  if (!oldDir.op.rename) return -EPERM;
  if (flags & RENAME_WHITEOUT && !oldDir.op.mknod) return -EINVAL;
  // Moving a directory elsewhere changes its "..".
  if (newDir !== oldDir) {
    if (directory) p = inodePermission(k, source, MAY_WRITE);
    if (p >= 0 && flags & RENAME_EXCHANGE && target && isDir(target.mode)) p = inodePermission(k, target, MAY_WRITE);
    if (p < 0) return p;
  }
  if (isLocalMountpoint(k, oldDentry) || isLocalMountpoint(k, newDentry)) return -EBUSY;
  const oldName = oldDentry.name;
  const r = oldDir.op.rename(k, oldDir, oldDentry, newDir, newDentry, flags);
  if (r < 0) return r;
  const newName = newDentry.name;
  if (flags & RENAME_EXCHANGE) dExchange(oldDentry, newDentry);
  else {
    if (target) {
      detachMounts(k, newDentry);
      newDentry.unhashed = true;
      newDentry.parent.children?.delete(newDentry.name);
    }
    dMove(oldDentry, newParent.dentry, newName);
    if (flags & RENAME_WHITEOUT) oldDir.op.mknod?.(k, oldDir, dAlloc(oldParent.dentry, oldName), S_IFCHR, 0);
  }
  changed(k, oldDir);
  changed(k, newDir);
  source.ctime = currentTime(k);
  if (target) target.ctime = source.ctime;
  fsnotifyMove(k, oldDir, newDir, oldName, newName, source, flags & RENAME_EXCHANGE ? null : target);
  if (flags & RENAME_EXCHANGE && target) fsnotifyMove(k, newDir, oldDir, newName, oldName, target, null);
  if (target && !(flags & RENAME_EXCHANGE)) dropInode(k, target);
  return 0;
}

/** One side of a rename: its directory, its dentry, and whether slashes followed the name. */
export interface RenameSide {
  parent: Path;
  dentry: Dentry;
  trailing: boolean;
}

/** Checks that do not depend on the file system. @linux fs/namei.c do_renameat2 */
export function renameChecks(from: RenameSide, to: RenameSide, flags: number): number {
  if (flags & RENAME_NOREPLACE && to.dentry.inode) return -EEXIST;
  if (flags & RENAME_EXCHANGE) {
    if (!to.dentry.inode) return -ENOENT;
    if (!isDir(to.dentry.inode.mode) && to.trailing) return -ENOTDIR;
  }
  if (!isDir(from.dentry.inode!.mode) && (from.trailing || (to.trailing && !(flags & RENAME_EXCHANGE)))) return -ENOTDIR;
  // Not into itself, and not over what contains it.
  if (isSubdir(to.parent.dentry, from.dentry)) return -EINVAL;
  if (to.dentry.inode && isSubdir(from.parent.dentry, to.dentry)) return flags & RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
  return 0;
}
