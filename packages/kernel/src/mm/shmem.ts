import {
  type Dentry,
  File,
  type FileOperations,
  type Inode,
  type InodeOperations,
  type StatfsInfo,
  SuperBlock,
  type SuperOperations,
} from "../include/linux/fs.ts";
import { dAlloc, dDrop, dInstantiate, dMakeRoot } from "../fs/dcache.ts";
import { inodeInitOwner, inodeSetSpecial, newInode } from "../fs/inode.ts";
import { dcacheReaddir, dirLlseek, kernMount, pseudoDentry, simpleLookup } from "../fs/libfs.ts";
import { getAnonBdev, registerFilesystem } from "../fs/super.ts";
import type { Kernel } from "../kernel.ts";
import { currentTime } from "../kernel/time/timekeeping.ts";
import { stateClass, stateTable } from "../state.ts";
import { EEXIST, EFBIG, EINVAL, ENODATA, ENOSPC, ENOTEMPTY, ENXIO, EOPNOTSUPP, EPERM } from "../uapi/errno.ts";
import { FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE, RENAME_EXCHANGE, RENAME_WHITEOUT, SEEK_CUR, SEEK_DATA, SEEK_END, SEEK_HOLE, SEEK_SET } from "../uapi/fcntl.ts";
import { isDir, S_IFCHR, S_IFDIR, S_IFLNK, S_IFREG } from "../uapi/stat.ts";
import { PAGE_SIZE } from "./flags.ts";
import {
  AddressSpace,
  type AddressSpaceOperations,
  dropPages,
  genericFileMmap,
  genericFileReadIter,
  genericFileWriteIter,
  readMappingPage,
  truncatePagecache,
  zeroRange,
} from "./pageCache.ts";

const TMPFS_MAGIC = 0x01021994;
const MAX_FILE = 2 ** 53 - 1;

/** Limits and use of one tmpfs instance. */
export class ShmemSuper {
  /** Pages and inodes it may have (Infinity: none), and has. */
  maxPages = Number.POSITIVE_INFINITY;
  pages = 0;
  maxInodes = Number.POSITIVE_INFINITY;
  inodes = 0;
}
export class SymlinkTarget {
  target: string;
  constructor(target: string) {
    this.target = target;
  }
}
/** Seals of a memfd (F_SEAL_*). */
export class MemfdInfo {
  seals = 0;
}
class ShmemKernel {
  /** Pages of all instances, and the internal mount for shared memory and memfds. */
  pages = 0;
  internal: SuperBlock | null = null;
}
stateClass(ShmemSuper, SymlinkTarget, ShmemKernel, MemfdInfo);

function global(k: Kernel): ShmemKernel {
  let s = k.subsystems.get("shmem") as ShmemKernel | undefined;
  if (!s) {
    s = new ShmemKernel();
    k.subsystems.set("shmem", s);
  }
  return s;
}
export function shmemPages(k: Kernel): number {
  return global(k).pages;
}
const info = (inode: Inode): ShmemSuper => inode.sb.info as ShmemSuper;

export const shmemAops: AddressSpaceOperations = stateTable("shmem_aops", {
  reserve(k: Kernel, mapping: AddressSpace): number {
    const s = info(mapping.host);
    if (s.pages >= s.maxPages) return -ENOSPC;
    s.pages++;
    global(k).pages++;
    return 0;
  },
  unreserve(k: Kernel, mapping: AddressSpace, pages: number): void {
    info(mapping.host).pages -= pages;
    global(k).pages -= pages;
  },
});

