import type { Timespec } from "../../include/linux/fs.ts";
import type { Kernel } from "../../kernel.ts";
import { copyFromUser, copyToUser } from "../../mm/usercopy.ts";
import { EFAULT, EINVAL } from "../../uapi/errno.ts";
import { getS64, setU64 } from "../../uapi/struct.ts";

const buffer = new Uint8Array(32);
const view = new DataView(buffer.buffer);

/** Times beyond this many seconds count as for ever (KTIME_SEC_MAX). */
export const KTIME_SEC_MAX = 9223372036;

/** The last struct timespec read. */
export const userTimespec: Timespec = { sec: 0, nsec: 0 };

/** @linux include/linux/time64.h timespec64_valid */
export function timespecValid(t: Timespec): boolean {
  return t.sec >= 0 && t.nsec >= 0 && t.nsec < 1e9;
}

/** ns of a time; past KTIME_SEC_MAX it is Infinity. */
export function toNs(t: Timespec): number {
  return t.sec >= KTIME_SEC_MAX ? Number.POSITIVE_INFINITY : t.sec * 1e9 + t.nsec;
}

/** Reads a struct timespec into userTimespec, unchecked. 0 or -EFAULT. @linux kernel/time/time.c get_timespec64 */
export function getTimespec(k: Kernel, address: number): number {
  if (copyFromUser(k, address, buffer, 0, 16) !== 0) return -EFAULT;
  userTimespec.sec = getS64(view, 0);
  userTimespec.nsec = getS64(view, 8);
  return 0;
}

/** Reads a struct timespec as a duration in ns (may be Infinity). -EFAULT, or -EINVAL if it is not a valid time. */
export function readTimespec(k: Kernel, address: number): number {
  if (getTimespec(k, address) !== 0) return -EFAULT;
  return timespecValid(userTimespec) ? toNs(userTimespec) : -EINVAL;
}

export function writeTimespec(k: Kernel, address: number, sec: number, nsec: number): number {
  setU64(view, 0, sec);
  setU64(view, 8, nsec);
  return copyToUser(k, address, buffer, 0, 16);
}

/** Writes a duration in ns as struct timespec. */
export function writeNs(k: Kernel, address: number, ns: number): number {
  const sec = Math.floor(ns / 1e9);
  return writeTimespec(k, address, sec, ns - sec * 1e9);
}

/** Reads {interval, value} pairs of struct itimerspec: seconds and ns of each. null on a fault. */
export function readItimerspec(k: Kernel, address: number): { interval: Timespec; value: Timespec } | null {
  if (copyFromUser(k, address, buffer, 0, 32) !== 0) return null;
  return { interval: { sec: getS64(view, 0), nsec: getS64(view, 8) }, value: { sec: getS64(view, 16), nsec: getS64(view, 24) } };
}

/** Writes struct itimerspec, both in ns. */
export function writeItimerspec(k: Kernel, address: number, interval: number, value: number): number {
  const put = (at: number, ns: number): void => {
    const sec = Math.floor(ns / 1e9);
    setU64(view, at, sec);
    setU64(view, at + 8, ns - sec * 1e9);
  };
  put(0, interval);
  put(16, value);
  return copyToUser(k, address, buffer, 0, 32);
}
