import type { Tty } from "../../drivers/tty/types.ts";
import { TASK_RUNNING, type Task } from "../../include/linux/sched.ts";
import { ptraceMayAccess } from "../../kernel/ptraceAccess.ts";
import { rlimit } from "../../kernel/resource.ts";
import type { Kernel } from "../../kernel.ts";
import { PAGE_SIZE } from "../../mm/flags.ts";
import { RLIMIT_RSS } from "../../uapi/resource.ts";
import { SCHED_FIFO, SCHED_RR } from "../../uapi/sched.ts";
import { procTask, ticks } from "./entry.ts";
import { signalDispositions, taskState } from "./status.ts";
import { rssPages, vmSizes } from "./vm.ts";

const RLIM_INFINITY_TEXT = "18446744073709551615";
const PF_RANDOMIZE = 0x400000;

/** Priority as the scheduler has it: 20 + nice, negative for real-time. @linux kernel/sched/core.c task_prio */
function priority(task: Task): number {
  return task.policy === SCHED_FIFO || task.policy === SCHED_RR ? -1 - task.rtPriority : 20 + task.nice;
}

/** One line with everything ps and top want. `whole`: of the process, else of the thread. @linux fs/proc/array.c do_task_stat */
function statLine(k: Kernel, task: Task, whole: boolean): string {
  const { signal, mm } = task;
  const dead = task.exitState !== 0;
  const permitted = ptraceMayAccess(k, task, true);
  const tty = signal.tty as Tty | null;
  const sum = (own: "utime" | "stime" | "minFlt" | "majFlt"): number =>
    whole ? signal.threads.reduce((n, t) => n + t[own], 0) + signal[own] : task[own];
  const { ignored, caught } = signalDispositions(task);
  const word = (n: number): number => n & 0x7fffffff;
  const v = mm ? vmSizes(mm) : null;
  const look = (n: number | undefined): number => (permitted ? (n ?? 0) : 0);
  const rss = rlimit(task, RLIMIT_RSS);
  const running = task.state === TASK_RUNNING && !dead;
  const fields: (number | string)[] = [
    task.pid,
    `(${task.comm})`,
    taskState(task)[0] as string,
    task.realParent === task ? 0 : task.realParent.tgid,
    signal.pgrp,
    signal.session,
    tty ? tty.dev : 0,
    tty ? tty.pgrp : -1,
    (task.flags | (mm ? PF_RANDOMIZE : 0)) >>> 0,
    sum("minFlt"),
    whole ? signal.cminFlt : 0,
    sum("majFlt"),
    whole ? signal.cmajFlt : 0,
    ticks(sum("utime")),
    ticks(sum("stime")),
    whole ? ticks(signal.cutime) : 0,
    whole ? ticks(signal.cstime) : 0,
    priority(task),
    task.nice,
    dead ? 0 : signal.threads.length,
    0,
    ticks(task.startTime),
    v ? v.total : 0,
    mm ? rssPages(mm) : 0,
    rss === Number.POSITIVE_INFINITY ? RLIM_INFINITY_TEXT : rss,
    mm ? (permitted ? mm.startCode : 1) : 0,
    mm ? (permitted ? mm.endCode : 1) : 0,
    look(mm?.startStack),
    0,
    0,
    word(task.pending.lo),
    word(task.blockedLo),
    word(ignored[0]),
    word(caught[0]),
    permitted && !running && (!whole || signal.threads.length < 2) ? 1 : 0,
    0,
    0,
    task.exitSignal,
    0,
    task.policy === SCHED_FIFO || task.policy === SCHED_RR ? task.rtPriority : 0,
    task.policy,
    0,
    0,
    0,
    look(mm?.startData),
    look(mm?.endData),
    look(mm?.startBrk),
    look(mm?.argStart),
    look(mm?.argEnd),
    look(mm?.envStart),
    look(mm?.envEnd),
    permitted ? task.exitCode : 0,
  ];
  return `${fields.join(" ")}\n`;
}

/** Sizes in pages: total, resident, shared, text, 0, data and stack, 0. @linux fs/proc/array.c proc_pid_statm */
function statm(_k: Kernel, task: Task): string {
  const { mm } = task;
  if (!mm) return "0 0 0 0 0 0 0\n";
  const v = vmSizes(mm);
  return `${mm.totalVm} ${rssPages(mm)} ${mm.rssFile + mm.rssShmem} ${v.text / PAGE_SIZE} 0 ${(v.data + v.stack) / PAGE_SIZE} 0\n`;
}

procTask({
  stat: { mode: 0o444, show: (k, task) => statLine(k, task, true), showThread: (k, task) => statLine(k, task, false) },
  statm: { mode: 0o444, show: statm },
});
