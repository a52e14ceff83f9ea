import type { VmaDetails } from "../machine/views/memoryMap.ts";
import type { Moment } from "../protocol.ts";
import { FileTables } from "./fileTables.tsx";
import { findEvent } from "./go.ts";
import { Question, type QuestionText } from "./question.tsx";
import type { Room, Workbench } from "./room.ts";
import { RunQueue } from "./runQueue.tsx";
import { TaskTree } from "./taskTree.tsx";

const PAGE = 13;
const A_ROW = 16;

/** The pages of an area that are present: C marks those that a write would copy first, w those that it may write. */
function Pages({ area }: { area: VmaDetails }) {
  const pages = area.pages.slice(0, 128);
  if (pages.length === 0) return null;
  const cow = area.pages.filter((p) => p.copyOnWrite).length;
  const shared = area.pages.filter((p) => p.refs > 1).length;
  return (
    <svg
      viewBox={`0 0 ${A_ROW * PAGE} ${Math.ceil(pages.length / A_ROW) * PAGE}`}
      role="img"
      aria-label={`${area.pages.length} pages drawn, ${cow} copied on write, ${shared} in frames with more than one user`}
      style="display:block;width:100%;max-width:13rem"
    >
      {pages.map((p, i) => (
        <g key={p.address} transform={`translate(${(i % A_ROW) * PAGE} ${Math.floor(i / A_ROW) * PAGE})`}>
          <title>{`${p.address.toString(16)}: frame ${p.frame}, ${p.refs} users${p.copyOnWrite ? ", copied on write" : ""}`}</title>
          <rect
            x="0.5"
            y="0.5"
            width={PAGE - 2}
            height={PAGE - 2}
            fill={p.copyOnWrite ? "var(--lit)" : "var(--sunken)"}
            stroke="var(--line)"
          />
          <text x={PAGE / 2 - 0.5} y={PAGE - 4} font-size="8" text-anchor="middle" fill="var(--text)">
            {p.copyOnWrite ? "C" : p.writable ? "w" : ""}
          </text>
        </g>
      ))}
    </svg>
  );
}

/** All of a moment. */
function Now({ bench }: { bench: Workbench }) {
  const state = bench.state.value;
  const tasks = state?.tasks ?? [];
  const chosen = tasks.find((t) => t.pid === bench.task.value) ?? tasks[0];
  if (!state || !chosen) return <p class="empty">No process yet. Press Run.</p>;
  const holders = (file: number): string =>
    tasks.flatMap((t) => t.fds.filter((f) => f.file === file).map((f) => `${t.pid}:${f.fd}`)).join(", ");
  return (
    <>
      <TaskTree bench={bench} tasks={tasks} />
      <RunQueue bench={bench} />
      <h3>Descriptors and open files</h3>
      <FileTables tasks={tasks} />
      <p class="note">
        fork() copies the table, dup() an entry: both then lead to the same open file, which has one position and one set of flags for all.
      </p>
      <div class="wide-table">
        <table class="plain">
          <caption>Descriptors of {chosen.pid}</caption>
          <thead>
            <tr>
              <th scope="col">fd</th>
              <th scope="col">Open file</th>
              <th scope="col">Flags</th>
              <th scope="col">Position</th>
              <th scope="col">Held by</th>
            </tr>
          </thead>
          <tbody>
            {chosen.fds.map((f) => (
              <tr key={f.fd}>
                <th scope="row">{f.fd}</th>
                <td>
                  {f.kind} <code>{f.path}</code>
                </td>
                <td>{f.flags}</td>
                <td>{f.position}</td>
                <td>{holders(f.file)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div class="wide-table">
        <table class="plain">
          <caption>Memory of {chosen.pid}</caption>
          <thead>
            <tr>
              <th scope="col">Area</th>
              <th scope="col">Access</th>
              <th scope="col">Pages present</th>
              <th scope="col">What</th>
            </tr>
          </thead>
          <tbody>
            {chosen.vmas.map((v) => (
              <tr key={v.start}>
                <th scope="row">
                  <code>
                    {v.start.toString(16)}-{v.end.toString(16)}
                  </code>
                </th>
                <td>
                  <code>{v.flags}</code>
                </td>
                <td>
                  {v.present}
                  <Pages area={v as VmaDetails} />
                </td>
                <td>{v.name}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="note">
        A square is a page that is present: <code>w</code> may be written, <code>C</code> would be copied first, because its frame has
        another user.
      </p>
      <h3>Page cache</h3>
      <ul>
        {state.pageCache.map((p) => (
          <li key={p.path}>
            <code>{p.path}</code>: {p.pages} pages, {p.dirty} dirty
          </li>
        ))}
      </ul>
    </>
  );
}

function View({ bench }: { bench: Workbench }) {
  return (
    <>
      <Now bench={bench} />
      <Questions bench={bench} />
    </>
  );
}

function Questions({ bench }: { bench: Workbench }) {
  return (
    <>
      {questions.map((q) => (
        <Question key={q.ask} bench={bench} question={q} />
      ))}
    </>
  );
}

/** A switch to a task that is next, away from one whose slice is used up. */
async function findPreemption(bench: Workbench): Promise<Moment | null> {
  for (let event = 0; event < 400; event++) {
    const moment = await bench.ask({ type: "seek", moment: { position: 0, event } });
    if (moment.event !== event) return null;
    const state = await bench.ask({ type: "state", moment });
    const { waiting } = state.runQueue;
    const preempted = state.tasks.find((t) => t.sched.nice === 10 && t.sched.involuntary > 0);
    if (waiting.length >= 2 && preempted) return moment;
  }
  return null;
}

/** The moment right behind fork: both processes have the same frames. */
async function findShared(bench: Workbench): Promise<Moment | null> {
  const event = await findEvent(bench, /^(fork|clone)\(.*= \d/);
  return event < 0 ? null : bench.ask({ type: "seek", moment: { position: 0, event } });
}

export const questions: readonly QuestionText[] = [
  {
    ask: "Three processes compute with nice 0, 5 and 10. How does the kernel give the first one more of the processor?",
    answer:
      "By weight: each step of nice is a factor of about 1.25. The clock by which the tasks are ordered runs slower for the heavier one, so it is next more often. Nobody starves: the lightest one’s turn comes when its virtual run time is the smallest.",
    program: "nice_spin",
    event: findPreemption,
    look: "The table has the weights; the queue is ordered by virtual run time.",
  },
  {
    ask: "Does fork() copy the memory of the parent?",
    answer:
      "It copies the page tables. Pages that may be written become read-only in both, and the first write to one makes a page fault that copies that page.",
    program: "fork_exec",
    event: findShared,
    look: "C marks the pages that a write would copy first: their frames have two users now.",
  },
];

export const processesRoom: Room = {
  id: "processes",
  title: "Processes",
  lead: "The tree, what each process has open, and its memory.",
  program: "fork_exec",
  View,
};
