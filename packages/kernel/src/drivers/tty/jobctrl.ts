import type { File } from "../../include/linux/fs.ts";
import type { Task } from "../../include/linux/sched.ts";
import { capable } from "../../kernel/capability.ts";
import { onProcessExit } from "../../kernel/exitHooks.ts";
import { findProcessGroup, findSession } from "../../kernel/pid.ts";
import { groupSendSigInfo, isCurrentPgrpOrphaned, isIgnored, killPgrp } from "../../kernel/signal.ts";
import type { Kernel } from "../../kernel.ts";
import { getUser32, putUser32 } from "../../mm/usercopy.ts";
import { CAP_SYS_ADMIN } from "../../uapi/capability.ts";
import { EFAULT, EINVAL, EIO, ENOTTY, EPERM, ERESTARTSYS, ESRCH } from "../../uapi/errno.ts";
import { SIGCONT, SIGHUP, SIGTTIN, SIGTTOU } from "../../uapi/signal.ts";
import { TIOCGPGRP, TIOCGSID, TIOCNOTTY, TIOCSCTTY, TIOCSPGRP } from "../../uapi/ttyIoctl.ts";
import { hangupTty } from "./hangup.ts";
import type { Tty } from "./types.ts";

/** The controlling terminal of a process. @linux drivers/tty/tty_jobctrl.c get_current_tty */
export function controllingTty(task: Task): Tty | null {
  return task.signal.tty as Tty | null;
}

/**
 * May the current process use its terminal? A background process is stopped by `sig`.
 * @returns 0, -EIO, or -ERESTARTSYS @linux drivers/tty/tty_jobctrl.c __tty_check_change
 */
export function ttyCheckChange(k: Kernel, tty: Tty, sig = SIGTTOU): number {
  const task = k.current;
  const { pgrp } = task.signal;
  if (controllingTty(task) !== tty || tty.pgrp === 0 || tty.pgrp === pgrp) return 0;
  if (isIgnored(task, sig)) return sig === SIGTTIN ? -EIO : 0;
  if (isCurrentPgrpOrphaned(k)) return -EIO;
  killPgrp(k, pgrp, sig);
  return -ERESTARTSYS;
}

/** The terminal becomes the controlling one of the caller's session. @linux drivers/tty/tty_jobctrl.c __proc_set_tty */
export function procSetTty(task: Task, tty: Tty): void {
  tty.session = task.signal.session;
  tty.pgrp = task.signal.pgrp;
  task.signal.tty = tty;
  task.signal.ttyOldPgrp = 0;
}

/** Nobody in the session has a controlling terminal any more. @linux drivers/tty/tty_jobctrl.c session_clear_tty */
export function sessionClearTty(k: Kernel, session: number): void {
  if (session === 0) return;
  for (const p of findSession(k, session)) p.signal.tty = null;
}

/** An open by a session leader without a terminal gives it one. @linux drivers/tty/tty_jobctrl.c tty_open_proc_set_tty */
export function ttyOpenProcSetTty(k: Kernel, file: File, tty: Tty): void {
  const { signal } = k.current;
  if (!signal.leaderOfSession || signal.tty || tty.session !== 0) return;
  // Only a file that can be read: a program may make its terminal write-only on purpose.
  if ((file.flags & 3) === 1) return;
  procSetTty(k.current, tty);
}

/** Tells the session leader, and on its exit the foreground group, that the terminal is gone. @linux drivers/tty/tty_jobctrl.c tty_signal_session_leader */
export function signalSessionLeader(k: Kernel, tty: Tty, exitSession: boolean): void {
  const { pgrp } = tty;
  if (tty.session !== 0) {
    for (const p of findSession(k, tty.session)) {
      if (p.signal.tty === tty) p.signal.tty = null;
      if (!p.signal.leaderOfSession) continue;
      groupSendSigInfo(k, SIGHUP, null, p);
      groupSendSigInfo(k, SIGCONT, null, p);
      p.signal.ttyOldPgrp = pgrp;
    }
  }
  if (pgrp !== 0 && exitSession) killPgrp(k, pgrp, SIGHUP);
}

