import { computed, signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { eventText } from "../page/describe.ts";
import { categories } from "../page/eventStore.ts";
import { callName, following, isMoving, moment, progress, seek, step, store, storeVersion, table, taskPid } from "../page/session.ts";
import { type AxisKind, coordinate, cursorCoordinate, kept, type Range, wholeRange, zoomed } from "../timeline/axis.ts";
import { AXIS_HEIGHT, drawTimeline, LANE_HEIGHT, type Palette, rangeText } from "../timeline/draw.ts";
import { attachPointer } from "../timeline/pointer.ts";
import { search } from "../timeline/search.ts";
import { EventList } from "./EventList.tsx";

const axis = signal<AxisKind>("order");
/** null: everything. */
const range = signal<Range | null>(null);
const shown = signal<readonly boolean[]>(categories.map(() => true));
const query = signal("");
const scroll = signal(0);
const size = signal({ width: 0, height: 0 });
const palette = signal<Palette | null>(null);
/** Width of the names at the left. */
const LEFT = 96;

const matches = computed(() => {
  storeVersion.value;
  table.value;
  return search(store, query.value, callName);
});

function whole(): Range {
  return wholeRange(store, axis.value);
}

function seen(): Range {
  return range.value ?? whole();
}

function zoom(factor: number, about?: number): void {
  const all = whole();
  const now = seen();
  const cursor = cursorCoordinate(store, axis.value, moment.value);
  const middle = cursor >= now.from && cursor <= now.to ? cursor : (now.from + now.to) / 2;
  const next = zoomed(now, factor, about ?? middle, all);
  range.value = next.to - next.from >= all.to - all.from ? null : next;
}

function pan(part: number): void {
  const now = seen();
  const by = (now.to - now.from) * part;
  if (range.value) range.value = kept({ from: now.from + by, to: now.to + by }, whole());
}

/** One lane per task, with everything that happened to it. The arrow keys go from event to event. */
export function TimelinePane() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const ends = [watchSize(box.current!), watchColours(), attachPointer(box.current!, { at, seekAt, zoom, panPixels })];
    return () => {
      for (const end of ends) end();
    };
  }, []);
  useEffect(() => {
    keepCursorInSight();
  }, [moment.value, following.value]);
  useEffect(() => {
    const frame = requestAnimationFrame(() => draw(canvas.current));
    return () => cancelAnimationFrame(frame);
  });
  // Read here so that the pane is drawn again when one of them changes.
  storeVersion.value;
  const lanes = store.lanes.length;
  const now = seen();
  size.value;
  palette.value;
  scroll.value;
  taskPid.value;
  const { event } = moment.value;
  return (
    <section class="pane timeline" aria-labelledby="timeline-title">
      <header class="pane-head">
        <h2 id="timeline-title">Timeline</h2>
        <Tools />
      </header>
      <div class="timeline-body">
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
          style={{ height: `${Math.min(Math.max(lanes, 3), 7) * LANE_HEIGHT + AXIS_HEIGHT + 2}px` }}
        >
          <canvas ref={canvas} />
          <div style={{ height: `${Math.max(0, lanes * LANE_HEIGHT + AXIS_HEIGHT - size.value.height)}px` }} />
        </div>
        <EventList matches={matches.value} searching={query.value !== ""} shown={shown.value} />
      </div>
      <footer class="timeline-foot">
        <Legend />
        <span class="soft">
          {lanes === 1 ? "1 task" : `${lanes.toLocaleString("en")} tasks`}; {rangeText(now, axis.value)} in sight
        </span>
      </footer>
    </section>
  );
}

