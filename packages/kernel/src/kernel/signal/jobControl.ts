import { PT_SEIZED } from "../../include/linux/ptrace.ts";
import { TASK_INTERRUPTIBLE, TASK_STOPPED, TASK_TRACED, type Task } from "../../include/linux/sched.ts";
import type { Kernel } from "../../kernel.ts";
import { CLD_CONTINUED, CLD_STOPPED, CLD_TRAPPED, SA_NOCLDSTOP, SIG_IGN, SIGCHLD, SIGCONT, SIGHUP } from "../../uapi/signal.ts";
import { findProcessGroup } from "../pid.ts";
import { groupSendSigInfo, killPgrp, signalWakeUp } from "./send.ts";
import { childSiginfo } from "./siginfo.ts";

/** task.jobctl (include/linux/sched/jobctl.h): the stop signal in the low bits. */
export const JOBCTL_STOP_SIGMASK = 0xffff;
/** A stop signal was taken off the queue and no SIGCONT has come since. */
export const JOBCTL_STOP_DEQUEUED = 1 << 16;
export const JOBCTL_STOP_PENDING = 1 << 17;
export const JOBCTL_STOP_CONSUME = 1 << 18;
/** A trap for the tracer is due: to stop, or to tell of a change while it listens. */
export const JOBCTL_TRAP_STOP = 1 << 19;
export const JOBCTL_TRAP_NOTIFY = 1 << 20;
export const JOBCTL_LISTENING = 1 << 22;
export const JOBCTL_TRAP_MASK = JOBCTL_TRAP_STOP | JOBCTL_TRAP_NOTIFY;
export const JOBCTL_PENDING_MASK = JOBCTL_STOP_PENDING | JOBCTL_TRAP_MASK;

/** signal.flags (include/linux/sched/signal.h). */
export const SIGNAL_STOP_STOPPED = 0x1;
export const SIGNAL_STOP_CONTINUED = 0x2;
export const SIGNAL_CLD_STOPPED = 0x10;
export const SIGNAL_CLD_CONTINUED = 0x20;
export const SIGNAL_CLD_MASK = SIGNAL_CLD_STOPPED | SIGNAL_CLD_CONTINUED;
export const SIGNAL_UNKILLABLE = 0x40;
const SIGNAL_STOP_MASK = SIGNAL_CLD_MASK | SIGNAL_STOP_STOPPED | SIGNAL_STOP_CONTINUED;

/** Have all threads besides this one been released? @linux include/linux/sched/signal.h thread_group_empty */
export function threadGroupEmpty(task: Task): boolean {
  const { threads, zombieThreads } = task.signal;
  return zombieThreads.length === 0 && (threads.length === 0 || (threads.length === 1 && threads[0] === task));
}

const SIGKILL_BIT = 1 << 8;

export function setStopFlags(task: Task, flags: number): void {
  task.signal.flags = (task.signal.flags & ~SIGNAL_STOP_MASK) | flags;
}

/** @returns false if the task is dying @linux kernel/signal.c task_set_jobctl_pending */
export function setJobctlPending(task: Task, mask: number): boolean {
  if (task.pending.lo & SIGKILL_BIT || task.exiting) return false;
  if (mask & JOBCTL_STOP_SIGMASK) task.jobctl &= ~JOBCTL_STOP_SIGMASK;
  task.jobctl |= mask;
  return true;
}

/** @linux kernel/signal.c task_clear_jobctl_pending */
export function clearJobctlPending(task: Task, mask: number): void {
  task.jobctl &= ~(mask & JOBCTL_STOP_PENDING ? mask | JOBCTL_STOP_CONSUME | JOBCTL_STOP_DEQUEUED : mask);
}

/** Gets a tracee to look at its traps; `resume`: though it is stopped. @linux include/linux/ptrace.h ptrace_signal_wake_up */
export function ptraceSignalWakeUp(k: Kernel, task: Task, resume: boolean): void {
  task.sigPendingFlag = true;
  if (task.state === TASK_INTERRUPTIBLE) k.sched.wakeUpTask(task);
  else if (resume && task.state === TASK_TRACED && task.exitState === 0) k.sched.wakeUpNew(task);
}

/** @linux kernel/signal.c ptrace_trap_notify */
export function ptraceTrapNotify(k: Kernel, task: Task): void {
  setJobctlPending(task, JOBCTL_TRAP_NOTIFY);
  ptraceSignalWakeUp(k, task, (task.jobctl & JOBCTL_LISTENING) !== 0);
}

