import { Dentry, type Inode, type Mount, type Path } from "../include/linux/fs.ts";
import type { Kernel } from "../kernel.ts";
import { fsnotifyInodeRemove } from "./notify/fsnotify.ts";

/** A dentry for a name in a directory, negative, and entered among its children. @linux fs/dcache.c d_alloc */
export function dAlloc(parent: Dentry, name: string): Dentry {
  const d = new Dentry(name, parent);
  parent.children ??= new Map();
  parent.children.set(name, d);
  return d;
}

/** The root dentry of a file system. @linux fs/dcache.c d_make_root */
export function dMakeRoot(inode: Inode): Dentry {
  const d = new Dentry("/", null);
  d.inode = inode;
  inode.count++;
  return d;
}

/** The dentry becomes positive. @linux fs/dcache.c d_instantiate */
export function dInstantiate(dentry: Dentry, inode: Inode): void {
  dentry.inode = inode;
  inode.count++;
}

/** Takes a dentry out of its directory; it lives on while files hold it. @linux fs/dcache.c d_drop */
export function dDrop(dentry: Dentry): void {
  const siblings = dentry.parent.children;
  if (siblings?.get(dentry.name) === dentry) siblings.delete(dentry.name);
  dentry.unhashed = true;
}

/** After unlink or rmdir. @linux fs/dcache.c d_delete */
export function dDelete(k: Kernel, dentry: Dentry): void {
  dDrop(dentry);
  const { inode } = dentry;
  if (inode) dropInode(k, inode);
}

/** One user of an inode less; without links and users it goes. @linux fs/inode.c iput */
export function dropInode(k: Kernel, inode: Inode): void {
  inode.count--;
  if (inode.count > 0 || inode.nlink > 0) return;
  if (inode.notify) fsnotifyInodeRemove(k, inode);
  inode.sb.op.evictInode?.(k, inode);
}

/** The dentry takes a new name and parent. @linux fs/dcache.c d_move */
export function dMove(dentry: Dentry, parent: Dentry, name: string): void {
  dentry.parent.children?.delete(dentry.name);
  dentry.parent = parent;
  dentry.name = name;
  parent.children ??= new Map();
  parent.children.set(name, dentry);
}

/** Two dentries change places. @linux fs/dcache.c d_exchange */
export function dExchange(a: Dentry, b: Dentry): void {
  const parent = a.parent;
  const { name } = a;
  a.parent = b.parent;
  a.name = b.name;
  b.parent = parent;
  b.name = name;
  a.parent.children!.set(a.name, a);
  b.parent.children!.set(b.name, b);
}

/** Is `dentry` below (or the same as) `ancestor`? @linux fs/dcache.c is_subdir */
export function isSubdir(dentry: Dentry, ancestor: Dentry): boolean {
  for (let d = dentry; ; d = d.parent) {
    if (d === ancestor) return true;
    if (d.parent === d) return false;
  }
}

function prepend(path: Path, root: Path | null): { text: string; reachable: boolean; deleted: boolean } {
  let text = "";
  let { mnt, dentry } = path as { mnt: Mount; dentry: Dentry };
  const deleted = dentry.unhashed && dentry.parent !== dentry;
  for (;;) {
    if (root && dentry === root.dentry && mnt === root.mnt) return { text: text || "/", reachable: true, deleted };
    if (dentry === mnt.root) {
      if (mnt.parent === mnt)
        return { text: text || "/", reachable: root === null || (mnt === root.mnt && root.dentry === mnt.root), deleted };
      dentry = mnt.mountpoint;
      mnt = mnt.parent;
      continue;
    }
    if (dentry.parent === dentry) return { text: text || "/", reachable: false, deleted };
    text = `/${dentry.name}${text}`;
    dentry = dentry.parent;
  }
}

/** Path as /proc shows it to the current task: " (deleted)" after an unlinked file, "(unreachable)" before what is outside its root. @linux fs/d_path.c d_path */
export function dPath(k: Kernel, path: Path): string {
  const { dentry } = path;
  // Pipes, sockets and other unnamed files name themselves.
  if (dentry.parent === dentry && dentry.name !== "/") return dentry.name;
  const r = prepend(path, k.current.fs.root);
  return r.text + (r.deleted ? " (deleted)" : "");
}

/** The same for getcwd: reachable or not. */
export function cwdPath(k: Kernel, path: Path): { text: string; reachable: boolean; deleted: boolean } {
  return prepend(path, k.current.fs.root);
}

/** Path within its mount's file system and from the absolute root of all mounts. */
export function dAbsolutePath(path: Path): string {
  return prepend(path, null).text;
}

/** Path of a dentry within its own file system. */
export function dentryPath(dentry: Dentry): string {
  let text = "";
  for (let d = dentry; d.parent !== d; d = d.parent) text = `/${d.name}${text}`;
  return text || "/";
}
