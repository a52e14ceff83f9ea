import {
  PT_SEIZED,
  PT_TRACESYSGOOD,
  ptraceEventEnabled,
  ptraceReparented,
  STOP_NONE,
  STOP_SIGNAL,
  STOP_TRAP,
} from "../../include/linux/ptrace.ts";
import { TASK_TRACED, type Task } from "../../include/linux/sched.ts";
import type { Kernel } from "../../kernel.ts";
import { PTRACE_EVENT_EXEC, PTRACE_EVENT_STOP } from "../../uapi/ptrace.ts";
import { CLD_STOPPED, CLD_TRAPPED, SIGTRAP } from "../../uapi/signal.ts";
import {
  clearJobctlPending,
  JOBCTL_LISTENING,
  JOBCTL_STOP_DEQUEUED,
  JOBCTL_STOP_PENDING,
  JOBCTL_STOP_SIGMASK,
  JOBCTL_TRAP_NOTIFY,
  JOBCTL_TRAP_STOP,
  notifyParentCldstop,
  participateGroupStop,
  SIGNAL_STOP_STOPPED,
} from "./jobControl.ts";
import { KERNEL_ONLY_MASK, lowBit, recalcSigpending } from "./pending.ts";
import { sendSig } from "./send.ts";
import { userSiginfo } from "./siginfo.ts";

const SIGKILL_BIT = KERNEL_ONLY_MASK & lowBit(9);

/**
 * Stops a task for its tracer, which learns `exitCode` by wait. The task goes on where `kind` says, and calls
 * `ptraceBack` there first.
 * @returns false if it does not stop (nobody traces it, or it is about to die) @linux kernel/signal.c ptrace_stop
 */
export function ptraceStop(
  k: Kernel,
  task: Task,
  exitCode: number,
  why: number,
  message: number,
  info: Uint8Array | null,
  kind: number,
): boolean {
  if (task.ptrace === 0 || task.pending.lo & SIGKILL_BIT) return false;
  task.state = TASK_TRACED;
  task.stopKind = kind;
  task.ptraceMessage = message;
  task.lastSiginfo = info;
  task.exitCode = exitCode;
  const groupStopped = why === CLD_STOPPED && (task.jobctl & JOBCTL_STOP_PENDING) !== 0 && participateGroupStop(task);
  clearJobctlPending(task, JOBCTL_TRAP_STOP);
  if (info && siEvent(info) === PTRACE_EVENT_STOP) clearJobctlPending(task, JOBCTL_TRAP_NOTIFY);
  if (k.trace.ptraceStop.enabled) k.trace.ptraceStop.fire(task, exitCode, message);
  notifyParentCldstop(k, task, why, true);
  if (groupStopped && ptraceReparented(task)) notifyParentCldstop(k, task, why);
  // Kinds that do not go on in a system call are looked at on the way to user mode.
  task.userWork = true;
  return true;
}

/** The event in a trap's si_code. */
function siEvent(info: Uint8Array): number {
  return info[9] as number;
}

/** The task goes on after a stop. @returns the signal that the tracer gave it, 0 for none @linux kernel/signal.c ptrace_stop */
export function ptraceBack(k: Kernel, task: Task): number {
  const code = task.exitCode;
  task.stopKind = STOP_NONE;
  task.lastSiginfo = null;
  task.ptraceMessage = 0;
  task.exitCode = 0;
  task.jobctl &= ~JOBCTL_LISTENING;
  // Signals passed it by while it was stopped.
  if (!task.sigPendingFlag) recalcSigpending(task);
  if (k.trace.ptraceResume.enabled) k.trace.ptraceResume.fire(task, code);
  return code;
}

/** @linux kernel/signal.c ptrace_do_notify */
function ptraceDoNotify(k: Kernel, task: Task, sig: number, exitCode: number, why: number, message: number, kind: number): boolean {
  const info = userSiginfo(sig, task, exitCode);
  new DataView(info.buffer).setInt32(16, task.pid, true);
  return ptraceStop(k, task, exitCode, why, message, info, kind);
}

/** A trap with this exit code. @linux kernel/signal.c ptrace_notify */
export function ptraceNotify(k: Kernel, task: Task, exitCode: number, message: number, kind: number): boolean {
  return ptraceDoNotify(k, task, SIGTRAP, exitCode, CLD_TRAPPED, message, kind);
}

/** Stops at an event if the tracer asked for it. @returns false if the task goes on @linux include/linux/ptrace.h ptrace_event */
export function ptraceEvent(k: Kernel, task: Task, event: number, message: number, kind: number): boolean {
  if (ptraceEventEnabled(task, event)) return ptraceNotify(k, task, (event << 8) | SIGTRAP, message, kind);
  if (event === PTRACE_EVENT_EXEC && task.ptrace !== 0 && !(task.ptrace & PT_SEIZED)) sendSig(k, SIGTRAP, task);
  return false;
}

/** Stops at a call's entry or exit. @linux include/linux/ptrace.h ptrace_report_syscall */
export function ptraceReportSyscall(k: Kernel, task: Task, message: number, kind: number): boolean {
  return ptraceNotify(k, task, SIGTRAP | (task.ptrace & PT_TRACESYSGOOD ? 0x80 : 0), message, kind);
}

/** The group has stopped, or the tracer interrupts. @returns true if the task is stopped now @linux kernel/signal.c do_jobctl_trap */
export function doJobctlTrap(k: Kernel, task: Task): boolean {
  const group = task.signal;
  let sig = task.jobctl & JOBCTL_STOP_SIGMASK;
  if (!(task.ptrace & PT_SEIZED)) return ptraceStop(k, task, sig, CLD_STOPPED, 0, null, STOP_TRAP);
  if (group.groupStopCount === 0 && !(group.flags & SIGNAL_STOP_STOPPED)) sig = SIGTRAP;
  return ptraceDoNotify(k, task, sig, sig | (PTRACE_EVENT_STOP << 8), CLD_STOPPED, 0, STOP_TRAP);
}

/** A signal is about to be delivered: the tracer looks at it first. @returns true if the task is stopped now @linux kernel/signal.c ptrace_signal */
export function ptraceSignal(k: Kernel, task: Task, sig: number, info: Uint8Array): boolean {
  // Cleared by a SIGCONT while it is stopped; then the group does not stop after all.
  task.jobctl |= JOBCTL_STOP_DEQUEUED;
  return ptraceStop(k, task, sig, CLD_TRAPPED, 0, info, STOP_SIGNAL);
}
