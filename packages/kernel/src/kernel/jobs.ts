import type { Task } from "../include/linux/sched.ts";
import type { Kernel } from "../kernel.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { EACCES, EINVAL, EPERM, ESRCH } from "../uapi/errno.ts";
import { findProcessGroup, findSession, findTask } from "./pid.ts";

/** @linux kernel/sys.c sys_setpgid */
function sysSetpgid(k: Kernel, pidArg: number, pgidArg: number): number {
  const leader = k.current.signal.leader;
  const pid = pidArg || leader.pid;
  const pgid = pgidArg || pid;
  if (pgid < 0) return -EINVAL;
  const p = findTask(k, pid);
  if (!p) return -ESRCH;
  if (p.pid !== p.tgid) return -EINVAL;
  if (p.realParent.signal === leader.signal) {
    if (p.signal.session !== leader.signal.session) return -EPERM;
    if (p.didExec) return -EACCES;
  } else if (p !== leader) return -ESRCH;
  if (p.signal.leaderOfSession) return -EPERM;
  if (pgid !== pid) {
    const member = findProcessGroup(k, pgid)[0];
    if (!member || member.signal.session !== leader.signal.session) return -EPERM;
  }
  p.signal.pgrp = pgid;
  return 0;
}

function lookup(k: Kernel, pid: number): Task | null {
  return pid === 0 ? k.current : findTask(k, pid);
}

/** @linux kernel/sys.c ksys_setsid */
function sysSetsid(k: Kernel): number {
  const group = k.current.signal;
  const pid = group.leader.pid;
  if (group.leaderOfSession || findProcessGroup(k, pid).length > 0 || findSession(k, pid).length > 0) return -EPERM;
  group.leaderOfSession = true;
  group.session = group.pgrp = pid;
  group.tty = null;
  group.ttyOldPgrp = 0;
  return pid;
}

export const jobSyscalls: readonly SyscallDef[] = [
  syscall("getpid", {}, (k) => k.current.tgid, { linux: "kernel/sys.c sys_getpid" }),
  syscall("gettid", {}, (k) => k.current.pid, { linux: "kernel/sys.c sys_gettid" }),
  syscall("getppid", {}, (k) => k.current.realParent.tgid, { linux: "kernel/sys.c sys_getppid" }),
  syscall("getpgrp", {}, (k) => k.current.signal.pgrp, { linux: "kernel/sys.c sys_getpgrp" }),
  syscall("getpgid", { pid: A.pid }, (k, pid) => lookup(k, pid)?.signal.pgrp ?? -ESRCH, { linux: "kernel/sys.c do_getpgid" }),
  syscall("getsid", { pid: A.pid }, (k, pid) => lookup(k, pid)?.signal.session ?? -ESRCH, { linux: "kernel/sys.c sys_getsid" }),
  syscall("setpgid", { pid: A.pid, pgid: A.pid }, sysSetpgid, { linux: "kernel/sys.c sys_setpgid" }),
  syscall("setsid", {}, sysSetsid, { linux: "kernel/sys.c ksys_setsid" }),
];
