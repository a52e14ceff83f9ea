import type { Task } from "@lstar/kernel/include/linux/sched.ts";
import { PAUSED_AT_USER, PAUSED_BETWEEN } from "@lstar/kernel/kernel/sched/core.ts";
import { collectSignal, recalcSigpending } from "@lstar/kernel/kernel/signal/pending.ts";
import { groupSendSigInfo, newSiginfo } from "@lstar/kernel/kernel/signal.ts";
import type { Kernel } from "@lstar/kernel/kernel.ts";

const SIGKILL = 9;

/** Drops a signal that a stop reported (0: none), and sends another one instead (0: none). */
export function replaceSignal(k: Kernel, task: Task, reported: number, wanted: number): void {
  if (reported !== 0) {
    for (const set of [task.pending, task.signal.sharedPending])
      if (set.queue.some((q) => q.sig === reported)) collectSignal(k, set, reported);
    callOffEnd(task, reported);
    recalcSigpending(task);
  }
  if (wanted === 0) return;
  k.time.inInterrupt = true;
  groupSendSigInfo(k, wanted, newSiginfo(wanted, 0), task);
  k.time.inInterrupt = false;
  if (k.sched.pause === PAUSED_AT_USER) k.sched.pause = PAUSED_BETWEEN;
}

/** A deadly signal ends its process as it is sent (complete_signal): one that is dropped after all does not. */
function callOffEnd(task: Task, sig: number): void {
  const group = task.signal;
  if (!group.groupExit || group.groupExitCode !== sig || group.threads.some((t) => t.exiting)) return;
  group.groupExit = false;
  group.groupExitCode = 0;
  for (const t of group.threads) {
    t.pending.lo &= ~(1 << (SIGKILL - 1));
    recalcSigpending(t);
  }
}
