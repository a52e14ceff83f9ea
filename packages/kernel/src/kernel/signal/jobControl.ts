import { TASK_STOPPED, type Task } from "../../include/linux/sched.ts";
import type { Kernel } from "../../kernel.ts";
import { CLD_CONTINUED, CLD_STOPPED, SA_NOCLDSTOP, SIG_IGN, SIGCHLD, SIGCONT, SIGHUP } from "../../uapi/signal.ts";
import { findProcessGroup } from "../pid.ts";
import { groupSendSigInfo, killPgrp, signalWakeUp } from "./send.ts";
import { childSiginfo } from "./siginfo.ts";

/** task.jobctl (include/linux/sched/jobctl.h): the stop signal in the low bits. */
export const JOBCTL_STOP_SIGMASK = 0xffff;
export const JOBCTL_STOP_PENDING = 1 << 17;
export const JOBCTL_STOP_CONSUME = 1 << 18;
export const JOBCTL_PENDING_MASK = JOBCTL_STOP_PENDING;

/** signal.flags (include/linux/sched/signal.h). */
export const SIGNAL_STOP_STOPPED = 0x1;
export const SIGNAL_STOP_CONTINUED = 0x2;
export const SIGNAL_CLD_STOPPED = 0x10;
export const SIGNAL_CLD_CONTINUED = 0x20;
export const SIGNAL_CLD_MASK = SIGNAL_CLD_STOPPED | SIGNAL_CLD_CONTINUED;
export const SIGNAL_UNKILLABLE = 0x40;
const SIGNAL_STOP_MASK = SIGNAL_CLD_MASK | SIGNAL_STOP_STOPPED | SIGNAL_STOP_CONTINUED;

export function setStopFlags(task: Task, flags: number): void {
  task.signal.flags = (task.signal.flags & ~SIGNAL_STOP_MASK) | flags;
}

/** One thread takes part in the group's stop. @returns true if it is the last. @linux kernel/signal.c task_participate_group_stop */
export function participateGroupStop(task: Task): boolean {
  const sig = task.signal;
  const consume = (task.jobctl & JOBCTL_STOP_CONSUME) !== 0;
  task.jobctl &= ~(JOBCTL_STOP_PENDING | JOBCTL_STOP_CONSUME);
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
    if (group.groupExit) return false;
    if (!(group.flags & SIGNAL_STOP_STOPPED)) group.groupExitCode = sig;
    group.groupStopCount = 0;
    const stop = sig | JOBCTL_STOP_PENDING | JOBCTL_STOP_CONSUME;
    task.jobctl = (task.jobctl & ~JOBCTL_STOP_SIGMASK) | stop;
    group.groupStopCount++;
    for (const t of group.threads) {
      if (t === task || t.state === TASK_STOPPED || t.exitState !== 0) continue;
      t.jobctl = (t.jobctl & ~JOBCTL_STOP_SIGMASK) | stop;
      group.groupStopCount++;
      signalWakeUp(k, t, false);
    }
  }
  const last = participateGroupStop(task);
  task.state = TASK_STOPPED;
  // Whoever is continued looks at its signals and the interrupted call again.
  task.userWork = true;
  if (last) notifyParentCldstop(k, task, CLD_STOPPED);
  return true;
}

/** Tells the parent that a child stopped or went on. @linux kernel/signal.c do_notify_parent_cldstop */
export function notifyParentCldstop(k: Kernel, task: Task, why: number): void {
  const leader = task.signal.leader;
  const parent = leader.realParent;
  const status = why === CLD_CONTINUED ? SIGCONT : task.signal.groupExitCode & 0x7f;
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
    if (p === ignored || (p.exitState !== 0 && p.signal.threads.length === 0) || parent === k.initTask) continue;
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
