import type { Task } from "../../include/linux/sched.ts";
import type { Kernel } from "../../kernel.ts";
import { getUser32, getUser64, putUser32 } from "../../mm/usercopy.ts";
import { FUTEX_OWNER_DIED, FUTEX_TID_MASK, FUTEX_WAITERS } from "../../uapi/futex.ts";
import { exitPiState } from "./pi.ts";
import { futexWakeAddress } from "./waitwake.ts";

/** As many entries of a list are believed. */
const ROBUST_LIST_LIMIT = 2048;

/** The word of a lock whose holder dies: marks it and wakes one waiter. @returns false on a fault @linux kernel/futex/core.c handle_futex_death */
function futexDeath(k: Kernel, task: Task, address: number, pi: boolean, pendingOp: boolean): boolean {
  if (address % 4 !== 0) return false;
  const word = getUser32(k, address);
  if (word < 0) return false;
  const owner = word & FUTEX_TID_MASK;
  if (pendingOp && !pi && owner === 0) {
    futexWakeAddress(k, address, 1);
    return true;
  }
  if (owner !== task.pid) return true;
  if (putUser32(k, address, ((word & FUTEX_WAITERS) | FUTEX_OWNER_DIED) >>> 0) !== 0) return false;
  if (!pi && word & FUTEX_WAITERS) futexWakeAddress(k, address, 1);
  return true;
}

/** Walks the list of locks that the thread registered. @linux kernel/futex/core.c exit_robust_list */
function exitRobustList(k: Kernel, task: Task): void {
  const head = task.robustList;
  let entry = getUser64(k, head);
  // A small signed number: its low word says all.
  const word = getUser32(k, head + 8);
  const pendingEntry = getUser64(k, head + 16);
  if (entry < 0 || word < 0 || pendingEntry < 0) return;
  const signed = word | 0;
  const pending = pendingEntry - (pendingEntry % 2);
  for (let left = ROBUST_LIST_LIMIT; left > 0; left--) {
    const at = entry - (entry % 2);
    if (at === head) break;
    const pi = entry % 2 === 1;
    const next = getUser64(k, at);
    if (at !== pending && !futexDeath(k, task, at + signed, pi, false)) return;
    if (next < 0) return;
    entry = next;
  }
  if (pending !== 0) futexDeath(k, task, pending + signed, pendingEntry % 2 === 1, true);
}

/** Exit or exec: locks that the thread holds are passed on. @linux kernel/futex/core.c futex_cleanup */
export function futexExitRelease(k: Kernel, task: Task): void {
  if (task.robustList !== 0 && task.mm) {
    exitRobustList(k, task);
    task.robustList = 0;
  }
  if (k.futexes.queues.size > 0) exitPiState(k, task);
}
