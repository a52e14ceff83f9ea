import type { EventStore } from "../page/eventStore.ts";
import { EventKind } from "../protocol.ts";
import { type AxisKind, coordinate, eventFrom, type Range } from "./axis.ts";
import type { DrawnLane } from "./filter.ts";

/** More arrows than this in sight would be a wall. */
const MOST = 300;

export interface ArrowPlace {
  readonly store: EventStore;
  readonly axis: AxisKind;
  readonly range: Range;
  readonly lanes: readonly DrawnLane[];
  readonly shown: readonly boolean[];
  readonly colours: readonly string[];
  x(at: number): number;
  /** Middle of a lane's bar of states. */
  y(lane: number): number;
}

/** From waker to woken, from sender to receiver, from parent to child. */
export function drawArrows(c: CanvasRenderingContext2D, p: ArrowPlace): void {
  const index = new Map(p.lanes.map((l, i) => [l.lane.pid, i]));
  const lo = eventFrom(p.store, p.axis, p.range.from);
  const hi = eventFrom(p.store, p.axis, p.range.to);
  for (const category of [1, 2, 5]) {
    if (!p.shown[category]) continue;
    const columns = p.lanes.map((l) => l.byCategory[category]!);
    const total = columns.reduce((n, column) => n + column.lowerBound(hi) - column.lowerBound(lo), 0);
    if (total > MOST) continue;
    c.strokeStyle = c.fillStyle = p.colours[category]!;
    c.setLineDash(category === 5 ? [2, 3] : category === 2 ? [4, 2] : []);
    for (const column of columns)
      for (let n = column.lowerBound(lo); n < column.length && column.at(n) < hi; n++) arrow(c, p, column.at(n), index);
  }
  c.setLineDash([]);
}

function arrow(c: CanvasRenderingContext2D, p: ArrowPlace, event: number, index: ReadonlyMap<number, number>): void {
  const kind = p.store.kind.at(event);
  const pid = p.store.pid.at(event);
  let from = 0;
  let to = pid;
  if (kind === EventKind.WAKEUP) from = p.store.a.at(event);
  else if (kind === EventKind.SIGNAL_SEND) from = p.store.b.at(event);
  else if (kind === EventKind.FORK) {
    from = pid;
    to = p.store.a.at(event);
  } else return;
  const source = index.get(from);
  const target = index.get(to);
  if (source === undefined || target === undefined || source === target) return;
  const x = Math.round(p.x(coordinate(p.store, p.axis, event))) + 0.5;
  const down = target > source ? 1 : -1;
  const y0 = p.y(source) + down * 6;
  const y1 = p.y(target) - down * 6;
  c.lineWidth = 1.25;
  c.beginPath();
  c.moveTo(x, y0);
  c.lineTo(x, y1);
  c.stroke();
  c.lineWidth = 1;
  c.beginPath();
  c.moveTo(x - 4, y1 - down * 6);
  c.lineTo(x + 4, y1 - down * 6);
  c.lineTo(x, y1);
  c.fill();
  c.beginPath();
  c.arc(x, y0, 2, 0, 7);
  c.fill();
}
