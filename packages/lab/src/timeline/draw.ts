import { numberText, signalName, timeText } from "../page/describe.ts";
import { type EventStore, type Lane, LaneState } from "../page/eventStore.ts";
import { EventKind, type Moment } from "../protocol.ts";
import { drawArrows } from "./arrows.ts";
import { type AxisKind, coordinate, cursorCoordinate, eventFrom, marks, type Range } from "./axis.ts";
import type { DrawnLane } from "./filter.ts";

export const LANE_HEIGHT = 51;
/** From the top of a lane: the marks of events, the bars of calls, the bar of states. */
const MARKS = 9;
const CALLS = 15;
const CALL_HEIGHT = 16;
const STATES = 34;
const STATE_HEIGHT = 12;
const BAR_MIDDLE = STATES + STATE_HEIGHT / 2;
export const AXIS_HEIGHT = 22;

/** Colours of the page, read from its variables. */
export interface Palette {
  readonly text: string;
  readonly soft: string;
  readonly line: string;
  readonly sunken: string;
  readonly accent: string;
  readonly running: string;
  readonly runnable: string;
  readonly sleeping: string;
  readonly stopped: string;
  readonly ended: string;
  readonly match: string;
  /** By category of event. */
  readonly categories: readonly string[];
}

export interface Picture {
  readonly store: EventStore;
  readonly axis: AxisKind;
  readonly range: Range;
  readonly moment: Moment;
  readonly task: number;
  /** Which categories are shown. */
  readonly shown: readonly boolean[];
  /** Indices of events that the search found, in order. */
  readonly matches: Int32Array;
  readonly lanes: readonly DrawnLane[];
  /** Pixels above the first lane that are scrolled away. */
  readonly scroll: number;
  readonly width: number;
  readonly height: number;
  /** Width of the lanes' names. */
  readonly left: number;
  readonly callName: (nr: number) => string;
}

/** Draws what is seen of a timeline. The work grows with the pixels, not with the events. */
export function drawTimeline(c: CanvasRenderingContext2D, p: Picture, palette: Palette): void {
  c.clearRect(0, 0, p.width, p.height);
  c.font = "12px system-ui, sans-serif";
  c.textBaseline = "middle";
  const x = xOf(p);
  drawAxis(c, p, palette, x);
  const first = Math.max(0, Math.floor(p.scroll / LANE_HEIGHT));
  const last = Math.min(p.lanes.length, Math.ceil((p.scroll + p.height - AXIS_HEIGHT) / LANE_HEIGHT));
  c.save();
  c.beginPath();
  c.rect(0, AXIS_HEIGHT, p.width, p.height - AXIS_HEIGHT);
  c.clip();
  for (let i = first; i < last; i++) drawLane(c, p, palette, p.lanes[i]!, AXIS_HEIGHT + i * LANE_HEIGHT - p.scroll, x);
  c.beginPath();
  c.rect(p.left, AXIS_HEIGHT, p.width - p.left, p.height - AXIS_HEIGHT);
  c.clip();
  const y = (lane: number): number => AXIS_HEIGHT + lane * LANE_HEIGHT - p.scroll + BAR_MIDDLE;
  drawArrows(c, { ...p, x, y, colours: palette.categories });
  c.restore();
  drawMatches(c, p, palette, x);
  drawCursor(c, p, palette, x);
}

type ToX = (at: number) => number;

function xOf(p: Picture): ToX {
  const scale = (p.width - p.left) / (p.range.to - p.range.from);
  return (at) => p.left + (at - p.range.from) * scale;
}

function drawAxis(c: CanvasRenderingContext2D, p: Picture, palette: Palette, x: ToX): void {
  if (p.store.count === 0) return;
  c.textAlign = "center";
  for (const m of marks(p.range, p.axis, p.width - p.left)) {
    const at = Math.round(x(m.at)) + 0.5;
    if (at < p.left + 24) continue;
    c.strokeStyle = palette.line;
    c.beginPath();
    c.moveTo(at, AXIS_HEIGHT);
    c.lineTo(at, p.height);
    c.stroke();
    c.fillStyle = palette.soft;
    c.fillText(m.text, Math.min(at, p.width - 30), AXIS_HEIGHT / 2);
  }
  c.textAlign = "left";
}