/** lseek with SEEK_DATA and SEEK_HOLE by whole pages. @linux mm/shmem.c shmem_file_llseek */
function shmemLlseek(_k: Kernel, file: File, offset: number, whence: number): number {
  const { inode } = file;
  let pos: number;
  switch (whence) {
    case SEEK_SET:
      pos = offset;
      break;
    case SEEK_CUR:
      pos = file.pos + offset;
      break;
    case SEEK_END:
      pos = inode.size + offset;
      break;
    case SEEK_DATA:
    case SEEK_HOLE: {
      if (offset < 0 || offset >= inode.size) return -ENXIO;
      const { pages } = inode.mapping!;
      let index = Math.floor(offset / PAGE_SIZE);
      const end = Math.ceil(inode.size / PAGE_SIZE);
      const want = whence === SEEK_DATA;
      while (index < end && pages.has(index) !== want) index++;
      if (index >= end) {
        if (want) return -ENXIO;
        pos = inode.size;
      } else pos = Math.min(inode.size, Math.max(offset, index * PAGE_SIZE));
      break;
    }
    default:
      return -EINVAL;
  }
  if (pos < 0 || pos > MAX_FILE) return -EINVAL;
  file.pos = pos;
  return pos;
}

/** @linux mm/shmem.c shmem_fallocate */
function shmemFallocate(k: Kernel, file: File, mode: number, offset: number, length: number): number {
  if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE)) return -EOPNOTSUPP;
  const { inode } = file;
  const mapping = inode.mapping!;
  const seals = inode.special instanceof MemfdInfo ? inode.special.seals : 0;
  if (mode & FALLOC_FL_PUNCH_HOLE) {
    if (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) return -EPERM;
    zeroRange(k, mapping, offset, Math.min(offset + length, Math.ceil(inode.size / PAGE_SIZE) * PAGE_SIZE + PAGE_SIZE));
    return 0;
  }
  const end = offset + length;
  if (end > MAX_FILE) return -EFBIG;
  if (seals & F_SEAL_GROW && end > inode.size) return -EPERM;
  const first = Math.floor(offset / PAGE_SIZE);
  const last = Math.ceil(end / PAGE_SIZE);
  const s = info(inode);
  if (last - first > Math.min(s.maxPages - s.pages, k.machine.phys.limitFrames)) return -ENOSPC;
  for (let i = first; i < last; i++) {
    const frame = readMappingPage(k, mapping, i);
    if (frame < 0) {
      dropPages(k, mapping, first, i);
      return -ENOSPC;
    }
  }
  if (!(mode & FALLOC_FL_KEEP_SIZE) && end > inode.size) inode.size = end;
  inode.blocks = mapping.pages.size * 8;
  inode.ctime = currentTime(k);
  return 0;
}

const F_SEAL_SHRINK = 2;
const F_SEAL_GROW = 4;
const F_SEAL_WRITE = 8;
const F_SEAL_FUTURE_WRITE = 16;

export const shmemFileOps: FileOperations = stateTable("shmem_file_operations", {
  read: genericFileReadIter,
  write(k, file, from, pos) {
    if (file.inode.special instanceof MemfdInfo) {
      const { seals } = file.inode.special;
      if (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) return -EPERM;
      if (seals & F_SEAL_GROW && pos + from.count > file.inode.size) {
        if (pos >= file.inode.size) return -EPERM;
        return -EPERM;
      }
    }
    return genericFileWriteIter(k, file, from, pos);
  },
  llseek: shmemLlseek,
  mmap(k, file, vma) {
    if (file.inode.special instanceof MemfdInfo && file.inode.special.seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) {
      // VM_SHARED with VM_WRITE is refused; a read-only shared mapping can never become writable.
      if ((vma.flags & 0xa) === 0xa) return -EPERM;
      if (vma.flags & 8) vma.flags &= ~0x20;
    }
    return genericFileMmap(k, file, vma);
  },
  fsync: () => 0,
  fallocate: shmemFallocate,
});

export const shmemDirOps: FileOperations = stateTable("simple_dir_operations", {
  iterate: dcacheReaddir,
  llseek: dirLlseek,
  fsync: () => 0,
});

