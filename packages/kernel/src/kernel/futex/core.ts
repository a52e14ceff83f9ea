import type { Task } from "../../include/linux/sched.ts";
import type { Kernel } from "../../kernel.ts";
import { VM_SHARED } from "../../mm/flags.ts";
import { getUser32 } from "../../mm/usercopy.ts";
import { vmaAt } from "../../mm/vma.ts";
import { stateClass } from "../../state.ts";
import { EFAULT, EINVAL } from "../../uapi/errno.ts";

const TASK_SIZE = 0x7ffffffff000;

/** Tasks asleep on one futex word. */
export class FutexQueue {
  /** The key: an address space or a file, and a place in it (see FutexTable). */
  readonly object: object;
  readonly place: number;
  waiters: FutexWaiter[] = [];
  /** Owner of a PI futex that has waiters. */
  owner: Task | null = null;
  constructor(object: object, place: number) {
    this.object = object;
    this.place = place;
  }
}

/** One sleeper (struct futex_q). It is woken for good once `queue` is null. */
export class FutexWaiter {
  readonly task: Task;
  queue: FutexQueue | null = null;
  bitset = 0xffffffff;
  /** Where the task sees the word. */
  address: number;
  /** It waits for a PI lock (and gets it when woken). */
  pi = false;
  /** PI: the lock came from an owner that died. */
  ownerDied = false;
  /** FUTEX_WAIT_REQUEUE_PI: the key of the PI futex it expects to be moved to. */
  requeueTo: FutexQueue | null = null;
  /** futex_waitv: all entries of one sleep; index of this one. */
  group: FutexWaiter[] | null = null;
  constructor(task: Task, address: number) {
    this.task = task;
    this.address = address;
  }
  /** It is woken, and on no queue any more. @linux kernel/futex/waitwake.c futex_wake_mark */
  wake(k: Kernel): void {
    k.sched.wakeUpTask(this.task);
  }
  /** The task dies in its sleep. */
  cancel(k: Kernel): void {
    for (const w of this.group ?? [this]) unqueue(k, w);
  }
}

/**
 * All futexes with waiters: by address space (private and anonymous memory) or by inode (shared
 * mappings of files), then by place. Bit 0 of the place tells shared futexes in anonymous memory
 * from private ones, which never meet.
 */
export class FutexTable {
  queues = new Map<object, Map<number, FutexQueue>>();
}
stateClass(FutexQueue, FutexWaiter, FutexTable);

/** The queue of the last key made by futexKey. */
export const futexKeyOut: { queue: FutexQueue } = { queue: new FutexQueue({}, 0) };

function queueFor(k: Kernel, object: object, place: number): FutexQueue {
  const known = k.futexes.queues.get(object)?.get(place);
  return known ?? new FutexQueue(object, place);
}

/**
 * Finds the key of a word and puts its queue (perhaps a new, unlisted one) into futexKeyOut.
 * @returns 0, -EINVAL (misaligned) or -EFAULT @linux kernel/futex/core.c get_futex_key
 */
export function futexKey(k: Kernel, address: number, shared: boolean): number {
  if (address % 4 !== 0) return -EINVAL;
  if (address >= TASK_SIZE) return -EFAULT;
  const mm = k.current.mm;
  if (!mm) return -EFAULT;
  if (!shared) {
    futexKeyOut.queue = queueFor(k, mm, address);
    return 0;
  }
  if (getUser32(k, address) < 0) return -EFAULT;
  const vma = vmaAt(mm, address);
  if (!vma) return -EFAULT;
  if (vma.file && vma.flags & VM_SHARED) futexKeyOut.queue = queueFor(k, vma.file.inode, vma.pgoff * 4096 + (address - vma.start));
  else futexKeyOut.queue = queueFor(k, mm, address + 1);
  return 0;
}

/** Lists a waiter. PI waiters go by priority, all others in order of arrival. @linux kernel/futex/core.c __futex_queue */
export function enqueue(k: Kernel, w: FutexWaiter, q: FutexQueue): void {
  let byPlace = k.futexes.queues.get(q.object);
  if (!byPlace) k.futexes.queues.set(q.object, (byPlace = new Map()));
  byPlace.set(q.place, q);
  w.queue = q;
  let i = q.waiters.length;
  while (i > 0 && (q.waiters[i - 1] as FutexWaiter).task.rtPriority < w.task.rtPriority) i--;
  q.waiters.splice(i, 0, w);
}

/** Takes a waiter off; an empty queue is forgotten. @returns false if it was not queued (already woken) @linux kernel/futex/core.c futex_unqueue */
export function unqueue(k: Kernel, w: FutexWaiter): boolean {
  const q = w.queue;
  if (!q) return false;
  w.queue = null;
  q.waiters.splice(q.waiters.indexOf(w), 1);
  if (q.waiters.length === 0) {
    q.owner = null;
    const byPlace = k.futexes.queues.get(q.object);
    byPlace?.delete(q.place);
    if (byPlace?.size === 0) k.futexes.queues.delete(q.object);
  }
  return true;
}

/** Ends a waiter's sleep. @linux kernel/futex/waitwake.c futex_wake_mark */
export function wakeWaiter(k: Kernel, w: FutexWaiter): void {
  unqueue(k, w);
  w.wake(k);
}
