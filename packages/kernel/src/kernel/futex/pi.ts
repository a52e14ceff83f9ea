import { BLOCKED, type Task } from "../../include/linux/sched.ts";
import type { Kernel } from "../../kernel.ts";
import { getUser32, putUser32 } from "../../mm/usercopy.ts";
import { EAGAIN, EDEADLK, EFAULT, EINVAL, EPERM, ERESTARTNOINTR, ESRCH, ETIMEDOUT } from "../../uapi/errno.ts";
import { FUTEX_OWNER_DIED, FUTEX_TID_MASK, FUTEX_WAITERS } from "../../uapi/futex.ts";
import { findTask } from "../pid.ts";
import { enqueue, type FutexQueue, FutexWaiter, futexKey, futexKeyOut, unqueue } from "./core.ts";

/**
 * Tries to take a PI lock for `task`; else marks the word as contended and notes the owner.
 * @returns 1 taken, 0 to wait, or a negated errno @linux kernel/futex/pi.c futex_lock_pi_atomic
 */
function lockAtomic(k: Kernel, q: FutexQueue, address: number, task: Task, setWaiters: boolean): number {
  const word = getUser32(k, address);
  if (word < 0) return -EFAULT;
  if ((word & FUTEX_TID_MASK) === task.pid) return -EDEADLK;
  const top = q.waiters[0];
  if (top) {
    if (!top.pi) return -EINVAL;
    return 0;
  }
  if ((word & FUTEX_TID_MASK) === 0) {
    const next = (word & FUTEX_OWNER_DIED) | task.pid | (setWaiters ? FUTEX_WAITERS : 0);
    return putUser32(k, address, next >>> 0) !== 0 ? -EFAULT : 1;
  }
  if (putUser32(k, address, (word | FUTEX_WAITERS) >>> 0) !== 0) return -EFAULT;
  const owner = findTask(k, word & FUTEX_TID_MASK);
  if (!owner || owner === k.initTask || owner.exitState !== 0) return -ESRCH;
  q.owner = owner;
  return 0;
}

/** The word after `task` got the lock from an owner that let go or died. Done by the new owner, who sees it. @linux kernel/futex/pi.c fixup_pi_owner */
function fixupOwner(k: Kernel, w: FutexWaiter): number {
  if (!w.ownerDied) return 0;
  const word = getUser32(k, w.address);
  if (word < 0) return -EFAULT;
  const next = w.task.pid | FUTEX_WAITERS | FUTEX_OWNER_DIED;
  return putUser32(k, w.address, next >>> 0) !== 0 ? -EFAULT : 0;
}

/** @linux kernel/futex/pi.c futex_lock_pi */
export function futexLockPi(k: Kernel, address: number, shared: boolean, deadline: number, trylock: boolean): number {
  const task = k.current;
  let w: FutexWaiter;
  if (task.progress instanceof FutexWaiter) {
    w = task.progress;
    if (!w.queue) return fixupOwner(k, w);
    if (k.sched.deadlinePassed()) {
      unqueue(k, w);
      return -ETIMEDOUT;
    }
  } else {
    const key = futexKey(k, address, shared);
    if (key < 0) return key;
    const queue = futexKeyOut.queue;
    const r = lockAtomic(k, queue, address, task, false);
    if (r !== 0) return Math.min(r, 0);
    if (trylock) return -EAGAIN;
    w = new FutexWaiter(task, address);
    w.pi = true;
    if (deadline !== Number.POSITIVE_INFINITY) {
      k.sched.setDeadline(deadline);
      if (k.sched.deadlinePassed()) return -ETIMEDOUT;
    }
    if (deadlock(k, queue, task)) return -EDEADLK;
    enqueue(k, w, queue);
  }
  const r = k.sched.sleepUntilDeadline();
  if (r === BLOCKED) {
    task.progress = w;
    return r;
  }
  unqueue(k, w);
  return -ERESTARTNOINTR;
}

/** Does the owner, or whom it waits for, wait for `task`? @linux kernel/locking/rtmutex.c rt_mutex_adjust_prio_chain */
function deadlock(_k: Kernel, queue: FutexQueue, task: Task): boolean {
  let owner = queue.owner;
  for (let depth = 0; owner && depth < 1024; depth++) {
    if (owner === task) return true;
    const waits: object | null = owner.progress;
    owner = waits instanceof FutexWaiter && waits.pi && waits.queue ? waits.queue.owner : null;
  }
  return false;
}