function drawLane(c: CanvasRenderingContext2D, p: Picture, palette: Palette, drawn: DrawnLane, top: number, x: ToX): void {
  const { lane } = drawn;
  if (lane.pid === p.task) {
    c.fillStyle = palette.sunken;
    c.fillRect(0, top, p.width, LANE_HEIGHT - 1);
  }
  c.strokeStyle = palette.line;
  c.beginPath();
  c.moveTo(0, top + LANE_HEIGHT - 0.5);
  c.lineTo(p.width, top + LANE_HEIGHT - 0.5);
  c.stroke();
  c.save();
  c.beginPath();
  c.rect(p.left, top, p.width - p.left, LANE_HEIGHT);
  c.clip();
  drawStates(c, p, palette, lane, top + STATES, x);
  drawEvents(c, p, palette, drawn, top, x);
  c.restore();
  c.save();
  c.beginPath();
  c.rect(0, top, p.left - 6, LANE_HEIGHT);
  c.clip();
  c.fillStyle = lane.pid === p.task ? palette.accent : palette.text;
  c.font = lane.pid === p.task ? "600 12px system-ui, sans-serif" : "12px system-ui, sans-serif";
  c.fillText(lane.name || "task", 8, top + 18);
  c.fillStyle = palette.soft;
  c.font = "11px system-ui, sans-serif";
  c.fillText(`${lane.pid} ${stateAt(p, lane)}`, 8, top + 34);
  c.restore();
  c.font = "12px system-ui, sans-serif";
}

const stateWords: Readonly<Record<number, string>> = {
  [LaneState.RUNNABLE]: "runnable",
  [LaneState.RUNNING]: "running",
  [LaneState.SLEEPING]: "sleeping",
  [LaneState.STOPPED]: "stopped",
  [LaneState.ENDED]: "ended",
};

/** What the task does at the cursor, in a word. */
export function stateAt(p: Pick<Picture, "store" | "moment">, lane: Lane): string {
  const event = p.moment.event >= 0 ? p.moment.event : p.store.lastAt(p.moment.position);
  const segment = lane.segmentAt(event);
  return segment < 0 ? "" : (stateWords[lane.segmentState.at(segment)] ?? "");
}

function stateColour(state: number, palette: Palette): string | null {
  if (state === LaneState.RUNNING) return palette.running;
  if (state === LaneState.RUNNABLE) return palette.runnable;
  if (state === LaneState.SLEEPING) return palette.sleeping;
  if (state === LaneState.STOPPED) return palette.stopped;
  return state === LaneState.ENDED ? palette.ended : null;
}

/** The bar of states. Segments narrower than a pixel are passed over, one look-up for each pixel. */
function drawStates(c: CanvasRenderingContext2D, p: Picture, palette: Palette, lane: Lane, top: number, x: ToX): void {
  const n = lane.segmentStart.length;
  const events = p.store.count;
  if (n === 0) return;
  const height = STATE_HEIGHT;
  const perPixel = (p.range.to - p.range.from) / (p.width - p.left);
  let i = Math.max(0, lane.segmentAt(eventFrom(p.store, p.axis, p.range.from)));
  while (i < n) {
    const from = x(coordinate(p.store, p.axis, lane.segmentStart.at(i)));
    if (from > p.width) break;
    const endEvent = i + 1 < n ? lane.segmentStart.at(i + 1) : events - 1;
    const to = i + 1 < n ? x(coordinate(p.store, p.axis, endEvent)) : x(coordinate(p.store, p.axis, endEvent)) + 6;
    const state = lane.segmentState.at(i);
    const colour = stateColour(state, palette);
    const ended = state === LaneState.ENDED;
    if (colour) {
      c.fillStyle = colour;
      const right = ended ? from + 3 : to;
      c.fillRect(from, ended ? top - 2 : top, Math.max(right - from, 1), ended ? height + 4 : height);
      const text = state === LaneState.SLEEPING ? p.store.strings[lane.segmentText.at(i)] : "";
      if (text && to - from > 40) drawInside(c, text, Math.max(from, p.left), Math.min(to, p.width), top + height / 2, palette.text);
    }
    if (ended) break;
    if (to - from >= 1) i++;
    else i = Math.max(i + 1, lane.segmentAt(eventFrom(p.store, p.axis, coordinate(p.store, p.axis, lane.segmentStart.at(i)) + perPixel)));
  }
}

