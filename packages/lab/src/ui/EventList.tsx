import { useEffect, useRef } from "preact/hooks";
import { eventText, timeText } from "../page/describe.ts";
import { categoryOf } from "../page/eventStore.ts";
import { callName, moment, seek, store } from "../page/session.ts";

/** Events shown before and after the cursor's. */
const AROUND = 12;

/** The events around the cursor in words. With a search: what it found. */
export function EventList({ matches, searching, shown }: { matches: Int32Array; searching: boolean; shown: readonly boolean[] }) {
  const list = useRef<HTMLOListElement>(null);
  const { event, position } = moment.value;
  const at = event >= 0 ? Math.min(event, store.count - 1) : store.lastAt(position);
  useEffect(() => {
    const box = list.current;
    const row = box?.querySelector<HTMLElement>("[aria-current]");
    if (box && row) box.scrollTop = row.offsetTop - box.clientHeight / 2 + row.clientHeight;
  }, [at, store.count, searching]);
  const events = searching ? near(matches, at) : around(at, shown);
  return (
    <ol class="events" ref={list} aria-label={searching ? "Events found" : "Events around the cursor"}>
      {events.length === 0 && <li class="empty">{searching ? "Nothing found." : "No events yet."}</li>}
      {events.map((i) => (
        <li key={i}>
          <button
            type="button"
            aria-current={i === at ? "true" : undefined}
            onClick={() => void seek({ position: store.position.at(i), event: i })}
          >
            <span class="event-number">{i + 1}</span>
            <span class="swatch" style={{ background: `var(--event-${categoryOf(store.kind.at(i))})` }} aria-hidden="true" />
            <span class="event-pid">{store.pid.at(i) > 0 ? store.pid.at(i) : "idle"}</span>
            <span class="event-text">{eventText(store, i, callName)}</span>
            <span class="event-time">{timeText(store.time.at(i))}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}

function around(at: number, shown: readonly boolean[]): number[] {
  const is = (i: number): boolean => shown[categoryOf(store.kind.at(i))] ?? true;
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
  let i = 0;
  while (i < matches.length && matches[i]! < at) i++;
  return [...matches.slice(Math.max(0, i - AROUND), i + AROUND)];
}
