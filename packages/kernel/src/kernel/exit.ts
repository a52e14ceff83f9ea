import { exitFiles, releaseHeldFiles } from "../fs/file.ts";
import { exitFs } from "../fs/fsStruct.ts";
import { exitMntNs } from "../fs/mntNamespace.ts";
import { ksysSync } from "../fs/syncHooks.ts";
import { PT_EXITKILL, ptraceEventEnabled, ptraceReparented, STOP_EXIT } from "../include/linux/ptrace.ts";
import { BLOCKED, EXIT_DEAD, EXIT_ZOMBIE, type SigAction, type SignalStruct, TASK_RUNNING, type Task } from "../include/linux/sched.ts";
import { ioUringFilesCancel, ioUringLastProgram } from "../io_uring/tctx.ts";
import type { Kernel } from "../kernel.ts";
import { mmput } from "../mm/mm.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { EAGAIN, ENOSYS } from "../uapi/errno.ts";
import { PTRACE_EVENT_EXIT } from "../uapi/ptrace.ts";
import { CLD_DUMPED, CLD_EXITED, CLD_KILLED, CLD_STOPPED, SA_NOCLDWAIT, SIG_IGN, SIGCHLD, SIGKILL } from "../uapi/signal.ts";
import { runExitHooks } from "./exitHooks.ts";
import { mmRelease } from "./fork.ts";
import { FutexWaiter } from "./futex/core.ts";
import { futexExitRelease } from "./futex/robust.ts";
import { ptraceUnlink } from "./ptrace/link.ts";
import { seccompFilterRelease } from "./seccomp/filter.ts";
import { SeccompKnotif } from "./seccomp/notify.ts";
import {
  clearJobctlPending,
  JOBCTL_PENDING_MASK,
  JOBCTL_STOP_PENDING,
  killOrphanedPgrp,
  notifyParentCldstop,
  participateGroupStop,
  threadGroupEmpty,
} from "./signal/jobControl.ts";
import { retargetShared } from "./signal/mask.ts";
import { flushSigqueue, lowBit } from "./signal/pending.ts";
import { ptraceBack, ptraceEvent } from "./signal/ptraceStop.ts";
import { groupSendSigInfo, sendSignalLocked, signalWakeUp } from "./signal/send.ts";
import { childSiginfo, kernelSiginfo, userSiginfo } from "./signal/siginfo.ts";
import { exitItimers } from "./time/posixTimers.ts";

/** State of a task that is gone for good. */
export const TASK_DEAD = 0x80;

/** From now on other threads take the group's signals. @linux kernel/signal.c exit_signals */
function exitSignals(k: Kernel, task: Task): void {
  task.exiting = true;
  if (task.signal.threads.length <= 1 || task.signal.groupExit) return;
  if (task.sigPendingFlag) retargetShared(k, task, ~task.blockedLo, ~task.blockedHi);
  if (task.jobctl & JOBCTL_STOP_PENDING && participateGroupStop(task)) notifyParentCldstop(k, task, CLD_STOPPED);
}

/**
 * Ends the current task. `code` is in the form wait reports. It must return to the scheduler at once.
 * @returns false if the task stops for its tracer first: it comes here again @linux kernel/exit.c do_exit
 */
export function doExit(k: Kernel, code: number): boolean {
  const task = k.current;
  if (task.stopKind === STOP_EXIT) {
    const told = task.ptraceMessage;
    ptraceBack(k, task);
    exitFor(k, task, told);
  } else if (ptraceEventEnabled(task, PTRACE_EVENT_EXIT) && ptraceEvent(k, task, PTRACE_EVENT_EXIT, code, STOP_EXIT)) return false;
  else exitFor(k, task, code);
  return true;
}