function drawInside(c: CanvasRenderingContext2D, text: string, from: number, to: number, y: number, colour: string): void {
  const room = to - from - 8;
  if (room < 20) return;
  c.font = "10.5px system-ui, sans-serif";
  c.fillStyle = colour;
  let shown = text;
  if (c.measureText(shown).width > room) {
    shown = text.slice(0, Math.max(1, Math.floor(room / 6) - 1));
    if (shown.length < 3) return;
    shown += "…";
  }
  c.fillText(shown, from + 4, y + 0.5);
  c.font = "12px system-ui, sans-serif";
}

/** The events of a lane: bars with names where there is room, else one mark for each pixel that has any. */
function drawEvents(c: CanvasRenderingContext2D, p: Picture, palette: Palette, lane: DrawnLane, top: number, x: ToX): void {
  const lo = eventFrom(p.store, p.axis, p.range.from);
  const hi = eventFrom(p.store, p.axis, p.range.to);
  const perPixel = (p.range.to - p.range.from) / (p.width - p.left);
  for (let category = 0; category < lane.byCategory.length; category++) {
    if (!p.shown[category]) continue;
    const events = lane.byCategory[category]!;
    let i = events.lowerBound(lo);
    const end = events.lowerBound(hi);
    c.fillStyle = palette.categories[category]!;
    const few = end - i < (p.width - p.left) / 4;
    if (category === 0 && few) {
      drawCalls(c, p, palette, events.data.subarray(0, events.length), Math.max(0, i - 1), end, top + CALLS, endOf(p, lane.lane, x), x);
      continue;
    }
    while (i < end) {
      const at = x(coordinate(p.store, p.axis, events.at(i)));
      if (category === 0) c.fillRect(at, top + CALLS, 1, CALL_HEIGHT);
      else if (few) {
        const after = i + 1 < end ? x(coordinate(p.store, p.axis, events.at(i + 1))) : p.width;
        drawMark(c, p, category, events.at(i), at, top + MARKS, after - at);
      } else c.fillRect(at - 0.5, top + MARKS - 4, 2, 8);
      i = few
        ? i + 1
        : Math.max(i + 1, events.lowerBound(eventFrom(p.store, p.axis, coordinate(p.store, p.axis, events.at(i)) + perPixel)));
    }
  }
}

/** Where a call that never returns ends: with its task, or at the edge. */
function endOf(p: Picture, lane: Lane, x: ToX): number {
  const last = lane.segmentState.length - 1;
  const ended = last >= 0 && lane.segmentState.at(last) === LaneState.ENDED;
  return ended ? x(coordinate(p.store, p.axis, lane.segmentStart.at(last))) : p.width;
}

function drawCalls(
  c: CanvasRenderingContext2D,
  p: Picture,
  palette: Palette,
  events: Int32Array | Uint8Array | Uint32Array | Float64Array,
  from: number,
  to: number,
  top: number,
  last: number,
  x: ToX,
): void {
  for (let i = from; i < to; i++) {
    const event = events[i]!;
    if (p.store.kind.at(event) !== EventKind.SYS_ENTER) continue;
    const next = i + 1 < events.length && events[i + 1]! > event ? events[i + 1]! : -1;
    const x0 = x(coordinate(p.store, p.axis, event));
    const x1 = next >= 0 ? x(coordinate(p.store, p.axis, next)) : last;
    const failed = next >= 0 && p.store.kind.at(next) === EventKind.SYS_EXIT && p.store.b.at(next) < 0;
    c.globalAlpha = 0.22;
    c.fillStyle = failed ? palette.categories[4]! : palette.categories[0]!;
    c.fillRect(x0, top, Math.max(x1 - x0, 2), CALL_HEIGHT);
    c.globalAlpha = 1;
    c.fillRect(x0, top, 2, CALL_HEIGHT);
    drawInside(
      c,
      p.callName(p.store.a.at(event)),
      Math.max(x0, p.left) + 1,
      Math.min(Math.max(x1, x0 + nameRoom(p, events, i, x, x0)), p.width),
      top + CALL_HEIGHT / 2,
      palette.text,
    );
  }
}

