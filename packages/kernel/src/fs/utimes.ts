import type { Path, Timespec } from "../include/linux/fs.ts";
import { currentTime } from "../kernel/time/timekeeping.ts";
import type { Kernel } from "../kernel.ts";
import { copyFromUser } from "../mm/usercopy.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { EBADF, EFAULT, EINVAL } from "../uapi/errno.ts";
import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW, atNames } from "../uapi/fcntl.ts";
import { UTIME_NOW, UTIME_OMIT } from "../uapi/stat.ts";
import { getS64 } from "../uapi/struct.ts";
import { attrPath, type Change, notifyChange, onPath } from "./attr.ts";
import { fget } from "./file.ts";

/** @linux fs/utimes.c vfs_utimes */
function setTimes(k: Kernel, path: Path, atime: Timespec, mtime: Timespec): number {
  const now = currentTime(k);
  const a: Change = {};
  const pick = (t: Timespec): Timespec | null => (t.nsec === UTIME_OMIT ? null : t.nsec === UTIME_NOW ? now : t);
  const at = pick(atime);
  const mt = pick(mtime);
  if (!at && !mt) return 0;
  if (at) a.atime = at;
  if (mt) a.mtime = mt;
  if (atime.nsec === UTIME_NOW && mtime.nsec === UTIME_NOW) a.touch = true;
  else a.setTimes = true;
  return notifyChange(k, path, a);
}
const pair = new Uint8Array(32);
const pairView = new DataView(pair.buffer);
const NOW: Timespec = { sec: 0, nsec: UTIME_NOW };

function utimesTarget(k: Kernel, dfd: number, pathAddr: number, flags: number): Path | number {
  if (pathAddr === 0 && dfd !== AT_FDCWD) {
    if (flags) return -EINVAL;
    const file = fget(k, dfd);
    return file ? file.path : -EBADF;
  }
  if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) return -EINVAL;
  return attrPath(k, dfd, pathAddr, flags);
}

function sysUtimensat(k: Kernel, dfd: number, pathAddr: number, timesAddr: number, flags: number): number {
  let at = NOW;
  let mt = NOW;
  if (timesAddr !== 0) {
    if (copyFromUser(k, timesAddr, pair, 0, 32) < 0) return -EFAULT;
    at = { sec: getS64(pairView, 0), nsec: getS64(pairView, 8) };
    mt = { sec: getS64(pairView, 16), nsec: getS64(pairView, 24) };
    const valid = (n: number): boolean => (n >= 0 && n < 1e9) || n === UTIME_NOW || n === UTIME_OMIT;
    if (at.nsec === UTIME_OMIT && mt.nsec === UTIME_OMIT) return 0;
    if (!valid(at.nsec) || !valid(mt.nsec)) return -EINVAL;
  }
  return onPath(utimesTarget(k, dfd, pathAddr, flags), (p) => setTimes(k, p, at, mt));
}

/** Times in microseconds. */
function futimesat(k: Kernel, dfd: number, pathAddr: number, timesAddr: number): number {
  let at = NOW;
  let mt = NOW;
  if (timesAddr !== 0) {
    if (copyFromUser(k, timesAddr, pair, 0, 32) < 0) return -EFAULT;
    const microseconds = [getS64(pairView, 8), getS64(pairView, 24)] as const;
    if (microseconds.some((n) => n < 0 || n >= 1e6)) return -EINVAL;
    at = { sec: getS64(pairView, 0), nsec: microseconds[0] * 1000 };
    mt = { sec: getS64(pairView, 16), nsec: microseconds[1] * 1000 };
  }
  return onPath(utimesTarget(k, dfd, pathAddr, 0), (p) => setTimes(k, p, at, mt));
}
function sysUtime(k: Kernel, pathAddr: number, timesAddr: number): number {
  let at = NOW;
  let mt = NOW;
  if (timesAddr !== 0) {
    if (copyFromUser(k, timesAddr, pair, 0, 16) < 0) return -EFAULT;
    at = { sec: getS64(pairView, 0), nsec: 0 };
    mt = { sec: getS64(pairView, 8), nsec: 0 };
  }
  return onPath(attrPath(k, AT_FDCWD, pathAddr, 0), (p) => setTimes(k, p, at, mt));
}

export const utimesSyscalls: SyscallDef[] = [
  syscall("utimensat", { dirfd: A.dirfd, pathname: A.path, times: A.ptr, flags: A.flags(atNames) }, sysUtimensat, {
    linux: "fs/utimes.c utimensat",
  }),
  syscall("futimesat", { dirfd: A.dirfd, pathname: A.path, times: A.ptr }, futimesat, { linux: "fs/utimes.c futimesat" }),
  syscall("utimes", { pathname: A.path, times: A.ptr }, (k, p, t) => futimesat(k, AT_FDCWD, p, t), { linux: "fs/utimes.c utimes" }),
  syscall("utime", { pathname: A.path, times: A.ptr }, sysUtime, { linux: "fs/utimes.c utime" }),
];
