import { PT_OPT_FLAG_SHIFT, PT_PTRACED, PT_SEIZED, PT_SUSPEND_SECCOMP } from "../../include/linux/ptrace.ts";
import { TASK_STOPPED, type Task } from "../../include/linux/sched.ts";
import type { Kernel } from "../../kernel.ts";
import { CAP_SYS_ADMIN, CAP_SYS_PTRACE } from "../../uapi/capability.ts";
import { EINVAL, EIO, EPERM } from "../../uapi/errno.ts";
import { PTRACE_O_MASK, PTRACE_O_SUSPEND_SECCOMP } from "../../uapi/ptrace.ts";
import { SIGSTOP } from "../../uapi/signal.ts";
import { capable, capSubset, taskCapable } from "../capability.ts";
import { ptraceMayAccess } from "../ptraceAccess.ts";
import { JOBCTL_TRAP_STOP, setJobctlPending } from "../signal/jobControl.ts";
import { doJobctlTrap } from "../signal/ptraceStop.ts";
import { sendSignalLocked } from "../signal/send.ts";
import { kernelSiginfo } from "../signal/siginfo.ts";
import { ptraceLink } from "./link.ts";

/** @returns 0, -EINVAL or -EPERM @linux kernel/ptrace.c check_ptrace_options */
export function checkPtraceOptions(k: Kernel, options: number): number {
  if (options < 0 || options > 0xffffffff || options & ~PTRACE_O_MASK) return -EINVAL;
  if (!(options & PTRACE_O_SUSPEND_SECCOMP)) return 0;
  if (!capable(k, CAP_SYS_ADMIN)) return -EPERM;
  return k.current.seccompMode !== 0 || k.current.ptrace & PT_SUSPEND_SECCOMP ? -EPERM : 0;
}

/** The caller becomes the tracer of a task. `seize`: without stopping it, and with options. @linux kernel/ptrace.c ptrace_attach */
export function ptraceAttach(k: Kernel, task: Task, seize: boolean, addr: number, options: number): number {
  const self = k.current;
  let flags = PT_PTRACED;
  if (seize) {
    if (addr !== 0 || options > 0xffffffff || options & ~PTRACE_O_MASK) return -EIO;
    const bad = checkPtraceOptions(k, options);
    if (bad !== 0) return bad;
    flags |= PT_SEIZED | (options << PT_OPT_FLAG_SHIFT);
  }
  if (task.signal === self.signal || !task.mm) return -EPERM;
  if (!ptraceMayAccess(k, task) || task.exitState !== 0 || task.ptrace !== 0) return -EPERM;
  task.ptrace = flags;
  ptraceLink(task, self, self.cred);
  if (!seize) sendSignalLocked(k, SIGSTOP, kernelSiginfo(SIGSTOP), task, false, true);
  // One that was stopped with its group is now stopped for its tracer.
  if (task.state === TASK_STOPPED && setJobctlPending(task, JOBCTL_TRAP_STOP)) doJobctlTrap(k, task);
  return 0;
}

/** The caller's parent becomes its tracer. @linux kernel/ptrace.c ptrace_traceme */
export function ptraceTraceme(k: Kernel): number {
  const self = k.current;
  if (self.ptrace !== 0) return -EPERM;
  const parent = self.realParent;
  if (!capSubset(self.cred.capPermitted, parent.cred.capPermitted) && !taskCapable(parent, CAP_SYS_PTRACE)) return -EPERM;
  if (!parent.exiting) {
    self.ptrace = PT_PTRACED;
    ptraceLink(self, parent, self.cred);
  }
  return 0;
}
