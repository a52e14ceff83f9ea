import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { eventText, numberText, timeText } from "../page/describe.ts";
import { categories } from "../page/eventStore.ts";
import { callName, following, isMoving, moment, progress, step, store, storeVersion, taskPid } from "../page/session.ts";
import { coordinate, type Range } from "../timeline/axis.ts";
import { AXIS_HEIGHT, drawTimeline, LANE_HEIGHT, type Palette, rangeText, stateAt } from "../timeline/draw.ts";
import { attachOverview, drawOverview, OVERVIEW_HEIGHT } from "../timeline/overview.ts";
import { attachPointer } from "../timeline/pointer.ts";
import * as view from "../timeline/view.ts";
import { EventList } from "./EventList.tsx";
import { Splitter } from "./Splitter.tsx";
import { Legend, TimelineTools } from "./TimelineTools.tsx";

const scroll = signal(0);
const size = signal({ width: 0, height: 0 });
const palette = signal<Palette | null>(null);
const tip = signal<{ readonly x: number; readonly y: number; readonly text: string } | null>(null);
/** Width of the names at the left. */
const LEFT = 104;
/** How far (pixels) from an event a pointer is on it. */
const NEAR = 8;

/** One lane per task, with everything that happened to it. The arrow keys go from event to event. */
export function TimelinePane() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const overview = useRef<HTMLCanvasElement>(null);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const strip = {
      at: (x: number) => along(x, view.whole()),
      x: (at: number) => pixel(at, view.whole()),
      range: () => view.range.value,
      see: view.see,
      point: (at: number) => store.count > 0 && view.goTo(view.eventNear(at)),
    };
    const ends = [
      watchSize(box.current!),
      watchColours(),
      attachPointer(box.current!, { at, seekAt, zoom: view.zoom, panPixels, hover }),
      attachOverview(overview.current!, strip),
    ];
    return () => {
      for (const end of ends) end();
    };
  }, []);
  useEffect(() => {
    view.keepCursorInSight();
  }, [moment.value, following.value]);
  useEffect(() => {
    showLane(box.current!);
  }, [taskPid.value, view.lanes.value.length]);
  useEffect(() => {
    const frame = requestAnimationFrame(() => draw(canvas.current, overview.current));
    return () => cancelAnimationFrame(frame);
  });
  // Read here so that the pane is drawn again when one of them changes.
  storeVersion.value;
  const lanes = view.lanes.value.length;
  const now = view.seen();
  size.value;
  palette.value;
  scroll.value;
  taskPid.value;
  view.shown.value;
  view.matches.value;
  const { event } = moment.value;
  return (
    <section class="pane timeline" aria-labelledby="timeline-title">
      <Splitter />
      <header class="pane-head">
        <h2 id="timeline-title">Timeline</h2>
        {following.value && store.count > 0 && progress.value.status !== "running" && (
          <span class="hint">Click anywhere, or press ← →, to go to that moment</span>
        )}
        <TimelineTools />
      </header>
      <div class="timeline-body">
        <div class="timeline-left">
          <canvas class="overview" ref={overview} style={{ height: `${OVERVIEW_HEIGHT}px` }} />
          <div
            class="lanes"
            ref={box}
            tabIndex={0}
            role="slider"
            aria-label="Cursor on the timeline"
            aria-valuemin={0}
            aria-valuemax={Math.max(store.count, 1)}
            aria-valuenow={event + 1}
            aria-valuetext={
              event >= 0 && event < store.count
                ? `event ${event + 1}: task ${store.pid.at(event)} ${eventText(store, event, callName)}`
                : "no event"
            }
            onKeyDown={onKey}
            onScroll={(e) => {
              scroll.value = e.currentTarget.scrollTop;
            }}
            style={{ "--lanes-height": `${Math.min(Math.max(lanes, 3), 7) * LANE_HEIGHT + AXIS_HEIGHT + 2}px` }}
          >
            <canvas ref={canvas} />
            <div style={{ height: `${Math.max(0, lanes * LANE_HEIGHT + AXIS_HEIGHT - size.value.height)}px` }} />
          </div>
          {store.count === 0 && (
            <p class="timeline-empty">
              {progress.value.status === "running"
                ? "Nothing has happened yet."
                : "Nothing has run yet. Each task will have a lane here, with its system calls, wake-ups and signals."}
            </p>
          )}
          {tip.value && (
            <div class="tip" style={{ left: `${tip.value.x}px`, top: `${tip.value.y}px` }} aria-hidden="true">
              {tip.value.text}
            </div>
          )}
        </div>
        <EventList />
      </div>
      <footer class="timeline-foot">
        <Legend />
        <span class="soft in-sight" hidden={store.count === 0}>
          {lanes === 1 ? "1 task" : `${numberText(lanes)} tasks`}; {rangeText(now, view.axis.value)} in sight
        </span>
      </footer>
    </section>
  );
}

