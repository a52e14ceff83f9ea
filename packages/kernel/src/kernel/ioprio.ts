import type { Task } from "../include/linux/sched.ts";
import type { Kernel } from "../kernel.ts";
import { A, enumNames, type SyscallDef, syscall } from "../syscall/declare.ts";
import { CAP_SYS_ADMIN, CAP_SYS_NICE } from "../uapi/capability.ts";
import { EINVAL, EPERM, ESRCH } from "../uapi/errno.ts";
import { capable } from "./capability.ts";
import { findProcessGroup, findTask } from "./pid.ts";

const IOPRIO_WHO_PROCESS = 1;
const IOPRIO_WHO_PGRP = 2;
const IOPRIO_WHO_USER = 3;
const whoNames = enumNames("IOPRIO_WHO_???", { IOPRIO_WHO_PROCESS, IOPRIO_WHO_PGRP, IOPRIO_WHO_USER });
const CLASS_SHIFT = 13;
const CLASS_NONE = 0;
const CLASS_RT = 1;
const CLASS_BE = 2;
const CLASS_IDLE = 3;

function targets(k: Kernel, which: number, who: number): Task[] | null {
  switch (which) {
    case IOPRIO_WHO_PROCESS: {
      const t = who === 0 ? k.current : findTask(k, who);
      return t ? [t] : [];
    }
    case IOPRIO_WHO_PGRP:
      return findProcessGroup(k, who === 0 ? k.current.signal.pgrp : who);
    case IOPRIO_WHO_USER:
      return [...k.pids.values()].filter((t) => t.cred.uid === (who === 0 ? k.current.cred.uid : who) && t !== k.initTask);
    default:
      return null;
  }
}

/** There is no disk to queue for: the priority is only remembered. @linux block/ioprio.c sys_ioprio_set */
function sysIoprioSet(k: Kernel, which: number, who: number, ioprio: number): number {
  const level = ioprio & 7;
  switch ((ioprio >> CLASS_SHIFT) & 7) {
    case CLASS_RT:
      if (!capable(k, CAP_SYS_ADMIN) && !capable(k, CAP_SYS_NICE)) return -EPERM;
      break;
    case CLASS_BE:
    case CLASS_IDLE:
      break;
    case CLASS_NONE:
      if (level !== 0) return -EINVAL;
      break;
    default:
      return -EINVAL;
  }
  const list = targets(k, which, who);
  if (!list) return -EINVAL;
  let result = -ESRCH;
  for (const t of list) {
    const c = k.current.cred;
    if (t.cred.uid !== c.euid && t.cred.uid !== c.uid && !capable(k, CAP_SYS_NICE)) return -EPERM;
    t.ioprio = ioprio;
    result = 0;
  }
  return result;
}

/** The class and level in force: without one of its own a task's follows its nice value. @linux block/ioprio.c sys_ioprio_get */
function sysIoprioGet(k: Kernel, which: number, who: number): number {
  const list = targets(k, which, who);
  if (!list) return -EINVAL;
  let best = -ESRCH;
  for (const t of list) {
    const own = t.ioprio >> CLASS_SHIFT ? t.ioprio : (CLASS_BE << CLASS_SHIFT) | Math.floor((t.nice + 20) / 5);
    const shown = which === IOPRIO_WHO_PROCESS ? t.ioprio : own;
    best = best < 0 ? shown : Math.min(best, shown);
  }
  return best;
}

export const ioprioSyscalls: readonly SyscallDef[] = [
  syscall("ioprio_set", { which: A.enum(whoNames), who: A.int, ioprio: A.int }, sysIoprioSet, { linux: "block/ioprio.c sys_ioprio_set" }),
  syscall("ioprio_get", { which: A.enum(whoNames), who: A.int }, sysIoprioGet, { linux: "block/ioprio.c sys_ioprio_get" }),
];
