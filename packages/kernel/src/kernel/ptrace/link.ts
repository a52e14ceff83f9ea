import { singleStepOff } from "../../arch/x86/kernel/step.ts";
import { PT_SEIZED, SYSCALL_WORK_EMU, SYSCALL_WORK_TRACE } from "../../include/linux/ptrace.ts";
import { type Cred, TASK_TRACED, type Task } from "../../include/linux/sched.ts";
import type { Kernel } from "../../kernel.ts";
import { SIGSTOP } from "../../uapi/signal.ts";
import {
  clearJobctlPending,
  JOBCTL_STOP_PENDING,
  JOBCTL_TRAP_MASK,
  JOBCTL_TRAP_STOP,
  ptraceSignalWakeUp,
  SIGNAL_STOP_STOPPED,
  setJobctlPending,
} from "../signal/jobControl.ts";
import { lowBit } from "../signal/pending.ts";

/** From now on `tracer` is the parent whom the task's stops are told. @linux kernel/ptrace.c __ptrace_link */
export function ptraceLink(task: Task, tracer: Task, cred: Cred | null): void {
  tracer.ptraced.unshift(task);
  task.parent = tracer;
  task.ptracerCred = cred;
}

/** The task is nobody's tracee any more; if it is stopped as one, it goes on, or stops with its group. @linux kernel/ptrace.c __ptrace_unlink */
export function ptraceUnlink(k: Kernel, task: Task): void {
  if (task.ptrace === 0) return;
  const tracer = task.parent;
  const i = tracer.ptraced.indexOf(task);
  if (i >= 0) tracer.ptraced.splice(i, 1);
  task.syscallWork &= ~(SYSCALL_WORK_TRACE | SYSCALL_WORK_EMU);
  task.parent = task.realParent;
  task.ptracerCred = null;
  task.ptrace = 0;
  const group = task.signal;
  clearJobctlPending(task, JOBCTL_TRAP_MASK);
  if (!task.exiting && (group.flags & SIGNAL_STOP_STOPPED || group.groupStopCount > 0)) task.jobctl |= JOBCTL_STOP_PENDING;
  if (task.jobctl & JOBCTL_STOP_PENDING || (task.state === TASK_TRACED && task.exitState === 0)) ptraceSignalWakeUp(k, task, true);
}

/** A new task is traced as its creator, if that is wanted. @linux include/linux/ptrace.h ptrace_init_task */
export function ptraceInitTask(task: Task, from: Task, traced: boolean): void {
  // Being stepped is not inherited.
  if (from.singleStep) {
    task.forcedTf = from.forcedTf;
    task.singleStep = true;
    singleStepOff(task);
  }
  if (!traced || from.ptrace === 0) return;
  task.ptrace = from.ptrace;
  ptraceLink(task, from.parent, from.ptracerCred);
  if (task.ptrace & PT_SEIZED) setJobctlPending(task, JOBCTL_TRAP_STOP);
  else task.pending.lo |= lowBit(SIGSTOP);
}
