import { WaitQueueHead } from "../include/linux/wait.ts";
import { onProcessExit } from "../kernel/exitHooks.ts";
import type { Kernel } from "../kernel.ts";
import { stateClass } from "../state.ts";
import { EAGAIN, EIDRM, ERANGE } from "../uapi/errno.ts";
import { IPC_NOWAIT, SEM_UNDO, SEMVMX } from "../uapi/ipc.ts";
import { ipcNamespace } from "./namespace.ts";
import { ipcRemoveId, KernIpcPerm } from "./util.ts";

/** One operation of a semop call (struct sembuf). */
export interface SemBuf {
  num: number;
  op: number;
  flags: number;
}

/** A call that waits: other tasks' changes carry it out (struct sem_queue). */
export class SemWaiter {
  readonly array: SemArray;
  readonly ops: readonly SemBuf[];
  readonly pid: number;
  readonly undo: SemUndo | null;
  /** Changes something, or only waits for zeros. */
  readonly alter: boolean;
  /** 1 while it waits, then the call's result. */
  status = 1;
  /** The operation that could not be done. */
  blocking: SemBuf | null = null;
  wait = new WaitQueueHead();
  constructor(array: SemArray, ops: readonly SemBuf[], pid: number, undo: SemUndo | null) {
    this.array = array;
    this.ops = ops;
    this.pid = pid;
    this.undo = undo;
    this.alter = ops.some((o) => o.op !== 0);
  }
}

/** What to add to each semaphore of a set when a process ends (struct sem_undo). */
export class SemUndo {
  array: SemArray;
  adjust: number[];
  constructor(array: SemArray) {
    this.array = array;
    this.adjust = new Array(array.values.length).fill(0);
  }
}

/** A set of semaphores (struct sem_array). */
export class SemArray extends KernIpcPerm {
  values: number[];
  /** Who changed each last. */
  pids: number[];
  otime = 0;
  ctime: number;
  /** Calls that wait, first come first. */
  pending: SemWaiter[] = [];
  constructor(k: Kernel, key: number, flags: number, count: number) {
    super(k, key, flags);
    this.values = new Array(count).fill(0);
    this.pids = new Array(count).fill(0);
    this.ctime = k.time.realtime().sec;
  }
}
stateClass(SemWaiter, SemUndo, SemArray);

/**
 * Does all operations of a call or none. 0: done; 1: it has to wait (`waiter.blocking` says for
 * which); else -errno. @linux ipc/sem.c perform_atomic_semop
 */
export function performAtomicSemop(q: SemWaiter): number {
  const { array, ops, undo } = q;
  const { values } = array;
  let done = 0;
  let result = 0;
  for (; done < ops.length; done++) {
    const o = ops[done]!;
    const before = values[o.num]!;
    const after = before + o.op;
    if ((o.op === 0 && before !== 0) || after < 0) {
      q.blocking = o;
      result = o.flags & IPC_NOWAIT ? -EAGAIN : 1;
      break;
    }
    if (after > SEMVMX) {
      result = -ERANGE;
      break;
    }
    if (o.flags & SEM_UNDO && undo) {
      const adjust = undo.adjust[o.num]! - o.op;
      if (adjust < -SEMVMX - 1 || adjust > SEMVMX) {
        result = -ERANGE;
        break;
      }
      undo.adjust[o.num] = adjust;
    }
    values[o.num] = after;
  }
  if (result !== 0) {
    while (--done >= 0) {
      const o = ops[done]!;
      values[o.num]! -= o.op;
      if (o.flags & SEM_UNDO && undo) undo.adjust[o.num]! += o.op;
    }
    return result;
  }
  for (const o of ops) array.pids[o.num] = q.pid;
  return 0;
}

function finish(k: Kernel, q: SemWaiter, status: number): void {
  q.status = status;
  q.wait.wakeUpAll(k);
}

/** Values have changed: calls that can be done now are, those for zero first. @linux ipc/sem.c do_smart_update */
export function updateQueue(k: Kernel, array: SemArray): boolean {
  let any = false;
  for (let again = true; again; ) {
    again = false;
    for (const alter of [false, true]) {
      for (let i = 0; i < array.pending.length; i++) {
        const q = array.pending[i]!;
        if (q.alter !== alter) continue;
        const r = performAtomicSemop(q);
        if (r > 0) continue;
        array.pending.splice(i--, 1);
        finish(k, q, r);
        if (r === 0) any = true;
        if (r === 0 && alter) {
          again = true;
          break;
        }
      }
      if (again) break;
    }
  }
  if (any) array.otime = k.time.realtime().sec;
  return any;
}

/** Takes a call off the queue that a signal or the time has ended. */
export function leavePending(q: SemWaiter): void {
  const i = q.array.pending.indexOf(q);
  if (i >= 0) q.array.pending.splice(i, 1);
}

/** The set goes: all that wait are told. @linux ipc/sem.c freeary */
export function freeSemArray(k: Kernel, array: SemArray): void {
  const ns = ipcNamespace(k);
  ipcRemoveId(ns.sem, array);
  for (const [tgid, undos] of ns.undo) {
    const left = undos.filter((u) => u.array !== array);
    if (left.length > 0) ns.undo.set(tgid, left);
    else ns.undo.delete(tgid);
  }
  for (const q of array.pending.splice(0)) finish(k, q, -EIDRM);
}

/** The undo record of the current process for a set. @linux ipc/sem.c find_alloc_undo */
export function findUndo(k: Kernel, array: SemArray): SemUndo {
  const { undo } = ipcNamespace(k);
  const { tgid } = k.current;
  let list = undo.get(tgid);
  if (!list) {
    list = [];
    undo.set(tgid, list);
  }
  let u = list.find((e) => e.array === array);
  if (!u) {
    u = new SemUndo(array);
    list.push(u);
  }
  return u;
}

/** Forgets what processes would take back of one semaphore, or of all (-1). */
export function clearUndo(k: Kernel, array: SemArray, num: number): void {
  for (const undos of ipcNamespace(k).undo.values()) {
    for (const u of undos) {
      if (u.array !== array) continue;
      if (num < 0) u.adjust.fill(0);
      else u.adjust[num] = 0;
    }
  }
}

/** How many wait for the semaphore to become zero, or to grow. @linux ipc/sem.c count_semcnt */
export function countWaiting(array: SemArray, num: number, zero: boolean): number {
  return array.pending.filter((q) => q.blocking?.num === num && (q.blocking.op === 0) === zero).length;
}

// @linux ipc/sem.c exit_sem
onProcessExit((k, task) => {
  const ns = k.subsystems.get("ipc") as ReturnType<typeof ipcNamespace> | undefined;
  const list = ns?.undo.get(task.tgid);
  if (!ns || !list) return;
  ns.undo.delete(task.tgid);
  for (const { array, adjust } of list) {
    for (let i = 0; i < adjust.length; i++) {
      if (adjust[i] === 0) continue;
      array.values[i] = Math.min(SEMVMX, Math.max(0, array.values[i]! + adjust[i]!));
      array.pids[i] = task.tgid;
    }
    updateQueue(k, array);
    array.otime = k.time.realtime().sec;
  }
});
