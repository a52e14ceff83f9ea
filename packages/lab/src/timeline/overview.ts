import { type EventStore, LaneState } from "../page/eventStore.ts";
import type { Moment } from "../protocol.ts";
import { type AxisKind, coordinate, cursorCoordinate, eventFrom, type Range } from "./axis.ts";
import type { Palette } from "./draw.ts";
import type { DrawnLane } from "./filter.ts";

export const OVERVIEW_HEIGHT = 30;
/** Rows of the overview; with more tasks the rest has none. */
const MOST_ROWS = 6;

export interface OverviewPicture {
  readonly store: EventStore;
  readonly axis: AxisKind;
  readonly whole: Range;
  /** null: everything is in sight. */
  readonly range: Range | null;
  readonly moment: Moment;
  readonly lanes: readonly DrawnLane[];
  readonly matches: Int32Array;
  readonly width: number;
  readonly left: number;
}

/** The whole run in a strip: when each task ran, what the search found, what the lanes below show. */
export function drawOverview(c: CanvasRenderingContext2D, p: OverviewPicture, palette: Palette): void {
  c.clearRect(0, 0, p.width, OVERVIEW_HEIGHT);
  const scale = (p.width - p.left) / (p.whole.to - p.whole.from);
  const x = (at: number): number => p.left + (at - p.whole.from) * scale;
  const rows = p.lanes.slice(0, MOST_ROWS);
  const height = Math.min(7, (OVERVIEW_HEIGHT - 8) / Math.max(rows.length, 1));
  const top = Math.max(4, (OVERVIEW_HEIGHT - rows.length * height) / 2);
  for (const [i, lane] of rows.entries()) drawRow(c, p, palette, lane, top + i * height, Math.max(1.5, height - 1), x, 1 / scale);
  c.fillStyle = palette.match;
  const stride = Math.max(1, Math.floor(p.matches.length / 4000));
  let last = -2;
  for (let n = 0; n < p.matches.length; n += stride) {
    const at = Math.round(x(coordinate(p.store, p.axis, p.matches[n]!)));
    if (at - last < 2) continue;
    last = at;
    c.fillRect(at - 0.5, 0, 1.5, 4);
  }
  if (p.range) drawWindow(c, p, palette, x(p.range.from), x(p.range.to));
  if (p.store.count > 0) {
    c.fillStyle = palette.accent;
    c.fillRect(Math.round(x(cursorCoordinate(p.store, p.axis, p.moment))) - 1, 0, 2, OVERVIEW_HEIGHT);
  }
}

function drawWindow(c: CanvasRenderingContext2D, p: OverviewPicture, palette: Palette, from: number, to: number): void {
  const right = Math.max(to, from + 3);
  c.globalAlpha = 0.12;
  c.fillStyle = palette.accent;
  c.fillRect(from, 0, right - from, OVERVIEW_HEIGHT);
  c.globalAlpha = 0.55;
  c.fillStyle = palette.sunken;
  c.fillRect(p.left, 0, Math.max(0, from - p.left), OVERVIEW_HEIGHT);
  c.fillRect(right, 0, Math.max(0, p.width - right), OVERVIEW_HEIGHT);
  c.globalAlpha = 1;
  c.strokeStyle = palette.accent;
  c.strokeRect(Math.round(from) + 0.5, 0.5, Math.max(2, Math.round(right - from) - 1), OVERVIEW_HEIGHT - 1);
}

/** One look-up for each pixel at most. */
function drawRow(
  c: CanvasRenderingContext2D,
  p: OverviewPicture,
  palette: Palette,
  { lane }: DrawnLane,
  top: number,
  height: number,
  x: (at: number) => number,
  perPixel: number,
): void {
  const { segmentStart: start, segmentState: state } = lane;
  const colours = { [LaneState.RUNNING]: palette.running, [LaneState.RUNNABLE]: palette.runnable, [LaneState.SLEEPING]: palette.sleeping };
  for (let i = 0; i < start.length; ) {
    const from = x(coordinate(p.store, p.axis, start.at(i)));
    const end = i + 1 < start.length ? start.at(i + 1) : p.store.count - 1;
    const to = x(coordinate(p.store, p.axis, end));
    const colour = colours[state.at(i) as 1 | 2 | 3];
    if (colour) {
      c.fillStyle = colour;
      c.fillRect(from, top, Math.max(to - from, 1), height);
    }
    if (to - from >= 1) i++;
    else i = Math.max(i + 1, lane.segmentAt(eventFrom(p.store, p.axis, coordinate(p.store, p.axis, start.at(i)) + perPixel)));
  }
}

/** What pointers do to the overview. */
export interface OverviewActions {
  at(x: number): number;
  x(at: number): number;
  range(): Range | null;
  see(range: Range): void;
  /** A click: the cursor goes there. */
  point(at: number): void;
}

const DRAG = 4;
const EDGE = 6;

/** Drag draws a new range, moves the one in sight, or one of its edges; a click moves the cursor. Returns how to end it. */
export function attachOverview(box: HTMLElement, act: OverviewActions): () => void {
  let drag: { x: number; from: Range; mode: "new" | "move" | "left" | "right" } | null = null;
  let moved = false;
  const place = (e: PointerEvent): number => e.clientX - box.getBoundingClientRect().left;
  const mode = (x: number): "new" | "move" | "left" | "right" => {
    const now = act.range();
    if (!now) return "new";
    if (Math.abs(x - act.x(now.from)) <= EDGE) return "left";
    if (Math.abs(x - act.x(now.to)) <= EDGE) return "right";
    return x > act.x(now.from) && x < act.x(now.to) ? "move" : "new";
  };
  const onDown = (e: PointerEvent): void => {
    if (e.button !== 0) return;
    const x = place(e);
    drag = { x, from: act.range() ?? { from: act.at(x), to: act.at(x) }, mode: mode(x) };
    moved = false;
    box.setPointerCapture(e.pointerId);
  };
  const onMove = (e: PointerEvent): void => {
    const x = place(e);
    if (!drag) {
      const m = mode(x);
      box.style.cursor = m === "move" ? "grab" : m === "new" ? "crosshair" : "ew-resize";
      return;
    }
    if (!moved && Math.abs(x - drag.x) < DRAG) return;
    moved = true;
    const at = act.at(x);
    const by = at - act.at(drag.x);
    const { from, to } = drag.from;
    if (drag.mode === "move") act.see({ from: from + by, to: to + by });
    else {
      const fixed = drag.mode === "left" ? to : drag.mode === "right" ? from : act.at(drag.x);
      act.see({ from: Math.min(fixed, at), to: Math.max(fixed, at) });
    }
  };
  const onUp = (e: PointerEvent): void => {
    if (drag && !moved && e.type === "pointerup") act.point(act.at(drag.x));
    drag = null;
  };
  box.addEventListener("pointerdown", onDown);
  box.addEventListener("pointermove", onMove);
  box.addEventListener("pointerup", onUp);
  box.addEventListener("pointercancel", onUp);
  return () => {
    box.removeEventListener("pointerdown", onDown);
    box.removeEventListener("pointermove", onMove);
    box.removeEventListener("pointerup", onUp);
    box.removeEventListener("pointercancel", onUp);
  };
}
