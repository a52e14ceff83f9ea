import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { kernelFunctions } from "../page/kernelIndex.ts";
import { store, storeVersion } from "../page/session.ts";
import type { SyscallRow, SyscallView, TaskView } from "../protocol.ts";
import { openSource } from "../ui/SourceDialog.tsx";
import { Crossing, NO_VERDICTS, placeOf, verdictsAt } from "./crossing.tsx";
import { Demo } from "./demo.tsx";
import { dispatchDemo } from "./demos.ts";
import { Question, type QuestionText } from "./question.tsx";
import type { Room, Workbench } from "./room.ts";
import { Wide } from "./wide.tsx";

/** struct pt_regs in the order of memory, lowest address first, and what each field carries over the crossing. */
const ROLES: readonly (readonly [field: string, role: string])[] = [
  ["r15", "the program’s: a C function must bring it back"],
  ["r14", "the same"],
  ["r13", "the same"],
  ["r12", "the same"],
  ["bp", "the same"],
  ["bx", "the same"],
  ["r11", "the flags, put there by syscall"],
  ["r10", "fourth argument: a C function has it in rcx, but syscall overwrites rcx"],
  ["r9", "sixth argument"],
  ["r8", "fifth argument"],
  ["ax", "-ENOSYS until there is a result"],
  ["cx", "rcx: the address to return to, put there by syscall"],
  ["dx", "rdx: third argument"],
  ["si", "rsi: second argument"],
  ["di", "rdi: first argument"],
  ["orig_ax", "rax at the entry: the number of the call"],
  ["ip", "where the program goes on (rcx again)"],
  ["cs", "0x33: the program’s code segment, ring 3"],
  ["flags", "the flags (r11 again)"],
  ["sp", "the user stack: syscall leaves rsp alone, the entry code saves it"],
  ["ss", "0x2b: the program’s stack segment"],
];
const FIELD = 8;

function View({ bench }: { bench: Workbench }) {
  void storeVersion.value;
  const state = bench.state.value;
  const task = state?.tasks.find((t) => t.pid === bench.task.value);
  const event = state?.moment.event ?? -1;
  return (
    <>
      <Crossing
        task={task}
        place={state && task ? placeOf(store, state, task) : "program"}
        verdicts={task ? verdictsAt(store, event, task.pid) : NO_VERDICTS}
      />
      {task?.call ? <Call call={task.call} task={task} /> : <p class="empty">No system call yet. Press Run, or step to the next call.</p>}
      <p class="note">
        syscall does not touch memory: it switches to ring 0, saves rip in rcx and the flags in r11, clears flags by MSR_SYSCALL_MASK and
        takes rip from MSR_LSTAR. The stack is still the program’s; entry_SYSCALL_64 finds the kernel’s by swapgs. Since 4.8 ptrace is asked
        before seccomp, so that a tracer cannot change a call that a filter has allowed; audit comes last, and again at the exit with the
        result.
      </p>
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
        price: the kernel here is no guest code, so it retires no instructions itself). Counted, not charged: {call.copied.fromUser} bytes
        copied from the program, {call.copied.toUser} to it, {call.copied.kernel + call.copied.pages} within the kernel. Linux:{" "}
        <code>{call.linux}</code>
      </p>
      {task.ptRegs && (
        <Wide label="struct pt_regs">
          <table class="plain stack">
            <caption>struct pt_regs on the kernel’s stack, lowest address first; pushed from the last field to the first</caption>
            <thead>
              <tr>
                <th scope="col">Offset</th>
                <th scope="col">Field</th>
                <th scope="col">Value</th>
                <th scope="col">Role</th>
              </tr>
            </thead>
            <tbody>
              {ROLES.map(([field, role], i) => (
                <tr key={field}>
                  <td>{i * FIELD}</td>
                  <th scope="row">{field}</th>
                  <td>
                    <code>{task.ptRegs?.[field]}</code>
                  </td>
                  <td>{role}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Wide>
      )}
    </>
  );
}

/** To where a call is declared in the kernel's source. */
function CallSource({ name }: { name: string }) {
  const f = kernelFunctions.value.get(`syscall ${name}`);
  if (!f) return null;
  return (
    <button type="button" class="link" onClick={() => void openSource(f.file, f.line)}>
      <span class="visually-hidden">Source of {name}: </span>
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

export const questions: readonly QuestionText[] = [
  {
    ask: "A process reads from an empty pipe or socket. What happens until the call returns?",
    answer:
      "The handler finds no data, puts the task on the file’s wait queue in state TASK_INTERRUPTIBLE and gives the processor away. Whoever brings data wakes the queue: for a socket the network card’s interrupt, NAPI and the protocol, for a pipe the writer. The task is runnable again, its call looks once more, copies the data to the program and returns their number.",
    program: "pipe",
    event: /^pipe\.rd_wait/,
    look: "The task sleeps on the pipe’s rd_wait, in state sleeping; step on to the wake-up and the copy.",
  },
  {
    ask: "Why does the fourth argument of a system call travel in r10, when C functions take it in rcx?",
    answer:
      "Because syscall needs rcx itself: it saves the address to return to there, and the flags in r11. The C library’s stub moves rcx to r10 before it.",
    program: "seccomp_filter",
    event: /^rt_sigaction\(/,
    look: "In pt_regs cx is the same as ip, and r10 holds the fourth argument, sigsetsize, 8.",
  },
  {
    ask: "A seccomp filter answers a call with an errno. Does the call’s handler run?",
    answer:
      "No. The filter is asked on the way in, before the table; its errno goes into rax and the call is skipped. With a trap the task gets SIGSYS instead, and rax keeps the number.",
    program: "seccomp_filter",
    event: /^uname\(.*EPERM/,
    look: "The drawing shows what seccomp said of this call: errno 1.",
  },
  {
    ask: "How does strace see the arguments of a call before the kernel acts on them?",
    answer:
      "By PTRACE_SYSCALL the tracee stops twice in each call: on the way in before anything is done, and on the way out with the result. The tracer is woken by wait, reads the registers by PTRACE_GETREGS (the number in orig_rax, for rax holds -ENOSYS at the first stop) and lets it go on. Each call so costs four switches between the two.",
    program: "ptrace_syscalls",
    event: /^ptrace entry$/,
    nth: 2,
    look: "The child stands in state stopped before seccomp and the table; its tracer is the parent.",
  },
];

export const systemCalls: Room = {
  id: "syscalls",
  title: "System calls",
  lead: "How a program crosses into the kernel, and what the registers carry.",
  program: "read_write",
  View,
};
