import type { Inode, Path, Timespec } from "../include/linux/fs.ts";
import type { Kernel } from "../kernel.ts";
import { copyToUser, strncpyFromUser, writeStruct } from "../mm/usercopy.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { EBADF, EFAULT, EINVAL, ENOENT } from "../uapi/errno.ts";
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_NO_AUTOMOUNT,
  AT_STATX_DONT_SYNC,
  AT_STATX_FORCE_SYNC,
  AT_SYMLINK_NOFOLLOW,
  atNames,
  statxAtNames,
} from "../uapi/fcntl.ts";
import { isLnk, STATX_BASIC_STATS, STATX_BTIME, STATX_MNT_ID, statStruct, statxMaskNames, statxStruct } from "../uapi/stat.ts";
import { setU64 } from "../uapi/struct.ts";
import { major, minor } from "./charDev.ts";
import { fgetRaw } from "./file.ts";
import { getname, LOOKUP_EMPTY, LOOKUP_FOLLOW, pathLookupAt } from "./namei.ts";

/** Preferred size of a transfer. */
const BLOCK_SIZE = 4096;
const STATX_RESERVED = 0x80000000;
const STATX_ATTR_MOUNT_ROOT = 0x2000;
/** FS_*_FL bits that statx shows under the same value. */
const KEPT_FLAGS = 0x70;

/** Refreshes what the file system keeps elsewhere. @linux fs/stat.c vfs_getattr */
function getattr(k: Kernel, inode: Inode): number {
  return inode.op.getattr ? inode.op.getattr(k, inode) : 0;
}

/** Device number of the super block as stat shows it. */
function deviceOf(inode: Inode): number {
  return inode.sb.dev;
}

const statBytes = new Uint8Array(statStruct.size);
const statView = new DataView(statBytes.buffer);
const at = statStruct.offset as { readonly [member: string]: number };
const DEV = at.st_dev!;
const INO = at.st_ino!;
const NLINK = at.st_nlink!;
const MODE = at.st_mode!;
const UID = at.st_uid!;
const GID = at.st_gid!;
const RDEV = at.st_rdev!;
const SIZE = at.st_size!;
const BLKSIZE = at.st_blksize!;
const BLOCKS = at.st_blocks!;
const ATIME = at.st_atime!;
const MTIME = at.st_mtime!;
const CTIME = at.st_ctime!;

function putTime(offset: number, t: Timespec): void {
  setU64(statView, offset, t.sec);
  statView.setUint32(offset + 8, t.nsec, true);
}

/** Called very often: members are stored without a detour through an object. @linux fs/stat.c cp_new_stat */
function putStat(k: Kernel, inode: Inode, addr: number): number {
  const r = getattr(k, inode);
  if (r < 0) return r;
  setU64(statView, DEV, deviceOf(inode));
  setU64(statView, INO, inode.ino);
  setU64(statView, NLINK, inode.nlink);
  statView.setUint32(MODE, inode.mode, true);
  statView.setUint32(UID, inode.uid, true);
  statView.setUint32(GID, inode.gid, true);
  setU64(statView, RDEV, inode.rdev);
  setU64(statView, SIZE, inode.size);
  statView.setUint32(BLKSIZE, BLOCK_SIZE, true);
  setU64(statView, BLOCKS, inode.blocks);
  putTime(ATIME, inode.atime);
  putTime(MTIME, inode.mtime);
  putTime(CTIME, inode.ctime);
  return copyToUser(k, addr, statBytes, 0, statBytes.length);
}

/** The place a call of the stat family names, or -errno. */
function target(k: Kernel, dfd: number, pathAddr: number | string, flags: number): Path | number {
  const name = getname(k, pathAddr, (flags & AT_EMPTY_PATH) !== 0);
  if (typeof name === "number") return name;
  if (name === "" && flags & AT_EMPTY_PATH && dfd !== AT_FDCWD) {
    const file = fgetRaw(k, dfd);
    return file ? file.path : -EBADF;
  }
  return pathLookupAt(k, dfd, name, (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) | (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0));
}

function statAt(k: Kernel, dfd: number, pathAddr: number, buf: number, flags: number): number {
  if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH)) return -EINVAL;
  const path = target(k, dfd, pathAddr, flags);
  return typeof path === "number" ? path : putStat(k, path.dentry.inode!, buf);
}

function sysFstat(k: Kernel, fd: number, buf: number): number {
  const file = fgetRaw(k, fd);
  return file ? putStat(k, file.inode, buf) : -EBADF;
}

