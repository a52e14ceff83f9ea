import type { Dentry, Iattr, Inode, InodeOperations } from "../../include/linux/fs.ts";
import type { Kernel } from "../../kernel.ts";
import { PAGE_SIZE } from "../../mm/flags.ts";
import { AddressSpace, readMappingPage } from "../../mm/pageCache.ts";
import { SymlinkTarget } from "../../mm/shmem.ts";
import { stateTable } from "../../state.ts";
import { EINVAL, ENOTEMPTY, EROFS } from "../../uapi/errno.ts";
import { RENAME_NOREPLACE } from "../../uapi/fcntl.ts";
import { isDir, isReg } from "../../uapi/stat.ts";
import { simpleEmpty } from "../libfs.ts";
import { HostInode, hostSource, hostWriteFops } from "./hostfs.ts";

/** Directories that the guest may write: each change is made on the host first, then in memory. */

function pathOf(inode: Inode): string | null {
  return hostSource(inode)?.path ?? null;
}

/** A name of a host file is gone. */
function forgetName(inode: Inode, path: string): void {
  const source = hostSource(inode);
  if (!source) return;
  source.others = source.others.filter((other) => other !== path);
  if (source.path !== path) return;
  if (source.others.length > 0) source.path = source.others.shift()!;
  else {
    // Without a name it lives in memory only, while it is open.
    if (inode.info === source) inode.info = null;
    else inode.special = null;
    if (inode.mapping) inode.mapping.backed = 0;
  }
}

/** Before the last name of an open file goes: all of it is read, as the host will not have it any more. */
function keepContents(k: Kernel, inode: Inode): void {
  if (!inode.mapping || inode.count <= 1 || (hostSource(inode)?.others.length ?? 1) > 0) return;
  for (let index = 0; index * PAGE_SIZE < inode.size; index++) if (readMappingPage(k, inode.mapping, index) < 0) return;
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
      const path = join(pathOf(dir)!, dentry.name);
      if (from === null) return ops.link!(k, target, dir, dentry);
      const r = k.host.fs?.link?.(from, path) ?? -EROFS;
      if (r < 0) return r;
      const m = ops.link!(k, target, dir, dentry);
      if (m === 0) hostSource(target)!.others.push(path);
      return m;
    };
    out.unlink = (k, dir, dentry) => {
      const inode = dentry.inode!;
      // A special file, which only memory has.
      if (!hostSource(inode)) return ops.unlink!(k, dir, dentry);
      const path = join(pathOf(dir)!, dentry.name);
      keepContents(k, inode);
      const r = k.host.fs?.unlink?.(path) ?? -EROFS;
      if (r < 0) return r;
      forgetName(inode, path);
      return ops.unlink!(k, dir, dentry);
    };
    out.rmdir = (k, dir, dentry) => {
      // There may be special files in it, which only memory has.
      if (!simpleEmpty(dentry)) return -ENOTEMPTY;
      const r = k.host.fs?.rmdir?.(join(pathOf(dir)!, dentry.name)) ?? -EROFS;
      return r < 0 ? r : ops.rmdir!(k, dir, dentry);
    };
    out.rename = (k, oldDir, oldDentry, newDir, newDentry, flags) => {
      if (flags & ~RENAME_NOREPLACE) return -EINVAL;
      const from = join(pathOf(oldDir)!, oldDentry.name);
      const to = join(pathOf(newDir)!, newDentry.name);
      const target = newDentry.inode;
      if (target && isDir(target.mode) && !simpleEmpty(newDentry)) return -ENOTEMPTY;
      if (target) keepContents(k, target);
      if (hostSource(oldDentry.inode!)) {
        const r = k.host.fs?.rename?.(from, to) ?? -EROFS;
        if (r < 0) return r;
      } else if (target && hostSource(target)) {
        const r = (isDir(target.mode) ? k.host.fs?.rmdir?.(to) : k.host.fs?.unlink?.(to)) ?? -EROFS;
        if (r < 0) return r;
      }
      const m = ops.rename!(k, oldDir, oldDentry, newDir, newDentry, flags);
      if (m < 0) return m;
      if (target) forgetName(target, to);
      repath(oldDentry, from, to);
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
function repath(dentry: Dentry, from: string, to: string): void {
  const source = dentry.inode ? hostSource(dentry.inode) : null;
  if (!source) return;
  if (source.path === from) source.path = to;
  else source.others = source.others.map((other) => (other === from ? to : other));
  for (const child of dentry.children?.values() ?? []) repath(child, join(from, child.name), join(to, child.name));
}
