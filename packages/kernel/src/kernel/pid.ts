import type { Task } from "../include/linux/sched.ts";
import type { Kernel } from "../kernel.ts";

/** Pids wrap here (kernel.pid_max); after the first round they start again at RESERVED_PIDS. */
export const PID_MAX = 4194304;
const RESERVED_PIDS = 300;

/** The next free pid in sequence. @linux kernel/pid.c alloc_pid */
export function allocPid(k: Kernel): number {
  let pid = k.lastPid;
  do {
    pid = pid + 1 >= PID_MAX ? RESERVED_PIDS : pid + 1;
  } while (k.pids.has(pid) || pidInUse(k, pid));
  k.lastPid = pid;
  return pid;
}

/** A number stays taken while a group or session is named by it. */
function pidInUse(k: Kernel, pid: number): boolean {
  if (k.lastPid < pid && pid > k.highestPid) {
    k.highestPid = pid;
    return false;
  }
  for (const t of k.pids.values()) if (t.signal.pgrp === pid || t.signal.session === pid) return true;
  return false;
}

/** The task with this thread id, or null. Zombies count. @linux kernel/pid.c find_task_by_vpid */
export function findTask(k: Kernel, pid: number): Task | null {
  return k.pids.get(pid) ?? null;
}

/** All tasks, threads included, by the order of their creation. */
export function tasksOf(k: Kernel): Iterable<Task> {
  return k.pids.values();
}

/** Leaders of the processes of a group. @linux kernel/pid.c do_each_pid_task(PIDTYPE_PGID) */
export function findProcessGroup(k: Kernel, pgrp: number): Task[] {
  const out: Task[] = [];
  for (const t of k.pids.values()) if (t.pid === t.tgid && t.signal.pgrp === pgrp) out.push(t);
  return out;
}

/** Leaders of the processes of a session. */
export function findSession(k: Kernel, session: number): Task[] {
  const out: Task[] = [];
  for (const t of k.pids.values()) if (t.pid === t.tgid && t.signal.session === session) out.push(t);
  return out;
}
