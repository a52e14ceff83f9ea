import type { Dentry, Inode, Path } from "../include/linux/fs.ts";
import type { Kernel } from "../kernel.ts";
import { strncpyFromUser } from "../mm/usercopy.ts";
import { EBADF, EEXIST, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, EXDEV } from "../uapi/errno.ts";
import { AT_FDCWD, RESOLVE_BENEATH, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV } from "../uapi/fcntl.ts";
import { MS_NOSYMFOLLOW } from "../uapi/mount.ts";
import { isDir, isLnk } from "../uapi/stat.ts";
import { dAlloc, dDrop } from "./dcache.ts";
import { followDown, followUp } from "./namespace.ts";
import { inodePermission, MAY_EXEC } from "./permission.ts";
import { mayFollowLink } from "./protectedLinks.ts";

/** include/linux/namei.h */
export const LOOKUP_FOLLOW = 1;
export const LOOKUP_DIRECTORY = 2;
export const LOOKUP_EMPTY = 0x4000;
const MAXSYMLINKS = 40;
const NAME_MAX = 255;
export const PATH_MAX = 4096;

/** State of one walk (struct nameidata). */
export class Walk {
  path: Path;
  readonly root: Path;
  /** RESOLVE_* restrictions of openat2. */
  readonly resolve: number;
  links = 0;
  /** Links being followed that are not the last component of the path. */
  inside = 0;
  /** After a parent walk: the last component ("", "." and ".." included) and whether slashes follow it. */
  last = "";
  trailing = false;
  /** The walk ended by a magic link or jumped: there is no last component. */
  jumped = false;
  constructor(path: Path, root: Path, resolve: number) {
    this.path = path;
    this.root = root;
    this.resolve = resolve;
  }
}

const samePath = (a: Path, b: Path): boolean => a.dentry === b.dentry && a.mnt === b.mnt;

/** A path argument of a system call, or one that was taken from the program before: byte string or -errno; "" gives -ENOENT unless allowed. @linux fs/namei.c getname_flags */
export function getname(k: Kernel, addr: number | string, allowEmpty = false): string | number {
  const name = typeof addr === "string" ? addr : strncpyFromUser(k, addr, PATH_MAX);
  if (typeof name === "number") return name;
  return name === "" && !allowEmpty ? -ENOENT : name;
}

/** Where a walk starts. @linux fs/namei.c path_init */
export function startWalk(k: Kernel, dfd: number, name: string, resolve = 0): Walk | number {
  const { fs } = k.current;
  let start: Path;
  if (name[0] === "/" && !(resolve & RESOLVE_IN_ROOT)) {
    if (resolve & RESOLVE_BENEATH) return -EXDEV;
    return new Walk(fs.root, fs.root, resolve);
  }
  if (dfd === AT_FDCWD) start = fs.pwd;
  else {
    const file = k.current.file(dfd);
    if (!file) return -EBADF;
    if (name !== "" && !isDir(file.inode.mode)) return -ENOTDIR;
    start = file.path;
  }
  return new Walk(start, resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT) ? start : fs.root, resolve);
}

/** Looks a name up in a directory: a dentry, maybe negative, or -errno. @linux fs/namei.c __lookup_hash */
export function lookupOne(k: Kernel, parent: Dentry, name: string): Dentry | number {
  if (name.length > NAME_MAX) return -ENAMETOOLONG;
  const dir = parent.inode!;
  const known = parent.children?.get(name);
  if (known) {
    const revalidate = known.inode === null || !dir.sb.op.dRevalidate || dir.sb.op.dRevalidate(k, known);
    if (known.inode && revalidate) return known;
    dDrop(known);
  }
  const dentry = dAlloc(parent, name);
  if (dir.op.lookup) {
    const r = dir.op.lookup(k, dir, dentry);
    if (r < 0) {
      dDrop(dentry);
      return r;
    }
  }
  return dentry;
}

/** A negative dentry that nothing was made of leaves the tree. */
export function forgetNegative(dentry: Dentry): void {
  if (dentry.inode === null) dDrop(dentry);
}

