import { type File, type FileOperations, Inode, type InodeOperations, type SuperBlock } from "../include/linux/fs.ts";
import { capable } from "../kernel/capability.ts";
import { currentTime } from "../kernel/time/timekeeping.ts";
import type { Kernel } from "../kernel.ts";
import { CAP_FOWNER } from "../uapi/capability.ts";
import { FS_NOATIME_FL } from "../uapi/ioctls.ts";
import { isDir, S_IFBLK, S_IFCHR, S_IFIFO, S_IFMT, S_IFSOCK, S_ISGID } from "../uapi/stat.ts";
import { chrdevFops } from "./charDev.ts";
import { badSpecialFops } from "./libfs.ts";
import { fifoFops } from "./pipe.ts";

const MNT_NOATIME = 1024;
const MNT_RDONLY = 1;
const O_NOATIME = 0o1000000;

/** A new inode of a file system with the present time and the next number. @linux fs/inode.c new_inode */
export function newInode(k: Kernel, sb: SuperBlock, mode: number, op: InodeOperations, fop: FileOperations): Inode {
  const inode = new Inode(sb, sb.nextIno++, mode, op, fop);
  const now = currentTime(k);
  inode.atime = inode.mtime = inode.ctime = inode.btime = now;
  inode.nlink = isDir(mode) ? 2 : 1;
  return inode;
}

/** Owner and group of a new inode in `dir`: a set-group-ID directory passes its group on. @linux fs/inode.c inode_init_owner */
export function inodeInitOwner(k: Kernel, inode: Inode, dir: Inode | null): void {
  const { cred } = k.current;
  inode.uid = cred.fsuid;
  if (dir && dir.mode & S_ISGID) {
    inode.gid = dir.gid;
    if (isDir(inode.mode)) inode.mode |= S_ISGID;
  } else inode.gid = cred.fsgid;
}

/** Device, pipe and socket inodes get the operations of what they stand for. @linux fs/inode.c init_special_inode */
export function inodeSetSpecial(inode: Inode, rdev: number): void {
  inode.rdev = rdev;
  switch (inode.mode & S_IFMT) {
    case S_IFCHR:
      inode.fop = chrdevFops;
      break;
    case S_IFIFO:
      inode.fop = fifoFops;
      break;
    case S_IFBLK:
    case S_IFSOCK:
      inode.fop = badSpecialFops;
      break;
  }
}

/** Access time after a read, by the relatime rule. @linux fs/inode.c touch_atime */
export function touchAtime(k: Kernel, file: File): void {
  const { inode } = file;
  if (file.flags & O_NOATIME || inode.flags & FS_NOATIME_FL || file.path.mnt.flags & (MNT_NOATIME | MNT_RDONLY)) return;
  const now = currentTime(k);
  const later = inode.atime.sec > inode.mtime.sec || (inode.atime.sec === inode.mtime.sec && inode.atime.nsec > inode.mtime.nsec);
  const laterC = inode.atime.sec > inode.ctime.sec || (inode.atime.sec === inode.ctime.sec && inode.atime.nsec > inode.ctime.nsec);
  if (later && laterC && now.sec - inode.atime.sec < 86400) return;
  inode.atime = now;
}

/** Contents changed. */
export function updateMtime(k: Kernel, inode: Inode): void {
  inode.mtime = inode.ctime = currentTime(k);
}

/** May the caller change what belongs to the owner? @linux fs/inode.c inode_owner_or_capable */
export function inodeOwnerOrCapable(k: Kernel, inode: Inode): boolean {
  return k.current.cred.fsuid === inode.uid || capable(k, CAP_FOWNER);
}
