import type { SignalStruct, Task } from "../../include/linux/sched.ts";
import type { Kernel } from "../../kernel.ts";
import { stateClass } from "../../state.ts";
import { RLIM_INFINITY, RLIMIT_CPU } from "../../uapi/resource.ts";
import { SIGKILL, SIGXCPU } from "../../uapi/signal.ts";
import { groupSendSigInfo } from "../signal/send.ts";
import { CPUCLOCK_PROF, CPUCLOCK_VIRT, CpuTimer } from "./cpuClock.ts";

export function armCpuTimer(t: CpuTimer): void {
  const list = t.task.signal.cpuTimers;
  if (!list.includes(t)) list.push(t);
}

export function disarmCpuTimer(t: CpuTimer): boolean {
  const list = t.task.signal.cpuTimers;
  const i = list.indexOf(t);
  if (i < 0) return false;
  list.splice(i, 1);
  return true;
}

/** ns until the running task's next CPU timer. */
export function cpuTimerBudget(task: Task): number {
  let least = Number.POSITIVE_INFINITY;
  for (const t of task.signal.cpuTimers) {
    if (t.thread && t.task !== task) continue;
    least = Math.min(least, t.expires - t.sample());
  }
  return Math.max(1, Math.ceil(least));
}

/** Fires what the running task's time has reached. @linux kernel/time/posix-cpu-timers.c run_posix_cpu_timers */
export function runCpuTimers(k: Kernel, task: Task): void {
  const due = task.signal.cpuTimers.filter((t) => t.sample() >= t.expires);
  for (const t of due) if (disarmCpuTimer(t)) t.fire(k);
}

/** RLIMIT_CPU: SIGXCPU at the soft limit and each second after it, SIGKILL at the hard one. */
export class RlimitCpuTimer extends CpuTimer {
  fire(k: Kernel): void {
    const r = this.task.signal.rlim[RLIMIT_CPU];
    if (!r || r.cur === RLIM_INFINITY) return;
    const used = this.sample();
    if (used >= r.max * 1e9) {
      groupSendSigInfo(k, SIGKILL, null, this.task);
      return;
    }
    groupSendSigInfo(k, SIGXCPU, null, this.task);
    r.cur = Math.floor(used / 1e9) + 1;
    this.expires = Math.min(r.cur, r.max) * 1e9;
    armCpuTimer(this);
  }
}

/** Starts watching a new soft limit. @linux kernel/time/posix-cpu-timers.c update_rlimit_cpu */
export function updateRlimitCpu(_k: Kernel, group: SignalStruct): void {
  const r = group.rlim[RLIMIT_CPU];
  if (!r || r.cur === RLIM_INFINITY) return;
  const known = group.cpuTimers.find((t) => t instanceof RlimitCpuTimer);
  const timer = known ?? new RlimitCpuTimer(group.leader, false, CPUCLOCK_PROF);
  timer.expires = Math.max(r.cur, 1) * 1e9;
  armCpuTimer(timer);
}

stateClass(RlimitCpuTimer);

export { CPUCLOCK_PROF, CPUCLOCK_VIRT };