/** A new inode of any type, or -ENOSPC. @linux mm/shmem.c shmem_get_inode */
export function shmemGetInode(k: Kernel, sb: SuperBlock, dir: Inode | null, mode: number, rdev: number): Inode | number {
  const s = sb.info as ShmemSuper;
  if (s.inodes >= s.maxInodes) return -ENOSPC;
  s.inodes++;
  const type = mode & 0o170000;
  const inode = newInode(k, sb, mode, type === S_IFDIR ? shmemDirInodeOps : type === S_IFLNK ? shmemSymlinkOps : shmemInodeOps, shmemFileOps);
  inodeInitOwner(k, inode, dir);
  if (type === S_IFREG) inode.mapping = new AddressSpace(inode, shmemAops);
  else if (type === S_IFDIR) {
    inode.fop = shmemDirOps;
    inode.size = 40;
  } else if (type !== S_IFLNK) inodeSetSpecial(inode, rdev);
  return inode;
}

const DIRENT_SIZE = 20;

function enter(k: Kernel, dir: Inode, dentry: Dentry, inode: Inode): number {
  dInstantiate(dentry, inode);
  dir.size += DIRENT_SIZE;
  dir.mtime = dir.ctime = currentTime(k);
  return 0;
}
function make(k: Kernel, dir: Inode, dentry: Dentry, mode: number, rdev = 0): number {
  const inode = shmemGetInode(k, dir.sb, dir, mode, rdev);
  if (typeof inode === "number") return inode;
  return enter(k, dir, dentry, inode);
}

/** @linux mm/shmem.c shmem_setattr */
function shmemSetattr(k: Kernel, inode: Inode, attr: import("../include/linux/fs.ts").Iattr): number {
  if (attr.size !== undefined && inode.mapping) {
    if (inode.special instanceof MemfdInfo) {
      const { seals } = inode.special;
      if (attr.size < inode.size && seals & F_SEAL_SHRINK) return -EPERM;
      if (attr.size > inode.size && seals & F_SEAL_GROW) return -EPERM;
    }
    const shrink = attr.size < inode.size;
    inode.size = attr.size;
    if (shrink) truncatePagecache(k, inode.mapping, attr.size);
  }
  applyAttr(inode, attr);
  return 0;
}

/** Copies the given attributes but the size. @linux fs/attr.c setattr_copy */
export function applyAttr(inode: Inode, attr: import("../include/linux/fs.ts").Iattr): void {
  if (attr.mode !== undefined) inode.mode = (inode.mode & 0o170000) | (attr.mode & 0o7777);
  if (attr.uid !== undefined) inode.uid = attr.uid;
  if (attr.gid !== undefined) inode.gid = attr.gid;
  if (attr.atime) inode.atime = attr.atime;
  if (attr.mtime) inode.mtime = attr.mtime;
  if (attr.ctime) inode.ctime = attr.ctime;
}

const isEmpty = (dentry: Dentry): boolean => {
  for (const c of dentry.children?.values() ?? []) if (c.inode) return false;
  return true;
};

export const memoryXattrs: Pick<InodeOperations, "getxattr" | "setxattr" | "removexattr" | "listxattr"> = {
  getxattr: (_k, inode, name) => inode.xattrs?.get(name) ?? -ENODATA,
  setxattr(k, inode, name, value, flags) {
    inode.xattrs ??= new Map();
    const exists = inode.xattrs.has(name);
    if (flags & 1 && exists) return -EEXIST;
    if (flags & 2 && !exists) return -ENODATA;
    inode.xattrs.set(name, value);
    inode.ctime = currentTime(k);
    return 0;
  },
  removexattr(k, inode, name) {
    if (!inode.xattrs?.delete(name)) return -ENODATA;
    inode.ctime = currentTime(k);
    return 0;
  },
  listxattr: (_k, inode) => [...(inode.xattrs?.keys() ?? [])],
};

export const shmemInodeOps: InodeOperations = stateTable("shmem_inode_operations", { setattr: shmemSetattr, ...memoryXattrs });
export const shmemSymlinkOps: InodeOperations = stateTable("shmem_symlink_inode_operations", {
  readlink: (_k: Kernel, inode: Inode) => (inode.info as SymlinkTarget).target,
  setattr: shmemSetattr,
  ...memoryXattrs,
});

