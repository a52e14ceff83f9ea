import { dMakeRoot } from "../fs/dcache.ts";
import { pseudoDentry } from "../fs/libfs.ts";
import { getAnonBdev, registerFilesystem } from "../fs/super.ts";
import { File, type Inode, Mount, type StatfsInfo, SuperBlock, type SuperOperations } from "../include/linux/fs.ts";
import type { Kernel } from "../kernel.ts";
import { stateTable } from "../state.ts";
import { EINVAL } from "../uapi/errno.ts";
import { O_LARGEFILE, O_RDWR } from "../uapi/fcntl.ts";
import { HOSTFS_SUPER_MAGIC, OVERLAYFS_SUPER_MAGIC, TMPFS_MAGIC } from "../uapi/magic.ts";
import { S_IFDIR, S_IFREG } from "../uapi/stat.ts";
import { PAGE_SIZE } from "./flags.ts";
import { dropPages } from "./pageCache.ts";
import { shmemFileOps } from "./shmemFile.ts";
import { shmemGetInode } from "./shmemInode.ts";
import { ShmemSuper, shmemKernel } from "./shmemState.ts";

/** tmpfs: file systems whose files are in the page cache and nowhere else. */

const ALL_PAGES = 2 ** 53;

export const shmemOps: SuperOperations = stateTable("shmem_ops", {
  statfs(k: Kernel, sb: SuperBlock, out: StatfsInfo) {
    const s = sb.info as ShmemSuper;
    const limit = s.maxPages === Number.POSITIVE_INFINITY ? k.machine.phys.limitFrames : s.maxPages;
    out.type = sb.type === "overlay" ? OVERLAYFS_SUPER_MAGIC : sb.type === "hostfs" ? HOSTFS_SUPER_MAGIC : TMPFS_MAGIC;
    out.bsize = PAGE_SIZE;
    out.namelen = 255;
    out.blocks = limit;
    out.bfree = out.bavail = Math.max(0, limit - s.pages);
    out.files = s.maxInodes === Number.POSITIVE_INFINITY ? limit : s.maxInodes;
    out.ffree = Math.max(0, out.files - s.inodes);
    return 0;
  },
  evictInode(k: Kernel, inode: Inode) {
    if (inode.mapping) dropPages(k, inode.mapping, 0, ALL_PAGES);
    (inode.sb.info as ShmemSuper).inodes--;
  },
});

/** @linux mm/shmem.c shmem_fill_super */
function newSuper(k: Kernel, mode: number): SuperBlock {
  const sb = new SuperBlock("tmpfs", shmemOps);
  sb.dev = getAnonBdev(k);
  sb.info = new ShmemSuper();
  sb.root = dMakeRoot(shmemGetInode(k, sb, null, S_IFDIR | mode, 0) as Inode);
  return sb;
}

/** A size with its unit in bytes, % of memory included; NaN if it is none. @linux lib/cmdline.c memparse */
function amount(k: Kernel, text: string): number {
  const m = /^(\d+)([kmgt%]?)$/i.exec(text);
  if (!m) return Number.NaN;
  const n = Number(m[1]);
  if (m[2] === "%") return Math.floor((n * k.machine.phys.limitFrames) / 100) * PAGE_SIZE;
  return n * 1024 ** (" kmgt".indexOf(m[2]!.toLowerCase() || " ") || 0);
}

/** Mount options; 0 stands for no limit. 0 or -EINVAL. @linux mm/shmem.c shmem_parse_one */
function parseOptions(k: Kernel, sb: SuperBlock, data: string): number {
  const s = sb.info as ShmemSuper;
  const root = sb.root!.inode!;
  for (const option of data.split(",")) {
    const [key, value = ""] = option.split("=");
    const n = key === "mode" ? (/^[0-7]+$/.test(value) ? Number.parseInt(value, 8) : Number.NaN) : amount(k, value);
    switch (key) {
      case "":
      case "huge":
      case "mpol":
      case "inode64":
      case "inode32":
      case "noswap":
        continue;
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
    sb.litter = true;
    const r = parseOptions(k, sb, data);
    return r < 0 ? r : sb;
  },
});

/** An unlinked file of `size` bytes on the kernel's own tmpfs, open for reading and writing. `name` is what /proc/PID/fd shows. @linux mm/shmem.c shmem_file_setup */
export function shmemFileSetup(k: Kernel, name: string, size: number, mode = 0o777): File | number {
  const g = shmemKernel(k);
  if (!g.internal) {
    const sb = newSuper(k, 0o777);
    g.internal = new Mount(0, sb, sb.root!, null, null, "tmpfs");
  }
  const mnt = g.internal;
  const inode = shmemGetInode(k, mnt.sb, null, S_IFREG | mode, 0);
  if (typeof inode === "number") return inode;
  inode.nlink = 0;
  inode.size = size;
  inode.count++;
  inode.writecount++;
  return new File(shmemFileOps, inode, { mnt, dentry: pseudoDentry(name, inode) }, O_RDWR | O_LARGEFILE);
}

/** The file behind a shared anonymous mapping. @linux mm/shmem.c shmem_zero_setup */
export function shmemZeroSetup(k: Kernel, size: number): File | number {
  return shmemFileSetup(k, "/dev/zero (deleted)", size);
}

export { shmemAops, shmemFileOps } from "./shmemFile.ts";
export { applyAttr, memoryXattrs, shmemDirInodeOps, shmemDirOps, shmemGetInode, shmemInodeOps, shmemSymlinkOps } from "./shmemInode.ts";
export { MemfdInfo, ShmemSuper, SymlinkTarget, shmemPages } from "./shmemState.ts";
