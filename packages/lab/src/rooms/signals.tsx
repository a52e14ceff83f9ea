import { useSignal } from "@preact/signals";
import type { StateView, TaskView } from "../protocol.ts";
import { Demo } from "./demo.tsx";
import { signalDemo } from "./demos.ts";
import { Question } from "./question.tsx";
import type { Room, Workbench } from "./room.ts";

/** The signals of the chapter's table. */
export const SIGNALS = [
  { number: 15, name: "SIGTERM", action: "ends the process", catchable: "yes", use: "asks a program to shut down" },
  { number: 9, name: "SIGKILL", action: "ends the process", catchable: "no", use: "cannot be caught, blocked or ignored" },
  { number: 11, name: "SIGSEGV", action: "ends it with a core dump", catchable: "yes", use: "an access to memory that is not allowed" },
  { number: 2, name: "SIGINT", action: "ends the process", catchable: "yes", use: "Ctrl-C at the terminal" },
  { number: 17, name: "SIGCHLD", action: "nothing", catchable: "yes", use: "a child ended, stopped or went on" },
  { number: 10, name: "SIGUSR1", action: "ends the process", catchable: "yes", use: "left to the program" },
  { number: 12, name: "SIGUSR2", action: "ends the process", catchable: "yes", use: "left to the program" },
  { number: 14, name: "SIGALRM", action: "ends the process", catchable: "yes", use: "the timer of alarm() ran out" },
] as const;

const CELL = 16;

function Bitmap({ label, members }: { label: string; members: readonly number[] }) {
  return (
    <figure>
      <figcaption>{label}</figcaption>
      <svg
        viewBox={`0 0 ${32 * CELL} ${2 * CELL}`}
        role="img"
        aria-label={`${label}: ${members.join(", ") || "no signal"}`}
        style="width:100%;max-width:32rem"
      >
        {Array.from({ length: 64 }, (_, i) => (
          <rect
            key={i}
            x={(i % 32) * CELL + 1}
            y={Math.floor(i / 32) * CELL + 1}
            width={CELL - 2}
            height={CELL - 2}
            fill={members.includes(i + 1) ? "var(--bad)" : "var(--sunken)"}
            stroke="var(--line)"
          />
        ))}
        {members.map((n) => (
          <text
            key={n}
            x={((n - 1) % 32) * CELL + CELL / 2}
            y={Math.floor((n - 1) / 32) * CELL + 11.5}
            font-size="9"
            text-anchor="middle"
            fill="var(--raised)"
          >
            {n}
          </text>
        ))}
      </svg>
    </figure>
  );
}

function TaskSignals({ task }: { task: TaskView }) {
  const { signals } = task;
  return (
    <section>
      <h3>
        Task {task.pid} ({task.comm}) {signals.flag && <span class="tag">TIF_SIGPENDING</span>}
      </h3>
      <Bitmap label="Pending for this thread" members={signals.pending} />
      <Bitmap label="Pending for the process" members={signals.shared} />
      <Bitmap label="Blocked" members={signals.blocked} />
      {signals.frame && (
        <div class="wide-table">
          <table class="plain">
            <caption>The frame on the user stack, lowest address first</caption>
            <thead>
              <tr>
                <th scope="col">Address</th>
                <th scope="col">Field</th>
                <th scope="col">Value</th>
              </tr>
            </thead>
            <tbody>
              {signals.frame.map((f) => (
                <tr key={`${f.address} ${f.name}`}>
                  <td>
                    <code>{f.address}</code>
                  </td>
                  <th scope="row">{f.name}</th>
                  <td>
                    <code>{f.value}</code>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

/** The real one's bitmaps as its kernel holds them. */
function Inside({ state }: { state: StateView }) {
  return (
    <>
      {state.tasks.map((t) => (
        <TaskSignals key={t.pid} task={t} />
      ))}
    </>
  );
}
const demo = { ...signalDemo, Inside };

function View({ bench }: { bench: Workbench }) {
  const said = useSignal("");
  const send = async (signal: number): Promise<void> => {
    try {
      await bench.ask({ type: "kill", pid: bench.task.value, signal });
      said.value = `Signal ${signal} sent to task ${bench.task.value}.`;
    } catch (e) {
      said.value = e instanceof Error ? e.message : String(e);
    }
  };
  const tasks = bench.state.value?.tasks ?? [];
  return (
    <>
      {tasks.length === 0 && <p class="empty">No task yet. Press Run.</p>}
      {tasks.slice(0, 8).map((t) => (
        <TaskSignals key={t.pid} task={t} />
      ))}
      <div class="wide-table">
        <table class="plain">
          <caption>Signals, to be sent to the chosen task</caption>
          <thead>
            <tr>
              <th scope="col">Signal</th>
              <th scope="col">By default</th>
              <th scope="col">Can be caught</th>
              <th scope="col">Used for</th>
              <th scope="col">Send</th>
            </tr>
          </thead>
          <tbody>
            {SIGNALS.map((s) => (
              <tr key={s.number}>
                <th scope="row">
                  {s.name} ({s.number})
                </th>
                <td>{s.action}</td>
                <td>{s.catchable}</td>
                <td>{s.use}</td>
                <td>
                  <button type="button" aria-label={`Send ${s.name}`} onClick={() => void send(s.number)}>
                    Send
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p role="status">{said.value}</p>
      <Demo bench={bench} demo={demo} />
      <p class="note">
        Today's kernel has no do_signal(): on x86 the work is arch_do_signal_or_restart(), with get_signal() and setup_rt_frame()
        (x64_setup_rt_frame() since 6.0).
      </p>
      {questions.map((q) => (
        <Question key={q.ask} bench={bench} question={q} />
      ))}
    </>
  );
}

export const questions = [
  {
    ask: "A slow read() is interrupted by a handler. What does the program see without SA_RESTART, and with it?",
    answer:
      "Without it read() returns EINTR, and the program must call again. With it the kernel sets rip back onto the syscall instruction, and the call begins anew after the handler.",
    program: "sa_restart",
    event: /read\(.*ERESTARTSYS/,
  },
];

export const signalsRoom: Room = {
  id: "signals",
  title: "Signals",
  lead: "Pending and blocked bits, and the frame that the kernel lays on the stack for a handler.",
  program: "signals",
  View,
};
