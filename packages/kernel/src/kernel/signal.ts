import type { Task } from "../include/linux/sched.ts";

/** The signal interface that other subsystems use; the mechanisms are in signal/. */
export { GONE, getSignal, ksig } from "./signal/getSignal.ts";
export { isCurrentPgrpOrphaned } from "./signal/jobControl.ts";
export {
  flushSignalHandlers,
  readSet,
  readSigset,
  restoreSavedSigmask,
  restoreSavedSigmaskUnless,
  saveSigmask,
  setBlocked,
  setUserSigmask,
} from "./signal/mask.ts";
export { dequeueSignal, flushSigqueue, isBlocked, isMember, recalcSigpending } from "./signal/pending.ts";
export {
  forceFatalSig,
  forceSig,
  forceSigFault,
  forceSigInfo,
  forceSigsegv,
  groupSendSigInfo,
  killPgrp,
  sendSig,
  sendSignalLocked,
  signalWakeUp,
} from "./signal/send.ts";
export { childSiginfo, faultSiginfo, kernelSiginfo, newSiginfo, pollSiginfo, siCode, sysSiginfo, userSiginfo } from "./signal/siginfo.ts";

/** @linux include/linux/sched/signal.h signal_pending */
export function signalPending(task: Task): boolean {
  return task.sigPendingFlag;
}

/** Is the task about to be killed? @linux include/linux/sched/signal.h fatal_signal_pending */
export function fatalSignalPending(task: Task): boolean {
  return (task.pending.lo & (1 << 8)) !== 0;
}

/** Does the task ignore or block this signal? The terminal asks before it stops a background process. */
export function isIgnored(task: Task, sig: number): boolean {
  const word = sig <= 32 ? task.blockedLo & (1 << (sig - 1)) : task.blockedHi & (1 << (sig - 33));
  return word !== 0 || task.sighand.action[sig]?.handler === 1;
}
