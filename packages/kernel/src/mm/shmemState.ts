import type { Inode, Mount } from "../include/linux/fs.ts";
import type { Kernel } from "../kernel.ts";
import { stateClass } from "../state.ts";

/** Limits and use of one tmpfs instance (struct shmem_sb_info). */
export class ShmemSuper {
  /** Pages and inodes it may have (Infinity: no limit), and has. */
  maxPages = Number.POSITIVE_INFINITY;
  pages = 0;
  maxInodes = Number.POSITIVE_INFINITY;
  /** Further names of a file count as inodes too. */
  inodes = 0;
}

export class SymlinkTarget {
  target: string;
  constructor(target: string) {
    this.target = target;
  }
}

/** Seals of a memfd (F_SEAL_*), in its inode's `special`. */
export class MemfdInfo {
  seals = 0;
}

class ShmemKernel {
  /** Pages of all instances, and the mount for shared memory and memfds, which is in no tree. */
  pages = 0;
  internal: Mount | null = null;
}
stateClass(ShmemSuper, SymlinkTarget, MemfdInfo, ShmemKernel);

/** What all instances of a machine share. */
export function shmemKernel(k: Kernel): ShmemKernel {
  let s = k.subsystems.get("shmem") as ShmemKernel | undefined;
  if (!s) {
    s = new ShmemKernel();
    k.subsystems.set("shmem", s);
  }
  return s;
}

/** Pages in all tmpfs instances, for /proc/meminfo. */
export function shmemPages(k: Kernel): number {
  return shmemKernel(k).pages;
}

export function shmemSuper(inode: Inode): ShmemSuper {
  return inode.sb.info as ShmemSuper;
}

/** Seals of a file; 0 if it is no memfd. */
export function sealsOf(inode: Inode): number {
  return inode.special instanceof MemfdInfo ? inode.special.seals : 0;
}
