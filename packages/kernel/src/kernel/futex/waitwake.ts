import { BLOCKED } from "../../include/linux/sched.ts";
import type { Kernel } from "../../kernel.ts";
import { getUser32, putUser32 } from "../../mm/usercopy.ts";
import { stateClass } from "../../state.ts";
import { EAGAIN, EFAULT, EINVAL, ENOSYS, ERESTART_RESTARTBLOCK, ERESTARTSYS, ETIMEDOUT } from "../../uapi/errno.ts";
import type { RestartBlock } from "../signalCalls.ts";
import { enqueue, type FutexQueue, FutexWaiter, futexKey, futexKeyOut, unqueue, wakeWaiter } from "./core.ts";

/** A timed wait that a signal without handler interrupted. */
class FutexRestart implements RestartBlock {
  address: number;
  value: number;
  bitset: number;
  shared: boolean;
  deadline: number;
  constructor(address: number, value: number, bitset: number, shared: boolean, deadline: number) {
    this.address = address;
    this.value = value;
    this.bitset = bitset;
    this.shared = shared;
    this.deadline = deadline;
  }
  restart(k: Kernel): number {
    return futexWait(k, this.address, this.value, this.bitset, this.shared, this.deadline);
  }
}
stateClass(FutexRestart);

/**
 * Sleeps if the word has the value. `deadline` in ns since boot, Infinity = none.
 * @returns 0 woken, -EAGAIN, -ETIMEDOUT, -ERESTART*, BLOCKED @linux kernel/futex/waitwake.c futex_wait
 */
export function futexWait(k: Kernel, address: number, value: number, bitset: number, shared: boolean, deadline: number): number {
  const task = k.current;
  let w: FutexWaiter;
  if (task.progress instanceof FutexWaiter) {
    w = task.progress;
    if (!w.queue) return 0;
    if (k.sched.deadlinePassed()) {
      unqueue(k, w);
      return -ETIMEDOUT;
    }
  } else {
    if (bitset === 0) return -EINVAL;
    const key = futexKey(k, address, shared);
    if (key < 0) return key;
    const queue = futexKeyOut.queue;
    const now = getUser32(k, address);
    if (now < 0) return -EFAULT;
    if (now !== value >>> 0) return -EAGAIN;
    w = new FutexWaiter(task, address);
    w.bitset = bitset;
    if (deadline !== Number.POSITIVE_INFINITY) {
      k.sched.setDeadline(deadline);
      if (k.sched.deadlinePassed()) return -ETIMEDOUT;
    }
    enqueue(k, w, queue);
  }
  const r = k.sched.sleepUntilDeadline();
  if (r === BLOCKED) {
    task.progress = w;
    return r;
  }
  unqueue(k, w);
  if (deadline === Number.POSITIVE_INFINITY) return -ERESTARTSYS;
  task.restartBlock = new FutexRestart(address, value, bitset, shared, task.deadline);
  return -ERESTART_RESTARTBLOCK;
}

/** Queues a waiter that does not sleep itself. 0, -EAGAIN (another value), -EFAULT, -EINVAL. @linux kernel/futex/waitwake.c futex_wait_setup */
export function futexWaitSetup(k: Kernel, w: FutexWaiter, value: number, shared: boolean): number {
  const key = futexKey(k, w.address, shared);
  if (key < 0) return key;
  const { queue } = futexKeyOut;
  const now = getUser32(k, w.address);
  if (now < 0) return -EFAULT;
  if (now !== value >>> 0) return -EAGAIN;
  enqueue(k, w, queue);
  return 0;
}

/** Wakes up to `count` sleepers of a queue whose bitset meets `bitset`. */
export function wakeQueue(k: Kernel, q: FutexQueue, count: number, bitset = 0xffffffff): number {
  let woken = 0;
  for (const w of [...q.waiters]) {
    if (w.pi || w.requeueTo) return -EINVAL;
    if ((w.bitset & bitset) === 0) continue;
    wakeWaiter(k, w);
    if (++woken >= count) break;
  }
  return woken;
}