function exitFor(k: Kernel, task: Task, code: number): void {
  const group = task.signal;
  if (task.ioUring !== null) ioUringFilesCancel(k, task);
  if (task.kthread !== null) task.kthread.exit(k, task);
  else ioUringLastProgram(k, task);
  k.sched.endCall(task);
  task.inBlockedCall = false;
  // Who dies in its sleep must not stay on a list of sleepers.
  if (task.progress instanceof FutexWaiter) task.progress.cancel(k);
  else if (task.progress instanceof SeccompKnotif) task.progress.cancel();
  task.progress = null;
  exitSignals(k, task);
  seccompFilterRelease(k, task);
  const groupDead = group.threads.length === 1 && group.threads[0] === task;
  futexExitRelease(k, task);
  if (groupDead) {
    exitItimers(k, group);
    if (task.mm) group.maxRss = Math.max(group.maxRss, task.mm.maxRss);
  }
  task.exitCode = code;
  mmRelease(k, task);
  const mm = task.mm;
  if (mm) {
    task.mm = null;
    if (mm.users === 1 && k.activeMm === mm) k.activeMm = null;
    mmput(k, mm);
  }
  releaseHeldFiles(k, task);
  exitFiles(k, task);
  exitFs(k, task);
  exitMntNs(k, task);
  if (groupDead) runExitHooks(k, task);
  if (k.trace.schedProcessExit.enabled) k.trace.schedProcessExit.fire(task);
  exitNotify(k, task, groupDead);
}

/** Passes children on, tells the parent. @linux kernel/exit.c exit_notify */
function exitNotify(k: Kernel, task: Task, groupDead: boolean): void {
  const group = task.signal;
  forgetOriginalParent(k, task);
  const i = group.threads.indexOf(task);
  if (i >= 0) group.threads.splice(i, 1);
  task.exitState = EXIT_ZOMBIE;
  task.state = TASK_DEAD;
  if (task !== group.leader) group.zombieThreads.push(task);
  k.sched.dequeue(task);
  if (k.cpuTask === task) k.cpuTask = null;
  if (groupDead) {
    killOrphanedPgrp(k, group.leader, null);
    if (group.leader === k.program) {
      // Others that still run will not get to write what they have mapped.
      ksysSync(k);
      k.exited = true;
      k.exitStatus = processExitCode(group.leader);
    }
  }
  const leads = task === group.leader;
  let autoreap = !leads;
  if (task.ptrace !== 0) {
    const plain = leads && threadGroupEmpty(task) && !ptraceReparented(task);
    autoreap = notifyParent(k, task, plain ? task.exitSignal : SIGCHLD);
  } else if (leads) autoreap = threadGroupEmpty(task) && notifyParent(k, task, task.exitSignal);
  if (autoreap) releaseTask(k, task);
  task.pidfdWait.wakeUpAll(k);
  if (group.groupExecTask) group.execWait.wakeUpAll(k);
}

/** What wait reports of a process. */
export function processExitCode(leader: Task): number {
  return leader.signal.leader !== leader ? leader.exitCode : leader.signal.groupExit ? leader.signal.groupExitCode : leader.exitCode;
}

/** Takes a dead task out of the tables. @linux kernel/exit.c release_task */
export function releaseTask(k: Kernel, task: Task): void {
  const group = task.signal;
  ptraceUnlink(k, task);
  task.exitState = EXIT_DEAD;
  k.pids.delete(task.pid);
  flushSigqueue(k, task.pending);
  if (task === group.leader) {
    flushSigqueue(k, group.sharedPending);
    const siblings = task.realParent.children;
    const i = siblings.indexOf(task);
    if (i >= 0) siblings.splice(i, 1);
    // Its number is free: pidfds hang up.
    task.pidfdWait.wakeUpAll(k);
    return;
  }
  group.utime += task.utime;
  group.stime += task.stime;
  group.minFlt += task.minFlt;
  group.majFlt += task.majFlt;
  group.nvcsw += task.nvcsw;
  group.nivcsw += task.nivcsw;
  const z = group.zombieThreads.indexOf(task);
  if (z >= 0) group.zombieThreads.splice(z, 1);
  if (group.groupExecTask) group.execWait.wakeUpAll(k);
  // The leader went first and waited for the last thread.
  const leader = group.leader;
  if (threadGroupEmpty(leader) && leader.exitState === EXIT_ZOMBIE) {
    if (notifyParent(k, leader, leader.exitSignal)) releaseTask(k, leader);
    leader.pidfdWait.wakeUpAll(k);
  }
}

