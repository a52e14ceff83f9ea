import { CpuContext } from "@lstar/machine";
import { TASK_RUNNING, Task } from "../include/linux/sched.ts";
import type { Kernel } from "../kernel.ts";
import { activateMm } from "../mm/mm.ts";
import { allocPid } from "./pid.ts";
import { getSignal } from "./signal/getSignal.ts";
import { SYSCALL_COST } from "./time/timekeeping.ts";

/**
 * What a thread that never leaves the kernel does. Registered with stateTable, since a task refers to it.
 */
export interface KthreadOps {
  /**
   * One step, with the thread as the current task. It either puts itself to sleep, or stays runnable and is called again.
   * What it does is to be bounded.
   */
  run(k: Kernel, task: Task): void;
  /** The thread is about to die, by a fatal signal or with its process. */
  exit(k: Kernel, task: Task): void;
}

/**
 * A thread of the current process that lives in the kernel: it shares memory, files and credentials, blocks all signals but
 * SIGKILL and SIGSTOP, and runs no program. It starts to run with `k.sched.wakeUpNew`.
 * @linux kernel/fork.c create_io_thread
 */
export function createIoThread(k: Kernel, parent: Task, comm: string, ops: KthreadOps, data: object): Task {
  const pid = allocPid(k);
  if (pid > k.highestPid) k.highestPid = pid;
  const { files, fs, signal } = parent;
  files.count++;
  fs.count++;
  const task = new Task(pid, parent.tgid, CpuContext.create(), parent, files, fs, parent.cred);
  task.parent = task.realParent = parent.realParent;
  task.sighand = parent.sighand;
  task.sighand.count++;
  task.signal = signal;
  task.exitSignal = -1;
  task.mm = parent.mm;
  if (task.mm) task.mm.users++;
  task.comm = comm.slice(0, 15);
  task.kthread = ops;
  task.kthreadData = data;
  task.nice = parent.nice;
  task.personality = parent.personality;
  task.loginuid = parent.loginuid;
  task.sessionid = parent.sessionid;
  // All but SIGKILL and SIGSTOP.
  task.blockedLo = ~((1 << 8) | (1 << 18));
  task.blockedHi = -1;
  task.startTime = k.time.now();
  k.pids.set(pid, task);
  signal.threads.push(task);
  k.sched.forks++;
  if (k.trace.schedProcessFork.enabled) k.trace.schedProcessFork.fire(parent, task);
  k.sched.place(task);
  return task;
}

/** Lets a thread of the kernel make a step. The processor keeps the registers of the program that ran before. */
export function runKthread(k: Kernel, task: Task): void {
  const before = k.current;
  if (k.trace.schedSwitch.enabled) k.trace.schedSwitch.fire(before, task);
  k.sched.switches++;
  k.current = task;
  if (task.mm && k.activeMm !== task.mm) {
    activateMm(k, task.mm);
    k.activeMm = task.mm;
  }
  const ops = task.kthread as KthreadOps;
  k.time.advance(SYSCALL_COST);
  task.stime += SYSCALL_COST;
  if (!task.sigPendingFlag || getSignal(k, task) === 0) ops.run(k, task);
  if (task.exitState === 0 && task.state === TASK_RUNNING) {
    task.nivcsw++;
    k.sched.enqueue(task);
  } else task.nvcsw++;
  if (k.trace.schedSwitch.enabled && before.exitState === 0 && k.cpuTask === before && before.state === TASK_RUNNING) {
    k.trace.schedSwitch.fire(task, before);
  }
  k.current = before;
  if (before.mm && k.activeMm !== before.mm) {
    activateMm(k, before.mm);
    k.activeMm = before.mm;
  }
}
