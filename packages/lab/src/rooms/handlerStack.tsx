import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { signalName } from "../page/describe.ts";
import { store, storeVersion } from "../page/session.ts";
import type { Moment } from "../protocol.ts";
import { messageOf } from "./go.ts";
import { type Asker, type HandlerPicture, type HandlerRun, handlerRunAt, readHandler } from "./handlerRun.ts";
import type { Workbench } from "./room.ts";
import { StackSketch } from "./stackSketch.tsx";
import { Wide } from "./wide.tsx";

const COLUMNS = ["before", "in the handler", "after"] as const;

/** What a row of the frame is part of, for its colour. */
function partOf(name: string): string {
  if (name.startsWith("uc.uc_mcontext")) return "mcontext";
  if (name.startsWith("uc.")) return "ucontext";
  if (name.startsWith("info.")) return "info";
  if (name.startsWith("fpstate")) return "fpstate";
  if (name === "pretcode") return "pretcode";
  return name.startsWith("red zone") ? "red" : "own";
}

const MEANING: Readonly<Record<string, string>> = {
  pretcode: "the handler’s return address: the C library’s code that calls rt_sigreturn",
  "uc.uc_sigmask": "the blocked set that comes back",
  "uc.uc_mcontext.ip": "where the program goes on",
  "uc.uc_mcontext.sp": "its stack pointer",
  "uc.uc_mcontext.fpstate": "points to the saved x87 and SSE state",
  "uc.uc_mcontext.cr2": "address of the last page fault",
};

function Stack({ picture }: { picture: HandlerPicture }) {
  return (
    <Wide label="The user stack at three moments">
      <table class="plain stack">
        <caption>The user stack, highest address first; it grows downwards</caption>
        <thead>
          <tr>
            <th scope="col">Address</th>
            <th scope="col">Field</th>
            {COLUMNS.map((c) => (
              <th scope="col" key={c}>
                {c}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {picture.stack.map((row) => (
            <tr key={`${row.address} ${row.name}`} class={`part-${partOf(row.name)}`}>
              <td>
                <code>{row.address}</code>
              </td>
              <th scope="row">
                {row.name} {MEANING[row.name] && <span class="soft">({MEANING[row.name]})</span>}
              </th>
              {row.values.map((value, i) => (
                <td key={COLUMNS[i]} class={row.changed[i] ? "changed" : undefined}>
                  <code>{value}</code>
                  {row.changed[i] && <span class="visually-hidden"> changed</span>}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Wide>
  );
}

function Registers({ picture }: { picture: HandlerPicture }) {
  return (
    <Wide label="The registers at three moments, and in the frame">
      <table class="plain stack">
        <caption>Registers: what was saved comes back</caption>
        <thead>
          <tr>
            <th scope="col">Register</th>
            <th scope="col">interrupted</th>
            <th scope="col">in the frame</th>
            <th scope="col">handler begins</th>
            <th scope="col">after rt_sigreturn</th>
          </tr>
        </thead>
        <tbody>
          {picture.registers.map(({ name, values }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {values.map((v, i) => (
                <td key={i} class={i === 1 && v !== values[0] ? "changed" : undefined}>
                  <code>{v.replace(/^0+(?=.)/, "")}</code>
                  {i === 3 && v !== "" && (v === values[1] ? " = frame" : " differs")}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Wide>
  );
}

/** The run of a handler at three moments: before, in, and after it, with every field of the frame. */
export function HandlerStack({ bench }: { bench: Workbench }) {
  const picture = useSignal<HandlerPicture | null>(null);
  const said = useSignal("");
  void storeVersion.value;
  const { event } = bench.state.value?.moment ?? { event: -1 };
  const run: HandlerRun | null = bench.state.value ? handlerRunAt(store, event, bench.task.value) : null;
  const key = run ? `${run.pid} ${run.deliver} ${run.done}` : "";
  const deliver: Moment | null = run ? { position: store.position.at(run.deliver), event: run.deliver } : null;
  useEffect(() => {
    picture.value = null;
    if (!run || !deliver) return;
    let stale = false;
    const ask: Asker = {
      stateAt: (moment) => bench.ask({ type: "state", moment }),
      memoryAt: (moment, pid, address, length) => bench.ask({ type: "memory", moment, pid, address, length }),
    };
    readHandler(ask, run, deliver).then(
      (p) => {
        if (!stale) picture.value = p;
      },
      (e) => {
        if (!stale) said.value = messageOf(e);
      },
    );
    return () => {
      stale = true;
    };
    // The key names all of the run that matters.
  }, [key, store]);
  if (!run || !deliver) return <p class="empty">No handler runs in what has been computed of this run. Open signals.c and press Run.</p>;
  const p = picture.value;
  const at = event < run.deliver ? 0 : run.done >= 0 && event >= run.done ? 2 : 1;
  const moments: readonly (Moment | null)[] = [run.before, deliver, run.after];
  return (
    <section aria-label="The handler's stack">
      <h3>
        {signalName(run.signal)} in task {run.pid}: the stack before, in and after the handler
      </h3>
      <p class="demo-buttons">
        {COLUMNS.map((c, i) => {
          const moment = moments[i];
          return (
            <button type="button" key={c} disabled={!moment} aria-pressed={at === i} onClick={() => moment && void bench.seek(moment)}>
              Cursor {c}
            </button>
          );
        })}
      </p>
      <p role="status">{said.value}</p>
      {p && (
        <>
          <p>
            Blocked: before <code>{p.blocked[0]?.join(", ") || "nothing"}</code>; in the handler{" "}
            <code>{p.blocked[1]?.join(", ") || "nothing"}</code>; after{" "}
            <code>{run.after ? p.blocked[2]?.join(", ") || "nothing" : "not yet"}</code>.
            {p.alternate && " The handler runs on an alternate stack (SA_ONSTACK)."}
          </p>
          <StackSketch picture={p} signal={signalName(run.signal)} />
          <Registers picture={p} />
          <p class="note">
            Frame and interrupted registers differ where a system call was interrupted: the kernel has put the result, or the restart, into
            rax and rip before it lays the frame.
          </p>
          <details>
            <summary>Every field of the frame, with its bytes at the three moments</summary>
            <Stack picture={p} />
          </details>
        </>
      )}
    </section>
  );
}