function draw(canvas: HTMLCanvasElement | null): void {
  const { width, height } = size.value;
  const c = canvas?.getContext("2d");
  if (!canvas || !c || !palette.value || width === 0) return;
  const ratio = Math.min(devicePixelRatio || 1, 3);
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  c.setTransform(ratio, 0, 0, ratio, 0, 0);
  drawTimeline(
    c,
    {
      store,
      axis: axis.value,
      range: seen(),
      moment: moment.value,
      task: taskPid.value,
      shown: shown.value,
      matches: matches.value,
      lanes: store.lanes,
      scroll: scroll.value,
      width,
      height,
      left: LEFT,
      callName,
    },
    palette.value,
  );
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
      accent: get("accent"),
      running: get("state-running"),
      runnable: get("state-runnable"),
      sleeping: get("state-sleeping"),
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

/** The point of the axis under a pixel of the box. */
function at(x: number): number {
  const now = seen();
  return now.from + ((x - LEFT) / Math.max(size.value.width - LEFT, 1)) * (now.to - now.from);
}

function panPixels(dx: number): void {
  pan(-dx / Math.max(size.value.width - LEFT, 1));
}

/** The event nearest to a point, of the lane there if it has one near. */
function seekAt(x: number, y: number): void {
  if (store.count === 0) return;
  const lane = store.lanes[Math.floor((y - AXIS_HEIGHT + scroll.value) / LANE_HEIGHT)];
  if (lane && y > AXIS_HEIGHT) taskPid.value = lane.pid;
  if (x < LEFT) return;
  const target = at(x);
  const distance = (i: number): number => Math.abs(coordinate(store, axis.value, i) - target);
  let best = -1;
  const consider = (i: number): void => {
    if (i >= 0 && i < store.count && (best < 0 || distance(i) < distance(best))) best = i;
  };
  const near = nearest(target);
  for (const column of lane && y > AXIS_HEIGHT ? lane.byCategory : []) {
    const i = column.lowerBound(near);
    if (i < column.length) consider(column.at(i));
    if (i > 0) consider(column.at(i - 1));
  }
  const perPixel = (seen().to - seen().from) / Math.max(size.value.width - LEFT, 1);
  if (best < 0 || distance(best) > perPixel * 12) {
    consider(near);
    consider(near - 1);
  }
  if (best >= 0) goTo(best);
}

function nearest(target: number): number {
  if (axis.value === "order") return Math.round(target);
  return (axis.value === "time" ? store.time : store.position).lowerBound(target);
}

function goTo(event: number): void {
  void seek({ position: store.position.at(event), event });
}

/** When the cursor moves out of sight, the range follows it. */
function keepCursorInSight(): void {
  if (!range.value || store.count === 0) return;
  const now = range.value;
  const cursor = cursorCoordinate(store, axis.value, moment.value);
  if (cursor >= now.from && cursor <= now.to) return;
  const width = now.to - now.from;
  range.value = kept({ from: cursor - width / 2, to: cursor + width / 2 }, whole());
}

function onKey(e: KeyboardEvent): void {
  if (e.altKey || e.metaKey || e.ctrlKey) return;
  const { event } = moment.value;
  if (e.repeat && isMoving()) {
    // The key is held down faster than the machine computes.
  } else if (e.key === "ArrowRight") void step("event", 1);
  else if (e.key === "ArrowLeft") void step("event", -1);
  else if (e.key === "Home" && store.count > 0) goTo(0);
  else if (e.key === "End" && store.count > 0) goTo(store.count - 1);
  else if (e.key === "+" || e.key === "=") zoom(0.6);
  else if (e.key === "-") zoom(1 / 0.6);
  else if (e.key === "0") range.value = null;
  else if (e.key === "n" || e.key === "N") jump(e.key === "n" ? 1 : -1, event);
  else return;
  e.preventDefault();
}

/** To the next or previous event that the search found. */
function jump(direction: 1 | -1, from: number): void {
  const found = matches.value;
  if (found.length === 0) return;
  let i = found.findIndex((m) => (direction > 0 ? m > from : m >= from));
  if (direction > 0) i = i < 0 ? 0 : i;
  else i = i < 0 ? found.length - 1 : i - 1;
  goTo(found.at(i)!);
}

function Tools() {
  const n = matches.value.length;
  return (
    <div class="tools">
      <div class="search">
        <label class="visually-hidden" for="search">
          Search the events
        </label>
        <input
          id="search"
          type="search"
          placeholder="Search: read, SIGUSR1, pid 3…"
          value={query.value}
          onInput={(e) => {
            query.value = e.currentTarget.value;
          }}
          onKeyDown={(e) => {
            if (e.key === "Enter") jump(e.shiftKey ? -1 : 1, moment.value.event);
          }}
        />
        {query.value !== "" && (
          <>
            <span class="count" role="status">
              {n.toLocaleString("en")} found
            </span>
            <button type="button" aria-label="Previous found event" disabled={n === 0} onClick={() => jump(-1, moment.value.event)}>
              ↑
            </button>
            <button type="button" aria-label="Next found event" disabled={n === 0} onClick={() => jump(1, moment.value.event)}>
              ↓
            </button>
          </>
        )}
      </div>
      <label class="visually-hidden" for="axis">
        Axis
      </label>
      <select
        id="axis"
        value={axis.value}
        onChange={(e) => {
          axis.value = e.currentTarget.value as AxisKind;
          range.value = null;
        }}
      >
        <option value="order">by event</option>
        <option value="time">by time</option>
        <option value="position">by instruction</option>
      </select>
      <div class="group">
        <button type="button" aria-label="Zoom out" onClick={() => zoom(1 / 0.6)}>
          −
        </button>
        <button
          type="button"
          onClick={() => {
            range.value = null;
          }}
        >
          All
        </button>
        <button type="button" aria-label="Zoom in" onClick={() => zoom(0.6)}>
          +
        </button>
      </div>
    </div>
  );
}

/** What the colours mean; each kind of event can be left out. */
function Legend() {
  return (
    <fieldset class="legend">
      <legend class="visually-hidden">Events shown</legend>
      {categories.map((name, i) => (
        <label key={name}>
          <input
            type="checkbox"
            checked={shown.value[i]}
            onChange={(e) => {
              shown.value = shown.value.map((is, j) => (j === i ? e.currentTarget.checked : is));
            }}
          />
          <span class="swatch" style={{ background: `var(--event-${i})` }} aria-hidden="true" />
          {name}
        </label>
      ))}
      <span class="states">
        {["running", "runnable", "sleeping"].map((s) => (
          <span key={s}>
            <span class="swatch bar" style={{ background: `var(--state-${s})` }} aria-hidden="true" />
            {s}
          </span>
        ))}
      </span>
      {progress.value.status === "running" && <span class="soft">growing…</span>}
    </fieldset>
  );
}
