import type { Task } from "../include/linux/sched.ts";
import { Tracepoint } from "./tracepoint.ts";

/** All tracepoints of the kernel, with Linux's names in camelCase. Subsystems add theirs here. */
export class TraceEvents {
  /** A system call enters: the number is task.syscallNr, arguments in the task's registers. Fired once per call, not on retries. */
  readonly sysEnter = new Tracepoint<[task: Task, nr: number]>("sys_enter");
  /** It returns. `ret` is the value for rax (or a negated ERESTART* when a signal interrupted it). Not fired for calls that never return. */
  readonly sysExit = new Tracepoint<[task: Task, nr: number, ret: number]>("sys_exit");
  readonly schedSwitch = new Tracepoint<[prev: Task | null, next: Task | null]>("sched_switch");
  readonly schedWakeup = new Tracepoint<[task: Task, waker: Task | null]>("sched_wakeup");
  readonly schedProcessFork = new Tracepoint<[parent: Task, child: Task]>("sched_process_fork");
  readonly schedProcessExec = new Tracepoint<[task: Task, filename: string]>("sched_process_exec");
  readonly schedProcessExit = new Tracepoint<[task: Task]>("sched_process_exit");
  /** result: 0 delivered to the queue, 1 ignored, 2 already pending, 3 overflow (include/trace/events/signal.h). */
  readonly signalGenerate = new Tracepoint<[sig: number, info: Uint8Array, target: Task, group: boolean, result: number, sender: Task | null]>("signal_generate");
  readonly signalDeliver = new Tracepoint<[task: Task, sig: number, info: Uint8Array, handler: number, flags: number, frame: number]>("signal_deliver");
  readonly pageFault = new Tracepoint<[task: Task, address: number, error: number]>("page_fault_user");
}
