import { signal } from "@preact/signals";
import { kernelFunctions } from "../page/kernelIndex.ts";
import { source, stale, state, taskPid } from "../page/session.ts";
import type { StateView, TaskView } from "../protocol.ts";
import { openSource } from "./SourceDialog.tsx";

/** Registers in the order in which a call uses them. */
const order = ["rax", "rdi", "rsi", "rdx", "r10", "r8", "r9", "rip", "rsp", "rbp", "rbx", "rcx", "r11", "r12", "r13", "r14", "r15"];
/** What was there before, so that a change is seen. */
const before = signal<Readonly<Record<string, string>>>({});
let lastView: StateView | null = null;
let lastRegisters: Readonly<Record<string, string>> = {};

/** Source line, instruction, registers and kernel function of the moment, together. */
export function MomentPane() {
  const view = state.value;
  const task = view?.tasks.find((t) => t.pid === taskPid.value) ?? null;
  if (view !== lastView) {
    before.value = lastRegisters;
    lastRegisters = task?.registers.gpr ?? {};
    lastView = view;
  }
  return (
    <section class="pane moment" aria-labelledby="moment-title" aria-busy={stale.value}>
      <header class="pane-head">
        <h2 id="moment-title">This moment</h2>
        {view && view.tasks.length > 0 && <TaskPicker view={view} />}
      </header>
      {view && task ? (
        <Details view={view} task={task} />
      ) : (
        <p class="empty">Run or step: the source line, the registers and the kernel function appear here.</p>
      )}
    </section>
  );
}

function TaskPicker({ view }: { view: StateView }) {
  return (
    <>
      <label class="visually-hidden" for="task">
        Task
      </label>
      <select
        id="task"
        value={String(taskPid.value)}
        onChange={(e) => {
          taskPid.value = Number(e.currentTarget.value);
        }}
      >
        {view.tasks.map((t) => (
          <option key={t.pid} value={String(t.pid)}>
            {t.comm} {t.pid}: {t.state}
            {t.queues.length > 0 ? ` (${t.queues.join(", ")})` : ""}
          </option>
        ))}
      </select>
    </>
  );
}

function Details({ view, task }: { view: StateView; task: TaskView }) {
  const text = task.line > 0 ? source.value.split("\n", task.line)[task.line - 1]?.trim() : undefined;
  const inKernel = task.inKernel || (view.kernelFunction !== "" && view.current === task.pid);
  return (
    <>
      <div class="ring" data-ring={inKernel ? 0 : 3}>
        <div class={inKernel ? "side" : "side lit"}>
          <h3>User space, ring 3</h3>
          <p>
            {text !== undefined ? (
              <>
                <span class="line-number">line {task.line}</span> <code>{text}</code>
              </>
            ) : (
              <span class="soft">
                outside the source{task.userFunction ? "," : ""} {task.userFunction && <code>{task.userFunction}()</code>}
              </span>
            )}
          </p>
          <p>
            <span class="line-number">next</span> <code>{task.instruction || "–"}</code>
          </p>
        </div>
        <div class={inKernel ? "side lit" : "side"}>
          <h3>Kernel, ring 0</h3>
          {view.kernelFunction ? <KernelFunctionLink name={view.kernelFunction} /> : <p class="soft">not in the kernel</p>}
          {task.call && (
            <p>
              <code class="call">{task.call.text}</code>
            </p>
          )}
        </div>
      </div>
      <h3 class="visually-hidden">Registers</h3>
      <dl class="registers">
        {order.map((name) => {
          const value = task.registers.gpr[name];
          if (value === undefined) return null;
          const changed = before.value[name] !== undefined && before.value[name] !== value;
          return (
            <div key={name} class={changed ? "register changed" : "register"}>
              <dt>{name}</dt>
              <dd>
                <Hex digits={value} />
                {changed && <span class="visually-hidden"> changed</span>}
              </dd>
            </div>
          );
        })}
      </dl>
    </>
  );
}

/** Leading zeros step back, so that the value is seen. */
function Hex({ digits }: { digits: string }) {
  const zeros = /^0*(?=.)/.exec(digits)?.[0].length ?? 0;
  return (
    <code>
      <span class="zeros">{digits.slice(0, zeros)}</span>
      {digits.slice(zeros)}
    </code>
  );
}

/** A kernel function: leads to its place in this repository, and names Linux's. */
export function KernelFunctionLink({ name }: { name: string }) {
  const f = kernelFunctions.value.get(name);
  if (!f) {
    return (
      <p>
        <code>{name}()</code>
      </p>
    );
  }
  return (
    <p>
      <button type="button" class="link" onClick={() => openSource(f.file, f.line)}>
        <code>{f.name}()</code>
      </button>{" "}
      <span class="soft">
        stands for Linux’s <code>{f.linuxSymbols}</code> in <code>{f.linuxFile}</code>
      </span>
    </p>
  );
}
