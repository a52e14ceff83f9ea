import type { Dentry, Inode } from "../include/linux/fs.ts";
import type { Kernel } from "../kernel.ts";
import { readMappingPage } from "../mm/pageCache.ts";
import { SymlinkTarget } from "../mm/shmem.ts";
import { loadDirectory } from "./hostfs/hostfs.ts";

/** A file of the root file system; `path` without a leading slash, "" for the root itself. Strings are latin1 byte strings. */
export interface ExportedFile {
  path: string;
  inode: Inode;
  /** Of a symbolic link. */
  target: string;
}

/** All files of the guest's root file system, directories before what is in them; what is mounted on them is left out. */
export function* exportTree(k: Kernel): Generator<ExportedFile> {
  const todo: { dentry: Dentry; path: string }[] = [{ dentry: k.rootMount.root, path: "" }];
  for (let next = todo.pop(); next; next = todo.pop()) {
    const { dentry, path } = next;
    const inode = dentry.inode;
    if (!inode) continue;
    yield { path, inode, target: inode.info instanceof SymlinkTarget ? inode.info.target : "" };
    loadDirectory(k, dentry);
    for (const [name, child] of dentry.children ?? []) todo.push({ dentry: child, path: path === "" ? name : `${path}/${name}` });
  }
}

/** Reads a page of a regular file into `out`; zeros behind its end. 0 or -errno. */
export function exportPage(k: Kernel, inode: Inode, index: number, out: Uint8Array): number {
  out.fill(0);
  if (!inode.mapping) return 0;
  const frame = readMappingPage(k, inode.mapping, index);
  if (frame < 0) return frame;
  out.set(k.machine.phys.u8.subarray(frame * 4096, frame * 4096 + 4096));
  return 0;
}
