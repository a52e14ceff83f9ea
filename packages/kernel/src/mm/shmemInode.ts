import { dInstantiate } from "../fs/dcache.ts";
import { inodeInitOwner, inodeSetSpecial, newInode } from "../fs/inode.ts";
import { dcacheReaddir, dirLlseek, simpleEmpty, simpleLookup } from "../fs/libfs.ts";
import type { Dentry, FileOperations, Iattr, Inode, InodeOperations, SuperBlock } from "../include/linux/fs.ts";
import { currentTime } from "../kernel/time/timekeeping.ts";
import type { Kernel } from "../kernel.ts";
import { stateTable } from "../state.ts";
import { EEXIST, ENODATA, ENOSPC, ENOTEMPTY, EPERM } from "../uapi/errno.ts";
import { F_SEAL_EXEC, F_SEAL_GROW, F_SEAL_SHRINK, RENAME_EXCHANGE } from "../uapi/fcntl.ts";
import { FS_NOATIME_FL, FS_NODUMP_FL } from "../uapi/ioctls.ts";
import { isDir, S_IALLUGO, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from "../uapi/stat.ts";
import { AddressSpace, pagecacheIsizeExtended, truncatePagecache } from "./pageCache.ts";
import { shmemAops, shmemFileOps } from "./shmemFile.ts";
import { type ShmemSuper, SymlinkTarget, sealsOf, shmemSuper } from "./shmemState.ts";

/** What a name adds to its directory's size. */
const DIRENT_SIZE = 20;
const XATTR_CREATE = 1;
const XATTR_REPLACE = 2;

/** One inode more of the instance's limit, or -ENOSPC. @linux mm/shmem.c shmem_reserve_inode */
function reserveInode(sb: SuperBlock): number {
  const s = sb.info as ShmemSuper;
  if (s.inodes >= s.maxInodes) return -ENOSPC;
  s.inodes++;
  return 0;
}

export const shmemDirOps: FileOperations = stateTable("simple_dir_operations", {
  iterate: dcacheReaddir,
  llseek: dirLlseek,
  fsync: () => 0,
});

/** A new inode of any type, or -ENOSPC. @linux mm/shmem.c shmem_get_inode */
export function shmemGetInode(k: Kernel, sb: SuperBlock, dir: Inode | null, mode: number, rdev: number): Inode | number {
  const reserved = reserveInode(sb);
  if (reserved < 0) return reserved;
  const type = mode & S_IFMT;
  const op = type === S_IFDIR ? shmemDirInodeOps : type === S_IFLNK ? shmemSymlinkOps : shmemInodeOps;
  const inode = newInode(k, sb, mode, op, shmemFileOps);
  inodeInitOwner(k, inode, dir);
  if (dir) inode.flags = dir.flags & (FS_NODUMP_FL | FS_NOATIME_FL);
  if (type === S_IFREG) inode.mapping = new AddressSpace(inode, shmemAops);
  else if (type === S_IFDIR) {
    inode.fop = shmemDirOps;
    inode.size = 2 * DIRENT_SIZE;
  } else if (type !== S_IFLNK) inodeSetSpecial(inode, rdev);
  return inode;
}

function enter(k: Kernel, dir: Inode, dentry: Dentry, inode: Inode): number {
  dInstantiate(dentry, inode);
  dir.size += DIRENT_SIZE;
  dir.mtime = dir.ctime = currentTime(k);
  return 0;
}

/** @linux mm/shmem.c shmem_mknod */
function shmemMknod(k: Kernel, dir: Inode, dentry: Dentry, mode: number, rdev = 0): number {
  const inode = shmemGetInode(k, dir.sb, dir, mode, rdev);
  return typeof inode === "number" ? inode : enter(k, dir, dentry, inode);
}

function shmemMkdir(k: Kernel, dir: Inode, dentry: Dentry, mode: number): number {
  const r = shmemMknod(k, dir, dentry, mode | S_IFDIR);
  if (r === 0) dir.nlink++;
  return r;
}

function shmemSymlink(k: Kernel, dir: Inode, dentry: Dentry, target: string): number {
  const inode = shmemGetInode(k, dir.sb, dir, S_IFLNK | 0o777, 0);
  if (typeof inode === "number") return inode;
  inode.info = new SymlinkTarget(target);
  inode.size = target.length;
  return enter(k, dir, dentry, inode);
}

/** Every further name takes an inode of the limit; the first one of a file made without a name does not. @linux mm/shmem.c shmem_link */
function shmemLink(k: Kernel, target: Inode, dir: Inode, dentry: Dentry): number {
  if (target.nlink > 0) {
    const reserved = reserveInode(dir.sb);
    if (reserved < 0) return reserved;
  }
  target.nlink++;
  target.ctime = currentTime(k);
  return enter(k, dir, dentry, target);
}

/** @linux mm/shmem.c shmem_unlink */
function shmemUnlink(_k: Kernel, dir: Inode, dentry: Dentry): number {
  const inode = dentry.inode!;
  if (inode.nlink > 1 && !isDir(inode.mode)) shmemSuper(dir).inodes--;
  dir.size -= DIRENT_SIZE;
  inode.nlink--;
  return 0;
}

function shmemRmdir(_k: Kernel, dir: Inode, dentry: Dentry): number {
  if (!simpleEmpty(dentry)) return -ENOTEMPTY;
  dentry.inode!.nlink = 0;
  dir.nlink--;
  dir.size -= DIRENT_SIZE;
  return 0;
}

/** Link counts and sizes; the caller moves the dentries. @linux mm/shmem.c shmem_rename2 */
function shmemRename(k: Kernel, oldDir: Inode, oldDentry: Dentry, newDir: Inode, newDentry: Dentry, flags: number): number {
  const directory = isDir(oldDentry.inode!.mode);
  if (flags & RENAME_EXCHANGE) {
    const other = isDir(newDentry.inode!.mode);
    if (oldDir !== newDir && directory !== other) {
      oldDir.nlink += other ? 1 : -1;
      newDir.nlink += directory ? 1 : -1;
    }
    return 0;
  }
  if (newDentry.inode) {
    const r = directory ? shmemRmdir(k, newDir, newDentry) : shmemUnlink(k, newDir, newDentry);
    if (r < 0) return r;
  }
  oldDir.size -= DIRENT_SIZE;
  newDir.size += DIRENT_SIZE;
  if (directory) {
    oldDir.nlink--;
    newDir.nlink++;
  }
  return 0;
}

function shmemTmpfile(k: Kernel, dir: Inode, mode: number): Inode | number {
  const inode = shmemGetInode(k, dir.sb, dir, mode | S_IFREG, 0);
  if (typeof inode !== "number") inode.nlink = 0;
  return inode;
}

/** Copies the given attributes but the size. @linux fs/attr.c setattr_copy */
export function applyAttr(inode: Inode, attr: Iattr): void {
  if (attr.mode !== undefined) inode.mode = (inode.mode & S_IFMT) | (attr.mode & S_IALLUGO);
  if (attr.uid !== undefined) inode.uid = attr.uid;
  if (attr.gid !== undefined) inode.gid = attr.gid;
  if (attr.atime) inode.atime = attr.atime;
  if (attr.mtime) inode.mtime = attr.mtime;
  if (attr.ctime) inode.ctime = attr.ctime;
}

/** @linux mm/shmem.c shmem_setattr */
function shmemSetattr(k: Kernel, inode: Inode, attr: Iattr): number {
  const seals = sealsOf(inode);
  if (attr.mode !== undefined && seals & F_SEAL_EXEC && (inode.mode ^ attr.mode) & 0o111) return -EPERM;
  if (attr.size !== undefined && inode.mapping) {
    if (attr.size < inode.size && seals & F_SEAL_SHRINK) return -EPERM;
    if (attr.size > inode.size && seals & F_SEAL_GROW) return -EPERM;
    const shrink = attr.size < inode.size;
    if (!shrink) pagecacheIsizeExtended(k, inode.mapping, inode.size);
    inode.size = attr.size;
    if (shrink) truncatePagecache(k, inode.mapping, attr.size);
  }
  applyAttr(inode, attr);
  return 0;
}

/** Extended attributes kept with the inode, for file systems that live in memory. @linux fs/xattr.c simple_xattr_set */
export const memoryXattrs: Pick<InodeOperations, "getxattr" | "setxattr" | "removexattr" | "listxattr"> = {
  getxattr: (_k, inode, name) => inode.xattrs?.get(name) ?? -ENODATA,
  setxattr(k, inode, name, value, flags) {
    const exists = inode.xattrs?.has(name) ?? false;
    if (flags & XATTR_CREATE && exists) return -EEXIST;
    if (flags & XATTR_REPLACE && !exists) return -ENODATA;
    inode.xattrs ??= new Map();
    inode.xattrs.set(name, value);
    inode.ctime = currentTime(k);
    return 0;
  },
  removexattr(k, inode, name) {
    if (!inode.xattrs?.delete(name)) return -ENODATA;
    inode.ctime = currentTime(k);
    return 0;
  },
  listxattr: (_k, inode) => [...(inode.xattrs?.keys() ?? [])],
};

export const shmemInodeOps: InodeOperations = stateTable("shmem_inode_operations", { setattr: shmemSetattr, ...memoryXattrs });
export const shmemSymlinkOps: InodeOperations = stateTable("shmem_symlink_inode_operations", {
  readlink: (_k: Kernel, inode: Inode) => (inode.info as SymlinkTarget).target,
  setattr: shmemSetattr,
  ...memoryXattrs,
});
export const shmemDirInodeOps: InodeOperations = stateTable("shmem_dir_inode_operations", {
  lookup: simpleLookup,
  create: shmemMknod,
  mknod: shmemMknod,
  mkdir: shmemMkdir,
  symlink: shmemSymlink,
  link: shmemLink,
  unlink: shmemUnlink,
  rmdir: shmemRmdir,
  rename: shmemRename,
  tmpfile: shmemTmpfile,
  setattr: shmemSetattr,
  ...memoryXattrs,
});
