import { struct } from "./struct.ts";

/** struct statfs (arch/x86/include/uapi/asm/statfs.h, 64-bit) */
export const statfsStruct = struct("statfs", [
  ["f_type", "s64"],
  ["f_bsize", "s64"],
  ["f_blocks", "u64"],
  ["f_bfree", "u64"],
  ["f_bavail", "u64"],
  ["f_files", "u64"],
  ["f_ffree", "u64"],
  ["f_fsid", ["s32", 2]],
  ["f_namelen", "s64"],
  ["f_frsize", "s64"],
  ["f_flags", "s64"],
  ["f_spare", ["s64", 4]],
]);

/** struct ustat */
export const ustatStruct = struct("ustat", [
  ["f_tfree", "s32"],
  ["f_tinode", "u64"],
  ["f_fname", ["u8", 6]],
  ["f_fpack", ["u8", 6]],
]);

/** f_flags (include/linux/statfs.h) */
export const ST_RDONLY = 1;
export const ST_NOSUID = 2;
export const ST_NODEV = 4;
export const ST_NOEXEC = 8;
export const ST_SYNCHRONOUS = 16;
export const ST_VALID = 32;
export const ST_NOATIME = 1024;
export const ST_NODIRATIME = 2048;
export const ST_RELATIME = 4096;
export const ST_NOSYMFOLLOW = 8192;
