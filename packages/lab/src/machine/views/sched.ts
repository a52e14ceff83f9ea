import type { Task } from "@lstar/kernel/include/linux/sched.ts";
import { isRealtime } from "@lstar/kernel/kernel/sched/core.ts";
import { SLICE_NS, weightOf } from "@lstar/kernel/kernel/sched/weight.ts";
import type { Kernel } from "@lstar/kernel/kernel.ts";
import type { RunQueueView, SchedView } from "../../protocol.ts";

const POLICIES: Readonly<Record<number, string>> = {
  0: "SCHED_OTHER",
  1: "SCHED_FIFO",
  2: "SCHED_RR",
  3: "SCHED_BATCH",
  5: "SCHED_IDLE",
};

/** What the scheduler knows of a task. */
export function schedView(task: Task): SchedView {
  return {
    policy: POLICIES[task.policy] ?? String(task.policy),
    nice: task.nice,
    weight: weightOf(task),
    priority: isRealtime(task) ? task.rtPriority : 0,
    vruntime: task.vruntime,
    slice: Math.max(0, task.timeSlice),
    user: task.utime,
    system: task.stime,
    voluntary: task.nvcsw,
    involuntary: task.nivcsw,
  };
}

/** Who waits for the processor, in the order in which it will be given. */
export function runQueueView(k: Kernel): RunQueueView {
  const { sched } = k;
  return {
    waiting: [...sched.rt, ...sched.fair].slice(0, 64).map((t) => t.pid),
    minVruntime: sched.minVruntime,
    needResched: sched.needResched,
    slice: SLICE_NS,
    switches: sched.switches,
  };
}
