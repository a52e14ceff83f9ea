import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { kernelFunctions } from "../page/kernelIndex.ts";
import type { SyscallRow, SyscallView, TaskView } from "../protocol.ts";
import { openSource } from "../ui/SourceDialog.tsx";
import { Demo } from "./demo.tsx";
import { dispatchDemo } from "./demos.ts";
import { Question } from "./question.tsx";
import type { Room, Workbench } from "./room.ts";

/** What each register carries over the crossing. */
const ROLES: readonly (readonly [field: string, role: string])[] = [
  ["orig_ax", "rax at the entry: the number of the call"],
  ["ax", "-ENOSYS until there is a result"],
  ["di", "rdi: first argument"],
  ["si", "rsi: second"],
  ["dx", "rdx: third"],
  ["r10", "fourth: a C function has it in rcx, but syscall overwrites rcx"],
  ["r8", "fifth"],
  ["r9", "sixth"],
  ["cx", "rcx: the address to return to, put there by syscall"],
  ["r11", "the flags, put there by syscall"],
  ["ip", "where the program goes on"],
  ["sp", "the user stack"],
];

const STATIONS = ["syscall", "entry_SYSCALL_64", "audit", "seccomp", "ptrace", "sysCallTable", "handler", "sysret"] as const;
const HOOKS = new Set(["audit", "seccomp", "ptrace"]);

/** Both rings and the stations of a call. */
function Crossing({ inKernel }: { inKernel: boolean }) {
  const about = `The program is ${inKernel ? "in the kernel, ring 0" : "in user mode, ring 3"}. Audit, seccomp and ptrace are not active.`;
  return (
    <svg viewBox="0 0 640 120" role="img" aria-label={about} style="width:100%;max-width:52rem">
      <rect x="2" y="4" width="636" height="42" rx="6" fill={inKernel ? "var(--sunken)" : "var(--lit)"} stroke="var(--line)" />
      <text x="12" y="30" font-size="13" fill="var(--text)">
        Ring 3: the program
      </text>
      <rect x="2" y="52" width="636" height="64" rx="6" fill={inKernel ? "var(--lit)" : "var(--sunken)"} stroke="var(--line)" />
      <text x="12" y="70" font-size="12" fill="var(--soft)">
        Ring 0: entered at the address in MSR_LSTAR
      </text>
      {STATIONS.map((s, i) => (
        <g key={s}>
          <rect
            x={8 + i * 79}
            y="80"
            width="75"
            height="26"
            rx="4"
            fill="var(--raised)"
            stroke="var(--line)"
            stroke-dasharray={HOOKS.has(s) ? "3 3" : undefined}
          />
          <text x={45 + i * 79} y="97" font-size="8.5" text-anchor="middle" fill={HOOKS.has(s) ? "var(--faint)" : "var(--text)"}>
            {HOOKS.has(s) ? `${s} (off)` : s}
          </text>
        </g>
      ))}
    </svg>
  );
}

function View({ bench }: { bench: Workbench }) {
  const task = bench.state.value?.tasks.find((t) => t.pid === bench.task.value);
  return (
    <>
      <Crossing inKernel={task?.inKernel ?? false} />
      {task?.call ? <Call call={task.call} task={task} /> : <p class="empty">No system call yet. Press Run, or step to the next call.</p>}
      {questions.map((q) => (
        <Question key={q.ask} bench={bench} question={q} />
      ))}
      <Demo bench={bench} demo={dispatchDemo} />
      <Table bench={bench} />
    </>
  );
}

