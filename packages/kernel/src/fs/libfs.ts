import {
  Dentry,
  type DirContext,
  type File,
  type FileOperations,
  type Inode,
  Mount,
  type StatfsInfo,
  type SuperBlock,
} from "../include/linux/fs.ts";
import type { Kernel } from "../kernel.ts";
import { stateClass, stateTable } from "../state.ts";
import { EINVAL, ENXIO, ESPIPE } from "../uapi/errno.ts";
import { dtType } from "../uapi/stat.ts";

/** A statfs answer for file systems without storage. @linux fs/libfs.c simple_statfs */
export function simpleStatfs(_k: Kernel, _sb: SuperBlock, out: StatfsInfo): number {
  out.bsize = 4096;
  out.namelen = 255;
  return 0;
}

/** Lookup where all names are in the dentry cache: what is not there does not exist. @linux fs/libfs.c simple_lookup */
export function simpleLookup(): number {
  return 0;
}

/** Has a directory that lives in the dentry cache no names? @linux fs/libfs.c simple_empty */
export function simpleEmpty(dentry: Dentry): boolean {
  if (dentry.children) for (const child of dentry.children.values()) if (child.inode) return false;
  return true;
}

/** The children of a directory in a stable order, with positions that survive changes. */
export class DirCursor {
  /** Names as they were when the listing started. */
  names: string[];
  constructor(names: string[]) {
    this.names = names;
  }
}

/**
 * Lists a directory that lives in the dentry cache: ".", "..", then the children. Positions count from
 * there. @linux fs/libfs.c dcache_readdir
 */
export function dcacheReaddir(k: Kernel, file: File, ctx: DirContext): number {
  const { dentry } = file.path;
  if (!dirEmitDots(k, file, ctx)) return 0;
  if (ctx.pos === 2 || !(file.priv instanceof DirCursor)) {
    file.priv = new DirCursor([...(dentry.children?.keys() ?? [])].reverse());
  }
  const { names } = file.priv as DirCursor;
  while (ctx.pos - 2 < names.length) {
    const name = names[ctx.pos - 2]!;
    const child = dentry.children?.get(name);
    if (child?.inode && !ctx.emit(name, child.inode.ino, dtType(child.inode.mode))) return 0;
    ctx.pos++;
  }
  return 0;
}

/** "." and ".."; false if the buffer is full. @linux include/linux/fs.h dir_emit_dots */
export function dirEmitDots(_k: Kernel, file: File, ctx: DirContext): boolean {
  const { dentry } = file.path;
  if (ctx.pos === 0) {
    if (!ctx.emit(".", file.inode.ino, 4)) return false;
    ctx.pos = 1;
  }
  if (ctx.pos === 1) {
    const up = dentry.parent.inode ?? file.inode;
    if (!ctx.emit("..", up.ino, 4)) return false;
    ctx.pos = 2;
  }
  return true;
}

/** lseek in a directory: to a position that an earlier listing gave. @linux fs/libfs.c dcache_dir_lseek */
export function dirLlseek(_k: Kernel, file: File, offset: number, whence: number): number {
  const pos = whence === 0 ? offset : whence === 1 ? file.pos + offset : -1;
  if (pos < 0) return -EINVAL;
  file.pos = pos;
  return pos;
}

/** lseek on what has no position. */
export function noLlseek(): number {
  return -ESPIPE;
}

/** lseek on what has no position, but pretends. @linux fs/read_write.c noop_llseek */
export function noopLlseek(_k: Kernel, file: File): number {
  return file.pos;
}

/** Opening a socket file or a device without driver. */
export const badSpecialFops: FileOperations = stateTable("bad_special_fops", { open: () => -ENXIO });

/** A mount of a file system that is not in the tree (pipes, anonymous inodes). @linux fs/namespace.c kern_mount */
export function kernMount(sb: SuperBlock, name: string): Mount {
  const root = new Dentry(name, null);
  sb.root = root;
  return new Mount(0, sb, root, null, null, name);
}

/**
 * An unnamed dentry that shows as `name` in /proc/PID/fd. It does not count as a user of the inode:
 * that goes with its last open file. @linux fs/dcache.c d_alloc_pseudo
 */
export function pseudoDentry(name: string, inode: Inode): Dentry {
  const d = new Dentry(name, null);
  d.inode = inode;
  return d;
}
stateClass(DirCursor);