/** SIGCHLD (or the chosen signal) to the parent, or to the tracer. @returns true if nobody will wait for the child @linux kernel/signal.c do_notify_parent */
export function notifyParent(k: Kernel, task: Task, signal: number): boolean {
  const { parent } = task;
  const code = processExitCode(task);
  let sig = signal;
  let autoreap = false;
  const action = parent.sighand.action[SIGCHLD] as SigAction;
  if (task.ptrace === 0 && sig === SIGCHLD && (action.handler === SIG_IGN || action.flags & SA_NOCLDWAIT)) {
    autoreap = true;
    if (action.handler === SIG_IGN) sig = 0;
  }
  if (sig > 0 && sig <= 64) {
    const how = code & 0x80 ? CLD_DUMPED : code & 0x7f ? CLD_KILLED : CLD_EXITED;
    sendSignalLocked(k, sig, childSiginfo(sig, task, how, code & 0x7f ? code & 0x7f : code >> 8), parent, true);
  }
  parent.signal.waitChildExit.wakeUpAll(k);
  return autoreap;
}

/** Children go to another thread of the process, to a subreaper, or to init. @linux kernel/exit.c forget_original_parent */
function forgetOriginalParent(k: Kernel, father: Task): void {
  if (father.ptraced.length > 0) exitPtrace(k, father);
  if (father.children.length === 0) return;
  const reaper = findNewReaper(k, father);
  const children = father.children;
  father.children = [];
  const dead: Task[] = [];
  for (const child of children) {
    const { threads, zombieThreads } = child.signal;
    for (const t of zombieThreads) reparent(t, father, reaper);
    for (const t of threads.length > 0 ? threads : [child]) {
      reparent(t, father, reaper);
      if (t.pdeathSignal > 0) groupSendSigInfo(k, t.pdeathSignal, userSiginfo(t.pdeathSignal, father), t);
    }
    reparent(child, father, reaper);
    reaper.children.push(child);
    if (reaper.signal === father.signal) continue;
    child.exitSignal = SIGCHLD;
    if (child.ptrace === 0 && child.exitState === EXIT_ZOMBIE && threadGroupEmpty(child) && notifyParent(k, child, SIGCHLD))
      dead.push(child);
    killOrphanedPgrp(k, child, father);
  }
  for (const child of dead) releaseTask(k, child);
}

function reparent(t: Task, father: Task, reaper: Task): void {
  if (t.realParent !== father) return;
  t.realParent = reaper;
  if (t.ptrace === 0) t.parent = reaper;
}

/** The tracer goes: its tracees run on, or die with it. @linux kernel/ptrace.c exit_ptrace */
function exitPtrace(k: Kernel, tracer: Task): void {
  for (const p of [...tracer.ptraced]) {
    if (p.ptrace & PT_EXITKILL) sendSignalLocked(k, SIGKILL, kernelSiginfo(SIGKILL), p, false);
    if (ptraceDetachTask(k, tracer, p)) releaseTask(k, p);
  }
}

/** Ends the tracing of a task. @returns true if it is dead, and nobody will wait for it @linux kernel/ptrace.c __ptrace_detach */
export function ptraceDetachTask(k: Kernel, tracer: Task, p: Task): boolean {
  ptraceUnlink(k, p);
  if (p.exitState !== EXIT_ZOMBIE) return false;
  if (p !== p.signal.leader) return true;
  if (!threadGroupEmpty(p)) return false;
  if (p.realParent.signal !== tracer.signal) return notifyParent(k, p, p.exitSignal);
  const action = tracer.sighand.action[SIGCHLD] as SigAction;
  if (action.handler !== SIG_IGN && !(action.flags & SA_NOCLDWAIT)) return false;
  tracer.signal.waitChildExit.wakeUpAll(k);
  return true;
}

/** @linux kernel/exit.c find_new_reaper */
function findNewReaper(k: Kernel, father: Task): Task {
  const own = father.signal.threads.find((t) => t !== father && !t.exiting);
  if (own) return own;
  if (father.signal.hasChildSubreaper) {
    for (let p = father.realParent; p !== k.initTask; p = p.realParent) {
      if (!p.signal.isChildSubreaper) continue;
      const alive = p.signal.threads.find((t) => !t.exiting);
      if (alive) return alive;
    }
  }
  return k.initTask;
}