export const shmemDirInodeOps: InodeOperations = stateTable("shmem_dir_inode_operations", {
  lookup: simpleLookup,
  create: make,
  mknod: make,
  mkdir(k: Kernel, dir: Inode, dentry: Dentry, mode: number) {
    const r = make(k, dir, dentry, mode | S_IFDIR);
    if (r === 0) dir.nlink++;
    return r;
  },
  symlink(k: Kernel, dir: Inode, dentry: Dentry, target: string) {
    const inode = shmemGetInode(k, dir.sb, dir, S_IFLNK | 0o777, 0);
    if (typeof inode === "number") return inode;
    inode.info = new SymlinkTarget(target);
    inode.size = target.length;
    return enter(k, dir, dentry, inode);
  },
  link(k: Kernel, target: Inode, dir: Inode, dentry: Dentry) {
    target.nlink++;
    target.ctime = currentTime(k);
    return enter(k, dir, dentry, target);
  },
  unlink(_k: Kernel, dir: Inode, dentry: Dentry) {
    dir.size -= DIRENT_SIZE;
    dentry.inode!.nlink--;
    return 0;
  },
  rmdir(_k: Kernel, dir: Inode, dentry: Dentry) {
    if (!isEmpty(dentry)) return -ENOTEMPTY;
    dentry.inode!.nlink = 0;
    dir.nlink--;
    dir.size -= DIRENT_SIZE;
    return 0;
  },
  rename(k: Kernel, oldDir: Inode, oldDentry: Dentry, newDir: Inode, newDentry: Dentry, flags: number) {
    const directory = isDir(oldDentry.inode!.mode);
    if (flags & RENAME_EXCHANGE) {
      const other = isDir(newDentry.inode!.mode);
      if (oldDir !== newDir && directory !== other) {
        oldDir.nlink += (other ? 1 : 0) - (directory ? 1 : 0);
        newDir.nlink += (directory ? 1 : 0) - (other ? 1 : 0);
      }
      return 0;
    }
    if (newDentry.inode && isDir(newDentry.inode.mode) && !isEmpty(newDentry)) return -ENOTEMPTY;
    if (flags & RENAME_WHITEOUT) {
      const w = shmemGetInode(k, oldDir.sb, oldDir, S_IFCHR, 0);
      if (typeof w === "number") return w;
      // The moved dentry leaves its place in the cache first; vfsRename then only renames it.
      const { name, parent } = oldDentry;
      dDrop(oldDentry);
      oldDentry.unhashed = false;
      const white = dAlloc(parent, name);
      enter(k, oldDir, white, w);
      oldDentry.name = `${name}\u0000`;
    }
    if (newDentry.inode) {
      newDentry.inode.nlink = directory ? 0 : newDentry.inode.nlink - 1;
      if (directory) newDir.nlink--;
      newDir.size -= DIRENT_SIZE;
    }
    oldDir.size -= DIRENT_SIZE;
    newDir.size += DIRENT_SIZE;
    if (directory && oldDir !== newDir) {
      oldDir.nlink--;
      newDir.nlink++;
    }
    return 0;
  },
  tmpfile(k: Kernel, dir: Inode, mode: number) {
    const inode = shmemGetInode(k, dir.sb, dir, mode | S_IFREG, 0);
    if (typeof inode !== "number") inode.nlink = 0;
    return inode;
  },
  setattr: shmemSetattr,
  ...memoryXattrs,
});

