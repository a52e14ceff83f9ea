import { TASK_INTERRUPTIBLE, TASK_RUNNING, TASK_STOPPED, TASK_TRACED, type Task } from "@lstar/kernel/include/linux/sched.ts";
import type { Kernel } from "@lstar/kernel/kernel.ts";
import { COPY_FROM_USER, COPY_TO_USER, copyCounts } from "@lstar/kernel/trace/copies.ts";
import { decode } from "@lstar/machine/decode/decode.ts";
import { Insn } from "@lstar/machine/decode/insn.ts";
import { rowMnemonic } from "@lstar/machine/decode/table.ts";
import type { DebugInfo } from "@lstar/trace/debuginfo/debugInfo.ts";
import type { Moment, StateView, SyscallView, TaskView } from "../../protocol.ts";
import { sleepsOn } from "../queueNames.ts";
import type { FrameEvent } from "../recorder.ts";
import { callerLine } from "./caller.ts";
import { epollsView, waitQueuesView } from "./epoll.ts";
import { fdsView, Identities, pageCacheView } from "./files.ts";
import { hooksView } from "./hooks.ts";
import { vmasView } from "./memoryMap.ts";
import { peek } from "./peek.ts";
import { contextOf, ptRegsView, registersView } from "./registers.ts";
import { runQueueView, schedView } from "./sched.ts";
import { signalsView } from "./signals.ts";
import { uringsView } from "./uring.ts";
import { vdsoView } from "./vdso.ts";

const MAX_TASKS = 64;
const insn = new Insn();

/** What is known of the run besides the kernel's state. */
export interface Surroundings {
  readonly debug: DebugInfo;
  readonly moment: Moment;
  readonly kernelFunction: string;
  readonly calls: ReadonlyMap<number, SyscallView>;
  /** Line of the program's own source at an address, 0 outside. */
  lineAt(address: number): number;
  frameOf(pid: number): FrameEvent | null;
}

function stateName(k: Kernel, task: Task): TaskView["state"] {
  if (task.exitState === 32) return "zombie";
  if (task.exitState !== 0) return "dead";
  if (task.state === TASK_RUNNING) return k.cpuTask === task && !task.onRq ? "running" : "runnable";
  if (task.state === TASK_INTERRUPTIBLE) return "sleeping";
  return task.state === TASK_STOPPED || task.state === TASK_TRACED ? "stopped" : "uninterruptible";
}

function instructionText(k: Kernel, task: Task): string {
  const bytes = peek(k, task.mm, contextOf(k, task).rip, 15);
  const length = decode(bytes, 0, bytes.length, insn);
  if (length <= 0) return "";
  const hex = [...bytes.subarray(0, length)].map((b) => b.toString(16).padStart(2, "0")).join(" ");
  return `${rowMnemonic(insn.row)}   ${hex}`;
}

function taskView(k: Kernel, task: Task, ids: Identities, s: Surroundings, inKernel: boolean): TaskView {
  const rip = contextOf(k, task).rip;
  const gone = task.exitState !== 0;
  const line = s.lineAt(rip);
  return {
    pid: task.pid,
    tgid: task.tgid,
    parent: task.realParent.pid,
    comm: task.comm,
    state: stateName(k, task),
    queues: gone || task.state === TASK_RUNNING ? [] : sleepsOn(k, task),
    registers: registersView(k, task),
    ptRegs: ptRegsView(k, task),
    call: s.calls.get(task.pid) ?? null,
    inKernel,
    line,
    callerLine: gone || line > 0 ? 0 : callerLine(k, task, (address) => s.lineAt(address)),
    userFunction: s.debug.functionAt(rip),
    instruction: gone ? "" : instructionText(k, task),
    fds: gone ? [] : fdsView(k, task, ids),
    signals: signalsView(k, task, s.frameOf(task.pid)),
    vmas: vmasView(k, task),
    exitCode: task.exitCode,
    copied: copyCounts(task.copied),
    sched: schedView(task),
    hooks: hooksView(task),
  };
}

/** The tasks that the page shows: all but the kernel's own. */
export function shownTasks(k: Kernel): Task[] {
  return [...k.pids.values()].filter((t) => t !== k.initTask).slice(0, MAX_TASKS);
}

/** Everything the rooms draw of the present moment. */
export function stateView(k: Kernel, s: Surroundings): StateView {
  const ids = new Identities();
  const tasks = shownTasks(k);
  const inside = s.kernelFunction !== "";
  let syscalls = 0;
  let copied = 0;
  for (const t of k.pids.values()) {
    syscalls += t.nSyscalls;
    copied += t.copied[COPY_FROM_USER]! + t.copied[COPY_TO_USER]!;
  }
  const current = k.cpuTask && k.cpuTask.state === TASK_RUNNING && k.cpuTask.exitState === 0 ? k.cpuTask : null;
  return {
    moment: s.moment,
    time: k.time.nowNs,
    current: current?.pid ?? 0,
    tasks: tasks.map((t) => taskView(k, t, ids, s, t.inBlockedCall || (inside && t === k.current))),
    epolls: epollsView(k, tasks, ids),
    urings: uringsView(k, tasks, ids),
    waitQueues: waitQueuesView(k, tasks, ids),
    vdso: vdsoView(k, current ?? tasks[0] ?? null, tasks),
    runQueue: runQueueView(k),
    pageCache: pageCacheView(k, tasks),
    kernelFunction: s.kernelFunction,
    syscalls,
    copiedBytes: copied,
  };
}
