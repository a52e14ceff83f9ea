import { MEM_MAJOR, memDevices } from "../drivers/char/mem.ts";
import type { Dentry, Inode, SuperBlock } from "../include/linux/fs.ts";
import type { Kernel } from "../kernel.ts";
import { ENODEV, ENOSYS } from "../uapi/errno.ts";
import { makedev } from "./charDev.ts";
import { dAlloc } from "./dcache.ts";
import { getFilesystem, registerFilesystem } from "./super.ts";

const S_IFCHR = 0o020000;
const TTY_MAJOR_ALT = 5;

interface DeviceNode {
  name: string;
  mode: number;
  major: number;
  minor: number;
  /** Group; 5 is "tty". */
  gid?: number;
}

const nodes: readonly DeviceNode[] = [
  ...memDevices.map((d) => ({ name: d.name, mode: d.mode, major: MEM_MAJOR, minor: d.minor })),
  { name: "tty", mode: 0o666, major: TTY_MAJOR_ALT, minor: 0, gid: 5 },
  { name: "console", mode: 0o600, major: TTY_MAJOR_ALT, minor: 1, gid: 5 },
  { name: "ptmx", mode: 0o666, major: TTY_MAJOR_ALT, minor: 2, gid: 5 },
];

const directories: readonly { name: string; mode: number }[] = [
  { name: "pts", mode: 0o755 },
  { name: "shm", mode: 0o1777 },
  { name: "mqueue", mode: 0o1777 },
];

/** Links that udev or an init program would make. */
const links: readonly [name: string, target: string][] = [
  ["fd", "/proc/self/fd"],
  ["stdin", "/proc/self/fd/0"],
  ["stdout", "/proc/self/fd/1"],
  ["stderr", "/proc/self/fd/2"],
  ["core", "/proc/kcore"],
];

/** The one instance that every mount of devtmpfs shows. */
function devtmpfsInstance(k: Kernel): SuperBlock | undefined {
  return k.subsystems.get("devtmpfs") as SuperBlock | undefined;
}

/** The file system of /dev: a tmpfs with the nodes of all devices in it. @linux drivers/base/devtmpfs.c */
export function devtmpfsMount(k: Kernel): SuperBlock | number {
  const existing = devtmpfsInstance(k);
  if (existing) return existing;
  const tmpfs = getFilesystem("tmpfs");
  if (!tmpfs) return -ENODEV;
  const sb = tmpfs.mount(k, "devtmpfs", 0, "mode=755");
  if (typeof sb === "number") return sb;
  sb.type = "devtmpfs";
  const root = sb.root as Dentry;
  const dir = root.inode as Inode;
  for (const n of nodes) {
    const dentry = dAlloc(root, n.name);
    const r = dir.op.mknod?.(k, dir, dentry, S_IFCHR | n.mode, makedev(n.major, n.minor)) ?? -ENOSYS;
    if (r < 0) return r;
    if (n.gid !== undefined && dentry.inode) dentry.inode.gid = n.gid;
  }
  for (const d of directories) {
    const r = dir.op.mkdir?.(k, dir, dAlloc(root, d.name), d.mode) ?? -ENOSYS;
    if (r < 0) return r;
  }
  for (const [name, target] of links) {
    const r = dir.op.symlink?.(k, dir, dAlloc(root, name), target) ?? -ENOSYS;
    if (r < 0) return r;
  }
  k.subsystems.set("devtmpfs", sb);
  return sb;
}

registerFilesystem("devtmpfs", { nodev: true, mount: (k) => devtmpfsMount(k) });