/** The first waiter becomes the owner. */
function handOver(k: Kernel, q: FutexQueue): FutexWaiter {
  const next = q.waiters[0] as FutexWaiter;
  unqueue(k, next);
  if (q.waiters.length > 0) q.owner = next.task;
  k.sched.wakeUpTask(next.task);
  return next;
}

/** @linux kernel/futex/pi.c futex_unlock_pi */
export function futexUnlockPi(k: Kernel, address: number, shared: boolean): number {
  const word = getUser32(k, address);
  if (word < 0) return -EFAULT;
  if ((word & FUTEX_TID_MASK) !== k.current.pid) return -EPERM;
  const key = futexKey(k, address, shared);
  if (key < 0) return key;
  const q = futexKeyOut.queue;
  const top = q.waiters[0];
  if (!top) return putUser32(k, address, 0) !== 0 ? -EFAULT : 0;
  if (!top.pi || q.owner !== k.current) return -EINVAL;
  if (putUser32(k, address, (top.task.pid | FUTEX_WAITERS) >>> 0) !== 0) return -EFAULT;
  handOver(k, q);
  return 0;
}

/** A task that owns contended PI locks dies: the next in line gets each. @linux kernel/futex/core.c exit_pi_state_list */
export function exitPiState(k: Kernel, task: Task): void {
  for (const byPlace of [...k.futexes.queues.values()]) {
    for (const q of [...byPlace.values()]) if (q.owner === task && q.waiters.length > 0) handOver(k, q).ownerDied = true;
  }
}

/** FUTEX_WAIT_REQUEUE_PI: sleeps on a condition; comes back owning the PI lock. @linux kernel/futex/requeue.c futex_wait_requeue_pi */
export function futexWaitRequeuePi(
  k: Kernel,
  address: number,
  shared: boolean,
  value: number,
  deadline: number,
  bitset: number,
  address2: number,
): number {
  const task = k.current;
  let w: FutexWaiter;
  if (task.progress instanceof FutexWaiter) {
    w = task.progress;
    if (!w.queue) return w.pi ? fixupOwner(k, w) : -EAGAIN;
    if (k.sched.deadlinePassed()) {
      unqueue(k, w);
      return -ETIMEDOUT;
    }
  } else {
    if (address === address2 || bitset === 0) return -EINVAL;
    let key = futexKey(k, address2, shared);
    if (key < 0) return key;
    const target = futexKeyOut.queue;
    key = futexKey(k, address, shared);
    if (key < 0) return key;
    const queue = futexKeyOut.queue;
    const now = getUser32(k, address);
    if (now < 0) return -EFAULT;
    if (now !== value >>> 0) return -EAGAIN;
    if (queue.object === target.object && queue.place === target.place) return -EINVAL;
    w = new FutexWaiter(task, address2);
    w.bitset = bitset;
    w.requeueTo = target;
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
  const moved = w.pi;
  unqueue(k, w);
  return moved ? -EAGAIN : -ERESTARTNOINTR;
}

/** FUTEX_CMP_REQUEUE_PI: moves sleepers to a PI lock; the first gets it if it is free. @linux kernel/futex/requeue.c futex_requeue */
export function futexCmpRequeuePi(
  k: Kernel,
  from: number,
  shared: boolean,
  to: number,
  nrWake: number,
  nrRequeue: number,
  compare: number,
): number {
  if (nrWake !== 1 || nrRequeue < 0 || from === to) return -EINVAL;
  let key = futexKey(k, from, shared);
  if (key < 0) return key;
  const source = futexKeyOut.queue;
  key = futexKey(k, to, shared);
  if (key < 0) return key;
  const target = futexKeyOut.queue;
  if (source.object === target.object && source.place === target.place) return -EINVAL;
  const now = getUser32(k, from);
  if (now < 0) return -EFAULT;
  if (now !== compare >>> 0) return -EAGAIN;
  const first = source.waiters[0];
  if (!first) return 0;
  const fits = (w: FutexWaiter): boolean =>
    w.requeueTo !== null && w.requeueTo.object === target.object && w.requeueTo.place === target.place;
  if (!fits(first)) return -EINVAL;
  let count = 0;
  const r = lockAtomic(k, target, to, first.task, nrRequeue > 0);
  if (r < 0) return r;
  if (r > 0) {
    unqueue(k, first);
    first.pi = true;
    k.sched.wakeUpTask(first.task);
    target.owner = first.task;
    count = 1;
  }
  for (const w of [...source.waiters]) {
    if (count - nrWake >= nrRequeue) break;
    if (!fits(w)) return -EINVAL;
    count++;
    unqueue(k, w);
    w.pi = true;
    const owner = target.owner;
    enqueue(k, w, target);
    target.owner = owner;
  }
  return count;
}
