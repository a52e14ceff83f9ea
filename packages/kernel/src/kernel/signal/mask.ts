import type { Sighand, SigPending, Task } from "../../include/linux/sched.ts";
import type { Kernel } from "../../kernel.ts";
import { copyFromUser } from "../../mm/usercopy.ts";
import { EFAULT, EINVAL } from "../../uapi/errno.ts";
import { SIG_DFL, SIG_IGN } from "../../uapi/signal.ts";
import { KERNEL_ONLY_MASK, recalcSigpending } from "./pending.ts";
import { signalWakeUp } from "./send.ts";

const setBytes = new Uint8Array(8);
const setView = new DataView(setBytes.buffer);
/** Result of readSigset. */
export const readSet = { lo: 0, hi: 0 };

/** Reads a sigset_t of the program into readSet. 0 or -EFAULT. */
export function readSigset(k: Kernel, address: number): number {
  if (copyFromUser(k, address, setBytes, 0, 8) !== 0) return -EFAULT;
  readSet.lo = setView.getInt32(0, true);
  readSet.hi = setView.getInt32(4, true);
  return 0;
}

/**
 * Changes the current task's mask. Shared signals that it now blocks may have other takers.
 * @linux kernel/signal.c set_current_blocked
 */
export function setBlocked(k: Kernel, task: Task, lo: number, hi: number): void {
  const newLo = lo & ~KERNEL_ONLY_MASK & ~task.blockedLo;
  const newHi = hi & ~task.blockedHi;
  task.blockedLo = lo & ~KERNEL_ONLY_MASK;
  task.blockedHi = hi;
  if (task.sigPendingFlag && task.signal.threads.length > 1 && (newLo | newHi) !== 0) retargetShared(k, task, newLo, newHi);
  recalcSigpending(task);
}

/** Wakes other threads for shared signals that `task` no longer takes. @linux kernel/signal.c retarget_shared_pending */
export function retargetShared(k: Kernel, task: Task, lo: number, hi: number): void {
  const shared: SigPending = task.signal.sharedPending;
  let wantLo = shared.lo & lo;
  let wantHi = shared.hi & hi;
  for (const t of task.signal.threads) {
    if ((wantLo | wantHi) === 0) return;
    if (t === task || t.exiting) continue;
    const takesLo = wantLo & ~t.blockedLo;
    const takesHi = wantHi & ~t.blockedHi;
    if ((takesLo | takesHi) === 0) continue;
    wantLo &= t.blockedLo;
    wantHi &= t.blockedHi;
    if (!t.sigPendingFlag) signalWakeUp(k, t, false);
  }
}

/**
 * For ppoll, pselect and epoll_pwait: installs a temporary mask, to be put back by
 * restoreSavedSigmask or by the signal frame. A retried call does not install it twice.
 * @linux kernel/signal.c set_user_sigmask
 */
export function setUserSigmask(k: Kernel, maskPtr: number, size: number): number {
  if (maskPtr === 0) return 0;
  if (size !== 8) return -EINVAL;
  const task = k.current;
  if (task.inBlockedCall && task.restoreSigmask) return 0;
  if (readSigset(k, maskPtr) !== 0) return -EFAULT;
  saveSigmask(task);
  setBlocked(k, task, readSet.lo, readSet.hi);
  return 0;
}

export function saveSigmask(task: Task): void {
  task.savedMaskLo = task.blockedLo;
  task.savedMaskHi = task.blockedHi;
  task.restoreSigmask = true;
}

/** Puts the mask back that setUserSigmask replaced. @linux include/linux/sched/signal.h restore_saved_sigmask */
export function restoreSavedSigmask(k: Kernel, task: Task = k.current): void {
  if (!task.restoreSigmask) return;
  task.restoreSigmask = false;
  setBlocked(k, task, task.savedMaskLo, task.savedMaskHi);
}

/** After a call with a temporary mask: keeps it for the handler that interrupts, else puts the old one back. @linux include/linux/sched/signal.h restore_saved_sigmask_unless */
export function restoreSavedSigmaskUnless(k: Kernel, interrupted: boolean): void {
  if (!interrupted) restoreSavedSigmask(k);
}

/** exec: caught signals get their default action. `force`: ignored ones too. @linux kernel/signal.c flush_signal_handlers */
export function flushSignalHandlers(sighand: Sighand, force: boolean): void {
  for (let sig = 1; sig <= 64; sig++) {
    const a = sighand.action[sig]!;
    if (force || a.handler !== SIG_IGN) a.handler = SIG_DFL;
    a.flags = 0;
    a.restorer = 0;
    a.maskLo = a.maskHi = 0;
  }
}
