import type { Column } from "../page/columns.ts";
import { signalName } from "../page/describe.ts";
import { categoryOf, type EventStore, type Lane } from "../page/eventStore.ts";
import { store, storeVersion } from "../page/session.ts";
import { EventKind, type StateView } from "../protocol.ts";
import type { Workbench } from "./room.ts";
import { Wide } from "./wide.tsx";

/** A signal from its sending on. */
export interface Life {
  readonly signal: number;
  /** The task that it was sent to; for a process, its first thread. */
  readonly target: number;
  /** 0: the kernel, a timer or the terminal. */
  readonly sender: number;
  readonly sent: number;
  /** The event at which a task acted on it, -1 if none has. */
  readonly acted: number;
  readonly handler: number;
}

/** Signals of a task that are looked at, from the cursor. */
const FAR = 20_000;
const SIGNALS = categoryOf(EventKind.SIGNAL_SEND);

/** The first event of a task's signals from one on, or the last one down to the first, that is wanted; -1 if there is none. */
function among(lane: Lane, from: number, direction: 1 | -1, wanted: (event: number) => boolean): number {
  const signals = lane.byCategory[SIGNALS] as Column<Int32Array>;
  const start = direction > 0 ? signals.lowerBound(from) : signals.lowerBound(from + 1) - 1;
  for (let n = start, looked = 0; n >= 0 && n < signals.length && looked < FAR; n += direction, looked++)
    if (wanted(signals.at(n))) return signals.at(n);
  return -1;
}

/** The signal that was sent last at an event, or the first one of the run; null if none was sent. */
export function lifeAt(events: EventStore, event: number): Life | null {
  const is = (i: number): boolean => events.kind.at(i) === EventKind.SIGNAL_SEND;
  let sent = Math.max(-1, ...events.lanes.map((l) => among(l, event, -1, is)));
  if (sent < 0) sent = Math.min(...events.lanes.map((l) => among(l, 0, 1, is)).filter((i) => i >= 0));
  if (!Number.isFinite(sent)) return null;
  const signal = events.a.at(sent);
  const acts = (i: number): boolean => events.kind.at(i) === EventKind.SIGNAL_DELIVER && events.a.at(i) === signal;
  const found = events.lanes.map((l) => among(l, sent + 1, 1, acts)).filter((i) => i >= 0);
  const acted = found.length > 0 ? Math.min(...found) : -1;
  return {
    signal,
    target: events.pid.at(sent),
    sender: events.b.at(sent),
    sent,
    acted,
    handler: acted < 0 ? 0 : events.b.at(acted),
  };
}

interface Station {
  readonly title: string;
  readonly text: string;
  readonly lit: boolean;
  /** The cursor can go there. */
  readonly event: number;
}

function stationsOf(life: Life, state: StateView | null): Station[] {
  const event = state?.moment.event ?? -1;
  const task = state?.tasks.find((t) => t.pid === life.target);
  const s = task?.signals;
  const own = s?.pending.includes(life.signal) ?? false;
  const shared = s?.shared.includes(life.signal) ?? false;
  const blocked = s?.blocked.includes(life.signal) ?? false;
  const acted = life.acted >= 0 && event >= life.acted;
  const pending = own || shared;
  return [
    {
      title: life.sender > 0 ? `task ${life.sender} sends` : "kernel sends",
      text: `${signalName(life.signal)} to ${life.target}`,
      lit: event >= life.sent,
      event: life.sent,
    },
    {
      title: `bit ${life.signal} pending`,
      text: own
        ? "in the thread’s set"
        : shared
          ? "in the process’s set"
          : acted
            ? "taken off again"
            : event >= life.sent
              ? "not pending"
              : "not yet",
      lit: pending,
      event: -1,
    },
    {
      title: "TIF_SIGPENDING",
      text: pending && blocked ? "not for it: blocked" : s?.flag ? "set" : "clear",
      lit: pending && !blocked && (s?.flag ?? false),
      event: -1,
    },
    {
      title: "on the way to ring 3",
      text: life.acted < 0 ? "nobody has acted" : life.handler > 1 ? "frame, then handler" : "default action",
      lit: acted,
      event: life.acted,
    },
  ];
}

const WIDTH = 150;
const GAP = 14;

/** From the sender to the handler: what has happened to the last signal at the cursor. */
export function SignalLife({ bench }: { bench: Workbench }) {
  void storeVersion.value;
  const state = bench.state.value;
  const life = state ? lifeAt(store, state.moment.event) : null;
  if (!life) return <p class="empty">No signal has been sent in what has been computed of this run.</p>;
  const stations = stationsOf(life, state);
  const about = stations.map((s) => `${s.title}: ${s.text}${s.lit ? " (now)" : ""}`).join("; ");
  return (
    <section aria-label="The way of a signal">
      <h3>The way of {signalName(life.signal)}</h3>
      <Wide label="The way of a signal, drawn">
        <svg class="drawing" viewBox={`0 0 ${4 * WIDTH + 3 * GAP + 8} 66`} role="img" aria-label={about}>
          {stations.map((s, i) => {
            const x = 4 + i * (WIDTH + GAP);
            return (
              <g key={s.title}>
                {i > 0 && <line x1={x - GAP} x2={x} y1="32" y2="32" stroke={s.lit ? "var(--accent)" : "var(--soft)"} stroke-width="2" />}
                <rect
                  x={x}
                  y="6"
                  width={WIDTH}
                  height="52"
                  rx="6"
                  fill={s.lit ? "var(--lit)" : "var(--raised)"}
                  stroke={s.lit ? "var(--accent)" : "var(--line)"}
                  stroke-width={s.lit ? 2 : 1}
                />
                <text x={x + WIDTH / 2} y="28" text-anchor="middle" font-size="13" fill="var(--text)">
                  {s.title}
                </text>
                <text x={x + WIDTH / 2} y="46" text-anchor="middle" font-size="12" fill="var(--soft)">
                  {s.text}
                </text>
              </g>
            );
          })}
        </svg>
      </Wide>
      <p class="demo-buttons">
        <button type="button" onClick={() => void bench.seek({ position: store.position.at(life.sent), event: life.sent })}>
          Cursor to the sending
        </button>
        <button
          type="button"
          disabled={life.acted < 0}
          onClick={() => void bench.seek({ position: store.position.at(life.acted), event: life.acted })}
        >
          Cursor to the delivery
        </button>
      </p>
    </section>
  );
}
