import { useSignal } from "@preact/signals";
import { scaleLinear, scaleLog } from "d3-scale";
import { line } from "d3-shape";
import { list } from "../page/session.ts";
import { startSide } from "../page/sideMachine.ts";
import { type Cost, costOf, methods, ROUNDS, sizes } from "./waitCost.ts";

const NAMES = methods;
/** Each line has a pattern and a name beside its end, so that colour is not needed. */
const DASHES: Readonly<Record<string, string>> = { select: "6 4", poll: "2 3", epoll: "none" };
const WIDTH = 520;
const HEIGHT = 260;

/** What is drawn of the costs. */
const FIGURES = [
  ["asked", "files asked a call"],
  ["copied", "bytes copied a call"],
] as const;
type Figure = (typeof FIGURES)[number][0];

function Chart({ costs, figure, label }: { costs: readonly Cost[]; figure: Figure; label: string }) {
  const most = Math.max(1, ...costs.map((c) => c[figure]));
  const x = scaleLog()
    .domain([sizes[0] as number, sizes.at(-1) as number])
    .range([60, WIDTH - 70]);
  const y = scaleLinear()
    .domain([0, most])
    .nice()
    .range([HEIGHT - 40, 16]);
  const path = line<Cost>(
    (c) => x(c.descriptors),
    (c) => y(c[figure]),
  );
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={`${label} against descriptors; the table below has the numbers`}
      class="chart"
    >
      <line x1="60" x2={WIDTH - 70} y1={HEIGHT - 40} y2={HEIGHT - 40} stroke="var(--soft)" />
      <line x1="60" x2="60" y1="16" y2={HEIGHT - 40} stroke="var(--soft)" />
      {y.ticks(5).map((t) => (
        <text key={t} x="54" y={y(t) + 4} text-anchor="end" font-size="11" fill="var(--soft)">
          {t}
        </text>
      ))}
      {sizes.map((n) => (
        <text key={n} x={x(n)} y={HEIGHT - 24} text-anchor="middle" font-size="11" fill="var(--soft)">
          {n}
        </text>
      ))}
      <text x={WIDTH / 2} y={HEIGHT - 6} text-anchor="middle" font-size="12" fill="var(--text)">
        descriptors watched (logarithmic)
      </text>
      <text x="14" y={HEIGHT / 2} text-anchor="middle" font-size="12" fill="var(--text)" transform={`rotate(-90 14 ${HEIGHT / 2})`}>
        {label}
      </text>
      {NAMES.map((method) => {
        const own = costs.filter((c) => c.method === method);
        const last = own.at(-1);
        return (
          last && (
            <g key={method}>
              <path d={path(own) ?? ""} fill="none" stroke="var(--accent)" stroke-width="2" stroke-dasharray={DASHES[method]} />
              <text
                x={x(last.descriptors) + 6}
                y={y(last[figure]) + (method === "epoll" ? 4 : method === "select" ? -8 : 6)}
                font-size="12"
                fill="var(--text)"
              >
                {method}
              </text>
            </g>
          )
        );
      })}
    </svg>
  );
}

/** Cost of one wait against the number of descriptors, counted in the page by runs of wait_cost.c. */
export function CostChart() {
  const costs = useSignal<readonly Cost[]>([]);
  const said = useSignal("");
  const busy = useSignal(false);
  const measure = async (): Promise<void> => {
    busy.value = true;
    costs.value = [];
    try {
      const source = list.value.programs.find((p) => p.name === "wait_cost")?.source ?? "";
      const broken = (text: string): void => {
        said.value = text;
      };
      for (const method of NAMES) {
        for (const n of sizes) {
          said.value = `Running ${method} with ${n} descriptors…`;
          const side = await startSide("wait_cost", source, broken, [method, String(n), String(ROUNDS)]);
          try {
            const cost = await costOf(side, method, n);
            costs.value = [...costs.value, cost];
          } finally {
            side.close();
          }
        }
      }
      said.value = "Counted by the kernel in these runs.";
    } catch (e) {
      said.value = e instanceof Error ? e.message : String(e);
    } finally {
      busy.value = false;
    }
  };
  return (
    <section class="demo" aria-label="Cost of a wait">
      <h3>Cost of a wait: select, poll, epoll</h3>
      <p>
        One descriptor of N is ready. For one call: how many files does the kernel ask for their state, and how many bytes cross between
        program and kernel? select carries bitmaps, poll an entry for each descriptor, epoll only what is ready.{" "}
        <button type="button" disabled={busy.value} onClick={() => void measure()}>
          Measure
        </button>
      </p>
      {costs.value.length > 0 && (
        <>
          <div class="demo-sides">
            {FIGURES.map(([figure, label]) => (
              <Chart key={figure} costs={costs.value} figure={figure} label={label} />
            ))}
          </div>
          <div class="wide-table">
            <table class="plain">
              <caption>Files asked, and bytes copied, in one call</caption>
              <thead>
                <tr>
                  <th scope="col">Descriptors</th>
                  {NAMES.map((m) => (
                    <th scope="col" key={m}>
                      {m}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {sizes.map((n) => (
                  <tr key={n}>
                    <th scope="row">{n}</th>
                    {NAMES.map((m) => {
                      const cost = costs.value.find((c) => c.method === m && c.descriptors === n);
                      return <td key={m}>{cost ? `${cost.asked} asked, ${cost.copied} bytes` : "…"}</td>;
                    })}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
      <p role="status">{said.value}</p>
    </section>
  );
}