/** @linux kernel/futex/waitwake.c futex_wake */
export function futexWake(k: Kernel, address: number, shared: boolean, count: number, bitset: number): number {
  if (bitset === 0) return -EINVAL;
  const key = futexKey(k, address, shared);
  if (key < 0) return key;
  return wakeQueue(k, futexKeyOut.queue, count, bitset);
}

/** A wake by the kernel itself, as for clear_child_tid and robust futexes: always shared. */
export function futexWakeAddress(k: Kernel, address: number, count: number): void {
  if (futexKey(k, address, true) === 0) wakeQueue(k, futexKeyOut.queue, count);
}

/** Moves waiters from one word to another. @linux kernel/futex/requeue.c futex_requeue */
export function futexRequeue(
  k: Kernel,
  from: number,
  sharedFrom: boolean,
  to: number,
  sharedTo: boolean,
  nrWake: number,
  nrRequeue: number,
  compare: number | null,
): number {
  if (nrWake < 0 || nrRequeue < 0) return -EINVAL;
  let key = futexKey(k, from, sharedFrom);
  if (key < 0) return key;
  const source = futexKeyOut.queue;
  key = futexKey(k, to, sharedTo);
  if (key < 0) return key;
  const target = futexKeyOut.queue;
  if (compare !== null) {
    const now = getUser32(k, from);
    if (now < 0) return -EFAULT;
    if (now !== compare >>> 0) return -EAGAIN;
  }
  let count = 0;
  for (const w of [...source.waiters]) {
    if (count - nrWake >= nrRequeue) break;
    if (w.pi || w.requeueTo) return -EINVAL;
    if (++count <= nrWake) wakeWaiter(k, w);
    else if (source.object !== target.object || source.place !== target.place) {
      unqueue(k, w);
      enqueue(k, w, target);
    }
  }
  return count;
}

const FUTEX_OP_OPARG_SHIFT = 8;

/** Changes *address by an encoded operation; the old value goes through the encoded comparison. @returns 0 or 1, or a negated errno @linux kernel/futex/waitwake.c futex_atomic_op_inuser */
function atomicOp(k: Kernel, encoded: number, address: number): number {
  const op = (encoded >>> 28) & 7;
  const cmp = (encoded >>> 24) & 15;
  let oparg = (encoded << 8) >> 20;
  const cmparg = (encoded << 20) >> 20;
  if ((encoded >>> 28) & FUTEX_OP_OPARG_SHIFT) oparg = 1 << (oparg & 31);
  const old = getUser32(k, address);
  if (old < 0) return -EFAULT;
  let next: number;
  switch (op) {
    case 0:
      next = oparg;
      break;
    case 1:
      next = old + oparg;
      break;
    case 2:
      next = old | oparg;
      break;
    case 3:
      next = old & ~oparg;
      break;
    case 4:
      next = old ^ oparg;
      break;
    default:
      return -ENOSYS;
  }
  if (putUser32(k, address, next >>> 0) !== 0) return -EFAULT;
  const value = old | 0;
  switch (cmp) {
    case 0:
      return value === cmparg ? 1 : 0;
    case 1:
      return value !== cmparg ? 1 : 0;
    case 2:
      return value < cmparg ? 1 : 0;
    case 3:
      return value <= cmparg ? 1 : 0;
    case 4:
      return value > cmparg ? 1 : 0;
    case 5:
      return value >= cmparg ? 1 : 0;
    default:
      return -ENOSYS;
  }
}

/** @linux kernel/futex/waitwake.c futex_wake_op */
export function futexWakeOp(
  k: Kernel,
  address: number,
  shared: boolean,
  address2: number,
  nrWake: number,
  nrWake2: number,
  op: number,
): number {
  let key = futexKey(k, address, shared);
  if (key < 0) return key;
  const first = futexKeyOut.queue;
  key = futexKey(k, address2, shared);
  if (key < 0) return key;
  const second = futexKeyOut.queue;
  const r = atomicOp(k, op, address2);
  if (r < 0) return r;
  const woken = wakeQueue(k, first, nrWake);
  if (woken < 0 || r === 0) return woken;
  const more = wakeQueue(k, second, nrWake2);
  return more < 0 ? more : woken + more;
}