/** One thread takes part in the group's stop. @returns true if it is the last. @linux kernel/signal.c task_participate_group_stop */
export function participateGroupStop(task: Task): boolean {
  const sig = task.signal;
  const consume = (task.jobctl & JOBCTL_STOP_CONSUME) !== 0;
  clearJobctlPending(task, JOBCTL_STOP_PENDING);
  if (!consume) return false;
  if (sig.groupStopCount > 0) sig.groupStopCount--;
  if (sig.groupStopCount === 0 && !(sig.flags & SIGNAL_STOP_STOPPED)) {
    setStopFlags(task, SIGNAL_STOP_STOPPED);
    return true;
  }
  return false;
}

/**
 * Stops the current task as part of its group; `sig` 0 joins a stop that has begun.
 * @returns true if the task is now stopped @linux kernel/signal.c do_signal_stop
 */
export function doSignalStop(k: Kernel, task: Task, sig: number): boolean {
  const group = task.signal;
  if (!(task.jobctl & JOBCTL_STOP_PENDING)) {
    if (!(task.jobctl & JOBCTL_STOP_DEQUEUED) || group.groupExit || group.groupExecTask) return false;
    if (!(group.flags & SIGNAL_STOP_STOPPED)) group.groupExitCode = sig;
    group.groupStopCount = 0;
    const stop = sig | JOBCTL_STOP_PENDING | JOBCTL_STOP_CONSUME;
    if (setJobctlPending(task, stop)) group.groupStopCount++;
    for (const t of group.threads) {
      if (t === task || t.state === TASK_STOPPED || t.exitState !== 0 || !setJobctlPending(t, stop)) continue;
      group.groupStopCount++;
      if (t.ptrace & PT_SEIZED) ptraceTrapNotify(k, t);
      else signalWakeUp(k, t, false);
    }
  }
  if (task.ptrace !== 0) {
    // Its tracer is to see it stop.
    setJobctlPending(task, JOBCTL_TRAP_STOP);
    return false;
  }
  const last = participateGroupStop(task);
  task.state = TASK_STOPPED;
  // Whoever is continued looks at its signals and the interrupted call again.
  task.userWork = true;
  if (last) notifyParentCldstop(k, task, CLD_STOPPED);
  return true;
}

/**
 * Tells the parent that a child stopped or went on, or the tracer (`forTracer`) that this thread did.
 * @linux kernel/signal.c do_notify_parent_cldstop
 */
export function notifyParentCldstop(k: Kernel, task: Task, why: number, forTracer = false): void {
  const leader = forTracer ? task : task.signal.leader;
  const parent = forTracer ? task.parent : leader.realParent;
  const status = why === CLD_CONTINUED ? SIGCONT : why === CLD_TRAPPED ? leader.exitCode & 0x7f : task.signal.groupExitCode & 0x7f;
  const action = parent.sighand.action[SIGCHLD]!;
  if (action.handler !== SIG_IGN && !(action.flags & SA_NOCLDSTOP)) {
    groupSendSigInfo(k, SIGCHLD, childSiginfo(SIGCHLD, leader, why, status), parent);
  }
  parent.signal.waitChildExit.wakeUpAll(k);
}

/** No member of the group has a parent outside the group but inside the session. @linux kernel/exit.c will_become_orphaned_pgrp */
export function willBecomeOrphaned(k: Kernel, pgrp: number, ignored: Task | null): boolean {
  for (const p of findProcessGroup(k, pgrp)) {
    const parent = p.realParent;
    if (p === ignored || (p.exitState !== 0 && threadGroupEmpty(p)) || parent === k.initTask) continue;
    if (parent.signal.pgrp !== pgrp && parent.signal.session === p.signal.session) return false;
  }
  return true;
}

/** @linux kernel/exit.c is_current_pgrp_orphaned */
export function isCurrentPgrpOrphaned(k: Kernel): boolean {
  return willBecomeOrphaned(k, k.current.signal.pgrp, null);
}

function hasStoppedJobs(k: Kernel, pgrp: number): boolean {
  return findProcessGroup(k, pgrp).some((p) => (p.signal.flags & SIGNAL_STOP_STOPPED) !== 0);
}

/**
 * A process ends (`parent` null) or gets a new parent: if that orphans a group with stopped members,
 * they get SIGHUP and SIGCONT.
 * @linux kernel/exit.c kill_orphaned_pgrp
 */
export function killOrphanedPgrp(k: Kernel, task: Task, parent: Task | null): void {
  const pgrp = task.signal.pgrp;
  const of = parent ?? task.realParent;
  if (of.signal.pgrp === pgrp || of.signal.session !== task.signal.session) return;
  if (willBecomeOrphaned(k, pgrp, parent ? null : task) && hasStoppedJobs(k, pgrp)) {
    killPgrp(k, pgrp, SIGHUP);
    killPgrp(k, pgrp, SIGCONT);
  }
}
