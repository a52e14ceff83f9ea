import type { Task } from "../../include/linux/sched.ts";
import type { Kernel } from "../../kernel.ts";
import { CAP_KILL } from "../../uapi/capability.ts";
import { EPERM, ESRCH } from "../../uapi/errno.ts";
import { SIGCONT } from "../../uapi/signal.ts";
import { capable } from "../capability.ts";
import { findProcessGroup, findTask } from "../pid.ts";
import { sendSignalLocked } from "./send.ts";

/** May the current task signal `t`? @linux kernel/signal.c check_kill_permission */
export function mayKill(k: Kernel, t: Task, sig: number): boolean {
  if (t.signal === k.current.signal) return true;
  const c = k.current.cred;
  const o = t.cred;
  if (c.euid === o.suid || c.euid === o.uid || c.uid === o.suid || c.uid === o.uid || capable(k, CAP_KILL)) return true;
  return sig === SIGCONT && k.current.signal.session === t.signal.session;
}

/** Checks permission and sends; sig 0 only checks. @linux kernel/signal.c group_send_sig_info, do_send_specific */
export function signalTask(k: Kernel, sig: number, info: Uint8Array, t: Task, group: boolean): number {
  if (!mayKill(k, t, sig)) return -EPERM;
  if (sig === 0) return 0;
  if (t.exitState !== 0 && (!group || t.signal.threads.length === 0)) return 0;
  return sendSignalLocked(k, sig, info, t, group);
}

/** kill(2) for all values of pid. @linux kernel/signal.c kill_something_info */
export function killSomething(k: Kernel, sig: number, info: Uint8Array, pid: number): number {
  if (pid > 0) {
    const t = findTask(k, pid);
    return t ? signalTask(k, sig, info, t, true) : -ESRCH;
  }
  if (pid === -0x80000000) return -ESRCH;
  if (pid !== -1) return killGroup(k, sig, info, pid === 0 ? k.current.signal.pgrp : -pid);
  let count = 0;
  let result = 0;
  for (const t of [...k.pids.values()]) {
    if (t.pid !== t.tgid || t.pid <= 1 || t.signal === k.current.signal) continue;
    const r = signalTask(k, sig, info, t, true);
    count++;
    if (r !== -EPERM) result = r;
  }
  return count === 0 ? -ESRCH : result;
}

/** Succeeds if one member could be signalled. @linux kernel/signal.c __kill_pgrp_info */
function killGroup(k: Kernel, sig: number, info: Uint8Array, pgrp: number): number {
  let result = -ESRCH;
  for (const t of findProcessGroup(k, pgrp)) {
    const r = signalTask(k, sig, info, t, true);
    if (result !== 0) result = r;
  }
  return result;
}
