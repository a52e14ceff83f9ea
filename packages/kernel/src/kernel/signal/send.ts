import { PT_SEIZED } from "../../include/linux/ptrace.ts";
import { SigQueue, TASK_INTERRUPTIBLE, TASK_STOPPED, TASK_TRACED, TASK_UNINTERRUPTIBLE, type Task } from "../../include/linux/sched.ts";
import type { Kernel } from "../../kernel.ts";
import { EAGAIN, ESRCH } from "../../uapi/errno.ts";
import { RLIMIT_SIGPENDING } from "../../uapi/resource.ts";
import { SA_IMMUTABLE, SI_USER, SIG_DFL, SIG_IGN, SIGCONT, SIGKILL } from "../../uapi/signal.ts";
import { findProcessGroup } from "../pid.ts";
import { rlimit } from "../resource.ts";
import {
  clearJobctlPending,
  JOBCTL_PENDING_MASK,
  JOBCTL_STOP_PENDING,
  ptraceTrapNotify,
  SIGNAL_CLD_CONTINUED,
  SIGNAL_CLD_STOPPED,
  SIGNAL_STOP_CONTINUED,
  SIGNAL_STOP_STOPPED,
  SIGNAL_UNKILLABLE,
  setStopFlags,
} from "./jobControl.ts";
import {
  COREDUMP_MASK,
  flushSigqueueMask,
  highBit,
  IGNORE_MASK,
  isBlocked,
  isMember,
  KERNEL_ONLY_MASK,
  lowBit,
  recalcSigpending,
  STOP_MASK,
} from "./pending.ts";
import { faultSiginfo, kernelSiginfo, noinfoSiginfo, siCode } from "./siginfo.ts";

/** Would the signal do nothing, by SIG_IGN or by a default of being ignored? @linux kernel/signal.c sig_handler_ignored */
export function handlerIgnored(handler: number, sig: number): boolean {
  return handler === SIG_IGN || (handler === SIG_DFL && (IGNORE_MASK & lowBit(sig)) !== 0);
}

/** @linux kernel/signal.c sig_ignored */
function sigIgnored(task: Task, sig: number, force: boolean): boolean {
  if (isBlocked(task, sig) || isMember(task.realBlockedLo, task.realBlockedHi, sig)) return false;
  // A tracer wants to know of ignored ones too.
  if (task.ptrace !== 0 && sig !== SIGKILL) return false;
  const handler = task.sighand.action[sig]!.handler;
  if (task.signal.flags & SIGNAL_UNKILLABLE && handler === SIG_DFL && !(force && KERNEL_ONLY_MASK & lowBit(sig))) return true;
  return handlerIgnored(handler, sig);
}

/** Gets a task to look at its signals; a fatal one ends stops and killable sleeps too. @linux kernel/signal.c signal_wake_up */
export function signalWakeUp(k: Kernel, task: Task, fatal: boolean): void {
  task.sigPendingFlag = true;
  if (task.state === TASK_INTERRUPTIBLE) k.sched.wakeUpTask(task);
  else if (fatal && task.state === TASK_UNINTERRUPTIBLE) k.sched.wakeUpTask(task);
  else if (fatal && (task.state === TASK_STOPPED || task.state === TASK_TRACED) && task.exitState === 0) k.sched.wakeUpNew(task);
}

/** Stop signals and SIGCONT cancel each other. @returns false if the signal is to be dropped. @linux kernel/signal.c prepare_signal */
function prepareSignal(k: Kernel, sig: number, task: Task, force: boolean): boolean {
  const group = task.signal;
  if (group.groupExit) return sig === SIGKILL;
  if (STOP_MASK & lowBit(sig)) {
    flushSigqueueMask(k, group.sharedPending, lowBit(SIGCONT), 0);
    for (const t of group.threads) flushSigqueueMask(k, t.pending, lowBit(SIGCONT), 0);
  } else if (sig === SIGCONT) {
    flushSigqueueMask(k, group.sharedPending, STOP_MASK, 0);
    for (const t of group.threads) {
      flushSigqueueMask(k, t.pending, STOP_MASK, 0);
      clearJobctlPending(t, JOBCTL_STOP_PENDING);
      if (t.ptrace & PT_SEIZED) ptraceTrapNotify(k, t);
      if (t.state !== TASK_STOPPED) continue;
      k.sched.wakeUpNew(t);
      // It looks at everything that came while it was stopped.
      t.sigPendingFlag = true;
    }
    const why = group.flags & SIGNAL_STOP_STOPPED ? SIGNAL_CLD_CONTINUED : group.groupStopCount > 0 ? SIGNAL_CLD_STOPPED : 0;
    if (why !== 0) {
      setStopFlags(task, why | SIGNAL_STOP_CONTINUED);
      group.groupStopCount = 0;
      group.groupExitCode = 0;
      // Somebody of the group must come by and tell the parent.
      for (const t of group.threads) if (t.exitState === 0) signalWakeUp(k, t, false);
    }
  }
  return !sigIgnored(task, sig, force);
}

