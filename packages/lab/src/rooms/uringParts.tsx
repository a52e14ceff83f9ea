import { useSignal } from "@preact/signals";
import { numberText, timeText } from "../page/describe.ts";
import { list } from "../page/session.ts";
import { startSide } from "../page/sideMachine.ts";
import { messageOf, runWhole } from "./go.ts";
import type { Workbench } from "./room.ts";
import { BLOCKS, type UringCost, uringCostOf, uringWays } from "./uringCost.ts";
import { type UringCell, uringCells, uringSteps } from "./uringSteps.ts";
import { Wide } from "./wide.tsx";

const RUNS = [
  ["By io_uring_enter", "enter"],
  ["With SQPOLL", "sqpoll"],
] as const;

const sourceOf = (name: string): string => list.value.programs.find((p) => p.name === name)?.source ?? "";

/** The chapter's six steps, each at its moment of two real runs. */
export function UringWalkthrough({ bench }: { bench: Workbench }) {
  const cells = useSignal<readonly (readonly UringCell[])[]>([]);
  const said = useSignal("");
  const busy = useSignal(false);
  const fill = async (): Promise<void> => {
    busy.value = true;
    said.value = "Running both…";
    try {
      cells.value = await Promise.all(
        RUNS.map(async ([, mode]) => {
          const side = await startSide(
            "uring_read",
            sourceOf("uring_read"),
            (text) => {
              said.value = text;
            },
            [mode],
          );
          try {
            return await uringCells(side);
          } finally {
            side.close();
          }
        }),
      );
      said.value = "Each cell was read from the machine at its moment.";
    } catch (e) {
      said.value = messageOf(e);
    } finally {
      busy.value = false;
    }
  };
  const go = async (mode: string, cell: UringCell, step: number): Promise<void> => {
    try {
      await runWhole(bench, "uring_read", null, [mode]);
      await bench.seek(cell.moment.event < 0 ? cell.moment : await bench.ask({ type: "seek", moment: cell.moment }));
      said.value = `The cursor is at step ${step + 1} of uring_read ${mode}.`;
    } catch (e) {
      said.value = messageOf(e);
    }
  };
  return (
    <section class="demo" aria-label="Walkthrough: a READ and its completion">
      <h3>Walkthrough: submit a READ, reap its completion</h3>
      <p>
        <button type="button" disabled={busy.value} onClick={() => void fill()}>
          Fill the steps from two runs
        </button>{" "}
        A cell’s button puts the cursor of time there: the rings above show that moment.
      </p>
      <div class="wide-table">
        <table class="plain uring-steps">
          <caption class="visually-hidden">The six steps of a read, by io_uring_enter and with SQPOLL</caption>
          <thead>
            <tr>
              <th scope="col">Step</th>
              <th scope="col">Actor</th>
              {RUNS.map(([title]) => (
                <th scope="col" key={title}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {uringSteps.map((step, i) => (
              <tr key={step.title}>
                <th scope="row">{step.title}</th>
                <td>{step.actor}</td>
                {RUNS.map(([title, mode], r) => {
                  const cell = cells.value[r]?.[i];
                  return (
                    <td key={mode}>
                      {cell ? (
                        <button type="button" class="link" aria-label={`${title}: ${cell.text}`} onClick={() => void go(mode, cell, i)}>
                          {cell.text}
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
        There is no disk here and so no DMA: the file’s pages lie in the page cache. Without IOSQE_ASYNC such a read is done on the spot, in
        step 3, in Linux as well. With it a worker thread reads, and its completion comes later, as that of a disk does. Both kernels would
        ask the block layer in the same place. “Atomically increments” in the chapter is a plain store on x86: there is one writer of each
        index.
      </p>
    </section>
  );
}

/** The same reads by calls, by batches, and without calls; counted in runs of uring_cost.c. */
export function UringCosts({ bench }: { bench: Workbench }) {
  const costs = useSignal<readonly UringCost[]>([]);
  const said = useSignal("");
  const busy = useSignal(false);
  const measure = async (): Promise<void> => {
    busy.value = true;
    costs.value = [];
    try {
      for (const { method, title } of uringWays) {
        said.value = `Running ${title}…`;
        const side = await startSide(
          "uring_cost",
          sourceOf("uring_cost"),
          (text) => {
            said.value = text;
          },
          [method],
        );
        try {
          costs.value = [...costs.value, uringCostOf(side.events, method)];
        } finally {
          side.close();
        }
      }
      said.value = "Counted by the kernel in these runs.";
    } catch (e) {
      said.value = messageOf(e);
    } finally {
      busy.value = false;
    }
  };
  const open = async (method: string): Promise<void> => {
    try {
      await runWhole(bench, "uring_cost", null, [method]);
      said.value = `uring_cost ${method} is in the workbench.`;
    } catch (e) {
      said.value = messageOf(e);
    }
  };
  const most = Math.max(1, ...costs.value.map((c) => c.calls));
  return (
    <section class="demo" aria-label="Cost of the same reads">
      <h3>{BLOCKS} reads, four ways</h3>
      <p>
        <button type="button" disabled={busy.value} onClick={() => void measure()}>
          Count the calls
        </button>{" "}
        uring_cost.c reads {BLOCKS} blocks of a file. What is counted lies between two calls of sched_yield.
      </p>
      <Wide label="Cost of the same reads, a table">
        <table class="plain">
          <caption class="visually-hidden">System calls, instructions and virtual time of {BLOCKS} reads</caption>
          <thead>
            <tr>
              <th scope="col">Way</th>
              <th scope="col">How</th>
              <th scope="col">System calls</th>
              <th scope="col">Instructions</th>
              <th scope="col">Virtual time</th>
              <th scope="col">Task switches</th>
            </tr>
          </thead>
          <tbody>
            {uringWays.map((w) => {
              const c = costs.value.find((x) => x.method === w.method);
              return (
                <tr key={w.method}>
                  <th scope="row">
                    <button type="button" class="link" aria-label={`${w.title} in the workbench`} onClick={() => void open(w.method)}>
                      {w.title}
                    </button>
                  </th>
                  <td>{w.how}</td>
                  <td>
                    {c ? (
                      <>
                        {numberText(c.calls)}{" "}
                        {c.calls > 0 && <span class="bar" style={{ width: `${(4 * c.calls) / most}rem` }} aria-hidden="true" />}
                      </>
                    ) : (
                      "…"
                    )}
                  </td>
                  <td>{c ? numberText(c.instructions) : "…"}</td>
                  <td>{c ? timeText(c.time) : "…"}</td>
                  <td>{c ? numberText(c.switches) : "…"}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </Wide>
      <p role="status">{said.value}</p>
      <p class="note">
        Instructions are those of the program, which is compiled without optimization; what the kernel does has none here. On the virtual
        clock an instruction takes 1 ns, a call 100 ns and an entry 50 ns, whatever the kernel does in it. A read of a cached page is cheap
        by any way; rings pay where calls cost more, as they do on a real machine, or where data come late. With SQPOLL the program and the
        kernel’s thread share the one processor: the thread is looked after between two instructions of the program, which looks at the ring
        meanwhile.
      </p>
    </section>
  );
}