/** Gives a canvas as many pixels as the screen has; then it is drawn in CSS pixels. */
function prepared(canvas: HTMLCanvasElement | null, width: number, height: number): CanvasRenderingContext2D | null {
  const c = canvas?.getContext("2d");
  if (!canvas || !c) return null;
  const ratio = Math.min(devicePixelRatio || 1, 3);
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  c.setTransform(ratio, 0, 0, ratio, 0, 0);
  return c;
}

function draw(canvas: HTMLCanvasElement | null, overview: HTMLCanvasElement | null): void {
  const { width, height } = size.value;
  const colours = palette.value;
  if (!colours || width === 0) return;
  const common = {
    store,
    axis: view.axis.value,
    moment: moment.value,
    lanes: view.lanes.value,
    matches: view.matches.value,
    width,
    left: LEFT,
  };
  const c = prepared(canvas, width, height);
  if (c) {
    drawTimeline(
      c,
      { ...common, range: view.seen(), task: taskPid.value, shown: view.shown.value, scroll: scroll.value, height, callName },
      colours,
    );
  }
  const o = prepared(overview, width, OVERVIEW_HEIGHT);
  if (o) drawOverview(o, { ...common, whole: view.whole(), range: view.range.value }, colours);
}

function watchSize(box: HTMLElement): () => void {
  const observer = new ResizeObserver(() => {
    size.value = { width: box.clientWidth, height: box.clientHeight };
  });
  observer.observe(box);
  return () => observer.disconnect();
}

/** Colours follow the page's, in light and dark. */
function watchColours(): () => void {
  const read = (): void => {
    const style = getComputedStyle(document.documentElement);
    const get = (name: string): string => style.getPropertyValue(`--${name}`).trim();
    palette.value = {
      text: get("text"),
      soft: get("soft"),
      line: get("line"),
      sunken: get("sunken"),
      accent: get("accent"),
      running: get("state-running"),
      runnable: get("state-runnable"),
      sleeping: get("state-sleeping"),
      stopped: get("state-stopped"),
      ended: get("state-ended"),
      match: get("match"),
      categories: categories.map((_, i) => get(`event-${i}`)),
    };
  };
  read();
  const media = matchMedia("(prefers-color-scheme: dark)");
  media.addEventListener("change", read);
  return () => media.removeEventListener("change", read);
}

/** The point of a range under a pixel, and back. */
function along(x: number, range: Range): number {
  return range.from + ((x - LEFT) / Math.max(size.value.width - LEFT, 1)) * (range.to - range.from);
}
function pixel(at: number, range: Range): number {
  return LEFT + ((at - range.from) / (range.to - range.from)) * Math.max(size.value.width - LEFT, 1);
}

function at(x: number): number {
  return along(x, view.seen());
}

function panPixels(dx: number): void {
  view.pan(-dx / Math.max(size.value.width - LEFT, 1));
}

function laneAt(y: number) {
  return y > AXIS_HEIGHT ? view.lanes.value[Math.floor((y - AXIS_HEIGHT + scroll.value) / LANE_HEIGHT)] : undefined;
}

