import type { SigPending, SigQueue, Task } from "../../include/linux/sched.ts";
import type { Kernel } from "../../kernel.ts";
import {
  SIGALRM,
  SIGBUS,
  SIGCHLD,
  SIGCONT,
  SIGFPE,
  SIGILL,
  SIGKILL,
  SIGSEGV,
  SIGSTOP,
  SIGSYS,
  SIGTRAP,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
  SIGURG,
  SIGWINCH,
} from "../../uapi/signal.ts";
import { itimerRearm } from "../time/itimer.ts";
import { posixTimerRearm } from "../time/posixTimers.ts";
import { JOBCTL_PENDING_MASK, JOBCTL_STOP_DEQUEUED } from "./jobControl.ts";
import { newSiginfo } from "./siginfo.ts";

/** Sets of signals are two 32-bit words; these give a signal's bit in its word. */
export const lowBit = (sig: number): number => (sig <= 32 ? 1 << (sig - 1) : 0);
export const highBit = (sig: number): number => (sig > 32 ? 1 << (sig - 33) : 0);

/** Masks of the low word (include/linux/signal.h). */
export const STOP_MASK = lowBit(SIGSTOP) | lowBit(SIGTSTP) | lowBit(SIGTTIN) | lowBit(SIGTTOU);
export const SYNCHRONOUS_MASK = lowBit(SIGSEGV) | lowBit(SIGBUS) | lowBit(SIGILL) | lowBit(SIGTRAP) | lowBit(SIGFPE) | lowBit(SIGSYS);
export const COREDUMP_MASK =
  lowBit(3) |
  lowBit(SIGILL) |
  lowBit(SIGTRAP) |
  lowBit(6) |
  lowBit(SIGFPE) |
  lowBit(SIGSEGV) |
  lowBit(SIGBUS) |
  lowBit(SIGSYS) |
  lowBit(24) |
  lowBit(25);
export const IGNORE_MASK = lowBit(SIGCONT) | lowBit(SIGCHLD) | lowBit(SIGWINCH) | lowBit(SIGURG);
/** Never blocked nor caught. */
export const KERNEL_ONLY_MASK = lowBit(SIGKILL) | lowBit(SIGSTOP);

export function isMember(lo: number, hi: number, sig: number): boolean {
  return ((lo & lowBit(sig)) | (hi & highBit(sig))) !== 0;
}

export function isBlocked(task: Task, sig: number): boolean {
  return isMember(task.blockedLo, task.blockedHi, sig);
}

/** Recomputes TIF_SIGPENDING. @linux kernel/signal.c recalc_sigpending_tsk */
export function recalcSigpending(task: Task): void {
  const s = task.signal.sharedPending;
  const p = task.pending;
  task.sigPendingFlag =
    task.notifySignal ||
    (((p.lo | s.lo) & ~task.blockedLo) | ((p.hi | s.hi) & ~task.blockedHi)) !== 0 ||
    (task.jobctl & JOBCTL_PENDING_MASK) !== 0;
}

/** Lowest of a set's signals, those of faults first. 0 if empty. @linux kernel/signal.c next_signal */
export function nextSignal(pending: SigPending, maskLo: number, maskHi: number): number {
  let lo = pending.lo & ~maskLo;
  if (lo !== 0) {
    if (lo & SYNCHRONOUS_MASK) lo &= SYNCHRONOUS_MASK;
    return 32 - Math.clz32(lo & -lo);
  }
  const hi = pending.hi & ~maskHi;
  return hi === 0 ? 0 : 64 - Math.clz32(hi & -hi);
}

/** Gives back what a queued signal counted against its user. */
export function releaseSigqueue(k: Kernel, q: SigQueue): void {
  if (q.uid < 0) return;
  k.sigPendingCount.set(q.uid, Math.max(0, (k.sigPendingCount.get(q.uid) ?? 0) - 1));
  q.uid = -1;
}

/** Takes one instance of a pending signal off its set. @linux kernel/signal.c collect_signal */
export function collectSignal(k: Kernel, pending: SigPending, sig: number): Uint8Array {
  let found: SigQueue | null = null;
  let more = false;
  for (const q of pending.queue) {
    if (q.sig !== sig) continue;
    if (!found) found = q;
    else {
      more = true;
      break;
    }
  }
  if (!more) {
    pending.lo &= ~lowBit(sig);
    pending.hi &= ~highBit(sig);
  }
  // Without a queue entry (memory was short, or SIGKILL) nothing is known about the sender.
  if (!found) return newSiginfo(sig, 0);
  pending.queue.splice(pending.queue.indexOf(found), 1);
  releaseSigqueue(k, found);
  if (found.timer) posixTimerRearm(k, found);
  return found.info;
}

/** The next unblocked signal's siginfo, the thread's own before the process's, or null. @linux kernel/signal.c dequeue_signal */
export function dequeueSignal(k: Kernel, task: Task, maskLo: number, maskHi: number): Uint8Array | null {
  let pending = task.pending;
  let sig = nextSignal(pending, maskLo, maskHi);
  if (sig === 0) {
    pending = task.signal.sharedPending;
    sig = nextSignal(pending, maskLo, maskHi);
  }
  if (sig === 0) {
    recalcSigpending(task);
    return null;
  }
  const info = collectSignal(k, pending, sig);
  if (STOP_MASK & lowBit(sig)) task.jobctl |= JOBCTL_STOP_DEQUEUED;
  if (sig === SIGALRM) itimerRearm(k, task.signal);
  recalcSigpending(task);
  return info;
}

/** Removes signals from a set. @linux kernel/signal.c flush_sigqueue_mask */
export function flushSigqueueMask(k: Kernel, pending: SigPending, lo: number, hi: number): void {
  if (((pending.lo & lo) | (pending.hi & hi)) === 0) return;
  pending.lo &= ~lo;
  pending.hi &= ~hi;
  pending.queue = pending.queue.filter((q) => {
    if (!isMember(lo, hi, q.sig)) return true;
    releaseSigqueue(k, q);
    return false;
  });
}

/** Removes all of a task's own pending signals. @linux kernel/signal.c flush_sigqueue */
export function flushSigqueue(k: Kernel, pending: SigPending): void {
  flushSigqueueMask(k, pending, -1, -1);
}