/** How far a call's name may run beyond its bar: to the next call. */
function nameRoom(p: Picture, events: ArrayLike<number>, i: number, x: ToX, x0: number): number {
  const next = events[i + 2];
  return next !== undefined && next > events[i]! ? x(coordinate(p.store, p.axis, next)) - x0 - 2 : 120;
}

/**
 * @param y middle of the marks
 * @param room pixels to the next mark
 */
function drawMark(c: CanvasRenderingContext2D, p: Picture, category: number, event: number, at: number, y: number, room: number): void {
  c.beginPath();
  if (category === 1) {
    // A wake-up: an arrow head above the bar of states. If a task did it, an arrow comes from there.
    if (p.store.a.at(event) > 0) return;
    const tip = y - MARKS + STATES;
    c.moveTo(at - 4, tip - 7);
    c.lineTo(at + 4, tip - 7);
    c.lineTo(at, tip);
  } else if (category === 2) {
    c.moveTo(at, y - 5);
    c.lineTo(at + 4, y);
    c.lineTo(at, y + 5);
    c.lineTo(at - 4, y);
  } else c.arc(at, y, 2.5, 0, 7);
  c.fill();
  if (category !== 2) return;
  c.font = "10.5px system-ui, sans-serif";
  const name = signalName(p.store.a.at(event));
  if (c.measureText(name).width + 12 < room) c.fillText(name, at + 6, y + 0.5);
  c.font = "12px system-ui, sans-serif";
}

function drawMatches(c: CanvasRenderingContext2D, p: Picture, palette: Palette, x: ToX): void {
  if (p.matches.length === 0) return;
  c.fillStyle = palette.match;
  let lastX = -2;
  for (const event of visible(p)) {
    const at = Math.round(x(coordinate(p.store, p.axis, event)));
    if (at - lastX < 2) continue;
    lastX = at;
    c.fillRect(at - 1, AXIS_HEIGHT - 5, 3, 5);
  }
}

/** The matches in sight, at most a few thousand of them. */
function* visible(p: Picture): Iterable<number> {
  const lo = eventFrom(p.store, p.axis, p.range.from);
  const hi = eventFrom(p.store, p.axis, p.range.to);
  let i = 0;
  let end = p.matches.length;
  while (i < end) {
    const mid = (i + end) >>> 1;
    if (p.matches[mid]! < lo) i = mid + 1;
    else end = mid;
  }
  let last = p.matches.length;
  for (let from = i; from < last; ) {
    const mid = (from + last) >>> 1;
    if (p.matches[mid]! < hi) from = mid + 1;
    else last = mid;
  }
  const stride = Math.max(1, Math.floor((last - i) / 4000));
  for (; i < last; i += stride) yield p.matches[i]!;
}

function drawCursor(c: CanvasRenderingContext2D, p: Picture, palette: Palette, x: ToX): void {
  const at = Math.round(x(cursorCoordinate(p.store, p.axis, p.moment)));
  if (p.store.count === 0 || at < p.left || at > p.width) return;
  c.fillStyle = palette.accent;
  c.fillRect(at - 1, 4, 2, p.height - 4);
  c.beginPath();
  c.moveTo(at - 6, 2);
  c.lineTo(at + 6, 2);
  c.lineTo(at, 11);
  c.fill();
}

/** What a range is wide, for people. */
export function rangeText(range: Range, axis: AxisKind): string {
  const width = range.to - range.from;
  if (axis === "time") return timeText(Math.round(width));
  return `${numberText(Math.round(width))} ${axis === "order" ? "events" : "instructions"}`;
}
