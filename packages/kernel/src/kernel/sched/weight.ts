import type { Task } from "../../include/linux/sched.ts";
import { SCHED_IDLE } from "../../uapi/sched.ts";

/** How long a task runs before another one gets its turn, in ns of virtual time. */
export const SLICE_NS = 3_000_000;

/**
 * Share of the processor by nice value -20 … 19: each step is worth about 10 percent, that is a
 * factor of 1.25, around 1024 at nice 0.
 */
const niceWeight: readonly number[] = Array.from({ length: 40 }, (_, i) => Math.max(15, Math.round(1024 * 1.25 ** (20 - i))));
const IDLE_WEIGHT = 3;

/** @linux kernel/sched/core.c sched_prio_to_weight */
export function weightOf(task: Task): number {
  if (task.policy === SCHED_IDLE) return IDLE_WEIGHT;
  return niceWeight[task.nice + 20] as number;
}

/**
 * How fast a task's virtual run time goes: 1024 / weight, as a binary fraction of ten digits, so that sums do
 * not depend on the parts in which time is charged.
 * @linux kernel/sched/fair.c calc_delta_fair
 */
export function vruntimePerNs(task: Task): number {
  return task.policy === SCHED_IDLE ? perNs(IDLE_WEIGHT) : (NICE_PER_NS[task.nice + 20] as number);
}
const perNs = (weight: number): number => Math.round(2 ** 20 / weight) / 1024;
const NICE_PER_NS = niceWeight.map(perNs);
