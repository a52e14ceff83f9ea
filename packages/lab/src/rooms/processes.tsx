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
              <td>{v.present}</td>
              <td>{v.name}</td>
            </tr>
          ))}
        </tbody>
      </table>
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
