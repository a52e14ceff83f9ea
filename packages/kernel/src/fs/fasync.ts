import type { File } from "../include/linux/fs.ts";
import type { Task } from "../include/linux/sched.ts";
import { findProcessGroup, findTask } from "../kernel/pid.ts";
import { sendSignalLocked } from "../kernel/signal/send.ts";
import { pollSiginfo } from "../kernel/signal/siginfo.ts";
import { groupSendSigInfo, sendSig } from "../kernel/signal.ts";
import type { Kernel } from "../kernel.ts";
import { FASYNC } from "../uapi/fcntl.ts";
import { POLLERR, POLLHUP, POLLIN, POLLMSG, POLLOUT, POLLPRI, POLLRDBAND, POLLRDNORM, POLLWRBAND, POLLWRNORM } from "../uapi/poll.ts";
import { POLL_ERR, POLL_HUP, POLL_IN, POLL_MSG, POLL_OUT, POLL_PRI, SIGIO, SIGURG } from "../uapi/signal.ts";

/** F_SETOWN_EX kinds. */
export const F_OWNER_TID = 0;
export const F_OWNER_PID = 1;
export const F_OWNER_PGRP = 2;

/** poll bits that go with a POLL_* code in siginfo. */
const bandOf: Readonly<Record<number, number>> = {
  [POLL_IN]: POLLIN | POLLRDNORM,
  [POLL_OUT]: POLLOUT | POLLWRNORM | POLLWRBAND,
  [POLL_MSG]: POLLIN | POLLRDNORM | POLLMSG,
  [POLL_ERR]: POLLERR,
  [POLL_PRI]: POLLPRI | POLLRDBAND,
  [POLL_HUP]: POLLHUP | POLLERR,
};

/** Switches a file's entry in a list of files that want SIGIO. @linux fs/fcntl.c fasync_helper */
export function fasyncHelper(file: File, on: boolean, list: File[]): void {
  const i = list.indexOf(file);
  if (on && i < 0) list.push(file);
  else if (!on && i >= 0) list.splice(i, 1);
}

/** Descriptor that the signal names: the owner's lowest for the file. */
function descriptorOf(task: Task, file: File): number {
  const fd = task.files.fd.indexOf(file);
  return Math.max(fd, 0);
}

function sigioToTask(k: Kernel, task: Task, file: File, code: number, thread: boolean): void {
  if (file.ownerSig === 0) {
    if (thread) sendSig(k, SIGIO, task);
    else groupSendSigInfo(k, SIGIO, null, task);
    return;
  }
  const info = pollSiginfo(file.ownerSig, code, bandOf[code] ?? 0, descriptorOf(task, file));
  sendSignalLocked(k, file.ownerSig, info, task, !thread);
}

/** Sends the signal that a file's owner asked for. @linux fs/fcntl.c send_sigio */
export function sendSigio(k: Kernel, file: File, code: number): void {
  const pid = file.ownerPid;
  if (pid === 0) return;
  if (pid < 0 || file.ownerType === F_OWNER_PGRP) {
    for (const t of findProcessGroup(k, Math.abs(pid))) sigioToTask(k, t, file, code, false);
    return;
  }
  const t = findTask(k, pid);
  if (t) sigioToTask(k, t, file, code, file.ownerType === F_OWNER_TID);
}

/** An event on what these files stand for: their owners get SIGIO. @linux fs/fcntl.c kill_fasync */
export function killFasync(k: Kernel, list: readonly File[], code: number): void {
  for (const file of list) if (file.flags & FASYNC) sendSigio(k, file, code);
}

/** Urgent data came: SIGURG to the file's owner. @returns whether there is an owner @linux fs/fcntl.c send_sigurg */
export function sendSigurg(k: Kernel, file: File): boolean {
  const pid = file.ownerPid;
  if (pid === 0) return false;
  if (pid < 0 || file.ownerType === F_OWNER_PGRP) {
    for (const t of findProcessGroup(k, Math.abs(pid))) groupSendSigInfo(k, SIGURG, null, t);
    return true;
  }
  const t = findTask(k, pid);
  if (t && file.ownerType === F_OWNER_TID) sendSig(k, SIGURG, t);
  else if (t) groupSendSigInfo(k, SIGURG, null, t);
  return true;
}

/** The signal that owners chose with F_SETSIG, beside SIGURG. @linux fs/fcntl.c kill_fasync_rcu */
export function killFasyncUrgent(k: Kernel, list: readonly File[], code: number): void {
  for (const file of list) if (file.flags & FASYNC && file.ownerSig !== 0) sendSigio(k, file, code);
}
