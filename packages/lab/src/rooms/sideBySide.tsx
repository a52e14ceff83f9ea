import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { list } from "../page/session.ts";
import { type SideMachine, startSide } from "../page/sideMachine.ts";
import type { StateView } from "../protocol.ts";
import { align, type Stop, stopsOf } from "./alignSteps.ts";
import { EpollDrawing } from "./epollDrawing.tsx";
import { messageOf } from "./go.ts";
import { Wide } from "./wide.tsx";

const PROGRAM = "epoll_trees";
const MODES = [
  ["Level-triggered", "LT"],
  ["Edge-triggered", "ET"],
] as const;

interface Pair {
  readonly machines: readonly SideMachine[];
  readonly stops: readonly (readonly Stop[])[];
  readonly rows: readonly (readonly [number, number])[];
}

/** The last stop of a side at or before a row; -1 before its first. */
function lastStop(pair: Pair, side: 0 | 1, row: number): number {
  for (let r = row; r >= 0; r--) {
    const n = pair.rows[r]?.[side] ?? -1;
    if (n >= 0) return n;
  }
  return -1;
}

/** The same program with level- and edge-triggered events, on two machines at the same step: trees, lists, sleepers. */
export function SideBySide() {
  const pair = useSignal<Pair | null>(null);
  const row = useSignal(0);
  const states = useSignal<readonly (StateView | null)[]>([null, null]);
  const said = useSignal("");
  const busy = useSignal(false);
  const wanted = useRef(-1);
  const alive = useRef(true);
  const close = (): void => {
    for (const m of pair.value?.machines ?? []) m.close();
  };
  useEffect(
    () => () => {
      alive.current = false;
      close();
    },
    [],
  );

  /** Both machines go to a row; a later wish overtakes one that is on its way. */
  const show = async (to: number): Promise<void> => {
    const p = pair.value;
    if (!p) return;
    const target = Math.max(0, Math.min(p.rows.length - 1, to));
    row.value = target;
    wanted.current = target;
    try {
      const both = await Promise.all(
        ([0, 1] as const).map((side) => {
          const stop = p.stops[side]?.[lastStop(p, side, target)];
          return stop ? (p.machines[side] as SideMachine).stateAt(stop.event) : null;
        }),
      );
      if (wanted.current === target && pair.value === p) states.value = both;
    } catch (e) {
      said.value = messageOf(e);
    }
  };
  const start = async (): Promise<void> => {
    busy.value = true;
    said.value = "Running both…";
    try {
      close();
      pair.value = null;
      const source = list.value.programs.find((p) => p.name === PROGRAM)?.source ?? "";
      const broken = (text: string): void => {
        said.value = text;
      };
      const machines = await Promise.all(MODES.map(([, mode]) => startSide(PROGRAM, source, broken, [mode])));
      const stops = machines.map((m) => stopsOf(m.events));
      const made: Pair = { machines, stops, rows: align(stops[0] ?? [], stops[1] ?? []) };
      if (!alive.current) {
        for (const m of machines) m.close();
        return;
      }
      pair.value = made;
      said.value = "";
      // Before this all that happens is that items are added.
      await show(made.rows.findIndex(([l]) => made.stops[0]?.[l]?.text.includes("data come")));
    } catch (e) {
      said.value = messageOf(e);
    } finally {
      busy.value = false;
    }
  };

  const p = pair.value;
  return (
    <section class="demo" aria-label="Level and edge side by side">
      <h3>Level and edge, step by step</h3>
      <p>
        epoll_trees.c twice: seven sockets, 3 KB for one and 1 KB for another, and 1 KB read after each event. Both machines stand at the
        same step.
      </p>
      <p class="demo-buttons">
        <button type="button" disabled={busy.value} onClick={() => void start()}>
          {p ? "Run both again" : "Run both"}
        </button>
        {p && (
          <>
            <button type="button" disabled={row.value === 0} onClick={() => void show(row.value - 1)}>
              Both back
            </button>
            <button type="button" disabled={row.value === p.rows.length - 1} onClick={() => void show(row.value + 1)}>
              Both forward
            </button>
          </>
        )}
      </p>
      {p && (
        <>
          <label class="stepper">
            Step {row.value + 1} of {p.rows.length}{" "}
            <input
              type="range"
              min="0"
              max={p.rows.length - 1}
              value={row.value}
              onInput={(e) => void show(Number(e.currentTarget.value))}
            />
          </label>
          <div class="demo-sides">
            {MODES.map(([title], i) => {
              const side = i as 0 | 1;
              const here = p.rows[row.value]?.[side] ?? -1;
              const stop = p.stops[side]?.[here];
              const ep = states.value[side]?.epolls[0];
              return (
                <section key={title} class="demo-side" aria-label={title}>
                  <h4>{title}</h4>
                  <p class={stop ? "step-text" : "step-text idle"}>{stop ? stop.text : "nothing happens here at this step"}</p>
                  {ep && (
                    <Wide label={`${title}: tree and lists`}>
                      <EpollDrawing ep={ep} />
                    </Wide>
                  )}
                </section>
              );
            })}
          </div>
        </>
      )}
      <p role="status">{said.value}</p>
    </section>
  );
}
