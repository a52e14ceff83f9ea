import type { EventStore } from "../page/eventStore.ts";
import { EventKind } from "../protocol.ts";

const IO_URING_ENTER = 426;

/** What a run has done with io_uring up to a moment. */
export interface UringCounts {
  /** Calls of io_uring_enter. */
  readonly enters: number;
  /** Entries taken, and those of them by the kernel's thread. */
  readonly taken: number;
  readonly byThread: number;
  readonly completed: number;
  readonly overflowed: number;
}

/** Indices of events in order. */
class Marks {
  readonly enters: number[] = [];
  readonly taken: number[] = [];
  readonly byThread: number[] = [];
  readonly completed: number[] = [];
  readonly overflowed: number[] = [];
  #seen = 0;

  /** Looks at what the run has added. */
  update(events: EventStore): this {
    for (; this.#seen < events.count; this.#seen++) {
      const i = this.#seen;
      const kind = events.kind.at(i);
      if (kind === EventKind.SYS_ENTER && events.a.at(i) === IO_URING_ENTER) this.enters.push(i);
      if (kind !== EventKind.URING) continue;
      const text = events.string(i);
      if (text.startsWith("submit")) this.taken.push(i);
      if (text.startsWith("submit-sq")) this.byThread.push(i);
      if (text.startsWith("complete")) this.completed.push(i);
      if (text === "overflow") this.overflowed.push(i);
    }
    return this;
  }
}

const known = new WeakMap<EventStore, Marks>();

/** How many of them are at or before an event. */
function upTo(marks: readonly number[], event: number): number {
  let lo = 0;
  let hi = marks.length;
  while (lo < hi) {
    const mid = (lo + hi) >>> 1;
    if ((marks[mid] as number) <= event) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}

/** The counts at an event of the run. */
export function uringCounts(events: EventStore, event: number): UringCounts {
  let marks = known.get(events);
  if (!marks) known.set(events, (marks = new Marks()));
  marks.update(events);
  return {
    enters: upTo(marks.enters, event),
    taken: upTo(marks.taken, event),
    byThread: upTo(marks.byThread, event),
    completed: upTo(marks.completed, event),
    overflowed: upTo(marks.overflowed, event),
  };
}
