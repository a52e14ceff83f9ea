import type { EventStore } from "../page/eventStore.ts";
import { EventKind } from "../protocol.ts";
import { uringCounts } from "./uringCounts.ts";

const SCHED_YIELD = 24;
/** Blocks that uring_cost.c reads. */
export const BLOCKS = 64;

/** A way of doing the same reads, and the argument of uring_cost.c that goes it. */
export interface UringWay {
  readonly method: string;
  readonly title: string;
  readonly how: string;
}

export const uringWays: readonly UringWay[] = [
  { method: "read", title: "pread()", how: "a call for each block" },
  { method: "one", title: "io_uring, one at a time", how: "each block submitted and waited for by one io_uring_enter" },
  { method: "batch", title: "io_uring, 16 at a time", how: "16 entries filled in, then one io_uring_enter" },
  { method: "sqpoll", title: "io_uring with SQPOLL", how: "16 at a time; the kernel’s thread takes them, the program looks at the ring" },
];

/** What the reads of one run took, between its two marks. */
export interface UringCost {
  readonly method: string;
  readonly calls: number;
  /** Operations that went over a ring. */
  readonly operations: number;
  readonly instructions: number;
  /** Nanoseconds of virtual time. */
  readonly time: number;
  readonly switches: number;
}

/** @throws Error if the run has not set its marks */
export function uringCostOf(events: EventStore, method: string): UringCost {
  const marks: number[] = [];
  for (let i = 0; i < events.count; i++) if (events.kind.at(i) === EventKind.SYS_ENTER && events.a.at(i) === SCHED_YIELD) marks.push(i);
  const [from, to] = marks;
  if (from === undefined || to === undefined) throw new Error(`the run by ${method} has not set its marks`);
  const pid = events.pid.at(from);
  let calls = -1;
  let switches = 0;
  for (let i = from; i < to; i++) {
    if (events.kind.at(i) === EventKind.SYS_ENTER && events.pid.at(i) === pid) calls++;
    if (events.kind.at(i) === EventKind.SWITCH) switches++;
  }
  const taken = (i: number): number => uringCounts(events, i).taken;
  return {
    method,
    calls,
    operations: taken(to) - taken(from),
    instructions: events.position.at(to) - events.position.at(from),
    time: events.time.at(to) - events.time.at(from),
    switches,
  };
}
