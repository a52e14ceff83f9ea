import { sysCallTable } from "@lstar/kernel";
import { TASK_INTERRUPTIBLE, TASK_UNINTERRUPTIBLE, type Task } from "@lstar/kernel/include/linux/sched.ts";
import type { Kernel } from "@lstar/kernel/kernel.ts";
import { peek } from "../trace.ts";

/** Who waits for what, one line a task; a cycle of locks is named first. */
export function waitGraph(k: Kernel): string[] {
  const lines: string[] = [];
  const heldBy = new Map<number, number>();
  const futexOf = new Map<Task, { address: number; owner: number; certain: boolean }>();
  for (const byPlace of k.futexes.queues.values())
    for (const queue of byPlace.values())
      for (const w of queue.waiters) {
        const bytes = peek(k, w.task, w.address, 12);
        const word = bytes.length === 12 ? new DataView(bytes.buffer, bytes.byteOffset) : null;
        // The C library's mutexes: glibc keeps the owner two words after the lock, musl one after the type.
        const guess = word && word.getUint32(0, true) !== 0 ? word.getUint32(8, true) : 0;
        const thread = k.pids.get(guess);
        const owner = queue.owner?.pid ?? (thread && thread.tgid === w.task.tgid ? guess : 0);
        futexOf.set(w.task, { address: w.address, owner, certain: queue.owner !== null });
        if (owner !== 0) heldBy.set(w.task.pid, owner);
      }
  const cycle = findCycle(heldBy);
  if (cycle) lines.push(`cycle of locks: ${cycle.join(" -> ")}`);
  for (const task of k.pids.values()) {
    if (task === k.initTask || (task.state !== TASK_INTERRUPTIBLE && task.state !== TASK_UNINTERRUPTIBLE) || task.exitState !== 0) continue;
    const call = sysCallTable[task.syscallNr]?.name ?? `call ${task.syscallNr}`;
    const futex = futexOf.get(task);
    let what = `sleeps in ${call}`;
    if (futex) {
      what += ` on the word at 0x${futex.address.toString(16)}`;
      if (futex.owner !== 0)
        what += `, held by ${futex.owner}${futex.certain ? "" : " (guessed from what lies where a C library's mutex has its owner)"}`;
    } else if (task.heldFiles && task.heldFiles.length > 0) what += ` on descriptor ${task.heldFiles.map((h) => h.fd).join(", ")}`;
    else if (/^wait/.test(call)) what += ` for a child: ${task.signal.leader.children.map((c) => c.pid).join(", ") || "none left"}`;
    lines.push(`${task.comm} ${task.pid} ${what}`);
  }
  return lines;
}

function findCycle(next: ReadonlyMap<number, number>): number[] | null {
  for (const start of next.keys()) {
    const path = [start];
    for (let at = next.get(start); at !== undefined; at = next.get(at)) {
      if (at === start) return [...path, start];
      if (path.includes(at)) break;
      path.push(at);
    }
  }
  return null;
}
