import { useSignal } from "@preact/signals";
import { scaleLinear } from "d3-scale";
import native from "../../../../bench/clock.json";
import type { Round } from "../machine/measure.ts";
import { measureProgram } from "../page/measureProgram.ts";
import { messageOf } from "./go.ts";

/** Readings of the clock in a round, by way. */
const CALLS = { vdso: 300_000, syscall: 60_000 } as const;
type Way = keyof typeof CALLS;
const WAYS: readonly Way[] = ["vdso", "syscall"];
const NAMES: Readonly<Record<Way, string>> = { vdso: "vDSO", syscall: "system call" };

/** What one reading takes, from the rounds of a run. */
export interface ClockCost {
  readonly way: Way;
  /** Nanoseconds of the computer that the page runs on: the first round, and the median of the others. */
  readonly firstNs: number;
  readonly hostNs: number;
  /** Guest instructions and nanoseconds of virtual time: the same on every computer. */
  readonly instructions: number;
  readonly virtualNs: number;
}

export function costOfRounds(way: Way, calls: number, rounds: readonly Round[]): ClockCost {
  const ns = (r: Round): number => (r.hostMs * 1e6) / calls;
  const later = rounds
    .slice(1)
    .map(ns)
    .sort((a, b) => a - b);
  const last = rounds.at(-1);
  return {
    way,
    firstNs: rounds[0] ? ns(rounds[0]) : 0,
    hostNs: later[later.length >> 1] ?? 0,
    instructions: Math.round((last?.instructions ?? 0) / calls),
    virtualNs: Math.round((last?.virtualNs ?? 0) / calls),
  };
}

const WIDTH = 520;
const ROW = 30;
const LEFT = 150;

interface Bar {
  readonly name: string;
  readonly ns: number;
}

function Bars({ bars }: { bars: readonly Bar[] }) {
  const x = scaleLinear()
    .domain([0, Math.max(1, ...bars.map((b) => b.ns))])
    .range([0, WIDTH - LEFT - 80]);
  return (
    <svg
      class="chart"
      viewBox={`0 0 ${WIDTH} ${bars.length * ROW + 6}`}
      role="img"
      aria-label={`Nanoseconds for one reading: ${bars.map((b) => `${b.name} ${Math.round(b.ns)}`).join(", ")}`}
    >
      {bars.map((b, i) => (
        <g key={b.name} transform={`translate(0 ${i * ROW + 4})`}>
          <text x={LEFT - 8} y="16" text-anchor="end" font-size="13" fill="var(--text)">
            {b.name}
          </text>
          <rect
            x={LEFT}
            y="3"
            width={Math.max(1, x(b.ns))}
            height="18"
            rx="3"
            fill="var(--accent)"
            opacity={b.name.startsWith("native") ? 0.45 : 1}
          />
          <text x={LEFT + Math.max(1, x(b.ns)) + 6} y="16" font-size="13" fill="var(--text)">
            {b.ns < 100 ? b.ns.toFixed(1) : Math.round(b.ns)} ns
          </text>
        </g>
      ))}
    </svg>
  );
}

/** What a reading of the clock costs in both ways: measured in the page, counted by the machine, and measured natively. */
export function ClockCostFigure() {
  const costs = useSignal<readonly ClockCost[]>([]);
  const said = useSignal("");
  const busy = useSignal(false);
  const run = async (): Promise<void> => {
    busy.value = true;
    costs.value = [];
    try {
      for (const way of WAYS) {
        said.value = `Reading the clock by ${NAMES[way]}…`;
        const rounds = await measureProgram("clock_cost", [way, String(CALLS[way])]);
        costs.value = [...costs.value, costOfRounds(way, CALLS[way], rounds)];
      }
      said.value = "Measured on this computer just now.";
    } catch (e) {
      said.value = messageOf(e);
    } finally {
      busy.value = false;
    }
  };
  const bars: Bar[] = [
    ...costs.value.map((c) => ({ name: `here, ${NAMES[c.way]}`, ns: c.hostNs })),
    ...WAYS.map((w) => ({ name: `native, ${NAMES[w]}`, ns: native.least[w] })),
  ];
  return (
    <section class="demo" aria-label="Cost of reading the clock">
      <h3>What one reading costs</h3>
      <p>
        clock_cost.c reads the clock many times in a loop, in each way. Here: a machine of its own in this page, without the lab’s recorder.{" "}
        <button type="button" disabled={busy.value} onClick={() => void run()}>
          Measure here
        </button>
      </p>
      <Bars bars={bars} />
      {costs.value.length > 0 && (
        <div class="wide-table">
          <table class="plain">
            <caption class="visually-hidden">One reading of the clock, by way</caption>
            <thead>
              <tr>
                <th scope="col">Way</th>
                <th scope="col">Instructions</th>
                <th scope="col">Virtual time</th>
                <th scope="col">This computer, compiled</th>
                <th scope="col">first round</th>
              </tr>
            </thead>
            <tbody>
              {costs.value.map((c) => (
                <tr key={c.way}>
                  <th scope="row">{NAMES[c.way]}</th>
                  <td>{c.instructions}</td>
                  <td>{c.virtualNs} ns</td>
                  <td>{c.hostNs.toFixed(1)} ns</td>
                  <td>{c.firstNs.toFixed(1)} ns</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <p role="status">{said.value}</p>
      <p class="note">
        Instructions: all that the program retires for one reading, loop and C library included, counted. Virtual time: one nanosecond an
        instruction, and a fixed 100 for entering the kernel, so this is a price list and no measurement. This computer: the real time of
        the emulation, median of five rounds; the first one includes compiling. Native: the same program on {native.cpu}, least of{" "}
        {native.runs} runs (bench/clock.mjs; load {native.load}).
      </p>
    </section>
  );
}
