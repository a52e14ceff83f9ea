import type { MmStruct } from "../include/linux/mm_types.ts";
import type { Task } from "../include/linux/sched.ts";
import { tasksOf } from "../kernel/pid.ts";
import { sendSig } from "../kernel/signal.ts";
import type { Kernel } from "../kernel.ts";
import { VM_SHARED } from "./flags.ts";
import { zapRange } from "./memory.ts";

const SIGKILL = 9;
const OOM_SCORE_ADJ_MIN = -1000;

/** Memory a process would give back, in pages, adjusted by its oom_score_adj. @linux mm/oom_kill.c oom_badness */
export function oomBadness(k: Kernel, task: Task): number {
  const { mm } = task;
  if (!mm || task === k.initTask || task.signal.oomScoreAdj === OOM_SCORE_ADJ_MIN) return -1;
  const points = mm.rssAnon + mm.rssFile + mm.rssShmem;
  return points + (task.signal.oomScoreAdj * k.machine.phys.limitFrames) / 1000;
}

/**
 * Kills the process that frees most and takes its private memory away at once. @returns false if
 * that gave nothing the caller could have: it is the victim itself, or nobody is left.
 * @linux mm/oom_kill.c out_of_memory
 */
export function outOfMemory(k: Kernel): boolean {
  // A dying task is not helped by the death of others.
  if (k.current?.signal.groupExit) return false;
  let victim: Task | null = null;
  let points = -1;
  for (const task of tasksOf(k)) {
    if (task !== task.signal.leader || !task.mm) continue;
    // One that is dying already has given its memory back.
    if (task.signal.groupExit || task.exiting) continue;
    const p = oomBadness(k, task);
    if (p > points) {
      points = p;
      victim = task;
    }
  }
  // Nobody may be chosen: the one that asks has to go.
  const chosen = victim ?? k.current;
  if (!chosen?.mm) return false;
  if (k.trace.oomKill.enabled) k.trace.oomKill.fire(chosen, Math.max(points, 0));
  const { mm } = chosen;
  for (const task of tasksOf(k)) if (task.mm === mm && task === task.signal.leader && task !== k.initTask) sendSig(k, SIGKILL, task);
  if (k.current.mm === mm) return false;
  reap(k, mm);
  return true;
}

/** Gives back the private memory of a process that will not run again. @linux mm/oom_kill.c __oom_reap_task_mm */
function reap(k: Kernel, mm: MmStruct): void {
  for (const vma of mm.vmas) if (!(vma.flags & VM_SHARED)) zapRange(k, mm, vma, vma.start, vma.end);
}