/** One step: "." and ".." included. 0 or -errno; the found dentry must be positive. */
function step(k: Kernel, w: Walk, name: string): number | Dentry {
  const dir = w.path.dentry.inode;
  if (!dir) return -ENOENT;
  if (!isDir(dir.mode)) return -ENOTDIR;
  const p = inodePermission(k, dir, MAY_EXEC);
  if (p < 0) return p;
  if (name === ".") return 0;
  if (name === "..") return dotdot(w);
  const dentry = lookupOne(k, w.path.dentry, name);
  if (typeof dentry === "number") return dentry;
  if (!dentry.inode) {
    forgetNegative(dentry);
    return -ENOENT;
  }
  return dentry;
}

/** @linux fs/namei.c handle_dots */
export function dotdot(w: Walk): number {
  if (samePath(w.path, w.root)) return w.resolve & RESOLVE_BENEATH ? -EXDEV : 0;
  const up = followUp(w.path, w.root);
  if (w.resolve & RESOLVE_NO_XDEV && up.mnt !== w.path.mnt) return -EXDEV;
  w.path = up;
  return 0;
}

/** Moves onto a dentry of the present directory, through mounts. */
export function enter(k: Kernel, w: Walk, dentry: Dentry): number {
  const next = followDown(k, { mnt: w.path.mnt, dentry });
  if (w.resolve & RESOLVE_NO_XDEV && next.mnt !== w.path.mnt) return -EXDEV;
  w.path = next;
  return 0;
}

/** Follows the symbolic link `inode` found in the present directory. With `parent`, stops before its last component. */
export function followLink(k: Kernel, w: Walk, inode: Inode, parent: boolean): number {
  if (++w.links > MAXSYMLINKS || w.resolve & RESOLVE_NO_SYMLINKS) return -ELOOP;
  if (w.path.mnt.flags & MS_NOSYMFOLLOW) return -ELOOP;
  if (w.inside === 0) {
    const p = mayFollowLink(k, w.path.dentry.inode!, inode);
    if (p < 0) return p;
  }
  if (inode.op.followLink) {
    if (w.resolve & RESOLVE_NO_MAGICLINKS) return -ELOOP;
    const target = inode.op.followLink(k, inode);
    if (typeof target === "number") return target;
    if (w.resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) return -EXDEV;
    w.path = target;
    w.jumped = true;
    w.last = "";
    w.trailing = false;
    return 0;
  }
  const target = inode.op.readlink ? inode.op.readlink(k, inode) : -ENOENT;
  if (typeof target === "number") return target;
  if (target === "") return -ENOENT;
  if (target[0] === "/") {
    if (w.resolve & RESOLVE_BENEATH) return -EXDEV;
    if (w.resolve & RESOLVE_NO_XDEV && w.root.mnt !== w.path.mnt) return -EXDEV;
    w.path = w.root;
  }
  return parent ? walkParent(k, w, target) : walkAll(k, w, target, LOOKUP_FOLLOW);
}

/** Walks all components but the last, which is left in `w.last`. @linux fs/namei.c link_path_walk */
export function walkParent(k: Kernel, w: Walk, name: string): number {
  w.jumped = false;
  let i = 0;
  const n = name.length;
  while (i < n && name[i] === "/") i++;
  for (;;) {
    let j = i;
    while (j < n && name[j] !== "/") j++;
    const part = name.slice(i, j);
    let next = j;
    while (next < n && name[next] === "/") next++;
    if (next >= n) {
      if (part.length > NAME_MAX) return -ENAMETOOLONG;
      w.last = part;
      w.trailing = next > j;
      const dir = w.path.dentry.inode;
      if (!dir) return -ENOENT;
      if (part !== "" && !isDir(dir.mode)) return -ENOTDIR;
      return part === "" ? 0 : inodePermission(k, dir, MAY_EXEC);
    }
    const r = step(k, w, part);
    if (typeof r === "number") {
      if (r < 0) return r;
    } else {
      const link = r.inode!;
      if (isLnk(link.mode)) {
        w.inside++;
        const f = followLink(k, w, link, false);
        w.inside--;
        if (f < 0) return f;
        // Where a magic link jumped to, the walk goes on.
        w.jumped = false;
        if (!isDir(w.path.dentry.inode?.mode ?? 0)) return w.path.dentry.inode ? -ENOTDIR : -ENOENT;
      } else {
        const e = enter(k, w, r);
        if (e < 0) return e;
        if (!isDir(link.mode) && !isDir(w.path.dentry.inode!.mode)) return -ENOTDIR;
      }
    }
    i = next;
  }
}

