import type { Task } from "../include/linux/sched.ts";
import { tasksOf } from "../kernel/pid.ts";
import { sendSig } from "../kernel/signal.ts";
import type { Kernel } from "../kernel.ts";

const SIGKILL = 9;

/** Memory a process would give back, in pages, adjusted by its oom_score_adj. @linux mm/oom_kill.c oom_badness */
export function oomBadness(k: Kernel, task: Task): number {
  const { mm } = task;
  if (!mm || task === k.initTask || task.signal.oomScoreAdj === -1000) return -1;
  const points = mm.rssAnon + mm.rssFile + mm.rssShmem;
  return points + (task.signal.oomScoreAdj * k.machine.phys.limitFrames) / 1000;
}

/** Kills the process that frees most. @linux mm/oom_kill.c out_of_memory */
export function outOfMemory(k: Kernel): void {
  let worst: Task | null = null;
  let points = -1;
  for (const task of tasksOf(k)) {
    if (task !== task.signal.leader || !task.mm) continue;
    // One that is dying already will give its memory back.
    if (task.signal.groupExit) continue;
    const p = oomBadness(k, task);
    if (p > points) {
      points = p;
      worst = task;
    }
  }
  const victim = worst ?? k.current;
  if (k.trace.oomKill.enabled) k.trace.oomKill.fire(victim, Math.max(points, 0));
  sendSig(k, SIGKILL, victim);
}
