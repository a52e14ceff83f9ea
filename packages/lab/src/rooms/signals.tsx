import { useSignal } from "@preact/signals";
import type { SignalDetails } from "../machine/views/signals.ts";
import { exitText, signalName } from "../page/describe.ts";
import { arrivals, progress, store } from "../page/session.ts";
import { EventKind, type StateView, type TaskView } from "../protocol.ts";
import { Demo } from "./demo.tsx";
import { signalDemo } from "./demos.ts";
import { messageOf } from "./go.ts";
import { HandlerStack } from "./handlerStack.tsx";
import { Question, type QuestionText } from "./question.tsx";
import type { Room, Workbench } from "./room.ts";
import { SignalLife } from "./signalLife.tsx";

interface SignalRow {
  readonly number: number;
  readonly name: string;
  readonly action: string;
  readonly catchable: string;
  readonly use: string;
}

/** The signals of the chapter's table. */
export const SIGNALS: readonly SignalRow[] = [
  { number: 15, name: "SIGTERM", action: "ends the process", catchable: "yes", use: "asks a program to shut down" },
  {
    number: 9,
    name: "SIGKILL",
    action: "ends the process",
    catchable: "no",
    use: "cannot be caught, blocked or ignored; acts when the task next goes to ring 3 or wakes",
  },
  {
    number: 11,
    name: "SIGSEGV",
    action: "ends it with a core dump",
    catchable: "yes, with care",
    use: "an access to memory that is not allowed; a handler that returns meets the same instruction again",
  },
  { number: 2, name: "SIGINT", action: "ends the process", catchable: "yes", use: "Ctrl-C at the terminal" },
  { number: 17, name: "SIGCHLD", action: "nothing", catchable: "yes", use: "a child ended, stopped or went on" },
  { number: 10, name: "SIGUSR1", action: "ends the process", catchable: "yes", use: "left to the program" },
  { number: 12, name: "SIGUSR2", action: "ends the process", catchable: "yes", use: "left to the program" },
  { number: 14, name: "SIGALRM", action: "ends the process", catchable: "yes", use: "the timer of alarm() ran out" },
];

const END = "ends the process";
const CORE = "ends it with a core dump";
const STOP = "stops the process";

/** The rest of signal(7). */
export const OTHER_SIGNALS: readonly SignalRow[] = (
  [
    [1, "SIGHUP", END, "the terminal hung up; by custom: read the configuration again"],
    [3, "SIGQUIT", CORE, "Ctrl-\\ at the terminal"],
    [4, "SIGILL", CORE, "an instruction that does not exist"],
    [5, "SIGTRAP", CORE, "a breakpoint"],
    [6, "SIGABRT", CORE, "abort()"],
    [7, "SIGBUS", CORE, "an address behind the end of a mapped file"],
    [8, "SIGFPE", CORE, "a division by zero"],
    [13, "SIGPIPE", END, "a write to a pipe that nobody reads"],
    [16, "SIGSTKFLT", END, "not used by Linux"],
    [18, "SIGCONT", "goes on, if stopped", "fg and bg; its effect cannot be blocked or ignored"],
    [19, "SIGSTOP", STOP, "cannot be caught, blocked or ignored"],
    [20, "SIGTSTP", STOP, "Ctrl-Z at the terminal"],
    [21, "SIGTTIN", STOP, "a background process reads from its terminal"],
    [22, "SIGTTOU", STOP, "a background process writes to its terminal"],
    [23, "SIGURG", "nothing", "urgent data on a socket"],
    [24, "SIGXCPU", CORE, "the limit of processor time"],
    [25, "SIGXFSZ", CORE, "the limit of a file’s size"],
    [26, "SIGVTALRM", END, "a timer on the process’s own time"],
    [27, "SIGPROF", END, "a timer for profilers"],
    [28, "SIGWINCH", "nothing", "the terminal’s size changed"],
    [29, "SIGIO", END, "a descriptor is ready (O_ASYNC)"],
    [30, "SIGPWR", END, "power fails"],
    [31, "SIGSYS", CORE, "a call that seccomp refused with a trap"],
    [34, "SIGRTMIN", END, "real-time signals to 64 are queued, each one delivered; glibc keeps 32 and 33 for itself, musl 34 as well"],
  ] as const
).map(([number, name, action, use]) => ({ number, name, action, catchable: number === 19 ? "no" : "yes", use }));

