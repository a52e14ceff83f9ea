import type { Task } from "../../../include/linux/sched.ts";
import { EINVAL, EIO } from "../../../uapi/errno.ts";

const DR6 = 6;
const DR7 = 7;
const TASK_SIZE = 0x7ffffffff000;

/** @linux arch/x86/kernel/ptrace.c ptrace_get_debugreg */
export function ptraceGetDebugreg(task: Task, n: number): number {
  return task.debugRegs?.[n] ?? 0;
}

/** @linux arch/x86/kernel/ptrace.c ptrace_set_debugreg */
export function ptraceSetDebugreg(task: Task, n: number, value: number): number {
  if (n === 4 || n === 5) return -EIO;
  if (n < 4 && value >= TASK_SIZE) return -EINVAL;
  // Nothing watches yet: enabling is refused.
  if (n === DR7 && value & 0xff) return -EINVAL;
  const regs = (task.debugRegs ??= [0, 0, 0, 0, 0, 0, 0, 0]);
  regs[n] = value;
  return n === DR6 ? 0 : 0;
}