function Call({ call, task }: { call: SyscallView; task: TaskView }) {
  return (
    <>
      <p class="call-text">
        <code>{call.text}</code> {call.result === null && <span class="tag">{task.inKernel ? "in the kernel" : "not returned"}</span>}
      </p>
      <table class="plain">
        <caption class="visually-hidden">Arguments of the call in registers</caption>
        <thead>
          <tr>
            <th scope="col">Register</th>
            <th scope="col">Role</th>
            <th scope="col">Value</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">rax</th>
            <td>number in, result out</td>
            <td>
              {call.nr} → {call.result ?? "…"}
            </td>
          </tr>
          {call.args.map((a) => (
            <tr key={a.register}>
              <th scope="row">{a.register}</th>
              <td>{a.name}</td>
              <td>
                <code>{a.text}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <ol class="way" aria-label="The way through the kernel">
        {call.path.map((f) => (
          <li key={f}>
            <code>{f}</code>
          </li>
        ))}
      </ol>
      <p>
        Cost: {call.instructions} ns charged on the virtual clock for the crossing, as much as {call.instructions} instructions (a fixed
        price: the kernel here is no guest code, so it retires no instructions itself). Counted, not charged: {call.copiedIn} bytes copied
        from the program, {call.copiedOut} to it. Linux: <code>{call.linux}</code>
      </p>
      {task.ptRegs && (
        <table class="plain">
          <caption>struct pt_regs</caption>
          <thead>
            <tr>
              <th scope="col">Field</th>
              <th scope="col">Value</th>
              <th scope="col">Role</th>
            </tr>
          </thead>
          <tbody>
            {ROLES.map(([field, role]) => (
              <tr key={field}>
                <th scope="row">{field}</th>
                <td>
                  <code>{task.ptRegs?.[field]}</code>
                </td>
                <td>{role}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

/** To where a call is declared in the kernel's source. */
function CallSource({ name }: { name: string }) {
  const f = kernelFunctions.value.get(`syscall ${name}`);
  if (!f) return null;
  return (
    <button type="button" class="link" aria-label={`Source of ${name}`} onClick={() => void openSource(f.file, f.line)}>
      {f.file.slice(f.file.lastIndexOf("/") + 1)}:{f.line}
    </button>
  );
}

/** The whole of sysCallTable, to be searched. */
function Table({ bench }: { bench: Workbench }) {
  const rows = useSignal<readonly SyscallRow[]>([]);
  const word = useSignal("");
  useEffect(() => {
    bench.ask({ type: "table" }).then(
      (r) => {
        rows.value = r;
      },
      () => {},
    );
  }, [bench, rows]);
  const wanted = word.value.toLowerCase();
  const shown = rows.value.filter((r) => wanted === "" || r.name.includes(wanted) || String(r.nr) === wanted);
  return (
    <details class="wide-table">
      <summary>sysCallTable: {rows.value.length} calls</summary>
      <label>
        Name or number{" "}
        <input
          value={word.value}
          onInput={(e) => {
            word.value = e.currentTarget.value;
          }}
        />
      </label>
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Number</th>
            <th scope="col">Name</th>
            <th scope="col">Arguments</th>
            <th scope="col">Here</th>
            <th scope="col">Linux</th>
            <th scope="col">Source</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((r) => (
            <tr key={r.nr}>
              <td>{r.nr}</td>
              <th scope="row">{r.name}</th>
              <td>{r.args.join(", ")}</td>
              <td>{r.supported ? "supported" : "-ENOSYS"}</td>
              <td>
                <code>{r.linux}</code>
              </td>
              <td>
                <CallSource name={r.name} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

export const questions = [
  {
    ask: "A process reads from an empty pipe or socket. What happens until the call returns?",
    answer:
      "The handler finds no data, puts the task on the file's wait queue in state TASK_INTERRUPTIBLE and gives the processor away. Whoever brings data wakes the queue; the task is runnable again, the call looks once more, copies the data to the program and returns their number.",
    program: "pipe",
    event: /^pipe\.rd_wait/,
  },
];

export const systemCalls: Room = {
  id: "syscalls",
  title: "System calls",
  lead: "How a program crosses into the kernel, and what the registers carry.",
  program: "read_write",
  View,
};
