import {
  type Dentry,
  type DirContext,
  type File,
  type FileOperations,
  type Inode,
  type InodeOperations,
  SuperBlock,
  type SuperOperations,
} from "../include/linux/fs.ts";
import type { Kernel } from "../kernel.ts";
import { stateClass, stateTable } from "../state.ts";
import { EINVAL, ENOSPC } from "../uapi/errno.ts";
import { makedev } from "./charDev.ts";
import { dAlloc, dDelete, dInstantiate, dMakeRoot } from "./dcache.ts";
import { inodeSetSpecial, newInode } from "./inode.ts";
import { dcacheReaddir, dirLlseek, simpleLookup, simpleStatfs } from "./libfs.ts";
import { getAnonBdev, registerFilesystem } from "./super.ts";

const S_IFDIR = 0o040000;
const S_IFCHR = 0o020000;
const DEVPTS_SUPER_MAGIC = 0x1cd1;
const PTS_MAJOR = 136;
/** Number of the ptmx node's inode; slave N has inode N + 3. */
const PTMX_INO = 2;

/** Options and slaves of one devpts instance (struct pts_fs_info). */
export class DevptsInfo {
  uid: number | null = null;
  gid: number | null = null;
  mode = 0o600;
  ptmxMode = 0;
  max = 4096;
  /** Numbers in use. */
  used = new Set<number>();
}

stateClass(DevptsInfo);

const devptsSuperOps: SuperOperations = stateTable("devpts_sops", {
  statfs(k, sb, out) {
    const r = simpleStatfs(k, sb, out);
    out.type = DEVPTS_SUPER_MAGIC;
    return r;
  },
});
const devptsDirInodeOps: InodeOperations = stateTable("devpts_dir_inode_operations", { lookup: simpleLookup });
const devptsInodeOps: InodeOperations = stateTable("devpts_inode_operations", {});
const devptsDirFops: FileOperations = stateTable("devpts_dir_operations", {
  iterate: (k: Kernel, file: File, ctx: DirContext) => dcacheReaddir(k, file, ctx),
  llseek: dirLlseek,
});

function parseOptions(info: DevptsInfo, data: string): number {
  for (const option of data.split(",")) {
    if (option === "" || option === "newinstance") continue;
    const [name, value] = option.split("=", 2) as [string, string | undefined];
    const octal = name === "mode" || name === "ptmxmode";
    if (value === undefined || !(octal ? /^[0-7]+$/ : /^\d+$/).test(value)) return -EINVAL;
    const n = Number.parseInt(value, octal ? 8 : 10);
    if (name === "uid") info.uid = n;
    else if (name === "gid") info.gid = n;
    else if (name === "mode") info.mode = n & 0o7777;
    else if (name === "ptmxmode") info.ptmxMode = n & 0o7777;
    else if (name === "max") info.max = n;
    else return -EINVAL;
  }
  return 0;
}

/** Each mount is an instance of its own. @linux fs/devpts/inode.c devpts_fill_super */
export function devptsMount(k: Kernel, data: string): SuperBlock | number {
  const info = new DevptsInfo();
  const parsed = parseOptions(info, data);
  if (parsed < 0) return parsed;
  const sb = new SuperBlock("devpts", devptsSuperOps);
  sb.dev = getAnonBdev(k);
  sb.info = info;
  const root = newInode(k, sb, S_IFDIR | 0o755, devptsDirInodeOps, devptsDirFops);
  sb.root = dMakeRoot(root);
  addNode(k, sb, "ptmx", PTMX_INO, S_IFCHR | info.ptmxMode, makedev(5, 2));
  if (!k.subsystems.has("devpts")) k.subsystems.set("devpts", sb);
  return sb;
}

function addNode(k: Kernel, sb: SuperBlock, name: string, ino: number, mode: number, rdev: number): Dentry {
  const inode = newInode(k, sb, mode, devptsInodeOps, {});
  inode.ino = ino;
  inodeSetSpecial(inode, rdev);
  const dentry = dAlloc(sb.root as Dentry, name);
  dInstantiate(dentry, inode);
  return dentry;
}

/** The instance that /dev/ptmx uses: the first one mounted. */
export function devptsInstance(k: Kernel, ptmx: Inode | null): SuperBlock | null {
  if (ptmx && ptmx.sb.type === "devpts") return ptmx.sb;
  return (k.subsystems.get("devpts") as SuperBlock | undefined) ?? null;
}

/** The lowest free slave number, or -ENOSPC. @linux fs/devpts/inode.c devpts_new_index */
export function devptsNewIndex(sb: SuperBlock): number {
  const info = sb.info as DevptsInfo;
  let index = 0;
  while (info.used.has(index)) index++;
  if (index >= info.max) return -ENOSPC;
  info.used.add(index);
  return index;
}

/** @linux fs/devpts/inode.c devpts_kill_index */
export function devptsKillIndex(sb: SuperBlock, index: number): void {
  (sb.info as DevptsInfo).used.delete(index);
}

/** Makes the node of a slave. `tty` is found by whoever opens it. @linux fs/devpts/inode.c devpts_pty_new */
export function devptsPtyNew(k: Kernel, sb: SuperBlock, index: number, tty: object): Dentry {
  const info = sb.info as DevptsInfo;
  const dentry = addNode(k, sb, String(index), index + 3, S_IFCHR | info.mode, makedev(PTS_MAJOR, index));
  const inode = dentry.inode as Inode;
  inode.special = tty;
  inode.uid = info.uid ?? k.current.cred.fsuid;
  inode.gid = info.gid ?? k.current.cred.fsgid;
  return dentry;
}

/** @linux fs/devpts/inode.c devpts_pty_kill */
export function devptsPtyKill(k: Kernel, dentry: Dentry): void {
  if (dentry.inode) dentry.inode.nlink = 0;
  dDelete(k, dentry);
}

registerFilesystem("devpts", { nodev: true, mount: (k, _source, _flags, data) => devptsMount(k, data) });
