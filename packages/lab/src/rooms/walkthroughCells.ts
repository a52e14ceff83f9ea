import type { EventStore } from "../page/eventStore.ts";
import { EventKind, type StateView } from "../protocol.ts";

const READ = 0;

/** A step of the walkthrough: the event at which a run shows it. */
export interface Step {
  readonly title: string;
  readonly kind: number;
  /** The event's text, or the number of the call. */
  readonly text?: string;
  readonly call?: number;
  /** Counted from 1. */
  readonly nth: number;
}

/** Level against edge: 3 KB come, 1 KB is read a time. */
export const steps: readonly Step[] = [
  { title: "3 KB come: the callback", kind: EventKind.EPOLL, text: "ready", nth: 1 },
  { title: "First epoll_wait returns", kind: EventKind.EPOLL, text: "return", nth: 1 },
  { title: "The program has read 1 KB", kind: EventKind.SYS_EXIT, call: READ, nth: 1 },
  { title: "Next epoll_wait returns", kind: EventKind.EPOLL, text: "return", nth: 2 },
  { title: "Fourth and last epoll_wait returns", kind: EventKind.EPOLL, text: "return", nth: 4 },
];

/** What the machine held at a step of a run. */
export interface Cell {
  readonly event: number;
  /** What the call gave back; null where none returns. */
  readonly result: number | null;
  /** Bytes in the socket's buffer. */
  readonly waiting: number;
  /** Descriptors on the ready list. */
  readonly ready: readonly number[];
}

/** What a run offers to look at. */
export interface Run {
  readonly events: EventStore;
  stateAt(event: number): Promise<StateView>;
}

/** Index of the event that shows a step, -1 if the run has none. */
export function eventOf(events: EventStore, step: Step): number {
  let left = step.nth;
  for (let i = 0; i < events.count; i++) {
    if (events.kind.at(i) !== step.kind) continue;
    if (step.text !== undefined && events.string(i) !== step.text) continue;
    if (step.call !== undefined && events.a.at(i) !== step.call) continue;
    if (--left === 0) return i;
  }
  return -1;
}

/** Reads each step's cell from the machine at its moment; null where the run does not come to it. */
export async function fill(run: Run): Promise<(Cell | null)[]> {
  const out: (Cell | null)[] = [];
  for (const step of steps) {
    const event = eventOf(run.events, step);
    if (event < 0) {
      out.push(null);
      continue;
    }
    const state = await run.stateAt(event);
    const ep = state.epolls[0];
    const returns = step.kind === EventKind.SYS_EXIT || step.text === "return";
    const fd = ep?.items[0]?.fd ?? -1;
    const file = state.tasks[0]?.fds.find((f) => f.fd === fd);
    out.push({
      event,
      result: returns ? run.events.b.at(event) : null,
      waiting: file?.buffered ?? -1,
      ready: (ep?.readyList ?? []).map((i) => ep?.items[i]?.fd ?? -1),
    });
  }
  return out;
}
