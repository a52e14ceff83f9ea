import { exitText } from "../page/describe.ts";
import type { TaskView } from "../protocol.ts";
import type { Workbench } from "./room.ts";

/** Tasks in the order of the tree, with their depth. */
export function taskTree(tasks: readonly TaskView[]): { task: TaskView; depth: number }[] {
  const out: { task: TaskView; depth: number }[] = [];
  const known = new Set(tasks.map((t) => t.pid));
  const seen = new Set<TaskView>();
  const add = (task: TaskView, depth: number): void => {
    if (seen.has(task)) return;
    seen.add(task);
    out.push({ task, depth });
    for (const t of tasks) if (t.pid !== t.tgid ? t.tgid === task.pid : t.parent === task.pid) add(t, depth + 1);
  };
  for (const t of tasks) if (t.pid === t.tgid && !known.has(t.parent)) add(t, 0);
  for (const t of tasks) add(t, 0);
  return out;
}

function stateText(t: TaskView): string {
  if (t.state === "zombie") return `zombie: ${exitText(t.exitCode)}, not waited for yet`;
  if (t.queues.length === 0) return t.state;
  const more = t.queues.length > 1 ? ` and ${t.queues.length - 1} more` : "";
  return `${t.state} on ${t.queues[0]}${more}`;
}

/** The tree of processes and threads; a press chooses the task that the page looks at. */
export function TaskTree({ bench, tasks }: { bench: Workbench; tasks: readonly TaskView[] }) {
  return (
    <ul class="task-tree" aria-label="Processes and threads">
      {taskTree(tasks).map(({ task, depth }) => (
        <li key={task.pid} style={`--depth:${Math.min(depth, 8)}`}>
          <button type="button" aria-pressed={task.pid === bench.task.value} onClick={() => bench.selectTask(task.pid)}>
            <span class={`task-state ${task.state}`} aria-hidden="true" />
            <span class="task-name">
              {task.pid} {task.comm}
              {task.pid !== task.tgid && " (thread)"}
            </span>
            <span class="soft">{stateText(task)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
