import { doCoredump } from "../../fs/coredump.ts";
import { ptraceReparented, STOP_SIGNAL, STOP_TRAP } from "../../include/linux/ptrace.ts";
import type { SigAction, Task } from "../../include/linux/sched.ts";
import { SigAction as SigActionClass } from "../../include/linux/sched.ts";
import type { Kernel } from "../../kernel.ts";
import { CLD_CONTINUED, CLD_STOPPED, SA_IMMUTABLE, SA_RESETHAND, SIG_DFL, SIG_IGN, SIGKILL, SIGSTOP } from "../../uapi/signal.ts";
import { doGroupExit } from "../exit.ts";
import {
  doSignalStop,
  isCurrentPgrpOrphaned,
  JOBCTL_STOP_PENDING,
  JOBCTL_TRAP_MASK,
  notifyParentCldstop,
  SIGNAL_CLD_CONTINUED,
  SIGNAL_CLD_MASK,
  SIGNAL_UNKILLABLE,
} from "./jobControl.ts";
import {
  COREDUMP_MASK,
  collectSignal,
  dequeueSignal,
  highBit,
  IGNORE_MASK,
  isBlocked,
  KERNEL_ONLY_MASK,
  lowBit,
  recalcSigpending,
  STOP_MASK,
  SYNCHRONOUS_MASK,
} from "./pending.ts";
import { doJobctlTrap, ptraceBack, ptraceSignal } from "./ptraceStop.ts";
import { sendSignalLocked } from "./send.ts";
import { newSiginfo, siCode, userSiginfo } from "./siginfo.ts";

/** What getSignal found: valid until its next call. */
export const ksig: { sig: number; info: Uint8Array; action: SigAction } = {
  sig: 0,
  info: new Uint8Array(128),
  action: new SigActionClass(),
};

/** getSignal's result when the task has stopped or is dead. */
export const GONE = -1;

/**
 * Takes signals and performs default actions until one has a handler.
 * @returns its number (see ksig), 0 if none, GONE if the task must not go on @linux kernel/signal.c get_signal
 */
export function getSignal(k: Kernel, task: Task): number {
  const group = task.signal;
  // What the tracer has sent the task on with, and the signal it was stopped for.
  let resumed: Uint8Array | null = null;
  if (task.stopKind === STOP_SIGNAL) {
    resumed = task.lastSiginfo as Uint8Array;
    if (!chosenSignal(k, task, resumed, ptraceBack(k, task))) resumed = null;
  } else if (task.stopKind === STOP_TRAP) ptraceBack(k, task);
  for (;;) {
    if (group.flags & SIGNAL_CLD_MASK) {
      const why = group.flags & SIGNAL_CLD_CONTINUED ? CLD_CONTINUED : CLD_STOPPED;
      group.flags &= ~SIGNAL_CLD_MASK;
      notifyParentCldstop(k, task, why);
      if (ptraceReparented(group.leader)) notifyParentCldstop(k, group.leader, why, true);
      continue;
    }
    if (group.groupExit || (group.groupExecTask && group.groupExecTask !== task) || task.pending.lo & lowBit(SIGKILL)) {
      task.pending.lo &= ~lowBit(SIGKILL);
      recalcSigpending(task);
      const trace = k.trace.signalDeliver;
      if (trace.enabled) trace.fire(task, SIGKILL, newSiginfo(SIGKILL, 0), SIG_DFL, task.sighand.action[SIGKILL]!.flags, 0);
      doGroupExit(k, group.groupExit ? group.groupExitCode : SIGKILL);
      return GONE;
    }
    if (resumed === null) {
      if (task.jobctl & JOBCTL_STOP_PENDING && doSignalStop(k, task, 0)) return GONE;
      if (task.jobctl & JOBCTL_TRAP_MASK) {
        if (doJobctlTrap(k, task)) return GONE;
        continue;
      }
    }
    const info: Uint8Array | null = resumed ?? dequeueSynchronous(k, task) ?? dequeueSignal(k, task, task.blockedLo, task.blockedHi);
    if (!info) return 0;
    const sig = info[0] as number;
    if (task.ptrace !== 0 && resumed === null && sig !== SIGKILL && !(task.sighand.action[sig]!.flags & SA_IMMUTABLE)) {
      if (ptraceSignal(k, task, sig, info)) return GONE;
    }
    resumed = null;
    const action = task.sighand.action[sig]!;
    if (action.handler === SIG_IGN) continue;
    if (action.handler !== SIG_DFL) {
      ksig.sig = sig;
      ksig.info = info;
      const copy = ksig.action;
      copy.handler = action.handler;
      copy.flags = action.flags;
      copy.restorer = action.restorer;
      copy.maskLo = action.maskLo;
      copy.maskHi = action.maskHi;
      if (action.flags & SA_RESETHAND) action.handler = SIG_DFL;
      return sig;
    }
    const bit = lowBit(sig);
    if (IGNORE_MASK & bit) continue;
    if (group.flags & SIGNAL_UNKILLABLE && !(KERNEL_ONLY_MASK & bit)) continue;
    if (k.trace.signalDeliver.enabled) k.trace.signalDeliver.fire(task, sig, info, SIG_DFL, action.flags, 0);
    if (STOP_MASK & bit) {
      if (sig !== SIGSTOP && isCurrentPgrpOrphaned(k)) continue;
      if (doSignalStop(k, task, sig)) return GONE;
      continue;
    }
    let code = sig;
    if (COREDUMP_MASK & bit && doCoredump(k, task, info)) code |= 0x80;
    doGroupExit(k, code);
    return GONE;
  }
}

/**
 * The tracer's choice about a signal: `sig` 0 drops it, another number replaces it.
 * @returns false if none is delivered now @linux kernel/signal.c ptrace_signal
 */
function chosenSignal(k: Kernel, task: Task, info: Uint8Array, sig: number): boolean {
  if (sig === 0) return false;
  if (sig !== info[0]) {
    info.fill(0);
    info.set(userSiginfo(sig, task.parent));
    new DataView(info.buffer, info.byteOffset).setInt32(16, task.parent.pid, true);
  }
  if (isBlocked(task, sig) || task.pending.lo & lowBit(SIGKILL)) {
    sendSignalLocked(k, sig, info, task, false);
    return false;
  }
  return true;
}

/** A fault of the instruction just tried comes before everything else. @linux kernel/signal.c dequeue_synchronous_signal */
function dequeueSynchronous(k: Kernel, task: Task): Uint8Array | null {
  const wanted = task.pending.lo & SYNCHRONOUS_MASK & ~task.blockedLo;
  if (wanted === 0) return null;
  for (const q of task.pending.queue) {
    if (siCode(q.info) > 0 && q.sig < 32 && wanted & lowBit(q.sig)) {
      const info = collectSignal(k, task.pending, q.sig);
      recalcSigpending(task);
      return info;
    }
  }
  return null;
}

/**
 * The mask while a handler runs: its own signal and sa_mask are added.
 * @linux kernel/signal.c signal_delivered
 */
export function blockForHandler(task: Task, action: SigAction, sig: number, nodefer: boolean): void {
  task.blockedLo |= action.maskLo;
  task.blockedHi |= action.maskHi;
  if (!nodefer) {
    task.blockedLo |= lowBit(sig);
    task.blockedHi |= highBit(sig);
  }
  task.blockedLo &= ~KERNEL_ONLY_MASK;
  recalcSigpending(task);
}
