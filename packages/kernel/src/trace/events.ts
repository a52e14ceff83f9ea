import type { Epitem, Eventpoll } from "../fs/eventpoll/types.ts";
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
  readonly signalGenerate = new Tracepoint<
    [sig: number, info: Uint8Array, target: Task, group: boolean, result: number, sender: Task | null]
  >("signal_generate");
  readonly signalDeliver = new Tracepoint<[task: Task, sig: number, info: Uint8Array, handler: number, flags: number, frame: number]>(
    "signal_deliver",
  );
  /** Memory ran out and this process was chosen; points: pages it would give back. */
  readonly oomKill = new Tracepoint<[victim: Task, points: number]>("mark_victim");
  readonly pageFault = new Tracepoint<[task: Task, address: number, error: number]>("page_fault_user");

  /** epoll, in the order of an event's life: item in the tree with its callback registered … */
  readonly epollInsert = new Tracepoint<[item: Epitem]>("epoll_insert");
  readonly epollRemove = new Tracepoint<[item: Epitem]>("epoll_remove");
  readonly epollModify = new Tracepoint<[item: Epitem, before: number]>("epoll_modify");
  /** … the file's wait queue fired (key: poll bits, the waker is the running task) … */
  readonly epollCallback = new Tracepoint<[item: Epitem, key: number]>("epoll_callback");
  /** … the item was appended to the ready list, or to the overflow list because events are being copied … */
  readonly epollReady = new Tracepoint<[item: Epitem, key: number]>("epoll_ready");
  readonly epollOverflow = new Tracepoint<[item: Epitem]>("epoll_overflow");
  /** … events were copied to the program; then what became of the item: put back (level-triggered), dropped until the next edge, disabled (one-shot), or found not ready. */
  readonly epollCopy = new Tracepoint<[item: Epitem, revents: number, fate: "level" | "edge" | "oneshot" | "not-ready"]>("epoll_copy");
  /** A task goes to sleep in epoll_wait, and leaves it with a result. */
  readonly epollSleep = new Tracepoint<[ep: Eventpoll, task: Task]>("epoll_sleep");
  readonly epollReturn = new Tracepoint<[ep: Eventpoll, task: Task, result: number]>("epoll_return");
}
