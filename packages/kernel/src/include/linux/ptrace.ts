import type { Task } from "./sched.ts";

/** task.ptrace (include/linux/ptrace.h): attached, attached by SEIZE, and the options from bit 3 up. */
export const PT_PTRACED = 1;
export const PT_SEIZED = 0x10000;
export const PT_OPT_FLAG_SHIFT = 3;
export const PT_TRACESYSGOOD = 1 << PT_OPT_FLAG_SHIFT;
export const PT_EXITKILL = 1 << (20 + PT_OPT_FLAG_SHIFT);
export const PT_SUSPEND_SECCOMP = 1 << (21 + PT_OPT_FLAG_SHIFT);

/** Does the tracer want to hear of this PTRACE_EVENT_*? @linux include/linux/ptrace.h ptrace_event_enabled */
export function ptraceEventEnabled(task: Task, event: number): boolean {
  return (task.ptrace & (1 << (event + PT_OPT_FLAG_SHIFT))) !== 0;
}

/** Is the tracer another process than the parent? @linux include/linux/ptrace.h ptrace_reparented */
export function ptraceReparented(task: Task): boolean {
  return task.parent.signal !== task.realParent.signal;
}

/** Bits of task.syscallWork (include/linux/thread_info.h). */
export const SYSCALL_WORK_SECCOMP = 1;
export const SYSCALL_WORK_TRACE = 4;
export const SYSCALL_WORK_EMU = 8;
export const SYSCALL_WORK_AUDIT = 16;
export const SYSCALL_WORK_EXIT_TRAP = 64;

/** task.stopKind: where a task that its tracer has stopped goes on. */
export const STOP_NONE = 0;
/** In getSignal, with the signal that the tracer wants. */
export const STOP_SIGNAL = 1;
/** In getSignal: nothing hangs on it (group stop, interrupt, a step into a handler). */
export const STOP_TRAP = 2;
/** On the way into a call, or out of it: task.entryStage says where. */
export const STOP_SYSCALL = 3;
/** In a handler, which runs again from its top and knows by its progress. */
export const STOP_EVENT = 4;
/** In doExit. */
export const STOP_EXIT = 5;
