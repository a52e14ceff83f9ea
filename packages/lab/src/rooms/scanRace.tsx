import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { list, store, storeVersion } from "../page/session.ts";
import { type SideMachine, startSide } from "../page/sideMachine.ts";
import type { StateView } from "../protocol.ts";
import { EpollDrawing } from "./epollDrawing.tsx";
import { messageOf } from "./go.ts";
import type { Workbench } from "./room.ts";
import { type CallSpan, callOf, epollStage, type Part, type Pass, partsOf, passAt, type Stage, scanStage } from "./scans.ts";
import { Wide } from "./wide.tsx";

const PROGRAM = "scan_side";
const METHODS = ["select", "poll", "epoll"] as const;
/** Cells of a pass that are drawn. */
const MOST_CELLS = 256;

/** The descriptors of a pass: those that have been asked with what they said, and those still to come. */
export function ScanGrid({ pass, done }: { pass: Pass; done: number }) {
  return (
    <ol class="scan" aria-label={`${pass.what}: ${done} of ${pass.looks.length} descriptors looked at`}>
      {pass.looks.slice(0, MOST_CELLS).map((l, i) => {
        const state = i >= done ? "later" : l.found ? "ready" : "not";
        const words = { later: "not looked at yet", ready: "ready", not: "not ready" }[state];
        return (
          <li key={l.fd} class={`cell ${state}${i === done - 1 ? " now" : ""}`} title={`fd ${l.fd}: ${words}`}>
            {l.fd}
            <span aria-hidden="true">{{ later: "", ready: " ✓", not: " –" }[state]}</span>
            <span class="visually-hidden"> {words}</span>
          </li>
        );
      })}
      {pass.looks.length > MOST_CELLS && <li class="cell">and {pass.looks.length - MOST_CELLS} more</li>}
    </ol>
  );
}

/** The scan at the cursor, if the task is in select or poll there. */
export function ScanAtCursor({ bench }: { bench: Workbench }) {
  void storeVersion.value;
  const { event } = bench.state.value?.moment ?? { event: -1 };
  const pass = event >= 0 ? passAt(store, event, bench.task.value) : null;
  if (!pass) return null;
  const done = pass.looks.filter((l) => l.event <= event).length;
  return (
    <section>
      <h3>
        {pass.what}: task {pass.pid} has looked at {done} of {pass.looks.length} descriptors
      </h3>
      <ScanGrid pass={pass} done={done} />
      <p class="note">Step by event to see it ask one file after the other.</p>
    </section>
  );
}

interface Race {
  readonly machine: SideMachine;
  readonly calls: Readonly<Record<string, CallSpan>>;
  readonly parts: readonly Part[];
  readonly n: number;
}

function stageOf(race: Race, method: string, step: number): Stage | null {
  const part = race.parts[step] as Part;
  const call = race.calls[method];
  if (!call) return null;
  const k = part === "first" ? step + 1 : part === "second" ? step - race.n - 1 : 0;
  return method === "epoll" ? epollStage(race.machine.events, call, part) : scanStage(race.machine.events, call, part, k);
}

const PART_WORDS: Readonly<Record<Part, string>> = {
  first: "first pass: is anything ready?",
  asleep: "nothing was ready: all three sleep",
  news: "data come for one descriptor",
  second: "awake: which one was it?",
  returned: "all have returned",
};

/** The same wait with select, poll and epoll: one step is one file asked for its state. */
export function ScanRace() {
  const race = useSignal<Race | null>(null);
  const step = useSignal(0);
  const states = useSignal<Readonly<Record<string, StateView>>>({});
  const said = useSignal("");
  const busy = useSignal(false);
  const alive = useRef(true);
  const wanted = useRef(-1);
  useEffect(
    () => () => {
      alive.current = false;
      race.value?.machine.close();
    },
    [race],
  );
  const show = async (to: number): Promise<void> => {
    const r = race.value;
    if (!r) return;
    const target = Math.max(0, Math.min(r.parts.length - 1, to));
    step.value = target;
    wanted.current = target;
    try {
      const found: Record<string, StateView> = {};
      for (const method of METHODS) {
        const stage = stageOf(r, method, target);
        if (stage) found[method] = await r.machine.stateAt(stage.event);
        if (wanted.current !== target) return;
      }
      states.value = found;
    } catch (e) {
      said.value = messageOf(e);
    }
  };
  const start = async (): Promise<void> => {
    busy.value = true;
    said.value = "Running…";
    try {
      race.value?.machine.close();
      race.value = null;
      const source = list.value.programs.find((p) => p.name === PROGRAM)?.source ?? "";
      const machine = await startSide(PROGRAM, source, (text) => {
        said.value = text;
      });
      if (!alive.current) {
        machine.close();
        return;
      }
      const calls: Record<string, CallSpan> = {};
      for (const method of METHODS) {
        const call = callOf(machine.events, method);
        if (!call) throw new Error(`the run never called ${method}`);
        calls[method] = call;
      }
      const n = passAt(machine.events, (calls.select as CallSpan).exit - 1, (calls.select as CallSpan).pid)?.looks.length ?? 0;
      race.value = { machine, calls, parts: partsOf(n), n };
      said.value = "";
      await show(0);
    } catch (e) {
      said.value = messageOf(e);
    } finally {
      busy.value = false;
    }
  };
  const r = race.value;
  return (
    <section class="demo" aria-label="Scanning beside epoll">
      <h3>select and poll scan, epoll does not</h3>
      <p>
        scan_side.c waits for one of 24 descriptors in each way; a child makes one ready while it sleeps. A step is one file that the kernel
        asks whether it is ready (its poll operation).
      </p>
      <p class="demo-buttons">
        <button type="button" disabled={busy.value} onClick={() => void start()}>
          {r ? "Run it again" : "Run it"}
        </button>
        {r && (
          <>
            <button type="button" disabled={step.value === 0} onClick={() => void show(step.value - 1)}>
              One back
            </button>
            <button type="button" disabled={step.value === r.parts.length - 1} onClick={() => void show(step.value + 1)}>
              One forward
            </button>
          </>
        )}
      </p>
      {r && (
        <>
          <label class="stepper">
            Step {step.value + 1} of {r.parts.length}: {PART_WORDS[r.parts[step.value] as Part]}{" "}
            <input
              type="range"
              min="0"
              max={r.parts.length - 1}
              value={step.value}
              onInput={(e) => void show(Number(e.currentTarget.value))}
            />
          </label>
          <div class="demo-sides">
            {METHODS.map((method) => {
              const stage = stageOf(r, method, step.value);
              const state = states.value[method];
              const ep = method === "epoll" ? state?.epolls[0] : undefined;
              const task = state?.tasks.find((t) => t.pid === r.calls[method]?.pid);
              const asleep = task?.state === "sleeping";
              return (
                <section key={method} class={method === "epoll" ? "demo-side whole" : "demo-side"} aria-label={`${method} at this step`}>
                  <h4>{method}</h4>
                  <p class="step-text">{stage?.said}</p>
                  {stage?.pass && <ScanGrid pass={stage.pass} done={stage.done} />}
                  {ep && (
                    <Wide label="epoll: tree and lists">
                      <EpollDrawing ep={ep} />
                    </Wide>
                  )}
                  <p>
                    Files asked in this call: <strong>{stage?.asked ?? 0}</strong>
                    {asleep && task && `; asleep on ${task.queues.length} wait ${task.queues.length === 1 ? "queue" : "queues"}`}
                  </p>
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
