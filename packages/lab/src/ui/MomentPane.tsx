import { signal } from "@preact/signals";
import { kernelFunctions } from "../page/kernelIndex.ts";
import { running, source, stale, state, taskPid } from "../page/session.ts";
import type { RegistersView, StateView, TaskView } from "../protocol.ts";
import { CodeView, codeOpen, MemoryView } from "./MemoryView.tsx";
import { openSource } from "./SourceDialog.tsx";

/** Registers in the order in which a call uses them. */
const order = ["rax", "rdi", "rsi", "rdx", "r10", "r8", "r9", "rip", "rsp", "rbp", "rbx", "rcx", "r11", "r12", "r13", "r14", "r15"];
/** Registers of each task as they were shown before, so that a change is seen. */
const before = signal<ReadonlyMap<number, Readonly<Record<string, string>>>>(new Map());
let lastView: StateView | null = null;
let last: ReadonlyMap<number, Readonly<Record<string, string>>> = new Map();

const FLAGS: readonly (readonly [bit: number, name: string])[] = [
  [0, "CF"],
  [2, "PF"],
  [4, "AF"],
  [6, "ZF"],
  [7, "SF"],
  [8, "TF"],
  [9, "IF"],
  [10, "DF"],
  [11, "OF"],
];

/** Source line, instruction, registers and kernel function of the moment, together. */
export function MomentPane() {
  const view = state.value;
  const task = view?.tasks.find((t) => t.pid === taskPid.value) ?? null;
  if (view !== lastView) {
    before.value = last;
    last = new Map(view?.tasks.map((t) => [t.pid, t.registers.gpr]));
    lastView = view;
  }
  return (
    <section class="pane moment" aria-labelledby="moment-title" aria-busy={stale.value}>
      <header class="pane-head">
        <h2 id="moment-title">This moment</h2>
        {view && view.tasks.length > 0 && <TaskPicker view={view} />}
      </header>
      {view && task ? <Details view={view} task={task} /> : running.value ? <Runs /> : <StartHere />}
    </section>
  );
}

function Runs() {
  return (
    <p class="soft">
      The program runs. <b>Pause</b> it, or click into the timeline, to look at a moment.
    </p>
  );
}

/** What to do first. */
function StartHere() {
  return (
    <>
      <p class="soft">The source line, the registers and the kernel function of a moment appear here.</p>
      <ol class="start-here">
        <li>
          Press <b>Run</b>. The program runs on a kernel in this page.
        </li>
        <li>
          Click into the <b>timeline</b>, or press <kbd>←</kbd> <kbd>→</kbd> there: everything on the page goes to that moment, back as well
          as on.
        </li>
        <li>
          <b>Step</b> goes by C line, instruction, system call or event.
        </li>
        <li>
          The rooms above draw what the kernel holds. <b>Prove it</b> runs a program up to the moment that answers a question.
        </li>
      </ol>
      <p class="soft">
        <kbd>?</kbd> shows all keys.
      </p>
    </>
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
        title="The task that is looked at"
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

function sourceLine(line: number): string {
  return source.value.split("\n", line)[line - 1]?.trim() ?? "";
}

function UserSide({ task }: { task: TaskView }) {
  const line = task.line || task.callerLine;
  return (
    <>
      {line > 0 && (
        <p>
          <span class="line-number">line {line}</span> <code>{sourceLine(line)}</code>
        </p>
      )}
      {task.line === 0 && (
        <p class="soft">
          {line > 0 ? "in what it called: " : "outside the source"}
          {line === 0 && task.userFunction ? ", in " : ""}
          {task.userFunction ? <code>{task.userFunction}()</code> : line > 0 ? "it" : ""}
        </p>
      )}
    </>
  );
}

function Details({ view, task }: { view: StateView; task: TaskView }) {
  const inKernel = task.inKernel || (view.kernelFunction !== "" && view.current === task.pid);
  const known = before.value.get(task.pid);
  return (
    <>
      <div class="ring" data-ring={inKernel ? 0 : 3}>
        <div class={inKernel ? "side" : "side lit"}>
          <h3>User space, ring 3</h3>
          <UserSide task={task} />
          {!codeOpen.value && task.instruction && (
            <p>
              <span class="line-number">next</span> <code>{task.instruction}</code>
            </p>
          )}
        </div>
        <div class={inKernel ? "side lit" : "side"}>
          <h3>Kernel, ring 0</h3>
          {view.kernelFunction ? <KernelFunctionLink name={view.kernelFunction} /> : <p class="soft">not in the kernel</p>}
          {task.call && (
            <p>
              {!inKernel && <span class="line-number">last call</span>}
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
          const changed = known?.[name] !== undefined && known[name] !== value;
          return (
            <div
              key={name}
              class={changed ? "register changed" : "register"}
              title={changed ? `was 0x${known[name]!.replace(/^0+(?=.)/, "")}` : undefined}
            >
              <dt>{name}</dt>
              <dd>
                <Hex digits={value} />
                {changed && <span class="visually-hidden"> changed</span>}
              </dd>
            </div>
          );
        })}
        <Flags registers={task.registers} />
      </dl>
      <CodeView task={task} />
      <MemoryView task={task} />
    </>
  );
}

function Flags({ registers }: { registers: RegistersView }) {
  const set = FLAGS.filter(([bit]) => registers.eflags & (1 << bit)).map(([, name]) => name);
  return (
    <div class="register" title={`eflags 0x${registers.eflags.toString(16)}`}>
      <dt>flags</dt>
      <dd>
        <code>{set.join(" ") || "none"}</code>
      </dd>
    </div>
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
      <button type="button" class="link" title={`${f.file}:${f.line}`} onClick={() => openSource(f.file, f.line)}>
        <code>{f.name}()</code>
      </button>{" "}
      <span class="soft">
        stands for Linux’s <code>{f.linuxSymbols}</code> in <code>{f.linuxFile}</code>
      </span>
    </p>
  );
}
