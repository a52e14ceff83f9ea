import type { Task } from "@lstar/kernel/include/linux/sched.ts";
import { COPY_KINDS } from "@lstar/kernel/trace/copies.ts";

/** Bytes by kind (COPY_*, DMA_*). */
type Counters = Float64Array;

/** Short names of the kinds, in their order. */
const KIND_NAMES = ["from user", "to user", "in kernel", "page copies", "zeroed", "dma in", "dma out"] as const;

/** What is moved outside of system calls: page faults, signal frames. */
const OUTSIDE = "(outside calls)";

interface Watched {
  task: Task;
  /** The counters up to which the rows have it. */
  told: Counters;
}

/** How far counters have come since they were last looked at; `since` is brought up to them. */
function take(now: Counters, since: Counters): Counters {
  const moved = now.slice();
  for (let i = 0; i < COPY_KINDS; i++) {
    moved[i]! -= since[i]!;
    since[i] = now[i]!;
  }
  return moved;
}

/** What one call has moved, as a trace's line shows it; "" if that is nothing. */
export function copiesText(moved: Counters): string {
  const parts: string[] = [];
  KIND_NAMES.forEach((name, i) => {
    if (moved[i] !== 0) parts.push(`${name} ${moved[i]}`);
  });
  return parts.length > 0 ? ` {${parts.join(", ")}}` : "";
}

/** Adds up what tasks move, by system call. */
export class CopySummary {
  readonly #rows = new Map<string, { calls: number; moved: Counters }>();
  readonly #tasks = new Map<number, Watched>();

  /** This task counts, with all that it has moved so far. */
  watch(task: Task): void {
    this.#tasks.set(task.pid, { task, told: new Float64Array(COPY_KINDS) });
  }

  /** A call begins. */
  enter(task: Task): void {
    const w = this.#tasks.get(task.pid);
    if (w) this.#add(OUTSIDE, take(task.copied, w.told), 0);
  }

  /** A call of this name is over, or its task has gone in it. `counts`: it is to be in the table. @returns what it has moved */
  exit(task: Task, name: string, counts: boolean): Counters {
    const w = this.#tasks.get(task.pid);
    if (!w) return new Float64Array(COPY_KINDS);
    const moved = take(task.copied, w.told);
    if (counts) this.#add(name, moved, 1);
    return moved;
  }

  #add(name: string, moved: Counters, calls: number): void {
    let row = this.#rows.get(name);
    if (!row) {
      if (calls === 0 && moved.every((n) => n === 0)) return;
      row = { calls: 0, moved: new Float64Array(COPY_KINDS) };
      this.#rows.set(name, row);
    }
    row.calls += calls;
    for (let i = 0; i < COPY_KINDS; i++) row.moved[i]! += moved[i]!;
  }

  /** The table, the calls that have moved most first. */
  text(): string {
    for (const { task, told } of this.#tasks.values()) this.#add(OUTSIDE, take(task.copied, told), 0);
    const weight = (moved: Counters): number => moved.reduce((n, m) => n + m, 0);
    const rows = [...this.#rows]
      .filter(([, r]) => weight(r.moved) > 0)
      .sort((a, b) => weight(b[1].moved) - weight(a[1].moved) || (a[0] < b[0] ? -1 : 1));
    const total = new Float64Array(COPY_KINDS);
    let calls = 0;
    for (const [, r] of rows) {
      calls += r.calls;
      for (let i = 0; i < COPY_KINDS; i++) total[i]! += r.moved[i]!;
    }
    const line = (cells: readonly string[], n: string, name: string): string =>
      `${cells.map((c) => c.padStart(11)).join(" ")} ${n.padStart(9)} ${name}\n`;
    const shown = (moved: Counters): string[] => [...moved].map((m) => (m === 0 ? "" : String(m)));
    const rule = `${`${"-".repeat(11)} `.repeat(COPY_KINDS)}${"-".repeat(9)} ----------------\n`;
    let out = `${line(KIND_NAMES, "calls", "syscall (bytes)")}${rule}`;
    for (const [name, r] of rows) out += line(shown(r.moved), r.calls === 0 ? "" : String(r.calls), name);
    return `${out}${rule}${line([...total].map(String), String(calls), "total")}`;
  }
}