const CELL = 18;
const A_ROW = 32;

/** A set of signals as the bits that it is. */
function Bitmap({ label, members, colour }: { label: string; members: readonly number[]; colour: string }) {
  const names = members.map((n) => `${signalName(n)} (${n})`).join(", ");
  return (
    <figure class="bitmap">
      <figcaption>
        {label}: <code>{names || "empty"}</code>
      </figcaption>
      <svg viewBox={`0 0 ${A_ROW * CELL} ${2 * CELL}`} role="img" aria-label={`${label}: ${members.join(", ") || "no signal"}`}>
        {Array.from({ length: 64 }, (_, i) => {
          const set = members.includes(i + 1);
          const x = (i % A_ROW) * CELL;
          const y = Math.floor(i / A_ROW) * CELL;
          return (
            <g key={i}>
              <rect
                x={x + 1}
                y={y + 1}
                width={CELL - 2}
                height={CELL - 2}
                rx="2"
                fill={set ? colour : "var(--sunken)"}
                stroke={set ? colour : "var(--line)"}
              />
              <text x={x + CELL / 2} y={y + 12.5} font-size="9" text-anchor="middle" fill={set ? "var(--raised)" : "var(--faint)"}>
                {i + 1}
              </text>
            </g>
          );
        })}
      </svg>
    </figure>
  );
}

/** What waits in the queues, with its siginfo. */
function Queue({ task }: { task: TaskView }) {
  const { queue } = task.signals as SignalDetails;
  if (queue.length === 0) return null;
  return (
    <ul>
      {queue.map((q, i) => (
        <li key={`${q.signal} ${i}`}>
          {signalName(q.signal)} in the {q.shared ? "process’s" : "thread’s"} queue: <code>{q.text}</code>
        </li>
      ))}
    </ul>
  );
}

