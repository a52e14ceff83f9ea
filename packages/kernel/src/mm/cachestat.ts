import { fget } from "../fs/file.ts";
import type { Kernel } from "../kernel.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { EBADF, EFAULT, EINVAL } from "../uapi/errno.ts";
import { getU64, setU64, struct } from "../uapi/struct.ts";
import { PAGE_SIZE } from "./flags.ts";
import { copyFromUser, copyToUser } from "./usercopy.ts";

const cachestatRange = struct("cachestat_range", [
  ["off", "u64"],
  ["len", "u64"],
]);
const cachestatStruct = struct("cachestat", [
  ["nr_cache", "u64"],
  ["nr_dirty", "u64"],
  ["nr_writeback", "u64"],
  ["nr_evicted", "u64"],
  ["nr_recently_evicted", "u64"],
]);

/** Pages of a file that are in memory, and those that differ from the disk. @linux mm/filemap.c cachestat */
function sysCachestat(k: Kernel, fd: number, range: number, out: number, flags: number): number {
  const file = fget(k, fd);
  if (!file) return -EBADF;
  const bytes = new Uint8Array(cachestatStruct.size);
  const view = new DataView(bytes.buffer);
  if (copyFromUser(k, range, bytes, 0, cachestatRange.size) < 0) return -EFAULT;
  if (flags !== 0) return -EINVAL;
  const off = getU64(view, 0);
  const len = getU64(view, 8);
  const first = Math.floor(off / PAGE_SIZE);
  const last = len === 0 ? Number.POSITIVE_INFINITY : Math.floor((off + len - 1) / PAGE_SIZE);
  const { mapping } = file.inode;
  bytes.fill(0);
  let cached = 0;
  let dirty = 0;
  if (mapping) {
    for (const index of mapping.pages.keys()) if (index >= first && index <= last) cached++;
    for (const index of mapping.dirty ?? []) if (index >= first && index <= last && mapping.pages.has(index)) dirty++;
  }
  setU64(view, 0, cached);
  setU64(view, 8, dirty);
  return copyToUser(k, out, bytes, 0, bytes.length) < 0 ? -EFAULT : 0;
}

export const cachestatSyscalls: readonly SyscallDef[] = [
  syscall(
    "cachestat",
    { fd: A.fd, cstat_range: A.struct(cachestatRange, "in"), cstat: A.struct(cachestatStruct, "out"), flags: A.uint },
    sysCachestat,
    { linux: "mm/filemap.c cachestat" },
  ),
];