/** @linux kernel/signal.c wants_signal */
function wantsSignal(k: Kernel, sig: number, t: Task): boolean {
  if (isBlocked(t, sig) || t.exitState !== 0 || t.exiting) return false;
  if (sig === SIGKILL) return true;
  if (t.state === TASK_STOPPED || t.state === TASK_TRACED) return false;
  return t === k.current || !t.sigPendingFlag;
}

/**
 * Chooses a thread to take the signal; a fatal one begins the end of the group at once.
 * @returns the thread, null if none wants it now (blocked everywhere, stopped, or all are about to look) @linux kernel/signal.c complete_signal
 */
function completeSignal(k: Kernel, sig: number, task: Task, group: boolean): Task | null {
  const g = task.signal;
  let target: Task | null = null;
  if (wantsSignal(k, sig, task)) target = task;
  else if (group) target = g.threads.find((t) => wantsSignal(k, sig, t)) ?? null;
  if (!target) return null;
  const action = task.sighand.action[sig]!;
  const fatal = action.handler === SIG_DFL && !(lowBit(sig) & (IGNORE_MASK | STOP_MASK));
  if (
    fatal &&
    !g.groupExit &&
    !isMember(target.realBlockedLo, target.realBlockedHi, sig) &&
    !(lowBit(sig) & COREDUMP_MASK) &&
    (sig === SIGKILL || (task.ptrace === 0 && !k.faults?.sending))
  ) {
    g.groupExit = true;
    g.groupExitCode = sig;
    g.groupStopCount = 0;
    g.flags &= SIGNAL_UNKILLABLE;
    for (const t of g.threads) {
      clearJobctlPending(t, JOBCTL_PENDING_MASK);
      t.pending.lo |= lowBit(SIGKILL);
      signalWakeUp(k, t, true);
    }
    return target;
  }
  signalWakeUp(k, target, sig === SIGKILL);
  return target;
}

/**
 * Adds a signal to a thread's or its process's pending set.
 * @returns 0, or -EAGAIN if a queued signal exceeds RLIMIT_SIGPENDING @linux kernel/signal.c __send_signal_locked
 */
export function sendSignalLocked(k: Kernel, sig: number, info: Uint8Array, task: Task, group: boolean, force = false): number {
  const trace = k.trace.signalGenerate;
  const sender = k.time.inInterrupt ? null : (k.current ?? null);
  if (!prepareSignal(k, sig, task, force)) {
    if (trace.enabled) trace.fire(sig, info, task, group, 1, sender, null);
    return 0;
  }
  const pending = group ? task.signal.sharedPending : task.pending;
  if (sig < 32 && pending.lo & lowBit(sig)) {
    if (trace.enabled) trace.fire(sig, info, task, group, 2, sender, null);
    return 0;
  }
  if (sig !== SIGKILL) {
    const uid = task.cred.uid;
    const count = k.sigPendingCount.get(uid) ?? 0;
    // Signals below real-time ones and those of the kernel go through even without room for details.
    if (count < rlimit(task, RLIMIT_SIGPENDING) || (sig < 32 && siCode(info) >= 0)) {
      const q = new SigQueue(sig, info);
      q.uid = uid;
      k.sigPendingCount.set(uid, count + 1);
      pending.queue.push(q);
    } else if (sig >= 32 && siCode(info) !== SI_USER) {
      if (trace.enabled) trace.fire(sig, info, task, group, 3, sender, null);
      return -EAGAIN;
    }
  }
  const taker = deliverPending(k, sig, task, group);
  if (trace.enabled) trace.fire(sig, info, task, group, 0, sender, taker);
  return 0;
}

