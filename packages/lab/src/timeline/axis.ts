import { scaleLinear } from "d3-scale";
import { numberText, timeText } from "../page/describe.ts";
import type { EventStore } from "../page/eventStore.ts";
import type { Moment } from "../protocol.ts";

/** What lies on the horizontal axis: every event one step ("order"), virtual time, or instructions. */
export type AxisKind = "order" | "time" | "position";

/** The part of the axis that is seen, in its units. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Where an event lies on the axis. */
export function coordinate(store: EventStore, axis: AxisKind, event: number): number {
  if (axis === "order") return event;
  return axis === "time" ? store.time.at(event) : store.position.at(event);
}

/** The first event at or after a point of the axis. */
export function eventFrom(store: EventStore, axis: AxisKind, at: number): number {
  if (axis === "order") return Math.min(Math.max(Math.ceil(at), 0), store.count);
  return (axis === "time" ? store.time : store.position).lowerBound(at);
}

/** The axis from the first event to the last, with a little room. */
export function wholeRange(store: EventStore, axis: AxisKind): Range {
  if (store.count === 0) return { from: 0, to: 1 };
  const first = coordinate(store, axis, 0);
  const last = coordinate(store, axis, store.count - 1);
  const room = Math.max((last - first) * 0.01, axis === "order" ? 0.7 : 1);
  return { from: first - room, to: last + room };
}

/** Where the cursor lies: at its event, or between the events before and after its position. */
export function cursorCoordinate(store: EventStore, axis: AxisKind, moment: Moment): number {
  if (moment.event >= 0 && moment.event < store.count) return coordinate(store, axis, moment.event);
  if (axis === "position") return moment.position;
  const before = store.lastAt(moment.position);
  if (before < 0) return store.count > 0 ? coordinate(store, axis, 0) - 0.5 : 0;
  if (before + 1 >= store.count) return coordinate(store, axis, before) + (axis === "order" ? 0.5 : 0);
  const p0 = store.position.at(before);
  const p1 = store.position.at(before + 1);
  const part = p1 > p0 ? (moment.position - p0) / (p1 - p0) : 0;
  const c0 = coordinate(store, axis, before);
  return c0 + part * (coordinate(store, axis, before + 1) - c0);
}

/** Zooms by a factor, keeping the point `about` where it is. */
export function zoomed(range: Range, factor: number, about: number, whole: Range): Range {
  const least = Math.min(4, whole.to - whole.from);
  const width = Math.min(Math.max((range.to - range.from) * factor, least), whole.to - whole.from);
  const part = (about - range.from) / (range.to - range.from);
  return kept({ from: about - part * width, to: about + (1 - part) * width }, whole);
}

/** Moves a range back inside of the whole. */
export function kept(range: Range, whole: Range): Range {
  const width = Math.min(range.to - range.from, whole.to - whole.from);
  const from = Math.min(Math.max(range.from, whole.from), whole.to - width);
  return { from, to: from + width };
}

/** Marks of the axis with their texts. */
export function marks(range: Range, axis: AxisKind, width: number): { at: number; text: string }[] {
  const scale = scaleLinear([range.from, range.to], [0, width]);
  const text = (n: number): string => (axis === "time" ? timeText(Math.round(n)) : numberText(n));
  return scale
    .ticks(Math.max(2, Math.floor(width / 130)))
    .filter((n) => n >= 0 && Number.isInteger(axis === "time" ? Math.round(n) : n))
    .map((n) => ({ at: n, text: text(axis === "order" ? n + 1 : n) }));
}
