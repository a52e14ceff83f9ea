import type { VmaDetails } from "../machine/views/memoryMap.ts";
import type { TaskView } from "../protocol.ts";
import type { Room, Workbench } from "./room.ts";

/** Tasks in the order of the tree, with their depth. */
export function taskTree(tasks: readonly TaskView[]): { task: TaskView; depth: number }[] {
  const out: { task: TaskView; depth: number }[] = [];
  const known = new Set(tasks.map((t) => t.pid));
  const add = (task: TaskView, depth: number): void => {
    if (out.length >= tasks.length || out.some((o) => o.task === task)) return;
    out.push({ task, depth });
    for (const t of tasks) if (t.pid !== t.tgid ? t.tgid === task.pid : t.parent === task.pid) add(t, depth + 1);
  };
  for (const t of tasks) if (t.pid === t.tgid && !known.has(t.parent)) add(t, 0);
  for (const t of tasks) add(t, 0);
  return out;
}

const ROW = 34;

function Tree({ bench, tasks }: { bench: Workbench; tasks: readonly TaskView[] }) {
  const rows = taskTree(tasks);
  const about = rows.map(({ task }) => `${task.pid} ${task.comm} ${task.state}, child of ${task.parent}`).join("; ");
  return (
    <svg viewBox={`0 0 480 ${rows.length * ROW + 8}`} role="img" aria-label={`Tasks: ${about}`} style="width:100%;max-width:40rem">
      {rows.map(({ task, depth }, i) => (
        <g key={task.pid}>
          <rect
            x={8 + depth * 28}
            y={i * ROW + 4}
            width="300"
            height={ROW - 8}
            rx="5"
            fill="var(--sunken)"
            stroke={task.pid === bench.task.value ? "var(--accent)" : "var(--line)"}
            stroke-width="2"
          />
          <text x={18 + depth * 28} y={i * ROW + 22} font-size="14" fill="var(--text)">
            {task.pid} {task.comm} — {task.state}
          </text>
        </g>
      ))}
    </svg>
  );
}

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

function View({ bench }: { bench: Workbench }) {
  const state = bench.state.value;
  const tasks = state?.tasks ?? [];
  const chosen = tasks.find((t) => t.pid === bench.task.value) ?? tasks[0];
  if (!state || !chosen) return <p class="empty">No process yet. Press Run.</p>;
  const holders = (file: number): string =>
    tasks.flatMap((t) => t.fds.filter((f) => f.file === file).map((f) => `${t.pid}:${f.fd}`)).join(", ");
  return (
    <>
      <Tree bench={bench} tasks={tasks} />
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

export const processesRoom: Room = {
  id: "processes",
  title: "Processes",
  lead: "The tree, what each process has open, and its memory.",
  program: "fork_exec",
  View,
};