/** The path is an address, or was taken from the program before. @linux fs/stat.c do_statx */
export function sysStatx(k: Kernel, dfd: number, pathAddr: number | string, flags: number, mask: number, buf: number): number {
  if (mask & STATX_RESERVED) return -EINVAL;
  if ((flags & (AT_STATX_FORCE_SYNC | AT_STATX_DONT_SYNC)) === (AT_STATX_FORCE_SYNC | AT_STATX_DONT_SYNC)) return -EINVAL;
  if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_FORCE_SYNC | AT_STATX_DONT_SYNC)) return -EINVAL;
  const path = target(k, dfd, pathAddr, flags);
  if (typeof path === "number") return path;
  const inode = path.dentry.inode!;
  const r = getattr(k, inode);
  if (r < 0) return r;
  const time = (t: { sec: number; nsec: number }): { tv_sec: number; tv_nsec: number } => ({ tv_sec: t.sec, tv_nsec: t.nsec });
  const birth = mask & STATX_BTIME && (inode.btime.sec !== 0 || inode.btime.nsec !== 0);
  return writeStruct(k, buf, statxStruct, {
    stx_mask: STATX_BASIC_STATS | STATX_MNT_ID | (birth ? STATX_BTIME : 0),
    stx_blksize: BLOCK_SIZE,
    stx_attributes: (path.dentry === path.mnt.root ? STATX_ATTR_MOUNT_ROOT : 0) | (inode.flags & KEPT_FLAGS),
    stx_attributes_mask: STATX_ATTR_MOUNT_ROOT | (inode.sb.type === "tmpfs" ? KEPT_FLAGS : 0),
    stx_nlink: inode.nlink,
    stx_uid: inode.uid,
    stx_gid: inode.gid,
    stx_mode: inode.mode,
    stx_ino: inode.ino,
    stx_size: inode.size,
    stx_blocks: inode.blocks,
    stx_atime: time(inode.atime),
    ...(birth ? { stx_btime: time(inode.btime) } : {}),
    stx_ctime: time(inode.ctime),
    stx_mtime: time(inode.mtime),
    stx_rdev_major: major(inode.rdev),
    stx_rdev_minor: minor(inode.rdev),
    stx_dev_major: major(deviceOf(inode)),
    stx_dev_minor: minor(deviceOf(inode)),
    stx_mnt_id: path.mnt.id,
  });
}

/** @linux fs/stat.c do_readlinkat */
function readlinkAt(k: Kernel, dfd: number, pathAddr: number, buf: number, size: number): number {
  if (size <= 0) return -EINVAL;
  const name = strncpyFromUser(k, pathAddr, 4096);
  if (typeof name === "number") return name;
  let path: Path | number;
  if (name === "") {
    const file = dfd === AT_FDCWD ? null : fgetRaw(k, dfd);
    path = file ? file.path : dfd === AT_FDCWD ? -ENOENT : -EBADF;
    if (typeof path !== "number" && !isLnk(path.dentry.inode!.mode)) return -ENOENT;
  } else path = pathLookupAt(k, dfd, name, 0);
  if (typeof path === "number") return path;
  const inode = path.dentry.inode!;
  if (!isLnk(inode.mode) || !inode.op.readlink) return -EINVAL;
  const text = inode.op.readlink(k, inode);
  if (typeof text === "number") return text;
  const n = Math.min(size, text.length);
  const bytes = new Uint8Array(n);
  for (let i = 0; i < n; i++) bytes[i] = text.charCodeAt(i);
  return copyToUser(k, buf, bytes, 0, n) < 0 ? -EFAULT : n;
}

const statOut = A.struct(statStruct, "out");
export const statSyscalls: SyscallDef[] = [
  syscall("stat", { pathname: A.path, statbuf: statOut }, (k, p, b) => statAt(k, AT_FDCWD, p, b, 0), { linux: "fs/stat.c newstat" }),
  syscall("lstat", { pathname: A.path, statbuf: statOut }, (k, p, b) => statAt(k, AT_FDCWD, p, b, AT_SYMLINK_NOFOLLOW), {
    linux: "fs/stat.c newlstat",
  }),
  syscall("fstat", { fd: A.fd, statbuf: statOut }, sysFstat, { linux: "fs/stat.c newfstat" }),
  syscall("newfstatat", { dirfd: A.dirfd, pathname: A.path, statbuf: statOut, flags: A.flags(atNames) }, statAt, {
    linux: "fs/stat.c newfstatat",
  }),
  syscall(
    "statx",
    {
      dirfd: A.dirfd,
      pathname: A.path,
      flags: A.flags(statxAtNames),
      mask: A.flags(statxMaskNames, "u32"),
      statxbuf: A.struct(statxStruct, "out"),
    },
    sysStatx,
    { linux: "fs/stat.c statx" },
  ),
  syscall("readlink", { pathname: A.path, buf: A.bufOut("ret"), bufsiz: A.int }, (k, p, b, n) => readlinkAt(k, AT_FDCWD, p, b, n), {
    linux: "fs/stat.c readlink",
  }),
  syscall("readlinkat", { dirfd: A.dirfd, pathname: A.path, buf: A.bufOut("ret"), bufsiz: A.int }, readlinkAt, {
    linux: "fs/stat.c readlinkat",
  }),
];
