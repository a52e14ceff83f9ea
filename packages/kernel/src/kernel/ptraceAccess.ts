import type { Task } from "../include/linux/sched.ts";
import type { Kernel } from "../kernel.ts";
import { CAP_SYS_PTRACE } from "../uapi/capability.ts";
import { capable, capSubset } from "./capability.ts";

/**
 * May the current task look into another (/proc/PID/mem, kcmp, pidfd_getfd, process_vm_readv)?
 * @linux kernel/ptrace.c __ptrace_may_access
 */
export function ptraceMayAccess(k: Kernel, task: Task, fsCreds = false): boolean {
  const self = k.current;
  if (task.signal === self.signal) return true;
  const c = self.cred;
  const t = task.cred;
  const uid = fsCreds ? c.fsuid : c.uid;
  const gid = fsCreds ? c.fsgid : c.gid;
  const same = uid === t.euid && uid === t.suid && uid === t.uid && gid === t.egid && gid === t.sgid && gid === t.gid;
  if (!same && !capable(k, CAP_SYS_PTRACE)) return false;
  if (task.mm && task.mm.dumpable !== 1 && !capable(k, CAP_SYS_PTRACE)) return false;
  return capSubset(t.capPermitted, c.capPermitted) || capable(k, CAP_SYS_PTRACE);
}
