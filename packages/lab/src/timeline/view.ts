import { computed, signal } from "@preact/signals";
import { categories } from "../page/eventStore.ts";
import { callName, moment, seek, store, storeVersion, table } from "../page/session.ts";
import { type AxisKind, coordinate, cursorCoordinate, kept, type Range, wholeRange, zoomed } from "./axis.ts";
import { filteredLanes, marked } from "./filter.ts";
import { search } from "./search.ts";

/** What of the timeline is in sight. */

export const axis = signal<AxisKind>("order");
/** null: everything. */
export const range = signal<Range | null>(null);
export const shown = signal<readonly boolean[]>(categories.map(() => true));
export const query = signal("");
/** Only what the search found is drawn and listed. */
export const only = signal(false);
/** The task whose lane alone is shown, 0 = all. */
export const onlyTask = signal(0);

export const matches = computed(() => {
  storeVersion.value;
  table.value;
  return search(store, query.value, callName);
});

/** Which events the filter lets through, null: all. */
export const passed = computed(() => (only.value && query.value !== "" ? marked(store, matches.value) : null));

/** The lanes that are drawn. */
export const lanes = computed(() => {
  storeVersion.value;
  return filteredLanes(store, passed.value, onlyTask.value);
});

export function whole(): Range {
  return wholeRange(store, axis.value);
}

export function seen(): Range {
  return range.value ?? whole();
}

/** Sets what is in sight; all of it is "everything", also when more comes. */
export function see(next: Range): void {
  const all = whole();
  const inside = kept(next, all);
  range.value = inside.to - inside.from >= (all.to - all.from) * 0.999 ? null : inside;
}

export function zoom(factor: number, about?: number): void {
  const now = seen();
  const cursor = cursorCoordinate(store, axis.value, moment.value);
  const middle = cursor >= now.from && cursor <= now.to ? cursor : (now.from + now.to) / 2;
  see(zoomed(now, factor, about ?? middle, whole()));
}

/** Moves what is in sight by a part of its width. */
export function pan(part: number): void {
  const now = seen();
  const by = (now.to - now.from) * part;
  if (range.value) range.value = kept({ from: now.from + by, to: now.to + by }, whole());
}

/** When the cursor moves out of sight, the range follows it. */
export function keepCursorInSight(): void {
  if (!range.value || store.count === 0) return;
  const now = range.value;
  const cursor = cursorCoordinate(store, axis.value, moment.value);
  if (cursor >= now.from && cursor <= now.to) return;
  const width = now.to - now.from;
  range.value = kept({ from: cursor - width / 2, to: cursor + width / 2 }, whole());
}

export function goTo(event: number): void {
  void seek({ position: store.position.at(event), event });
}

/** The first event at or after a point of the axis. */
export function eventNear(at: number): number {
  if (axis.value === "order") return Math.min(Math.max(Math.round(at), 0), store.count - 1);
  const i = (axis.value === "time" ? store.time : store.position).lowerBound(at);
  const before = i - 1;
  if (i >= store.count) return before;
  if (before < 0) return i;
  return at - coordinate(store, axis.value, before) < coordinate(store, axis.value, i) - at ? before : i;
}

/** To the next or previous event that the search found. */
export function jump(direction: 1 | -1): void {
  const from = moment.value.event;
  const found = matches.value;
  if (found.length === 0) return;
  let i = found.findIndex((m) => (direction > 0 ? m > from : m >= from));
  if (direction > 0) i = i < 0 ? 0 : i;
  else i = i < 0 ? found.length - 1 : i - 1;
  goTo(found.at(i)!);
}