/** Walks to the end. @linux fs/namei.c path_lookupat */
function walkAll(k: Kernel, w: Walk, name: string, flags: number): number {
  const r = walkParent(k, w, name);
  if (r < 0) return r;
  return finishWalk(k, w, flags);
}

/** Resolves the last component that `walkParent` left. */
export function finishWalk(k: Kernel, w: Walk, flags: number): number {
  const { last, trailing } = w;
  if (!w.jumped && last !== "") {
    const r = step(k, w, last);
    if (typeof r === "number") {
      if (r < 0) return r;
    } else if (isLnk(r.inode!.mode) && (flags & LOOKUP_FOLLOW || trailing)) {
      const f = followLink(k, w, r.inode!, false);
      if (f < 0) return f;
    } else {
      const e = enter(k, w, r);
      if (e < 0) return e;
    }
  }
  if ((trailing || flags & LOOKUP_DIRECTORY) && !isDir(w.path.dentry.inode?.mode ?? 0)) return w.path.dentry.inode ? -ENOTDIR : -ENOENT;
  return 0;
}

/** Resolves a path. Flags: LOOKUP_FOLLOW, LOOKUP_DIRECTORY, LOOKUP_EMPTY (an empty name is dfd itself). @linux fs/namei.c filename_lookup */
export function pathLookupAt(k: Kernel, dfd: number, name: string, flags: number, resolve = 0): Path | number {
  if (name === "" && !(flags & LOOKUP_EMPTY)) return -ENOENT;
  const w = startWalk(k, dfd, name, resolve);
  if (typeof w === "number") return w;
  if (name === "") return w.path;
  const r = walkAll(k, w, name, flags);
  return r < 0 ? r : w.path;
}

/** The same with a path in user memory. @linux fs/namei.c user_path_at */
export function userPathAt(k: Kernel, dfd: number, pathAddr: number | string, flags: number): Path | number {
  const name = getname(k, pathAddr, (flags & LOOKUP_EMPTY) !== 0);
  if (typeof name === "number") return name;
  return pathLookupAt(k, dfd, name, flags);
}

export interface Created {
  /** The parent directory. */
  path: Path;
  /** Negative: the name is free. */
  dentry: Dentry;
}

/** The parent and a free name in it, for mkdir and kin. -EEXIST if it is taken. @linux fs/namei.c filename_create */
export function filenameCreate(k: Kernel, dfd: number, name: string, flags: number): Created | number {
  const w = startWalk(k, dfd, name);
  if (typeof w === "number") return w;
  const r = walkParent(k, w, name);
  if (r < 0) return r;
  if (w.last === "" || w.last === "." || w.last === "..") return -EEXIST;
  const dentry = lookupOne(k, w.path.dentry, w.last);
  if (typeof dentry === "number") return dentry;
  if (dentry.inode) return -EEXIST;
  // A slash at the end of a name that does not exist is for directories only.
  if (w.trailing && !(flags & LOOKUP_DIRECTORY)) {
    forgetNegative(dentry);
    return -ENOENT;
  }
  return { path: w.path, dentry };
}

/** The parent directory of an existing name and its last component, for unlink, rmdir, rename. */
export function filenameParent(k: Kernel, dfd: number, name: string): Walk | number {
  const w = startWalk(k, dfd, name);
  if (typeof w === "number") return w;
  const r = walkParent(k, w, name);
  return r < 0 ? r : w;
}

export { vfsCreate, vfsLink, vfsMkdir, vfsMknod, vfsRename, vfsRmdir, vfsSymlink, vfsUnlink } from "./nameChange.ts";
export { inodePermission } from "./permission.ts";
