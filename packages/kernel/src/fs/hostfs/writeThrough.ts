import type { Dentry, Iattr, Inode, InodeOperations } from "../../include/linux/fs.ts";
import type { Kernel } from "../../kernel.ts";
import { AddressSpace } from "../../mm/pageCache.ts";
import { SymlinkTarget } from "../../mm/shmem.ts";
import { stateTable } from "../../state.ts";
import { EROFS } from "../../uapi/errno.ts";
import { isReg } from "../../uapi/stat.ts";
import { HostInode, hostWriteFops } from "./hostfs.ts";

/** Directories that the guest may write: each change is made on the host first, then in memory. */

function pathOf(inode: Inode): string | null {
  const source = inode.info instanceof HostInode ? inode.info : inode.special;
  return source instanceof HostInode ? source.path : null;
}
const join = (dir: string, name: string): string => (dir === "/" ? `/${name}` : `${dir}/${name}`);

const mirrored = new Map<InodeOperations, InodeOperations>();
let count = 0;

/** The same operations, made on the host as well. */
export function mirrorOps(ops: InodeOperations): InodeOperations {
  const known = mirrored.get(ops);
  if (known) return known;
  const table = stateTable(`host_mirror_${count++}`, build(ops));
  mirrored.set(ops, table);
  return table;
}

/** After an in-memory inode was made: it stands for the host's new file from now on. */
function adopt(k: Kernel, dentry: Dentry, path: string): void {
  const inode = dentry.inode!;
  const st = k.host.fs!.lstat(path);
  if (typeof st !== "number") inode.ino = st.ino;
  const source = new HostInode(path);
  source.loaded = true;
  if (inode.info instanceof SymlinkTarget) inode.special = source;
  else inode.info = source;
  inode.op = mirrorOps(inode.op);
  if (isReg(inode.mode)) {
    inode.mapping ??= new AddressSpace(inode, {});
    inode.fop = hostWriteFops;
  }
}

function build(ops: InodeOperations): InodeOperations {
  const out: InodeOperations = { ...ops };
  if (ops.create) {
    out.create = (k, dir, dentry, mode) => {
      const path = join(pathOf(dir)!, dentry.name);
      const r = k.host.fs?.create?.(path, mode & 0o7777) ?? -EROFS;
      if (r < 0) return r;
      const m = ops.create!(k, dir, dentry, mode);
      if (m === 0) adopt(k, dentry, path);
      return m;
    };
    out.mkdir = (k, dir, dentry, mode) => {
      const path = join(pathOf(dir)!, dentry.name);
      const r = k.host.fs?.mkdir?.(path, mode & 0o7777) ?? -EROFS;
      if (r < 0) return r;
      const m = ops.mkdir!(k, dir, dentry, mode);
      if (m === 0) adopt(k, dentry, path);
      return m;
    };
    out.symlink = (k, dir, dentry, target) => {
      const path = join(pathOf(dir)!, dentry.name);
      const r = k.host.fs?.symlink?.(target, path) ?? -EROFS;
      if (r < 0) return r;
      const m = ops.symlink!(k, dir, dentry, target);
      if (m === 0) adopt(k, dentry, path);
      return m;
    };
    out.link = (k, target, dir, dentry) => {
      const from = pathOf(target);
      const r = from === null ? -EROFS : (k.host.fs?.link?.(from, join(pathOf(dir)!, dentry.name)) ?? -EROFS);
      return r < 0 ? r : ops.link!(k, target, dir, dentry);
    };
    out.unlink = (k, dir, dentry) => {
      const r = k.host.fs?.unlink?.(join(pathOf(dir)!, dentry.name)) ?? -EROFS;
      return r < 0 ? r : ops.unlink!(k, dir, dentry);
    };
    out.rmdir = (k, dir, dentry) => {
      const r = k.host.fs?.rmdir?.(join(pathOf(dir)!, dentry.name)) ?? -EROFS;
      return r < 0 ? r : ops.rmdir!(k, dir, dentry);
    };
    out.rename = (k, oldDir, oldDentry, newDir, newDentry, flags) => {
      if (flags & ~1) return -EROFS;
      const to = join(pathOf(newDir)!, newDentry.name);
      const r = k.host.fs?.rename?.(join(pathOf(oldDir)!, oldDentry.name), to) ?? -EROFS;
      if (r < 0) return r;
      const m = ops.rename!(k, oldDir, oldDentry, newDir, newDentry, flags);
      if (m === 0) repath(oldDentry, to);
      return m;
    };
    // Special files and unnamed files stay in memory.
    delete out.tmpfile;
  }
  out.setattr = (k: Kernel, inode: Inode, a: Iattr): number => {
    const path = pathOf(inode);
    const { fs } = k.host;
    if (path !== null && fs) {
      let r = 0;
      if (a.size !== undefined) r = fs.truncate?.(path, a.size) ?? -EROFS;
      if (r >= 0 && a.mode !== undefined) r = fs.chmod?.(path, a.mode & 0o7777) ?? -EROFS;
      if (r >= 0 && (a.atime || a.mtime)) r = fs.utimes?.(path, a.atime ?? inode.atime, a.mtime ?? inode.mtime) ?? -EROFS;
      if (r < 0) return r;
    }
    return ops.setattr!(k, inode, a);
  };
  return out;
}

/** A renamed file or tree has new paths on the host. */
function repath(dentry: Dentry, path: string): void {
  const inode = dentry.inode;
  if (!inode) return;
  const source = inode.info instanceof HostInode ? inode.info : inode.special;
  if (source instanceof HostInode) source.path = path;
  for (const child of dentry.children?.values() ?? []) repath(child, join(path, child.name));
}
