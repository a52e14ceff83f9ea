import { useSignal } from "@preact/signals";
import { list } from "../page/session.ts";
import { startSide } from "../page/sideMachine.ts";
import type { Workbench } from "./room.ts";
import { type Cell, fill, steps } from "./walkthroughCells.ts";

const RUNS = [
  ["Level-triggered", "epoll_lt"],
  ["Edge-triggered", "epoll_et"],
] as const;

function cellText(c: Cell): string {
  const result = c.result === null ? "" : `returns ${c.result}; `;
  return `${result}${c.waiting} bytes wait; ready list: ${c.ready.map((fd) => `fd ${fd}`).join(", ") || "empty"}`;
}

/** The chapter's table of level against edge, filled from two runs of the same program side by side. */
export function Walkthrough({ bench }: { bench: Workbench }) {
  const cells = useSignal<readonly (readonly (Cell | null)[])[]>([]);
  const said = useSignal("");
  const run = async (): Promise<void> => {
    said.value = "Running both…";
    try {
      cells.value = await Promise.all(
        RUNS.map(async ([, name]) => {
          const side = await startSide(name, list.value.programs.find((p) => p.name === name)?.source ?? "", (text) => {
            said.value = text;
          });
          try {
            return await fill(side);
          } finally {
            side.close();
          }
        }),
      );
      said.value = "Each cell was read from the machine at its moment.";
    } catch (e) {
      said.value = e instanceof Error ? e.message : String(e);
    }
  };
  const go = async (name: string, event: number): Promise<void> => {
    try {
      await bench.runProgram(name);
      await bench.ask({ type: "seek", moment: { position: 5_000_000, event: -1 } });
      await bench.seek(await bench.ask({ type: "seek", moment: { position: 0, event } }));
      said.value = `The cursor is at this step of ${name}.c.`;
    } catch (e) {
      said.value = e instanceof Error ? e.message : String(e);
    }
  };
  return (
    <section class="demo" aria-label="Walkthrough: level against edge">
      <h3>Walkthrough: 3 KB come, 1 KB is read at a time</h3>
      <p>
        <button type="button" onClick={() => void run()}>
          Fill the table from two runs
        </button>{" "}
        A cell’s button puts the cursor of time there.
      </p>
      <div class="wide-table">
        <table class="plain">
          <caption class="visually-hidden">Level-triggered and edge-triggered, step by step</caption>
          <thead>
            <tr>
              <th scope="col">Step</th>
              {RUNS.map(([title]) => (
                <th scope="col" key={title}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {steps.map((step, i) => (
              <tr key={step.title}>
                <th scope="row">{step.title}</th>
                {RUNS.map(([title, name], r) => {
                  const cell = cells.value[r]?.[i];
                  return (
                    <td key={title}>
                      {cell ? (
                        <button
                          type="button"
                          class="link"
                          aria-label={`${title}: ${cellText(cell)}`}
                          onClick={() => void go(name, cell.event)}
                        >
                          {cellText(cell)}
                        </button>
                      ) : (
                        "…"
                      )}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p role="status">{said.value}</p>
      <p class="note">
        With edges the rest stays in the buffer until new data come: read until EAGAIN after each event, on a descriptor with O_NONBLOCK.
      </p>
    </section>
  );
}
