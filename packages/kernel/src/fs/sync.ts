import type { File } from "../include/linux/fs.ts";
import type { Kernel } from "../kernel.ts";
import { A, enumNames, flagNames, type SyscallDef, syscall } from "../syscall/declare.ts";
import { EBADF, EINVAL, ESPIPE } from "../uapi/errno.ts";
import { O_ACCMODE, O_WRONLY } from "../uapi/fcntl.ts";
import { isDir, isLnk, isReg, S_IFBLK, S_IFIFO, S_IFMT } from "../uapi/stat.ts";
import { fget } from "./file.ts";
import { ksysSync } from "./syncHooks.ts";

const SYNC_FILE_RANGE_WAIT_BEFORE = 1;
const SYNC_FILE_RANGE_WRITE = 2;
const SYNC_FILE_RANGE_WAIT_AFTER = 4;
const SYNC_ALL = 7;
const POSIX_FADV_NOREUSE = 5;

/** @linux fs/sync.c vfs_fsync */
export function vfsFsync(k: Kernel, file: File, datasync: boolean): number {
  return file.op.fsync ? file.op.fsync(k, file, datasync) : -EINVAL;
}

const sysFsync = (k: Kernel, fd: number, datasync: boolean): number => {
  const file = fget(k, fd);
  return file ? vfsFsync(k, file, datasync) : -EBADF;
};

function sysSync(k: Kernel): number {
  ksysSync(k);
  return 0;
}

/** Only mappings leave something behind that is not written through. @linux fs/sync.c syncfs */
function sysSyncfs(k: Kernel, fd: number): number {
  if (!fget(k, fd)) return -EBADF;
  ksysSync(k);
  return 0;
}

function sysSyncFileRange(k: Kernel, fd: number, offset: number, count: number, flags: number): number {
  const file = fget(k, fd);
  return file ? syncFileRange(k, file, offset, count, flags) : -EBADF;
}

/** @linux fs/sync.c sync_file_range */
export function syncFileRange(k: Kernel, file: File, offset: number, count: number, flags: number): number {
  if (flags & ~SYNC_ALL) return -EINVAL;
  if (offset < 0 || count < 0 || offset + count >= 2 ** 63) return -EINVAL;
  const { mode } = file.inode;
  if (!isReg(mode) && !isDir(mode) && !isLnk(mode) && (mode & S_IFMT) !== S_IFBLK) return -ESPIPE;
  return flags === 0 || !file.op.fsync ? 0 : file.op.fsync(k, file, true);
}

function sysFadvise64(k: Kernel, fd: number, _offset: number, len: number, advice: number): number {
  const file = fget(k, fd);
  return file ? vfsFadvise(file, len, advice) : -EBADF;
}

/** Advice on future use; memory is the only storage, so it is only checked. @linux mm/fadvise.c vfs_fadvise */
export function vfsFadvise(file: File, len: number, advice: number): number {
  if ((file.inode.mode & S_IFMT) === S_IFIFO) return -ESPIPE;
  if (len < 0 || (!file.inode.mapping && !isDir(file.inode.mode) && !isReg(file.inode.mode))) return -EINVAL;
  return advice < 0 || advice > POSIX_FADV_NOREUSE ? -EINVAL : 0;
}

/** @linux mm/readahead.c ksys_readahead */
function sysReadahead(k: Kernel, fd: number, _offset: number, _count: number): number {
  const file = fget(k, fd);
  if (!file || (file.flags & O_ACCMODE) === O_WRONLY) return -EBADF;
  const { mode } = file.inode;
  return isReg(mode) || (mode & S_IFMT) === S_IFBLK ? 0 : -EINVAL;
}

const rangeNames = flagNames("SYNC_FILE_RANGE_???", { SYNC_FILE_RANGE_WAIT_BEFORE, SYNC_FILE_RANGE_WRITE, SYNC_FILE_RANGE_WAIT_AFTER });
const adviceNames = enumNames("POSIX_FADV_???", {
  POSIX_FADV_NORMAL: 0,
  POSIX_FADV_RANDOM: 1,
  POSIX_FADV_SEQUENTIAL: 2,
  POSIX_FADV_WILLNEED: 3,
  POSIX_FADV_DONTNEED: 4,
  POSIX_FADV_NOREUSE,
});

export const syncSyscalls: SyscallDef[] = [
  syscall("sync", {}, sysSync, { linux: "fs/sync.c ksys_sync" }),
  syscall("fsync", { fd: A.fd }, (k, fd) => sysFsync(k, fd, false), { linux: "fs/sync.c do_fsync" }),
  syscall("fdatasync", { fd: A.fd }, (k, fd) => sysFsync(k, fd, true), { linux: "fs/sync.c do_fsync" }),
  syscall("syncfs", { fd: A.fd }, sysSyncfs, { linux: "fs/sync.c syncfs" }),
  syscall("sync_file_range", { fd: A.fd, offset: A.off, nbytes: A.off, flags: A.flags(rangeNames, "u32") }, sysSyncFileRange, {
    linux: "fs/sync.c ksys_sync_file_range",
  }),
  syscall("fadvise64", { fd: A.fd, offset: A.off, len: A.off, advice: A.enum(adviceNames) }, sysFadvise64, {
    linux: "mm/fadvise.c ksys_fadvise64_64",
  }),
  syscall("readahead", { fd: A.fd, offset: A.off, count: A.size }, sysReadahead, { linux: "mm/readahead.c ksys_readahead" }),
];