/** Marks a queued signal pending and finds a taker. */
function deliverPending(k: Kernel, sig: number, task: Task, group: boolean): Task | null {
  const pending = group ? task.signal.sharedPending : task.pending;
  if (task.sighand.signalfdWait.active) task.sighand.signalfdWait.wakeUpAll(k);
  pending.lo |= lowBit(sig);
  pending.hi |= highBit(sig);
  return completeSignal(k, sig, task, group);
}

/** Queues an entry that belongs to a POSIX timer. @returns 1 if ignored, 0 else @linux kernel/signal.c posixtimer_send_sigqueue */
export function sendSigqueue(k: Kernel, q: SigQueue, task: Task, group: boolean): number {
  const trace = k.trace.signalGenerate;
  if (!prepareSignal(k, q.sig, task, false)) {
    if (trace.enabled) trace.fire(q.sig, q.info, task, group, 1, null, null);
    return 1;
  }
  const pending = group ? task.signal.sharedPending : task.pending;
  pending.queue.push(q);
  const taker = deliverPending(k, q.sig, task, group);
  if (trace.enabled) trace.fire(q.sig, q.info, task, group, 0, null, taker);
  return 0;
}

/** A signal for one thread, from the running process. @linux kernel/signal.c send_sig */
export function sendSig(k: Kernel, sig: number, task: Task): number {
  return sendSignalLocked(k, sig, noinfoSiginfo(k, sig), task, false);
}

/** A signal for a process; info null = from the kernel. @linux kernel/signal.c group_send_sig_info */
export function groupSendSigInfo(k: Kernel, sig: number, info: Uint8Array | null, task: Task): number {
  if (sig === 0) return 0;
  if (task.exitState !== 0 && task.signal.threads.length === 0) return 0;
  return sendSignalLocked(k, sig, info ?? kernelSiginfo(sig), task, true, info === null);
}

/** A kernel signal for every process of a group. @returns 0, or -ESRCH if it has none @linux kernel/signal.c kill_pgrp */
export function killPgrp(k: Kernel, pgrp: number, sig: number): number {
  const members = findProcessGroup(k, pgrp);
  for (const t of members) groupSendSigInfo(k, sig, null, t);
  return members.length > 0 ? 0 : -ESRCH;
}

/**
 * A signal that cannot be blocked or ignored: the default action is taken instead. `always`: whatever is set;
 * `immutable`: and it stays so, and no tracer sees the signal. @linux kernel/signal.c force_sig_info_to_task
 */
export function forceSigInfo(k: Kernel, task: Task, info: Uint8Array, always = false, immutable = false): void {
  const sig = info[0] as number;
  const action = task.sighand.action[sig]!;
  const blocked = isBlocked(task, sig);
  const ignored = action.handler === SIG_IGN;
  if (blocked || ignored || always) {
    action.handler = SIG_DFL;
    if (immutable) action.flags |= SA_IMMUTABLE;
    if (blocked) {
      task.blockedLo &= ~lowBit(sig);
      task.blockedHi &= ~highBit(sig);
      recalcSigpending(task);
    }
  }
  if (action.handler === SIG_DFL && (task.ptrace === 0 || immutable)) task.signal.flags &= ~SIGNAL_UNKILLABLE;
  sendSignalLocked(k, sig, info, task, false, true);
  // A signal already pending still has to be taken.
  if (!task.sigPendingFlag) signalWakeUp(k, task, false);
}

/** @linux kernel/signal.c force_sig */
export function forceSig(k: Kernel, task: Task, sig: number): void {
  forceSigInfo(k, task, kernelSiginfo(sig));
}

/** A signal that ends the process for certain. @linux kernel/signal.c force_fatal_sig */
export function forceFatalSig(k: Kernel, task: Task, sig: number): void {
  forceSigInfo(k, task, kernelSiginfo(sig), true);
}

/** SIGSEGV after a signal frame could not be written or read; fatal if it was for SIGSEGV itself. @linux kernel/signal.c force_sigsegv */
export function forceSigsegv(k: Kernel, task: Task, sig: number): void {
  if (sig === 11) forceFatalSig(k, task, 11);
  else forceSig(k, task, 11);
}

/** A fault at an address: one number, or low and high word. @linux kernel/signal.c force_sig_fault */
export function forceSigFault(
  k: Kernel,
  task: Task,
  sig: number,
  code: number,
  address: number,
  high = Math.floor(address / 4294967296),
): void {
  forceSigInfo(k, task, faultSiginfo(sig, code, address | 0, high | 0));
}
