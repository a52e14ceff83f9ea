import type { EventStore } from "../page/eventStore.ts";
import { store, storeVersion } from "../page/session.ts";
import { EventKind, type StateView, type TaskView } from "../protocol.ts";
import type { Workbench } from "./room.ts";
import { Wide } from "./wide.tsx";

const SCHED_YIELD = 24;
const ZOMBIE = 32;
const FAR = 20_000;

/** A change of the running task, and why. */
export interface Switch {
  readonly event: number;
  /** 0: nobody. */
  readonly from: number;
  readonly to: number;
  readonly why: string;
}

/** The last switch at or before an event; null if there was none. */
export function lastSwitch(events: EventStore, event: number): Switch | null {
  for (let i = Math.min(event, events.count - 1); i >= 0 && i > event - FAR; i--) {
    if (events.kind.at(i) !== EventKind.SWITCH) continue;
    const from = events.pid.at(i);
    const to = events.a.at(i);
    return { event: i, from, to, why: reason(events, i, from, events.b.at(i)) };
  }
  return null;
}

function reason(events: EventStore, i: number, from: number, state: number): string {
  if (from === 0) return "the processor was idle, and a wake-up came";
  if (state === ZOMBIE) return `task ${from} has ended`;
  if (state !== 0) return `task ${from} sleeps on ${events.string(i) || "nothing that has a name"}`;
  // Preempted: of its own will, or because its time was up.
  for (let j = i - 1; j >= 0 && j > i - FAR; j--) {
    if (events.pid.at(j) !== from) continue;
    const kind = events.kind.at(j);
    if (kind === EventKind.SYS_ENTER || kind === EventKind.SYS_EXIT)
      return events.a.at(j) === SCHED_YIELD && events.position.at(j) === events.position.at(i)
        ? `task ${from} called sched_yield()`
        : `task ${from} has used up its time slice, and others wait`;
    if (kind === EventKind.SWITCH) break;
  }
  return `task ${from} has used up its time slice, and others wait`;
}

const ms = (ns: number): string => `${(ns / 1e6).toFixed(3)} ms`;
const CPU_W = 150;
const BOX_W = 112;
const BOX_H = 52;
const GAP = 14;
/** Waiting tasks that are drawn. */
const MOST = 6;

/** The processor with the running task's slice, and the queue in the order in which it will be served. */
function Drawing({ state }: { state: StateView }) {
  const { runQueue } = state;
  const byPid = new Map(state.tasks.map((t) => [t.pid, t]));
  const running = byPid.get(state.current);
  const waiting = runQueue.waiting.map((pid) => byPid.get(pid)).filter((t): t is TaskView => t !== undefined);
  const shown = waiting.slice(0, MOST);
  const width = Math.max(440, CPU_W + 30 + Math.max(2, shown.length) * (BOX_W + GAP) + 60);
  const left = running ? Math.min(1, running.sched.slice / runQueue.slice) : 0;
  const about = `On the processor: ${running ? `task ${running.pid}, ${ms(running.sched.slice)} of its slice left` : "nobody, it is idle"}. Waiting, next first: ${waiting.map((t) => `task ${t.pid}, virtual run time ${ms(t.sched.vruntime)}`).join("; ") || "nobody"}.`;
  return (
    <Wide label="The run queue, drawn">
      <svg class="drawing" viewBox={`0 0 ${width} 92`} style={`max-width:${width * 1.2}px`} role="img" aria-label={about}>
        <rect x="4" y="18" width={CPU_W} height="66" rx="7" fill="var(--lit)" stroke="var(--accent)" stroke-width="2" />
        <text x="4" y="12" font-size="12" fill="var(--soft)">
          on the processor
        </text>
        <text x={4 + CPU_W / 2} y="40" font-size="13" text-anchor="middle" fill="var(--text)">
          {running ? `${running.pid} ${running.comm}` : "idle"}
        </text>
        {running && (
          <>
            <rect x="16" y="50" width={CPU_W - 24} height="8" rx="4" fill="var(--raised)" stroke="var(--line)" />
            <rect x="16" y="50" width={(CPU_W - 24) * left} height="8" rx="4" fill="var(--accent)" />
            <text x={4 + CPU_W / 2} y="75" font-size="11" text-anchor="middle" fill="var(--soft)">
              {ms(running.sched.slice)} of slice left
            </text>
          </>
        )}
        <text x={CPU_W + 34} y="12" font-size="12" fill="var(--soft)">
          waiting, by virtual run time
        </text>
        {shown.length === 0 && (
          <text x={CPU_W + 34} y="56" font-size="13" fill="var(--soft)">
            nobody
          </text>
        )}
        {shown.map((t, i) => {
          const x = CPU_W + 34 + i * (BOX_W + GAP);
          return (
            <g key={t.pid}>
              {i === 0 ? (
                <polygon points={`${x - 22},51 ${x - 14},46 ${x - 14},56`} fill="var(--accent)" />
              ) : (
                <line x1={x - GAP} x2={x} y1="51" y2="51" stroke="var(--soft)" />
              )}
              <rect
                x={x}
                y="24"
                width={BOX_W}
                height={BOX_H}
                rx="6"
                fill="var(--raised)"
                stroke={i === 0 ? "var(--accent)" : "var(--line)"}
                stroke-width={i === 0 ? 2 : 1}
              />
              <text x={x + BOX_W / 2} y="44" font-size="12" text-anchor="middle" fill="var(--text)">
                {t.pid} {t.comm.slice(0, 10)}
              </text>
              <text x={x + BOX_W / 2} y="61" font-size="11" text-anchor="middle" fill="var(--soft)">
                {t.sched.priority > 0 ? `priority ${t.sched.priority}` : ms(t.sched.vruntime)}
              </text>
              {i === 0 && (
                <text x={x + BOX_W / 2} y="72" font-size="10" text-anchor="middle" fill="var(--accent)">
                  next
                </text>
              )}
            </g>
          );
        })}
        {waiting.length > shown.length && (
          <text x={CPU_W + 34 + shown.length * (BOX_W + GAP)} y="56" font-size="12" fill="var(--soft)">
            and {waiting.length - shown.length} more
          </text>
        )}
      </svg>
    </Wide>
  );
}

