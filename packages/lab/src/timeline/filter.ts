import { type Column, int32Column } from "../page/columns.ts";
import type { EventStore, Lane } from "../page/eventStore.ts";
import { EventKind } from "../protocol.ts";

/** A lane with those of its events that are to be drawn, by category. */
export interface DrawnLane {
  readonly lane: Lane;
  readonly byCategory: readonly Column<Int32Array>[];
}

/** A flag for each event: 1 if it is one of `matches`. */
export function marked(store: EventStore, matches: Int32Array): Uint8Array {
  const flags = new Uint8Array(store.count);
  for (const i of matches) flags[i] = 1;
  return flags;
}

/**
 * Lanes that have something to show.
 * @param passed flag by event, null = all
 * @param pid the only task, 0 = all
 */
export function filteredLanes(store: EventStore, passed: Uint8Array | null, pid: number): DrawnLane[] {
  const chosen = pid === 0 ? store.lanes : store.lanes.filter((l) => l.pid === pid);
  if (!passed) return chosen.map((lane) => ({ lane, byCategory: lane.byCategory }));
  return chosen
    .map((lane) => ({ lane, byCategory: lane.byCategory.map((column, category) => filtered(store, column, category, passed)) }))
    .filter((l) => l.byCategory.some((c) => c.length > 0));
}

/** A call that is found stays whole: its end goes with its beginning. */
function filtered(store: EventStore, column: Column<Int32Array>, category: number, passed: Uint8Array): Column<Int32Array> {
  const out = int32Column();
  let inCall = false;
  for (let n = 0; n < column.length; n++) {
    const i = column.at(n);
    if (category === 0 && store.kind.at(i) === EventKind.SYS_EXIT) {
      if (inCall || passed[i]) out.push(i);
      inCall = false;
    } else if (passed[i]) {
      out.push(i);
      inCall = category === 0;
    } else inCall = false;
  }
  return out;
}