export const shmemOps: SuperOperations = stateTable("shmem_ops", {
  statfs(k: Kernel, sb: SuperBlock, out: StatfsInfo) {
    const s = sb.info as ShmemSuper;
    out.type = TMPFS_MAGIC;
    out.bsize = PAGE_SIZE;
    out.namelen = 255;
    const limit = s.maxPages === Number.POSITIVE_INFINITY ? k.machine.phys.limitFrames : s.maxPages;
    out.blocks = limit;
    out.bfree = out.bavail = Math.max(0, limit - s.pages);
    out.files = s.maxInodes === Number.POSITIVE_INFINITY ? limit : s.maxInodes;
    out.ffree = Math.max(0, out.files - s.inodes);
    return 0;
  },
  evictInode(k: Kernel, inode: Inode) {
    if (inode.mapping) dropPages(k, inode.mapping, 0, 2 ** 40);
    (inode.sb.info as ShmemSuper).inodes--;
  },
});

function newSuper(k: Kernel, mode: number): SuperBlock {
  const sb = new SuperBlock("tmpfs", shmemOps);
  sb.dev = getAnonBdev(k);
  sb.info = new ShmemSuper();
  const root = shmemGetInode(k, sb, null, S_IFDIR | mode, 0) as Inode;
  sb.root = dMakeRoot(root);
  return sb;
}

/** "size=", "nr_blocks=", "nr_inodes=", "mode=", "uid=", "gid=". @linux mm/shmem.c shmem_parse_one */
function parseOptions(k: Kernel, sb: SuperBlock, data: string): number {
  const s = sb.info as ShmemSuper;
  const root = sb.root!.inode!;
  const amount = (text: string): number => {
    const m = /^(\d+)([kmg%]?)$/i.exec(text);
    if (!m) return Number.NaN;
    const n = Number(m[1]);
    const unit = m[2]!.toLowerCase();
    if (unit === "%") return Math.floor((n * k.machine.phys.limitFrames) / 100) * PAGE_SIZE;
    return n * (unit === "k" ? 1024 : unit === "m" ? 1048576 : unit === "g" ? 1073741824 : 1);
  };
  for (const option of data.split(",")) {
    const [key, value = ""] = option.split("=");
    const n = key === "mode" ? Number.parseInt(value, 8) : amount(value);
    switch (key) {
      case "size":
        s.maxPages = Math.ceil(n / PAGE_SIZE) || Number.POSITIVE_INFINITY;
        break;
      case "nr_blocks":
        s.maxPages = n || Number.POSITIVE_INFINITY;
        break;
      case "nr_inodes":
        s.maxInodes = n || Number.POSITIVE_INFINITY;
        break;
      case "mode":
        root.mode = S_IFDIR | (n & 0o7777);
        break;
      case "uid":
        root.uid = n;
        break;
      case "gid":
        root.gid = n;
        break;
      case "":
      case "huge":
      case "mpol":
      case "inode64":
      case "inode32":
        continue;
      default:
        return -EINVAL;
    }
    if (Number.isNaN(n)) return -EINVAL;
  }
  return 0;
}

registerFilesystem("tmpfs", {
  nodev: true,
  mount(k, _source, _flags, data) {
    const sb = newSuper(k, 0o1777);
    (sb.info as ShmemSuper).maxPages = Math.max(1, Math.floor(k.machine.phys.limitFrames / 2));
    const r = parseOptions(k, sb, data);
    return r < 0 ? r : sb;
  },
});

/** An unlinked file of `size` bytes on the kernel's own tmpfs. @linux mm/shmem.c shmem_file_setup */
export function shmemFileSetup(k: Kernel, name: string, size: number, mode = 0o777): File | number {
  const g = global(k);
  g.internal ??= newSuper(k, 0o777);
  const inode = shmemGetInode(k, g.internal, null, S_IFREG | mode, 0);
  if (typeof inode === "number") return inode;
  inode.nlink = 0;
  inode.size = size;
  const dentry = pseudoDentry(name, inode);
  const file = new File(shmemFileOps, inode, { mnt: kernMount(g.internal, name), dentry }, 2);
  inode.writecount++;
  return file;
}

/** The file behind a shared anonymous mapping; it shows as /dev/zero (deleted). @linux mm/shmem.c shmem_zero_setup */
export function shmemZeroSetup(k: Kernel, size: number): File | number {
  return shmemFileSetup(k, "/dev/zero (deleted)", size);
}
