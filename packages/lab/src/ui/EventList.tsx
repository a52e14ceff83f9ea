import { useEffect, useRef } from "preact/hooks";
import { callText, wantCallTexts } from "../page/callTexts.ts";
import { eventText, timeText } from "../page/describe.ts";
import { categoryOf } from "../page/eventStore.ts";
import { callName, moment, seek, store, storeVersion } from "../page/session.ts";
import * as view from "../timeline/view.ts";

/** Events shown before and after the cursor's. */
const AROUND = 12;

/** The events around the cursor in words. With a search: what it found. */
export function EventList() {
  const list = useRef<HTMLOListElement>(null);
  storeVersion.value;
  const { event, position } = moment.value;
  const at = event >= 0 ? Math.min(event, store.count - 1) : store.lastAt(position);
  const searching = view.query.value !== "";
  const events = searching ? near(view.matches.value, at) : around(at);
  useEffect(() => {
    const box = list.current;
    const row = box?.querySelector<HTMLElement>("[aria-current]");
    if (box && row) box.scrollTop = row.offsetTop - box.clientHeight / 2 + row.clientHeight;
    wantCallTexts(store, events, at);
  }, [at, store.count, searching, view.query.value]);
  return (
    <ol class="events" ref={list} aria-label={searching ? "Events found" : "Events around the cursor"}>
      {events.length === 0 && <li class="empty">{searching ? "Nothing found." : "No events yet."}</li>}
      {events.map((i) => {
        const text = callText(store, i) ?? eventText(store, i, callName);
        return (
          <li key={i}>
            <button
              type="button"
              aria-current={i === at ? "true" : undefined}
              title={text}
              onClick={() => void seek({ position: store.position.at(i), event: i })}
            >
              <span class="event-number">{i + 1}</span>
              <span class="swatch" style={{ background: `var(--event-${categoryOf(store.kind.at(i))})` }} aria-hidden="true" />
              <span class="event-pid">{store.pid.at(i) > 0 ? store.pid.at(i) : "idle"}</span>
              <span class="event-text">{text}</span>
              <span class="event-time">{timeText(store.time.at(i))}</span>
            </button>
          </li>
        );
      })}
    </ol>
  );
}

function around(at: number): number[] {
  const { value: shown } = view.shown;
  const pid = view.onlyTask.value;
  const is = (i: number): boolean => (shown[categoryOf(store.kind.at(i))] ?? true) && (pid === 0 || store.pid.at(i) === pid);
  const out: number[] = [];
  // Bounded: with everything filtered out there is nothing near.
  for (let i = at, n = 0; i >= 0 && n < AROUND && at - i < 10_000; i--) if (is(i)) n = out.unshift(i);
  for (let i = at + 1, n = 0; i < store.count && n < AROUND && i - at < 10_000; i++)
    if (is(i)) {
      out.push(i);
      n++;
    }
  return out;
}

function near(matches: Int32Array, at: number): number[] {
  let lo = 0;
  for (let hi = matches.length; lo < hi; ) {
    const middle = (lo + hi) >>> 1;
    if (matches[middle]! < at) lo = middle + 1;
    else hi = middle;
  }
  return [...matches.slice(Math.max(0, lo - AROUND), lo + AROUND)];
}
