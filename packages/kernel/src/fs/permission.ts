import type { Inode, Mount } from "../include/linux/fs.ts";
import type { Cred } from "../include/linux/sched.ts";
import { capRaised } from "../kernel/capability.ts";
import type { Kernel } from "../kernel.ts";
import { CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER } from "../uapi/capability.ts";
import { EACCES, EPERM, EROFS } from "../uapi/errno.ts";
import { FS_IMMUTABLE_FL } from "../uapi/ioctls.ts";
import { isDir, isLnk, isReg, S_ISVTX } from "../uapi/stat.ts";

export const MAY_EXEC = 1;
export const MAY_WRITE = 2;
export const MAY_READ = 4;
const MNT_RDONLY = 1;

/** Is the caller in the group? @linux kernel/groups.c in_group_p */
export function inGroup(cred: Cred, gid: number): boolean {
  return cred.fsgid === gid || cred.groups.includes(gid);
}

/** Mode bits and capabilities against a wanted access, for given credentials. 0 or -EACCES. @linux fs/namei.c generic_permission */
export function genericPermission(cred: Cred, inode: Inode, mask: number): number {
  let mode = inode.mode;
  if (cred.fsuid === inode.uid) mode >>= 6;
  else if (inGroup(cred, inode.gid)) mode >>= 3;
  if ((mask & ~mode & 7) === 0) return 0;
  if (isDir(inode.mode)) {
    if (!(mask & MAY_WRITE) && capRaised(cred.capEffective, CAP_DAC_READ_SEARCH)) return 0;
    return capRaised(cred.capEffective, CAP_DAC_OVERRIDE) ? 0 : -EACCES;
  }
  if (mask === MAY_READ && capRaised(cred.capEffective, CAP_DAC_READ_SEARCH)) return 0;
  // Somebody must be able to execute it.
  if (!(mask & MAY_EXEC) || inode.mode & 0o111) {
    if (capRaised(cred.capEffective, CAP_DAC_OVERRIDE)) return 0;
  }
  return -EACCES;
}

/** May the current task access an inode so? MAY_* mask. 0 or -errno. @linux fs/namei.c inode_permission */
export function inodePermission(k: Kernel, inode: Inode, mask: number): number {
  if (mask & MAY_WRITE && inode.sb.flags & 1 && (isReg(inode.mode) || isDir(inode.mode) || isLnk(inode.mode))) return -EROFS;
  if (mask & MAY_WRITE && inode.flags & FS_IMMUTABLE_FL) return -EPERM;
  if (inode.op.permission) return inode.op.permission(k, inode, mask);
  return genericPermission(k.current.cred, inode, mask);
}

/** -EROFS if the mount or its file system is read-only. @linux fs/namespace.c mnt_want_write */
export function mntWantWrite(mnt: Mount): number {
  return mnt.flags & MNT_RDONLY || mnt.sb.flags & 1 ? -EROFS : 0;
}

/** Sticky directories let only owners remove. @linux fs/namei.c __check_sticky */
export function checkSticky(k: Kernel, dir: Inode, inode: Inode): boolean {
  if (!(dir.mode & S_ISVTX)) return false;
  const { cred } = k.current;
  return cred.fsuid !== inode.uid && cred.fsuid !== dir.uid && !capRaised(cred.capEffective, CAP_FOWNER);
}