/**
 * A session leader gives up its terminal, by TIOCNOTTY or because it exits.
 * @linux drivers/tty/tty_jobctrl.c disassociate_ctty
 */
export function disassociateCtty(k: Kernel, task: Task, onExit: boolean): void {
  const { signal } = task;
  if (!signal.leaderOfSession) return;
  const tty = controllingTty(task);
  if (tty) {
    if (onExit && !tty.ops.isPty) hangupTty(k, tty, true);
    else if (tty.pgrp !== 0) {
      killPgrp(k, tty.pgrp, SIGHUP);
      if (!onExit) killPgrp(k, tty.pgrp, SIGCONT);
    }
  } else if (onExit) {
    if (signal.ttyOldPgrp !== 0) {
      killPgrp(k, signal.ttyOldPgrp, SIGHUP);
      killPgrp(k, signal.ttyOldPgrp, SIGCONT);
    }
    return;
  }
  signal.ttyOldPgrp = 0;
  if (signal.tty === tty && tty) {
    tty.session = 0;
    tty.pgrp = 0;
  }
  sessionClearTty(k, signal.session);
}

onProcessExit((k, task) => {
  // The end of the machine's first program is the end of the machine: nobody is left to be told.
  if (task.signal.leader !== k.program) disassociateCtty(k, task.signal.leader, true);
});

/** @linux drivers/tty/tty_jobctrl.c tiocsctty */
function tiocsctty(k: Kernel, tty: Tty, file: File, arg: number): number {
  const { signal } = k.current;
  if (signal.leaderOfSession && signal.session === tty.session) return 0;
  if (!signal.leaderOfSession || signal.tty) return -EPERM;
  if (tty.session !== 0) {
    if (arg !== 1 || !capable(k, CAP_SYS_ADMIN)) return -EPERM;
    sessionClearTty(k, tty.session);
  }
  if ((file.flags & 3) === 1 && !capable(k, CAP_SYS_ADMIN)) return -EPERM;
  procSetTty(k.current, tty);
  return 0;
}

/** @linux drivers/tty/tty_jobctrl.c tiocspgrp */
function tiocspgrp(k: Kernel, real: Tty, arg: number): number {
  const r = ttyCheckChange(k, real);
  if (r === -EIO) return -ENOTTY;
  if (r < 0) return r;
  const raw = getUser32(k, arg);
  if (raw < 0) return -EFAULT;
  const pgrp = raw | 0;
  if (pgrp < 0) return -EINVAL;
  const { signal } = k.current;
  if (signal.tty !== real || real.session !== signal.session) return -ENOTTY;
  const members = findProcessGroup(k, pgrp);
  if (members.length === 0) return k.pids.has(pgrp) ? -EPERM : -ESRCH;
  if ((members[0] as Task).signal.session !== signal.session) return -EPERM;
  real.pgrp = pgrp;
  return 0;
}

/** The requests about sessions and groups; null if it is none of them. @linux drivers/tty/tty_jobctrl.c tty_jobctrl_ioctl */
export function ttyJobctrlIoctl(k: Kernel, tty: Tty, real: Tty, file: File, cmd: number, arg: number): number | null {
  const { signal } = k.current;
  switch (cmd) {
    case TIOCNOTTY:
      if (signal.tty !== tty) return -ENOTTY;
      disassociateCtty(k, k.current, false);
      signal.tty = null;
      return 0;
    case TIOCSCTTY:
      return tiocsctty(k, real, file, arg);
    case TIOCGPGRP:
      if (tty === real && signal.tty !== real) return -ENOTTY;
      return putUser32(k, arg, real.pgrp);
    case TIOCSPGRP:
      return tiocspgrp(k, real, arg);
    case TIOCGSID:
      if ((tty === real && signal.tty !== real) || real.session === 0) return -ENOTTY;
      return putUser32(k, arg, real.session);
  }
  return null;
}
