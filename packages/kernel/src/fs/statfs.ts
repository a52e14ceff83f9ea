import type { Mount, Path, StatfsInfo, SuperBlock } from "../include/linux/fs.ts";
import type { Kernel } from "../kernel.ts";
import { copyToUser, strncpyFromUser, writeStruct } from "../mm/usercopy.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { EBADF, EFAULT, EINVAL } from "../uapi/errno.ts";
import { AT_FDCWD } from "../uapi/fcntl.ts";
import * as magic from "../uapi/magic.ts";
import {
  ST_NOATIME,
  ST_NODEV,
  ST_NODIRATIME,
  ST_NOEXEC,
  ST_NOSUID,
  ST_NOSYMFOLLOW,
  ST_RDONLY,
  ST_RELATIME,
  ST_SYNCHRONOUS,
  ST_VALID,
  statfsStruct,
  ustatStruct,
} from "../uapi/statfs.ts";
import { fgetRaw } from "./file.ts";
import { LOOKUP_FOLLOW, userPathAt } from "./namei.ts";
import { mountsOf } from "./namespace.ts";
import { filesystems } from "./super.ts";

/** Types of file systems that have nothing to say about themselves. */
const magicOf: Readonly<Record<string, number>> = {
  anon_inodefs: magic.ANON_INODE_FS_MAGIC,
  cgroup2: magic.CGROUP2_SUPER_MAGIC,
  devpts: magic.DEVPTS_SUPER_MAGIC,
  devtmpfs: magic.TMPFS_MAGIC,
  mqueue: magic.MQUEUE_MAGIC,
  pipefs: magic.PIPEFS_MAGIC,
  proc: magic.PROC_SUPER_MAGIC,
  sockfs: magic.SOCKFS_MAGIC,
  sysfs: magic.SYSFS_MAGIC,
  tmpfs: magic.TMPFS_MAGIC,
};

/** MS_* bits that statfs shows under another value. */
const MS_SYNCHRONOUS = 16;
const MS_NOSYMFOLLOW = 256;
const MS_STRICTATIME = 1 << 24;

/** @linux fs/statfs.c calculate_f_flags */
function statfsFlags(mnt: Mount): number {
  const m = mnt.flags;
  let flags = ST_VALID | (m & (ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC | ST_NOATIME | ST_NODIRATIME));
  if (mnt.sb.flags & ST_RDONLY) flags |= ST_RDONLY;
  if (mnt.sb.flags & MS_SYNCHRONOUS) flags |= ST_SYNCHRONOUS;
  if (m & MS_NOSYMFOLLOW) flags |= ST_NOSYMFOLLOW;
  if (!(m & (ST_NOATIME | MS_STRICTATIME))) flags |= ST_RELATIME;
  return flags;
}

/** Asks a file system. 0 or -errno. @linux fs/statfs.c statfs_by_dentry */
export function statfsOf(k: Kernel, sb: SuperBlock, out: StatfsInfo): number {
  out.type = magicOf[sb.type] ?? 0;
  return sb.op.statfs ? sb.op.statfs(k, sb, out) : 0;
}

function emptyInfo(): StatfsInfo {
  return { type: 0, bsize: 4096, blocks: 0, bfree: 0, bavail: 0, files: 0, ffree: 0, namelen: 255 };
}

/** @linux fs/statfs.c vfs_statfs */
function vfsStatfs(k: Kernel, path: Path, address: number): number {
  const { mnt } = path;
  const info = emptyInfo();
  const r = statfsOf(k, mnt.sb, info);
  if (r < 0) return r;
  return writeStruct(k, address, statfsStruct, {
    f_type: info.type,
    f_bsize: info.bsize,
    f_blocks: info.blocks,
    f_bfree: info.bfree,
    f_bavail: info.bavail,
    f_files: info.files,
    f_ffree: info.ffree,
    f_fsid: [mnt.sb.dev | 0, 0],
    f_namelen: info.namelen,
    f_frsize: info.bsize,
    f_flags: statfsFlags(mnt),
  });
}

function sysStatfs(k: Kernel, pathname: number, address: number): number {
  const path = userPathAt(k, AT_FDCWD, pathname, LOOKUP_FOLLOW);
  return typeof path === "number" ? path : vfsStatfs(k, path, address);
}

function sysFstatfs(k: Kernel, fd: number, address: number): number {
  const file = fgetRaw(k, fd);
  return file ? vfsStatfs(k, file.path, address) : -EBADF;
}

/** By device number of a mounted file system. @linux fs/statfs.c ustat */
function sysUstat(k: Kernel, dev: number, address: number): number {
  const mount = mountsOf(k).find((m) => m.sb.dev === dev);
  if (!mount) return -EINVAL;
  const info = emptyInfo();
  const r = statfsOf(k, mount.sb, info);
  return r < 0 ? r : writeStruct(k, address, ustatStruct, { f_tfree: info.bfree, f_tinode: info.ffree });
}

/** 1: index of a type by name; 2: name by index; 3: how many there are. @linux fs/filesystems.c sysfs */
function sysSysfs(k: Kernel, option: number, a: number, b: number): number {
  const names = [...filesystems()].map(([name]) => name);
  switch (option) {
    case 1: {
      const name = strncpyFromUser(k, a, 4096);
      if (typeof name === "number") return name;
      const i = names.indexOf(name);
      return i < 0 ? -EINVAL : i;
    }
    case 2: {
      const name = names[a];
      if (name === undefined) return -EINVAL;
      const bytes = Uint8Array.from(`${name}\0`, (c) => c.charCodeAt(0));
      if (copyToUser(k, b, bytes, 0, bytes.length) < 0) return -EFAULT;
      return 0;
    }
    case 3:
      return names.length;
    default:
      return -EINVAL;
  }
}

export const statfsSyscalls: SyscallDef[] = [
  syscall("statfs", { pathname: A.path, buf: A.struct(statfsStruct, "out") }, sysStatfs, { linux: "fs/statfs.c statfs" }),
  syscall("fstatfs", { fd: A.fd, buf: A.struct(statfsStruct, "out") }, sysFstatfs, { linux: "fs/statfs.c fstatfs" }),
  syscall("ustat", { dev: A.uint, ubuf: A.struct(ustatStruct, "out") }, sysUstat, { linux: "fs/statfs.c ustat" }),
  syscall("sysfs", { option: A.int, arg1: A.hex, arg2: A.hex }, sysSysfs, { linux: "fs/filesystems.c sysfs" }),
];