/** Who runs, who is next, and why the processor last changed hands. */
export function RunQueue({ bench }: { bench: Workbench }) {
  void storeVersion.value;
  const state = bench.state.value;
  if (!state) return null;
  const change = lastSwitch(store, state.moment.event);
  return (
    <section aria-label="Run queue">
      <h3>Run queue</h3>
      <Drawing state={state} />
      <p>
        {change ? (
          <>
            Last switch: to {change.to === 0 ? "idle" : `task ${change.to}`}, because {change.why}.{" "}
            <button
              type="button"
              class="link"
              onClick={() => void bench.seek({ position: store.position.at(change.event), event: change.event })}
            >
              Cursor there
            </button>
          </>
        ) : (
          "No switch yet."
        )}{" "}
        {state.runQueue.switches} switches so far.
      </p>
      <div class="wide-table">
        <table class="plain">
          <caption class="visually-hidden">Tasks as the scheduler sees them</caption>
          <thead>
            <tr>
              <th scope="col">Task</th>
              <th scope="col">State</th>
              <th scope="col">Nice, weight</th>
              <th scope="col">Virtual run time</th>
              <th scope="col">Ran: user, kernel</th>
              <th scope="col">Switches: slept, preempted</th>
            </tr>
          </thead>
          <tbody>
            {state.tasks.slice(0, 32).map((t) => (
              <tr key={t.pid}>
                <th scope="row">
                  {t.pid} {t.comm}
                </th>
                <td>
                  {t.state}
                  {t.queues.length > 0 &&
                    ` on ${t.queues.slice(0, 2).join(", ")}${t.queues.length > 2 ? ` and ${t.queues.length - 2} more` : ""}`}
                </td>
                <td>
                  {t.sched.policy === "SCHED_OTHER"
                    ? `${t.sched.nice}, ${t.sched.weight}`
                    : `${t.sched.policy} ${t.sched.priority || t.sched.nice}`}
                </td>
                <td>{ms(t.sched.vruntime)}</td>
                <td>
                  {ms(t.sched.user)}, {ms(t.sched.system)}
                </td>
                <td>
                  {t.sched.voluntary}, {t.sched.involuntary}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="note">
        Virtual run time grows by the time that a task ran × 1024 / weight, and the smallest is next. So Linux chose until 6.5 (CFS); since
        6.6 (EEVDF) it chooses among the tasks that have had less than their share the one with the earliest virtual deadline. Slices here
        are {ms(state.runQueue.slice / 2)} to {ms(state.runQueue.slice)} long, as the seed says, and a wake-up waits for the end of the
        slice, except for real-time tasks.
      </p>
    </section>
  );
}