/** Ends all threads with one code. @returns as doExit @linux kernel/exit.c do_group_exit */
export function doGroupExit(k: Kernel, code: number): boolean {
  const group = k.current.signal;
  // Another thread execs: this one ends silently.
  if (!group.groupExit && group.groupExecTask) return doExit(k, 0);
  if (!group.groupExit) {
    group.groupExit = true;
    group.groupExitCode = code;
    group.groupStopCount = 0;
    for (const t of group.threads) if (t !== k.current) zapThread(k, t);
  }
  return doExit(k, group.groupExitCode);
}

function zapThread(k: Kernel, t: Task): void {
  clearJobctlPending(t, JOBCTL_PENDING_MASK);
  t.pending.lo |= lowBit(SIGKILL);
  signalWakeUp(k, t, true);
}

/**
 * Traced threads end by themselves, under the eyes of their tracer, and exec waits until it has taken note.
 * @returns 0 once the others are gone, BLOCKED, or -EAGAIN if the process dies meanwhile
 */
function waitForOthers(k: Kernel, self: Task): number {
  const group = self.signal;
  if (!group.groupExecTask) {
    if (group.groupExit) return -EAGAIN;
    group.groupExecTask = self;
    group.groupStopCount = 0;
    for (const t of group.threads) if (t !== self) zapThread(k, t);
  }
  if (group.threads.length > 1 || group.zombieThreads.length > 0) {
    const r = k.sched.sleepKillable(group.execWait);
    if (r === BLOCKED) return r;
    group.groupExecTask = null;
    return -EAGAIN;
  }
  group.groupExecTask = null;
  return 0;
}

/**
 * exec in a program with threads: the others end now, and the caller becomes the leader with the
 * process's id. Nobody is inside the kernel but asleep, so this needs no waiting unless somebody is traced.
 * @returns 0, BLOCKED or -EAGAIN @linux fs/exec.c de_thread
 */
export function deThread(k: Kernel): number {
  const self = k.current;
  const group: SignalStruct = self.signal;
  const oldLeader = group.leader;
  if (group.groupExecTask || group.zombieThreads.length > 0 || group.threads.some((t) => t !== self && t.ptrace !== 0)) {
    const r = waitForOthers(k, self);
    if (r !== 0) return r;
  }
  if (group.threads.length > 1) {
    const saved = k.cpuTask;
    if (saved === self) k.machine.saveContext(self.ctx);
    for (const t of [...group.threads]) {
      if (t === self) continue;
      k.sched.dequeue(t);
      t.state = TASK_RUNNING;
      k.current = t;
      doExit(k, 0);
    }
    k.current = self;
    k.cpuTask = saved;
  }
  if (oldLeader === self) return 0;
  // The caller takes over what makes the leader: its number, place among the children, exit signal.
  const pid = oldLeader.pid;
  k.pids.delete(self.pid);
  self.pid = pid;
  k.pids.set(pid, self);
  self.exitSignal = SIGCHLD;
  self.realParent = oldLeader.realParent;
  self.parent = oldLeader.parent;
  const siblings = self.realParent.children;
  const i = siblings.indexOf(oldLeader);
  if (i >= 0) siblings[i] = self;
  else siblings.push(self);
  self.startTime = oldLeader.startTime;
  group.utime += oldLeader.utime;
  group.stime += oldLeader.stime;
  group.leader = self;
  oldLeader.exitState = EXIT_DEAD;
  // Who waits for the old leader waits in vain.
  if (oldLeader.ptrace !== 0) oldLeader.parent.signal.waitChildExit.wakeUpAll(k);
  ptraceUnlink(k, oldLeader);
  oldLeader.pidfdWait.wakeUpAll(k);
  if (k.program === oldLeader) k.program = self;
  return 0;
}

/** The call has stopped at PTRACE_EVENT_EXIT. */
function stopped(k: Kernel): number {
  k.machine.cpu.set(0, -ENOSYS);
  return BLOCKED;
}

export const exitSyscalls: readonly SyscallDef[] = [
  syscall(
    "exit",
    { error_code: A.int },
    (k, code) => {
      return doExit(k, (code & 0xff) << 8) ? 0 : stopped(k);
    },
    { linux: "kernel/exit.c sys_exit", ret: "none" },
  ),
  syscall(
    "exit_group",
    { error_code: A.int },
    (k, code) => {
      return doGroupExit(k, (code & 0xff) << 8) ? 0 : stopped(k);
    },
    { linux: "kernel/exit.c sys_exit_group", ret: "none" },
  ),
];
