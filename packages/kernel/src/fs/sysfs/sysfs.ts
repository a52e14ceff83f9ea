import type { Dentry, DirContext, File, FileOperations, Inode, InodeOperations, SuperOperations } from "../../include/linux/fs.ts";
import { SuperBlock } from "../../include/linux/fs.ts";
import type { Kernel } from "../../kernel.ts";
import type { IovIter } from "../../lib/iovIter.ts";
import { stateClass, stateTable } from "../../state.ts";
import { EFAULT, EINVAL, ENOENT, EPERM } from "../../uapi/errno.ts";
import { dInstantiate, dMakeRoot } from "../dcache.ts";
import { newInode } from "../inode.ts";
import { dirEmitDots, dirLlseek, simpleStatfs } from "../libfs.ts";
import { latin1Bytes, ProcText } from "../proc/file.ts";
import { namesBelow } from "../proc/info.ts";
import { getAnonBdev, registerFilesystem } from "../super.ts";
import { sysfsDirectories, sysfsEntries, sysfsPresent } from "./entries.ts";

const SYSFS_MAGIC = 0x62656572;
const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;

/** What an inode of sysfs stands for. */
class SysfsInfo {
  /** Below /sys. */
  path: string;
  constructor(path: string) {
    this.path = path;
  }
}

stateClass(SysfsInfo);

function pathOf(inode: Inode): string {
  return (inode.info as SysfsInfo).path;
}

/** Names in a directory; null if there is no such directory. */
function list(k: Kernel, path: string): string[] | null {
  if (!sysfsPresent(k, path)) return null;
  const names = new Set(namesBelow(sysfsEntries, path));
  const prefix = path === "" ? "" : `${path}/`;
  let known = path === "";
  for (const d of sysfsDirectories) {
    if (d === path) known = true;
    else if (d.startsWith(prefix)) names.add(d.slice(prefix.length).split("/")[0] as string);
  }
  return known || names.size > 0 ? [...names].filter((n) => sysfsPresent(k, prefix + n)) : null;
}

const dirInodeOps: InodeOperations = stateTable("sysfs_dir_inode_operations", {
  lookup(k: Kernel, dir: Inode, dentry: Dentry): number {
    const path = pathOf(dir) === "" ? dentry.name : `${pathOf(dir)}/${dentry.name}`;
    const entry = sysfsPresent(k, path) ? sysfsEntries.get(path) : undefined;
    if (!entry && !list(k, path)) return -ENOENT;
    const inode = entry
      ? newInode(k, dir.sb, S_IFREG | entry.mode, fileInodeOps, fileFops)
      : newInode(k, dir.sb, S_IFDIR | 0o755, dirInodeOps, dirFops);
    inode.info = new SysfsInfo(path);
    // Attributes show as one page.
    if (entry) inode.size = 4096;
    dInstantiate(dentry, inode);
    return 0;
  },
  mkdir: () => -EPERM,
  create: () => -EPERM,
});

const dirFops: FileOperations = stateTable("sysfs_dir_operations", {
  iterate(k: Kernel, file: File, ctx: DirContext): number {
    if (!dirEmitDots(k, file, ctx)) return 0;
    const path = pathOf(file.inode);
    const names = list(k, path) ?? [];
    for (; ctx.pos - 2 < names.length; ctx.pos++) {
      const name = names[ctx.pos - 2] as string;
      const isFile = sysfsEntries.has(path === "" ? name : `${path}/${name}`);
      if (!ctx.emit(name, file.inode.ino * 4096 + ctx.pos, isFile ? 8 : 4)) return 0;
    }
    return 0;
  },
  llseek: dirLlseek,
});

const fileInodeOps: InodeOperations = stateTable("sysfs_file_inode_operations", {});

const fileFops: FileOperations = stateTable("sysfs_file_operations", {
  /** @linux fs/sysfs/file.c sysfs_kf_seq_show */
  read(k: Kernel, file: File, to: IovIter, pos: number): number {
    let made = file.priv as ProcText | null;
    if (!made || pos === 0) {
      const shown = sysfsEntries.get(pathOf(file.inode))?.show?.(k, k.current) ?? -EINVAL;
      if (typeof shown === "number") return shown;
      made = new ProcText(latin1Bytes(shown));
      file.priv = made;
    }
    const n = Math.min(to.count, made.bytes.length - pos);
    if (n <= 0) return 0;
    return to.copyTo(k, made.bytes, pos, n) || -EFAULT;
  },
  llseek: dirLlseek,
});

const superOps: SuperOperations = stateTable("sysfs_ops", {
  statfs(k, sb, out) {
    const r = simpleStatfs(k, sb, out);
    out.type = SYSFS_MAGIC;
    return r;
  },
});

/** All mounts show the same. @linux fs/sysfs/mount.c sysfs_get_tree */
export function sysfsMount(k: Kernel): SuperBlock {
  const existing = k.subsystems.get("sysfs") as SuperBlock | undefined;
  if (existing) return existing;
  const sb = new SuperBlock("sysfs", superOps);
  sb.dev = getAnonBdev(k);
  const root = newInode(k, sb, S_IFDIR | 0o555, dirInodeOps, dirFops);
  root.info = new SysfsInfo("");
  sb.root = dMakeRoot(root);
  k.subsystems.set("sysfs", sb);
  return sb;
}

registerFilesystem("sysfs", { nodev: true, mount: (k) => sysfsMount(k) });
