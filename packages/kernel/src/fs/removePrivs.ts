import type { Inode } from "../include/linux/fs.ts";
import { capable } from "../kernel/capability.ts";
import type { Kernel } from "../kernel.ts";
import { CAP_FSETID } from "../uapi/capability.ts";
import { isReg, S_ISGID, S_ISUID, S_IXGRP } from "../uapi/stat.ts";

/** Set-id bits that a write or a change of owner takes away. @linux fs/attr.c setattr_should_drop_suidgid */
export function privBits(inode: Inode): number {
  if (!isReg(inode.mode)) return 0;
  let bits = inode.mode & S_ISUID;
  if (inode.mode & S_ISGID && inode.mode & S_IXGRP) bits |= S_ISGID;
  return bits;
}

/** Before a write by somebody without CAP_FSETID. @linux fs/inode.c file_remove_privs */
export function fileRemovePrivs(k: Kernel, inode: Inode): void {
  if (!(inode.mode & (S_ISUID | S_ISGID))) return;
  const bits = privBits(inode);
  if (bits && !capable(k, CAP_FSETID)) inode.mode &= ~bits;
}
