import { BLOCKED } from "../../include/linux/sched.ts";
import type { Kernel } from "../../kernel.ts";
import { copyFromUser, getUser32 } from "../../mm/usercopy.ts";
import { EAGAIN, EFAULT, EINVAL, ERESTARTSYS, ETIMEDOUT } from "../../uapi/errno.ts";
import { FUTEX_WAITV_MAX, FUTEX2_PRIVATE, FUTEX2_SIZE_MASK, FUTEX2_SIZE_U32 } from "../../uapi/futex.ts";
import { getU64 } from "../../uapi/struct.ts";
import { CLOCK_MONOTONIC, CLOCK_REALTIME } from "../../uapi/time.ts";
import { absoluteDeadline } from "../time/nanosleep.ts";
import { readTimespec, userTimespec } from "../time/userTime.ts";
import { enqueue, FutexWaiter, futexKey, futexKeyOut, unqueue } from "./core.ts";

/** Only 32-bit futexes without NUMA hints exist. @linux kernel/futex/futex.h futex_flags_valid */
export function futex2FlagsValid(flags: number): boolean {
  return (flags & ~(FUTEX2_PRIVATE | FUTEX2_SIZE_MASK)) === 0 && (flags & FUTEX2_SIZE_MASK) === FUTEX2_SIZE_U32;
}

/** Absolute timeout of the futex2 calls: ns since boot, Infinity, or a negated errno. */
export function futex2Deadline(k: Kernel, address: number, clock: number): number {
  if (address === 0) return Number.POSITIVE_INFINITY;
  if (clock !== CLOCK_REALTIME && clock !== CLOCK_MONOTONIC) return -EINVAL;
  const ns = readTimespec(k, address);
  return ns < 0 ? ns : Math.max(0, absoluteDeadline(k, clock, userTimespec));
}

/** struct futex_waitv: what one of several waits is for. */
export interface FutexVector {
  value: number;
  address: number;
  shared: boolean;
}

/** Reads an array of struct futex_waitv: -EFAULT, -EINVAL. @linux kernel/futex/syscalls.c futex_parse_waitv */
export function futexParseWaitv(k: Kernel, waiters: number, count: number): FutexVector[] | number {
  const bytes = new Uint8Array(count * 24);
  if (copyFromUser(k, waiters, bytes, 0, bytes.length) !== 0) return -EFAULT;
  const v = new DataView(bytes.buffer);
  const out: FutexVector[] = [];
  for (let i = 0; i < count; i++) {
    const flags = v.getUint32(i * 24 + 16, true);
    if (!futex2FlagsValid(flags) || v.getUint32(i * 24 + 20, true) !== 0) return -EINVAL;
    if (v.getUint32(i * 24 + 4, true) !== 0) return -EINVAL;
    out.push({ value: v.getUint32(i * 24, true), address: getU64(v, i * 24 + 8), shared: !(flags & FUTEX2_PRIVATE) });
  }
  return out;
}

/**
 * Queues a waiter for each word. @returns 0, or -EAGAIN, -EFAULT, -EINVAL with nothing queued
 * @linux kernel/futex/waitwake.c futex_wait_multiple_setup
 */
export function futexWaitMultipleSetup(
  k: Kernel,
  words: readonly FutexVector[],
  group: FutexWaiter[],
  make: (word: FutexVector) => FutexWaiter,
): number {
  let r = 0;
  for (const word of words) {
    r = futexKey(k, word.address, word.shared);
    if (r < 0) break;
    const { queue } = futexKeyOut;
    const now = getUser32(k, word.address);
    if (now !== word.value) {
      r = now < 0 ? -EFAULT : -EAGAIN;
      break;
    }
    const w = make(word);
    w.group = group;
    group.push(w);
    enqueue(k, w, queue);
  }
  if (r < 0) for (const w of group) unqueue(k, w);
  return r;
}

/** Sleeps on several words; tells which was woken. @linux kernel/futex/syscalls.c sys_futex_waitv */
export function sysFutexWaitv(k: Kernel, waiters: number, count: number, flags: number, timeout: number, clock: number): number {
  const task = k.current;
  const mine = task.progress instanceof FutexWaiter ? (task.progress.group as FutexWaiter[]) : null;
  if (mine) return goOn(k, mine);
  if (flags !== 0) return -EINVAL;
  if (count === 0 || count > FUTEX_WAITV_MAX || waiters === 0) return -EINVAL;
  const deadline = futex2Deadline(k, timeout, clock);
  if (deadline < 0) return deadline;
  const words = futexParseWaitv(k, waiters, count);
  if (typeof words === "number") return words;
  const group: FutexWaiter[] = [];
  const r = futexWaitMultipleSetup(k, words, group, (word) => new FutexWaiter(task, word.address));
  if (r < 0) return r;
  if (deadline !== Number.POSITIVE_INFINITY) k.sched.setDeadline(deadline);
  return goOn(k, group);
}

function goOn(k: Kernel, group: FutexWaiter[]): number {
  const first = group[0] as FutexWaiter;
  const woken = group.findIndex((w) => !w.queue);
  if (woken >= 0) {
    first.cancel(k);
    return woken;
  }
  if (k.sched.deadlinePassed()) {
    first.cancel(k);
    return -ETIMEDOUT;
  }
  const r = k.sched.sleepUntilDeadline();
  if (r === BLOCKED) {
    k.current.progress = first;
    return r;
  }
  first.cancel(k);
  return -ERESTARTSYS;
}
