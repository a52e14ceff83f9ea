import { flagNames } from "../syscall/declare.ts";
import { struct } from "./struct.ts";

/** include/uapi/linux/stat.h and arch/x86/include/uapi/asm/stat.h */
export const S_IFMT = 0o170000;
export const S_IFSOCK = 0o140000;
export const S_IFLNK = 0o120000;
export const S_IFREG = 0o100000;
export const S_IFBLK = 0o060000;
export const S_IFDIR = 0o040000;
export const S_IFCHR = 0o020000;
export const S_IFIFO = 0o010000;
export const S_ISUID = 0o4000;
export const S_ISGID = 0o2000;
export const S_ISVTX = 0o1000;
export const S_IXGRP = 0o010;
export const S_IALLUGO = 0o7777;

export const isDir = (mode: number): boolean => (mode & S_IFMT) === S_IFDIR;
export const isReg = (mode: number): boolean => (mode & S_IFMT) === S_IFREG;
export const isLnk = (mode: number): boolean => (mode & S_IFMT) === S_IFLNK;

/** Directory-entry type of a mode (DT_*). */
export const dtType = (mode: number): number => (mode & S_IFMT) >> 12;

/** struct stat */
export const statStruct = struct("stat", [
  ["st_dev", "u64"],
  ["st_ino", "u64"],
  ["st_nlink", "u64"],
  ["st_mode", "u32"],
  ["st_uid", "u32"],
  ["st_gid", "u32"],
  ["__pad0", "u32"],
  ["st_rdev", "u64"],
  ["st_size", "s64"],
  ["st_blksize", "s64"],
  ["st_blocks", "s64"],
  ["st_atime", "u64"],
  ["st_atime_nsec", "u64"],
  ["st_mtime", "u64"],
  ["st_mtime_nsec", "u64"],
  ["st_ctime", "u64"],
  ["st_ctime_nsec", "u64"],
  ["__unused", ["s64", 3]],
]);

export const statxTimestamp = struct("statx_timestamp", [
  ["tv_sec", "s64"],
  ["tv_nsec", "u32"],
  ["__reserved", "s32"],
]);

export const statxStruct = struct("statx", [
  ["stx_mask", "u32"],
  ["stx_blksize", "u32"],
  ["stx_attributes", "u64"],
  ["stx_nlink", "u32"],
  ["stx_uid", "u32"],
  ["stx_gid", "u32"],
  ["stx_mode", "u16"],
  ["__spare0", "u16"],
  ["stx_ino", "u64"],
  ["stx_size", "u64"],
  ["stx_blocks", "u64"],
  ["stx_attributes_mask", "u64"],
  ["stx_atime", statxTimestamp],
  ["stx_btime", statxTimestamp],
  ["stx_ctime", statxTimestamp],
  ["stx_mtime", statxTimestamp],
  ["stx_rdev_major", "u32"],
  ["stx_rdev_minor", "u32"],
  ["stx_dev_major", "u32"],
  ["stx_dev_minor", "u32"],
  ["stx_mnt_id", "u64"],
  ["stx_dio_mem_align", "u32"],
  ["stx_dio_offset_align", "u32"],
  ["__spare3", ["u64", 12]],
]);

export const STATX_TYPE = 1;
export const STATX_BASIC_STATS = 0x7ff;
export const STATX_BTIME = 0x800;
export const STATX_MNT_ID = 0x1000;
export const statxMaskNames = flagNames("STATX_???", {
  STATX_BASIC_STATS,
  STATX_TYPE,
  STATX_MODE: 2,
  STATX_NLINK: 4,
  STATX_UID: 8,
  STATX_GID: 0x10,
  STATX_ATIME: 0x20,
  STATX_MTIME: 0x40,
  STATX_CTIME: 0x80,
  STATX_INO: 0x100,
  STATX_SIZE: 0x200,
  STATX_BLOCKS: 0x400,
  STATX_BTIME,
  STATX_MNT_ID,
});
export const UTIME_NOW = 0x3fffffff;
export const UTIME_OMIT = 0x3ffffffe;
