import type { Inode } from "../include/linux/fs.ts";
import { capable } from "../kernel/capability.ts";
import type { Kernel } from "../kernel.ts";
import { CAP_FSETID } from "../uapi/capability.ts";
import { isDir, isReg, S_ISGID, S_ISUID, S_IXGRP } from "../uapi/stat.ts";
import { inGroup } from "./permission.ts";

/** May the caller keep or set the set-group-ID bit for a group? @linux fs/attr.c in_group_or_capable */
export function inGroupOrCapable(k: Kernel, gid: number): boolean {
  return inGroup(k.current.cred, gid) || capable(k, CAP_FSETID);
}

/** Set-id bits that a change of owner takes away. @linux fs/attr.c setattr_should_drop_suidgid */
export function privBits(k: Kernel, inode: Inode): number {
  const { mode } = inode;
  if (isDir(mode)) return 0;
  const group = mode & S_ISGID && (mode & S_IXGRP || !inGroupOrCapable(k, inode.gid));
  return (mode & S_ISUID) | (group ? S_ISGID : 0);
}

/** Set-id bits that a change of contents takes away. @linux fs/inode.c dentry_needs_remove_privs */
export function writePrivBits(k: Kernel, inode: Inode): number {
  if (!(inode.mode & (S_ISUID | S_ISGID)) || !isReg(inode.mode) || capable(k, CAP_FSETID)) return 0;
  return privBits(k, inode);
}

/** Before a write. @linux fs/inode.c file_remove_privs */
export function fileRemovePrivs(k: Kernel, inode: Inode): void {
  inode.mode &= ~writePrivBits(k, inode);
}