function TaskSignals({ task }: { task: TaskView }) {
  const { signals } = task;
  return (
    <section>
      <h3>
        Task {task.pid} ({task.comm}) {signals.flag && <span class="tag">TIF_SIGPENDING</span>}
      </h3>
      <Bitmap label="Pending for this thread" members={signals.pending} colour="var(--bad)" />
      <Bitmap label="Pending for the process" members={signals.shared} colour="var(--bad)" />
      <Bitmap label="Blocked" members={signals.blocked} colour="var(--soft)" />
      <Queue task={task} />
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

function Rows({ rows, send }: { rows: readonly SignalRow[]; send: (signal: number) => Promise<void> }) {
  return (
    <tbody>
      {rows.map((s) => (
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
  );
}

function Heads() {
  return (
    <thead>
      <tr>
        <th scope="col">Signal</th>
        <th scope="col">By default</th>
        <th scope="col">Can be caught</th>
        <th scope="col">Used for</th>
        <th scope="col">Send</th>
      </tr>
    </thead>
  );
}

/** How long (ms) a sent signal's effect is waited for before the page says that there is none yet. */
const PATIENCE = 1500;

/** What has come of a signal since an event, in words; "" while nothing has. */
function outcome(signal: number, since: number): string {
  for (let i = since; i < store.count; i++) {
    if (store.kind.at(i) === EventKind.SIGNAL_DELIVER && store.a.at(i) === signal) {
      const handler = store.b.at(i);
      return handler > 1 ? `its handler at 0x${handler.toString(16)} ran` : "the default action was taken";
    }
    if (store.kind.at(i) === EventKind.EXIT) return exitText(store.a.at(i));
  }
  return "";
}

/** The table of signals, live: each can be sent to the chosen task. */
function Sending({ bench }: { bench: Workbench }) {
  const said = useSignal("");
  const send = async (signal: number): Promise<void> => {
    const pid = bench.task.value;
    const since = store.count;
    try {
      if (progress.value.status === "ended" || pid === 0) throw new Error("No process lives. Load signal_target.c: it waits for signals.");
      await bench.ask({ type: "kill", pid, signal });
      arrivals.value = await bench.ask({ type: "arrivals" });
      const sent = `${signalName(signal)} sent to task ${pid}: `;
      for (let waited = 0; waited < PATIENCE; waited += 50) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        const text = outcome(signal, since);
        if (text) {
          said.value = `${sent}${text}.`;
          return;
        }
      }
      const why = progress.value.status === "paused" ? "it is acted on when the run goes on" : "nothing to act on: ignored, or blocked";
      said.value = `${sent}${why}.`;
    } catch (e) {
      said.value = messageOf(e);
    }
  };
  return (
    <section class="demo" aria-label="Signals, live">
      <h3>Signals, live</h3>
      <p>
        Each can be sent to the chosen task, from outside the machine.{" "}
        <button type="button" onClick={() => void bench.runProgram("signal_target")}>
          Load signal_target.c, which waits for them
        </button>
      </p>
      <p role="status">{said.value}</p>
      <div class="wide-table">
        <table class="plain">
          <caption class="visually-hidden">Signals, to be sent to the chosen task</caption>
          <Heads />
          <Rows rows={SIGNALS} send={send} />
        </table>
      </div>
      <details class="wide-table">
        <summary>The other signals</summary>
        <table class="plain">
          <caption class="visually-hidden">The other signals</caption>
          <Heads />
          <Rows rows={OTHER_SIGNALS} send={send} />
        </table>
      </details>
    </section>
  );
}

function View({ bench }: { bench: Workbench }) {
  const tasks = bench.state.value?.tasks ?? [];
  return (
    <>
      {tasks.length === 0 && <p class="empty">No task yet. Press Run.</p>}
      {tasks.length > 0 && <SignalLife bench={bench} />}
      {tasks.slice(0, 8).map((t) => (
        <TaskSignals key={t.pid} task={t} />
      ))}
      {tasks.length > 0 && <HandlerStack bench={bench} />}
      <Sending bench={bench} />
      <Demo bench={bench} demo={demo} />
      <p class="note">
        Today’s kernel has no do_signal(): on x86 the work is arch_do_signal_or_restart(), with get_signal() and setup_rt_frame(), which
        leaves a 64-bit frame to x64_setup_rt_frame(). The set in task_struct.pending is the thread’s own; a signal sent to a process stands
        in signal_struct.shared_pending, and any thread that does not block it may take it.
      </p>
      {questions.map((q) => (
        <Question key={q.ask} bench={bench} question={q} />
      ))}
    </>
  );
}

export const questions: readonly QuestionText[] = [
  {
    ask: "A slow read() is interrupted by a handler. What does the program see without SA_RESTART, and with it?",
    answer:
      "Without it read() returns EINTR, and the program must call again. With it the kernel sets rip back onto the syscall instruction and rax to the call’s number before it lays the frame, so the call begins anew after the handler. A long-lived server sets it for the signals that it handles.",
    program: "sa_restart",
    event: /read\(.*ERESTARTSYS/,
    nth: 2,
    look: "This is the second read(), with SA_RESTART: in the table of registers rip in the frame lies 2 bytes, one syscall instruction, before the interrupted one.",
  },
  {
    ask: "A blocked SIGUSR1 is sent twice, then unblocked. How often does the handler run?",
    answer:
      "Once. A pending standard signal is one bit; the second sending finds it set and is lost. Real-time signals (34 to 64) are queued, and each one is delivered.",
    program: "signals",
    event: /^rt_sigprocmask\(SIG_UNBLOCK, \[USR1\]/,
    look: "The bit stands in the process’s pending set, though the signal was sent twice; step on to see the one delivery.",
  },
];

export const signalsRoom: Room = {
  id: "signals",
  title: "Signals",
  lead: "Pending and blocked bits, and the frame that the kernel lays on the stack for a handler.",
  program: "signals",
  View,
};
