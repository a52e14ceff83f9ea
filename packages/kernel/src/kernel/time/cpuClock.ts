import type { SignalStruct, Task } from "../../include/linux/sched.ts";
import type { Kernel } from "../../kernel.ts";

export const CPUCLOCK_PROF = 0;
export const CPUCLOCK_VIRT = 1;
export const CPUCLOCK_SCHED = 2;

/** User and system time of a process, all threads, in ns. @linux kernel/sched/cputime.c thread_group_cputime */
export function processTimes(group: SignalStruct, out: { utime: number; stime: number }): void {
  let u = group.utime;
  let s = group.stime;
  const leader = group.leader;
  let leaderSeen = false;
  for (const t of group.threads) {
    u += t.utime;
    s += t.stime;
    if (t === leader) leaderSeen = true;
  }
  if (!leaderSeen) {
    u += leader.utime;
    s += leader.stime;
  }
  out.utime = u;
  out.stime = s;
}

const times = { utime: 0, stime: 0 };

/** ns on a CPU-time clock. @linux kernel/time/posix-cpu-timers.c cpu_clock_sample */
export function cpuSample(task: Task, thread: boolean, which: number): number {
  if (thread) return which === CPUCLOCK_VIRT ? task.utime : task.utime + task.stime;
  processTimes(task.signal, times);
  return which === CPUCLOCK_VIRT ? times.utime : times.utime + times.stime;
}

/** Fires when a task or process has used an amount of processor time. */
export abstract class CpuTimer {
  readonly task: Task;
  readonly thread: boolean;
  /** CPUCLOCK_* */
  readonly which: number;
  /** ns on that clock. */
  expires = 0;
  constructor(task: Task, thread: boolean, which: number) {
    this.task = task;
    this.thread = thread;
    this.which = which;
  }
  sample(): number {
    return cpuSample(this.task, this.thread, this.which);
  }
  /** Called once it is off the list. */
  abstract fire(k: Kernel): void;
}
