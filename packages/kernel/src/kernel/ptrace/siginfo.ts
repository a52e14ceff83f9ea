import type { SigPending, Task } from "../../include/linux/sched.ts";
import type { Kernel } from "../../kernel.ts";
import { copyFromUser, copyToUser } from "../../mm/usercopy.ts";
import { EFAULT, EINVAL } from "../../uapi/errno.ts";
import { PTRACE_PEEKSIGINFO_SHARED, ptracePeeksiginfoArgsStruct } from "../../uapi/ptrace.ts";
import { SIGINFO_SIZE } from "../../uapi/signal.ts";
import { readSet, readSigset } from "../signal/mask.ts";
import { KERNEL_ONLY_MASK, recalcSigpending } from "../signal/pending.ts";

/** Details of the signal, or of the trap, that the task is stopped for; group stops have none. @linux kernel/ptrace.c ptrace_getsiginfo */
export function ptraceGetsiginfo(k: Kernel, task: Task, data: number): number {
  return task.lastSiginfo ? copyToUser(k, data, task.lastSiginfo, 0, SIGINFO_SIZE) : -EINVAL;
}

/** @linux kernel/ptrace.c ptrace_setsiginfo */
export function ptraceSetsiginfo(k: Kernel, task: Task, data: number): number {
  const info = new Uint8Array(SIGINFO_SIZE);
  if (copyFromUser(k, data, info, 0, SIGINFO_SIZE) !== 0) return -EFAULT;
  if (!task.lastSiginfo) return -EINVAL;
  task.lastSiginfo.set(info);
  return 0;
}

/** Copies details of pending signals from place `off` on. @returns how many @linux kernel/ptrace.c ptrace_peek_siginfo */
export function ptracePeekSiginfo(k: Kernel, task: Task, addr: number, data: number): number {
  const bytes = new Uint8Array(ptracePeeksiginfoArgsStruct.size);
  if (copyFromUser(k, addr, bytes, 0, bytes.length) !== 0) return -EFAULT;
  const v = new DataView(bytes.buffer);
  const off = v.getUint32(0, true) + v.getUint32(4, true) * 4294967296;
  const flags = v.getUint32(8, true);
  const nr = v.getInt32(12, true);
  if (flags & ~PTRACE_PEEKSIGINFO_SHARED || nr < 0) return -EINVAL;
  const pending: SigPending = flags & PTRACE_PEEKSIGINFO_SHARED ? task.signal.sharedPending : task.pending;
  let done = 0;
  for (; done < nr; done++) {
    const q = pending.queue[off + done];
    if (!q) break;
    if (copyToUser(k, data + done * SIGINFO_SIZE, q.info, 0, SIGINFO_SIZE) !== 0) return done > 0 ? done : -EFAULT;
  }
  return done;
}

const mask = new Uint8Array(8);
const maskView = new DataView(mask.buffer);

/** The mask of blocked signals, or the one that a call like ppoll will put back. @linux kernel/ptrace.c ptrace_request */
export function ptraceGetsigmask(k: Kernel, task: Task, size: number, data: number): number {
  if (size !== 8) return -EINVAL;
  maskView.setInt32(0, task.restoreSigmask ? task.savedMaskLo : task.blockedLo, true);
  maskView.setInt32(4, task.restoreSigmask ? task.savedMaskHi : task.blockedHi, true);
  return copyToUser(k, data, mask, 0, 8);
}

/** @linux kernel/ptrace.c ptrace_request */
export function ptraceSetsigmask(k: Kernel, task: Task, size: number, data: number): number {
  if (size !== 8) return -EINVAL;
  if (readSigset(k, data) !== 0) return -EFAULT;
  task.blockedLo = readSet.lo & ~KERNEL_ONLY_MASK;
  task.blockedHi = readSet.hi;
  task.restoreSigmask = false;
  if (!task.sigPendingFlag) recalcSigpending(task);
  return 0;
}
