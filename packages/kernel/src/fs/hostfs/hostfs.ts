import type { HostStat } from "../../host.ts";
import {
  type Dentry,
  type DirContext,
  type File,
  type FileOperations,
  type Inode,
  type InodeOperations,
  SuperBlock,
} from "../../include/linux/fs.ts";
import type { Kernel } from "../../kernel.ts";
import { zeroUserSegment } from "../../mm/pageAlloc.ts";
import { AddressSpace, type AddressSpaceOperations, pagecacheIsizeExtended } from "../../mm/pageCache.ts";
import {
  memoryXattrs,
  ShmemSuper,
  SymlinkTarget,
  shmemDirInodeOps,
  shmemDirOps,
  shmemFileOps,
  shmemInodeOps,
  shmemOps,
  shmemSymlinkOps,
} from "../../mm/shmem.ts";
import { stateClass, stateTable } from "../../state.ts";
import { countCopy, DMA_IN, DMA_OUT } from "../../trace/copies.ts";
import { EIO, ENODEV, ENOENT } from "../../uapi/errno.ts";
import { isDir, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from "../../uapi/stat.ts";
import { dAlloc, dInstantiate, dMakeRoot } from "../dcache.ts";
import { inodeSetSpecial, newInode } from "../inode.ts";
import { dcacheReaddir } from "../libfs.ts";
import { getAnonBdev } from "../super.ts";
import { hostFallocate, hostFsync, hostMmap } from "./writeback.ts";
import { mirrorOps } from "./writeThrough.ts";

/**
 * A host directory in the guest. What the host has is read when it is first asked for: a directory's
 * entries, a file's pages. All changes stay in memory (the page cache and the dentry cache are the
 * copy-on-write layer), unless the mount was granted writing: then each change is made on the host
 * as well. A directory that is changed is read completely first, so that afterwards memory alone
 * tells what is in it.
 */
export class HostSuper extends ShmemSuper {
  writable: boolean;
  /** Inodes by the host's device and inode number, so that hard links stay one file. */
  byHost = new Map<string, Inode>();
  constructor(writable: boolean) {
    super();
    this.writable = writable;
  }
}

/** Where an inode's contents come from. */
export class HostInode {
  path: string;
  /** Further names of the file: when `path` goes, one of them takes its place. */
  others: string[] = [];
  /** For directories: all entries are in the dentry cache. */
  loaded = false;
  constructor(path: string) {
    this.path = path;
  }
}
stateClass(HostSuper, HostInode);

/** The host file behind an inode, or null. */
export function hostSource(inode: Inode): HostInode | null {
  if (inode.info instanceof HostInode) return inode.info;
  return inode.special instanceof HostInode ? inode.special : null;
}

const join = (dir: string, name: string): string => (dir === "/" ? `/${name}` : `${dir}/${name}`);

const hostAops: AddressSpaceOperations = stateTable("host_aops", {
  readPage(k: Kernel, mapping: AddressSpace, index: number, frame: number): number {
    const { phys } = k.machine;
    const source = mapping.host.special ?? mapping.host.info;
    let at = 0;
    if (source instanceof HostInode && k.host.fs) {
      while (at < 4096) {
        const n = k.host.fs.read(source.path, phys.u8.subarray(frame * 4096 + at, frame * 4096 + 4096), index * 4096 + at);
        if (n < 0) return n;
        if (n === 0) break;
        at += n;
      }
    }
    countCopy(k, DMA_IN, at);
    if (at < 4096) zeroUserSegment(k, frame, at, 4096);
    return 0;
  },
});

/** An inode for what the host has at a path. */
function hostInode(k: Kernel, sb: SuperBlock, path: string, st: HostStat): Inode {
  const info = sb.info as HostSuper;
  const key = `${st.dev}:${st.ino}`;
  const type = st.mode & S_IFMT;
  const known = type === S_IFDIR ? undefined : info.byHost.get(key);
  if (known) {
    const source = hostSource(known);
    if (source && source.path !== path && !source.others.includes(path)) source.others.push(path);
    return known;
  }
  const ops = type === S_IFDIR ? hostDirInodeOps : type === S_IFLNK ? shmemSymlinkOps : shmemInodeOps;
  const inode = newInode(k, sb, st.mode, info.writable ? mirrorOps(ops) : ops, shmemFileOps);
  inode.ino = st.ino;
  inode.uid = st.uid;
  inode.gid = st.gid;
  inode.nlink = st.nlink;
  inode.size = st.size;
  inode.blocks = st.blocks;
  inode.atime = st.atime;
  inode.mtime = st.mtime;
  inode.ctime = st.ctime;
  const xattrs = k.host.fs?.xattrs?.(path);
  if (xattrs) inode.xattrs = new Map([...xattrs].map(([name, value]) => [name, Uint8Array.from(value, (c) => c.charCodeAt(0))]));
  inode.info = new HostInode(path);
  if (type === S_IFREG) {
    inode.mapping = new AddressSpace(inode, hostAops);
    inode.fop = info.writable ? hostWriteFops : hostFileFops;
  } else if (type === S_IFDIR) inode.fop = hostDirFops;
  else if (type === S_IFLNK) {
    const target = k.host.fs?.readlink(path);
    inode.special = inode.info;
    inode.info = new SymlinkTarget(typeof target === "string" ? target : "");
  } else inodeSetSpecial(inode, st.rdev);
  if (type !== S_IFDIR) info.byHost.set(key, inode);
  return inode;
}

/** Brings one name of a host directory in. 0 or -errno; a missing name stays negative. */
function hostLookup(k: Kernel, dir: Inode, dentry: Dentry): number {
  const info = dir.info as HostInode;
  if (info.loaded || !k.host.fs) return 0;
  const path = join(info.path, dentry.name);
  const st = k.host.fs.lstat(path);
  if (typeof st === "number") return st === -ENOENT || st === -20 ? 0 : st;
  dInstantiate(dentry, hostInode(k, dir.sb, path, st));
  return 0;
}

/** Reads all entries of a directory into the dentry cache. 0 or -errno. */
export function loadDirectory(k: Kernel, dentry: Dentry): number {
  const info = dentry.inode?.info;
  if (!(info instanceof HostInode) || info.loaded) return 0;
  if (!k.host.fs) return -EIO;
  const entries = k.host.fs.readdir(info.path);
  if (typeof entries === "number") return entries;
  for (const e of entries) {
    if (dentry.children?.get(e.name)?.inode) continue;
    const st = k.host.fs.lstat(join(info.path, e.name));
    // It may have gone since, or may not be looked at.
    if (typeof st === "number") continue;
    const child = dentry.children?.get(e.name) ?? dAlloc(dentry, e.name);
    dInstantiate(child, hostInode(k, dentry.inode!.sb, join(info.path, e.name), st));
  }
  info.loaded = true;
  return 0;
}

/** Wraps an operation on a directory so that the directory is complete before it changes. */
function complete<A extends unknown[]>(op: (k: Kernel, dir: Inode, dentry: Dentry, ...rest: A) => number) {
  return (k: Kernel, dir: Inode, dentry: Dentry, ...rest: A): number => {
    const r = loadDirectory(k, dentry.parent);
    return r < 0 ? r : op(k, dir, dentry, ...rest);
  };
}

const base = shmemDirInodeOps;
export const hostDirInodeOps: InodeOperations = stateTable("host_dir_inode_operations", {
  lookup: hostLookup,
  create: complete(base.create!),
  mknod: complete(base.mknod!),
  mkdir: complete(base.mkdir!),
  symlink: complete(base.symlink!),
  link: (k: Kernel, target: Inode, dir: Inode, dentry: Dentry): number => {
    const r = loadDirectory(k, dentry.parent);
    return r < 0 ? r : base.link!(k, target, dir, dentry);
  },
  unlink: complete(base.unlink!),
  rmdir: complete((k: Kernel, dir: Inode, dentry: Dentry): number => {
    const r = loadDirectory(k, dentry);
    return r < 0 ? r : base.rmdir!(k, dir, dentry);
  }),
  rename: (k: Kernel, oldDir: Inode, oldDentry: Dentry, newDir: Inode, newDentry: Dentry, flags: number): number => {
    for (const d of [oldDentry.parent, newDentry.parent, newDentry]) {
      const r = loadDirectory(k, d);
      if (r < 0) return r;
    }
    return base.rename!(k, oldDir, oldDentry, newDir, newDentry, flags);
  },
  tmpfile: base.tmpfile!,
  setattr: base.setattr!,
  ...memoryXattrs,
});

/** Keeps the file's own bytes on the host apart from pages that a truncation has dropped: those are zeros. */
const hostFileFops: FileOperations = stateTable("host_file_operations", {
  ...shmemFileOps,
  // What a mapping left behind the end of the file does not stay.
  fsync(k, file) {
    pagecacheIsizeExtended(k, file.inode.mapping!, file.inode.size);
    return 0;
  },
});
export const hostWriteFops: FileOperations = stateTable("host_write_file_operations", {
  ...shmemFileOps,
  mmap: hostMmap,
  fsync: hostFsync,
  fallocate: hostFallocate,
  write(k: Kernel, file: File, from: import("../../lib/iovIter.ts").IovIter, pos: number): number {
    const n = shmemFileOps.write!(k, file, from, pos);
    const source = file.inode.info;
    if (n <= 0 || !(source instanceof HostInode) || !k.host.fs?.write) return n;
    const { phys } = k.machine;
    for (let done = 0; done < n; ) {
      const at = pos + done;
      const frame = file.inode.mapping!.pages.get(Math.floor(at / 4096));
      if (frame === undefined) return -EIO;
      const run = Math.min(n - done, 4096 - (at % 4096));
      const w = k.host.fs.write(source.path, phys.u8.subarray(frame * 4096 + (at % 4096), frame * 4096 + (at % 4096) + run), at);
      if (w < 0) return w;
      countCopy(k, DMA_OUT, run);
      done += run;
    }
    return n;
  },
});

const hostDirFops: FileOperations = stateTable("host_dir_operations", {
  ...shmemDirOps,
  iterate(k: Kernel, file: File, ctx: DirContext): number {
    const r = loadDirectory(k, file.path.dentry);
    return r < 0 ? r : dcacheReaddir(k, file, ctx);
  },
});

/** A super block for a host directory (absolute path, latin1). -ENOENT, -ENODEV without host files. */
export function hostfsMount(k: Kernel, path: string, writable: boolean, name = "hostfs"): SuperBlock | number {
  if (!k.host.fs) return -ENODEV;
  const st = k.host.fs.lstat(path);
  if (typeof st === "number") return st;
  const sb = new SuperBlock(name, shmemOps);
  sb.dev = getAnonBdev(k);
  sb.info = new HostSuper(writable);
  sb.nextIno = 2 ** 40;
  const root = hostInode(k, sb, path, st);
  sb.root = dMakeRoot(root);
  return isDir(root.mode) ? sb : -20;
}
