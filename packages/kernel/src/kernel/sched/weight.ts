import type { Task } from "../../include/linux/sched.ts";
import { SCHED_IDLE } from "../../uapi/sched.ts";

/** How long a task runs before another one gets its turn, in ns of virtual time. */
export const SLICE_NS = 3_000_000;

/** Share of the processor by nice value -20 … 19: each step is worth a factor of about 1.25, around 1024 at nice 0. Linux's own numbers. */
const niceWeight: readonly number[] = [
  [88761, 71755, 56483, 46273, 36291],
  [29154, 23254, 18705, 14949, 11916],
  [9548, 7620, 6100, 4904, 3906],
  [3121, 2501, 1991, 1586, 1277],
  [1024, 820, 655, 526, 423],
  [335, 272, 215, 172, 137],
  [110, 87, 70, 56, 45],
  [36, 29, 23, 18, 15],
].flat();
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
