import { categories } from "../page/eventStore.ts";
import { store, storeVersion } from "../page/session.ts";
import type { AxisKind } from "../timeline/axis.ts";
import * as view from "../timeline/view.ts";

/** A list to choose from is no longer one with more tasks than this. */
const TASKS_LISTED = 200;

/** Search, filter, axis and zoom of the timeline. */
export function TimelineTools() {
  const n = view.matches.value.length;
  const searching = view.query.value !== "";
  return (
    <div class="tools">
      <div class="search">
        <label class="visually-hidden" for="search">
          Search the events
        </label>
        <input
          id="search"
          type="search"
          placeholder="Search: read, SIGINT, pid 3"
          title="A call, a signal, a queue, a path, or “pid 3”; several words must all fit, -word must not"
          value={view.query.value}
          onInput={(e) => {
            view.query.value = e.currentTarget.value;
          }}
          onKeyDown={(e) => {
            if (e.key === "Enter") view.jump(e.shiftKey ? -1 : 1);
          }}
        />
        {searching && (
          <>
            <span class="count" role="status">
              {n.toLocaleString("en")} found
            </span>
            <div class="group">
              <button
                type="button"
                aria-label="Previous found event"
                title="Previous (Shift N)"
                disabled={n === 0}
                onClick={() => view.jump(-1)}
              >
                ↑
              </button>
              <button type="button" aria-label="Next found event" title="Next (N)" disabled={n === 0} onClick={() => view.jump(1)}>
                ↓
              </button>
            </div>
            <label class="check" title="Leave out of the lanes what the search does not find">
              <input
                type="checkbox"
                checked={view.only.value}
                onChange={(e) => {
                  view.only.value = e.currentTarget.checked;
                }}
              />
              only these
            </label>
          </>
        )}
      </div>
      <TaskFilter />
      <label class="visually-hidden" for="axis">
        Axis
      </label>
      <select
        id="axis"
        title="What a step to the right is"
        value={view.axis.value}
        onChange={(e) => {
          view.axis.value = e.currentTarget.value as AxisKind;
          view.range.value = null;
        }}
      >
        <option value="order">by event</option>
        <option value="time">by time</option>
        <option value="position">by instruction</option>
      </select>
      <div class="group">
        <button type="button" aria-label="Zoom out" title="Zoom out (−)" onClick={() => view.zoom(1 / 0.6)}>
          −
        </button>
        <button
          type="button"
          title="Show the whole run (0)"
          onClick={() => {
            view.range.value = null;
          }}
        >
          All
        </button>
        <button type="button" aria-label="Zoom in" title="Zoom in (+)" onClick={() => view.zoom(0.6)}>
          +
        </button>
      </div>
    </div>
  );
}

function TaskFilter() {
  storeVersion.value;
  if (store.lanes.length < 2) return null;
  return (
    <>
      <label class="visually-hidden" for="lanes-of">
        Tasks shown
      </label>
      <select
        id="lanes-of"
        value={String(view.onlyTask.value)}
        onChange={(e) => {
          view.onlyTask.value = Number(e.currentTarget.value);
        }}
      >
        <option value="0">all tasks</option>
        {store.lanes.slice(0, TASKS_LISTED).map((l) => (
          <option key={l.pid} value={String(l.pid)}>
            only {l.name} {l.pid}
          </option>
        ))}
      </select>
    </>
  );
}

/** What the colours mean; each kind of event can be left out. */
export function Legend() {
  return (
    <fieldset class="legend">
      <legend class="visually-hidden">Events shown</legend>
      {categories.map((name, i) => (
        <label key={name}>
          <input
            type="checkbox"
            checked={view.shown.value[i]}
            onChange={(e) => {
              view.shown.value = view.shown.value.map((is, j) => (j === i ? e.currentTarget.checked : is));
            }}
          />
          <span class="swatch" style={{ background: `var(--event-${i})` }} aria-hidden="true" />
          {name}
        </label>
      ))}
      <span class="states">
        {["running", "runnable", "sleeping", "stopped"].map((s) => (
          <span key={s}>
            <span class="swatch bar" style={{ background: `var(--state-${s})` }} aria-hidden="true" />
            {s}
          </span>
        ))}
      </span>
    </fieldset>
  );
}