/** The event nearest to a pixel, of the lane there if it has one near; -1 if there is none. */
function eventAt(x: number, y: number): number {
  if (store.count === 0 || x < LEFT) return -1;
  const target = at(x);
  const distance = (i: number): number => Math.abs(coordinate(store, view.axis.value, i) - target);
  let best = -1;
  const consider = (i: number): void => {
    if (best < 0 || distance(i) < distance(best)) best = i;
  };
  const near = view.eventNear(target);
  const columns = (laneAt(y)?.byCategory ?? []).filter((_, category) => view.shown.value[category]);
  for (const column of columns) {
    const i = column.lowerBound(near);
    if (i < column.length) consider(column.at(i));
    if (i > 0) consider(column.at(i - 1));
  }
  const perPixel = (view.seen().to - view.seen().from) / Math.max(size.value.width - LEFT, 1);
  if (best < 0 || distance(best) > perPixel * 12) consider(near);
  return best;
}

function seekAt(x: number, y: number): void {
  const lane = laneAt(y);
  if (lane) taskPid.value = lane.lane.pid;
  const event = eventAt(x, y);
  if (event >= 0) view.goTo(event);
}

/** What lies under the pointer, in words. */
function hover(place: { readonly x: number; readonly y: number } | null): void {
  tip.value = place && tipAt(place.x, place.y);
}

function tipAt(x: number, y: number): { x: number; y: number; text: string } | null {
  const drawn = laneAt(y);
  if (!drawn || store.count === 0 || x < LEFT) return null;
  const event = eventAt(x, y);
  const here = { x: Math.min(x + 12, size.value.width - 180), y: y + OVERVIEW_HEIGHT + 18 };
  const on = event >= 0 && Math.abs(pixel(coordinate(store, view.axis.value, event), view.seen()) - x) <= NEAR;
  const { lane } = drawn;
  if (on && store.pid.at(event) === lane.pid)
    return { ...here, text: `${eventText(store, event, callName)} · event ${event + 1} · ${timeText(store.time.at(event))}` };
  const segment = lane.segmentAt(view.eventNear(at(x)));
  if (segment < 0) return null;
  const start = lane.segmentStart.at(segment);
  const queue = store.strings[lane.segmentText.at(segment)];
  const since = `since event ${start + 1}, ${timeText(store.time.at(start))}`;
  const word = stateAt({ store, moment: { position: store.position.at(start), event: start } }, lane);
  return { ...here, text: `${lane.name} ${lane.pid} ${word}${queue ? ` on ${queue}` : ""} · ${since}` };
}

/** Scrolls to the lane of the task that is looked at. */
function showLane(box: HTMLElement): void {
  const i = view.lanes.value.findIndex((l) => l.lane.pid === taskPid.value);
  const top = i * LANE_HEIGHT;
  const room = box.clientHeight - AXIS_HEIGHT - LANE_HEIGHT;
  if (i >= 0 && room > 0) box.scrollTop = Math.max(Math.min(box.scrollTop, top), top - room);
}

/** To the lane above or below. */
function otherLane(by: number): void {
  const lanes = view.lanes.value;
  const i = lanes.findIndex((l) => l.lane.pid === taskPid.value);
  const next = lanes[Math.min(Math.max(i + by, 0), lanes.length - 1)];
  if (next) taskPid.value = next.lane.pid;
}

function onKey(e: KeyboardEvent): void {
  if (e.altKey || e.metaKey || e.ctrlKey) return;
  const kind = e.shiftKey ? "syscall" : "event";
  if (e.repeat && isMoving()) {
    // The key is held down faster than the machine computes.
  } else if (e.key === "ArrowRight") void step(kind, 1);
  else if (e.key === "ArrowLeft") void step(kind, -1);
  else if (e.key === "ArrowUp") otherLane(-1);
  else if (e.key === "ArrowDown") otherLane(1);
  else if (e.key === "Home" && store.count > 0) view.goTo(0);
  else if (e.key === "End" && store.count > 0) view.goTo(store.count - 1);
  else if (e.key === "+" || e.key === "=") view.zoom(0.6);
  else if (e.key === "-") view.zoom(1 / 0.6);
  else if (e.key === "0") view.range.value = null;
  else if (e.key === "n" || e.key === "N") view.jump(e.key === "n" ? 1 : -1);
  else if (e.key === "/") document.getElementById("search")?.focus();
  else return;
  e.preventDefault();
}
