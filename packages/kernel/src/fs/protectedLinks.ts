import type { Inode } from "../include/linux/fs.ts";
import { capable } from "../kernel/capability.ts";
import type { Kernel } from "../kernel.ts";
import { CAP_FOWNER } from "../uapi/capability.ts";
import { EACCES, EPERM } from "../uapi/errno.ts";
import { isReg, S_IFIFO, S_IFMT, S_ISGID, S_ISUID, S_ISVTX, S_IXGRP } from "../uapi/stat.ts";
import { inodePermission, MAY_READ, MAY_WRITE } from "./permission.ts";

/** The restrictions of /proc/sys/fs/protected_*, with Debian's settings unless they were changed. */

const S_IWGRP = 0o020;
const S_IWOTH = 0o002;

function setting(k: Kernel, name: string, initial: number): number {
  const sysctl = k.subsystems.get("sysctl") as { values: Map<string, string> } | undefined;
  const value = sysctl?.values.get(`fs/protected_${name}`);
  return value === undefined ? initial : Number(value);
}

/** In sticky world-writable directories only one's own links or the directory owner's are followed. 0 or -EACCES. @linux fs/namei.c may_follow_link */
export function mayFollowLink(k: Kernel, dir: Inode, link: Inode): number {
  if ((dir.mode & (S_ISVTX | S_IWOTH)) !== (S_ISVTX | S_IWOTH)) return 0;
  if (k.current.cred.fsuid === link.uid || dir.uid === link.uid) return 0;
  return setting(k, "symlinks", 1) === 0 ? 0 : -EACCES;
}

/** Others' files get further names only if they are plain and could be read and written. 0 or -EPERM. @linux fs/namei.c may_linkat */
export function mayLinkat(k: Kernel, inode: Inode): number {
  if (k.current.cred.fsuid === inode.uid || setting(k, "hardlinks", 1) === 0) return 0;
  const special = !isReg(inode.mode) || inode.mode & S_ISUID || (inode.mode & (S_ISGID | S_IXGRP)) === (S_ISGID | S_IXGRP);
  if (!special && inodePermission(k, inode, MAY_READ | MAY_WRITE) === 0) return 0;
  return capable(k, CAP_FOWNER) ? 0 : -EPERM;
}

/** O_CREAT does not open what others have put into sticky directories. 0 or -EACCES. @linux fs/namei.c may_create_in_sticky */
export function mayCreateInSticky(k: Kernel, dir: Inode, inode: Inode): number {
  if (!(dir.mode & S_ISVTX) || inode.uid === dir.uid || k.current.cred.fsuid === inode.uid) return 0;
  const fifo = (inode.mode & S_IFMT) === S_IFIFO;
  if (!fifo && !isReg(inode.mode)) return 0;
  const level = fifo ? setting(k, "fifos", 1) : setting(k, "regular", 2);
  if (level === 0) return 0;
  return dir.mode & S_IWOTH || (dir.mode & S_IWGRP && level >= 2) ? -EACCES : 0;
}
