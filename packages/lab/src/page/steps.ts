import { EventKind, type Moment, type StepKind } from "../protocol.ts";
import type { EventStore } from "./eventStore.ts";

/**
 * Where a step by event or system call leads, if the page's own events tell: at once, without asking the worker.
 * @param pid task whose calls count, 0 = any; events of all tasks count
 * @returns null if the worker must compute it
 */
export function stepInStore(store: EventStore, kind: StepKind, direction: 1 | -1, from: Moment, pid: number): Moment | null {
  if (kind !== "event" && kind !== "syscall") return null;
  const known = from.event >= 0 && from.event < store.count;
  const start = known ? from.event : store.lastAt(from.position) + (direction < 0 ? 1 : 0);
  for (let i = start + direction; i >= 0 && i < store.count; i += direction) {
    if (kind === "syscall" && (store.kind.at(i) !== EventKind.SYS_ENTER || (pid !== 0 && store.pid.at(i) !== pid))) continue;
    return { position: store.position.at(i), event: i };
  }
  return direction < 0 && store.count > 0 ? { position: 0, event: -1 } : null;
}
