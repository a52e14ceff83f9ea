import { exitFiles, releaseHeldFiles } from "../fs/file.ts";
import { exitFs } from "../fs/fsStruct.ts";
import { ksysSync } from "../fs/syncHooks.ts";
import { EXIT_DEAD, EXIT_ZOMBIE, type SigAction, type SignalStruct, TASK_RUNNING, type Task } from "../include/linux/sched.ts";
import type { Kernel } from "../kernel.ts";
import { mmput } from "../mm/mm.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { CLD_DUMPED, CLD_EXITED, CLD_KILLED, CLD_STOPPED, SA_NOCLDWAIT, SIG_IGN, SIGCHLD, SIGKILL } from "../uapi/signal.ts";
import { runExitHooks } from "./exitHooks.ts";
import { mmRelease } from "./fork.ts";
import { FutexWaiter } from "./futex/core.ts";
import { futexExitRelease } from "./futex/robust.ts";
import { seccompFilterRelease } from "./seccomp/filter.ts";
import { SeccompKnotif } from "./seccomp/notify.ts";
import { JOBCTL_STOP_PENDING, killOrphanedPgrp, notifyParentCldstop, participateGroupStop } from "./signal/jobControl.ts";
import { retargetShared } from "./signal/mask.ts";
import { flushSigqueue, lowBit } from "./signal/pending.ts";
import { groupSendSigInfo, sendSignalLocked, signalWakeUp } from "./signal/send.ts";
import { childSiginfo, userSiginfo } from "./signal/siginfo.ts";
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
 * @linux kernel/exit.c do_exit
 */
export function doExit(k: Kernel, code: number): void {
  const task = k.current;
  const group = task.signal;
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
  if (task === group.leader) {
    if (groupDead && notifyParent(k, task, task.exitSignal)) releaseTask(k, task);
  } else releaseTask(k, task);
  task.pidfdWait.wakeUpAll(k);
}

/** What wait reports of a process. */
export function processExitCode(leader: Task): number {
  return leader.signal.groupExit ? leader.signal.groupExitCode : leader.exitCode;
}

/** Takes a dead task out of the tables. @linux kernel/exit.c release_task */
export function releaseTask(k: Kernel, task: Task): void {
  const group = task.signal;
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
  // The leader went first and waited for the last thread.
  const leader = group.leader;
  if (group.threads.length === 0 && leader.exitState === EXIT_ZOMBIE) {
    if (notifyParent(k, leader, leader.exitSignal)) releaseTask(k, leader);
    leader.pidfdWait.wakeUpAll(k);
  }
}

/** SIGCHLD (or the chosen signal) to the parent. @returns true if nobody will wait for the child @linux kernel/signal.c do_notify_parent */
function notifyParent(k: Kernel, task: Task, signal: number): boolean {
  const parent = task.realParent;
  const code = processExitCode(task);
  let sig = signal;
  let autoreap = false;
  const action = parent.sighand.action[SIGCHLD] as SigAction;
  if (sig === SIGCHLD && (action.handler === SIG_IGN || action.flags & SA_NOCLDWAIT)) {
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
  if (father.children.length === 0) return;
  const reaper = findNewReaper(k, father);
  const children = father.children;
  father.children = [];
  const dead: Task[] = [];
  for (const child of children) {
    for (const t of child.signal.threads.length > 0 ? child.signal.threads : [child]) {
      if (t.realParent === father) {
        t.realParent = reaper;
        t.parent = reaper;
      }
      if (t.pdeathSignal > 0) groupSendSigInfo(k, t.pdeathSignal, userSiginfo(t.pdeathSignal, father), t);
    }
    if (child.realParent === father) {
      child.realParent = reaper;
      child.parent = reaper;
    }
    reaper.children.push(child);
    if (reaper.signal === father.signal) continue;
    child.exitSignal = SIGCHLD;
    if (child.exitState === EXIT_ZOMBIE && child.signal.threads.length === 0 && notifyParent(k, child, SIGCHLD)) dead.push(child);
    killOrphanedPgrp(k, child, father);
  }
  for (const child of dead) releaseTask(k, child);
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

/** Ends all threads with one code. @linux kernel/exit.c do_group_exit */
export function doGroupExit(k: Kernel, code: number): void {
  const group = k.current.signal;
  if (!group.groupExit) {
    group.groupExit = true;
    group.groupExitCode = code;
    group.groupStopCount = 0;
    for (const t of group.threads) if (t !== k.current) zapThread(k, t);
  }
  doExit(k, group.groupExitCode);
}

function zapThread(k: Kernel, t: Task): void {
  t.jobctl = 0;
  t.pending.lo |= lowBit(SIGKILL);
  signalWakeUp(k, t, true);
}

/**
 * exec in a program with threads: the others end now, and the caller becomes the leader with the
 * process's id. Nobody is inside the kernel but asleep, so this needs no waiting.
 * @linux fs/exec.c de_thread
 */
export function deThread(k: Kernel): void {
  const self = k.current;
  const group: SignalStruct = self.signal;
  const oldLeader = group.leader;
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
  if (oldLeader === self) return;
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
  oldLeader.pidfdWait.wakeUpAll(k);
  if (k.program === oldLeader) k.program = self;
}

export const exitSyscalls: readonly SyscallDef[] = [
  syscall(
    "exit",
    { error_code: A.int },
    (k, code) => {
      doExit(k, (code & 0xff) << 8);
      return 0;
    },
    { linux: "kernel/exit.c sys_exit", ret: "none" },
  ),
  syscall(
    "exit_group",
    { error_code: A.int },
    (k, code) => {
      doGroupExit(k, (code & 0xff) << 8);
      return 0;
    },
    { linux: "kernel/exit.c sys_exit_group", ret: "none" },
  ),
];
