import type { DebugPoint } from "@lstar/machine";
import type { Task } from "../../../include/linux/sched.ts";
import type { Kernel } from "../../../kernel.ts";
import { EINVAL, EIO } from "../../../uapi/errno.ts";
import { TRAP_HWBKPT, TRAP_TRACE } from "../../../uapi/signal.ts";

const DR6 = 6;
const DR7 = 7;
/** Bits of DR6 that always read as ones. */
const DR6_RESERVED = 0xffff0ff0;
const DR_STEP = 0x4000;
const DR_TRAP_BITS = 15;
const TASK_SIZE = 0x7ffffffff000;
/** Length in bytes by DR7's two bits. */
const LENGTHS = [1, 2, 8, 4] as const;
const EXECUTE = 0;
const IO = 2;
const RF = 0x10000;

/** @linux arch/x86/kernel/ptrace.c ptrace_get_debugreg */
export function ptraceGetDebugreg(task: Task, n: number): number {
  const value = task.debugRegs?.[n] ?? 0;
  return n === DR6 ? (value ^ DR6_RESERVED) >>> 0 : value;
}

/** What DR7 enables, or null if it asks for something there is not. @linux arch/x86/kernel/ptrace.c ptrace_write_dr7 */
function decode(regs: readonly number[], dr7: number): DebugPoint[] | null {
  const points: DebugPoint[] = [];
  for (let i = 0; i < 4; i++) {
    if (!((dr7 >>> (2 * i)) & 3)) continue;
    const kind = (dr7 >>> (16 + 4 * i)) & 3;
    const length = LENGTHS[(dr7 >>> (18 + 4 * i)) & 3] as number;
    const address = regs[i] as number;
    if (kind === IO || (kind === EXECUTE && length !== 1) || address % length !== 0) return null;
    points.push({ index: i, address, length, kind });
  }
  return points;
}

/** @linux arch/x86/kernel/ptrace.c ptrace_set_debugreg */
export function ptraceSetDebugreg(task: Task, n: number, value: number): number {
  if (n === 4 || n === 5) return -EIO;
  const regs = task.debugRegs ?? [0, 0, 0, 0, 0, 0, 0, 0];
  if (n === DR6) regs[n] = (value ^ DR6_RESERVED) >>> 0;
  else {
    if (n < 4 && value >= TASK_SIZE) return -EINVAL;
    const changed = [...regs];
    changed[n] = value % 4294967296 === value || n < 4 ? value : value % 4294967296;
    const points = decode(changed, changed[DR7] as number);
    if (points === null) return -EINVAL;
    regs[n] = changed[n] as number;
    task.debugPoints = points.length > 0 ? points : null;
  }
  task.debugRegs = regs;
  return 0;
}

/** A debug exception: keeps DR6 for the tracer. @returns the signal's si_code @linux arch/x86/kernel/traps.c exc_debug_user */
export function debugReason(k: Kernel, task: Task): number {
  const hits = k.machine.debugHits;
  if (task.debugRegs) task.debugRegs[DR6] = hits & (DR_STEP | DR_TRAP_BITS);
  // The instruction with the breakpoint is to run when the program goes on.
  for (const p of task.debugPoints ?? []) if (p.kind === EXECUTE && hits & (1 << p.index)) k.machine.cpu.rflags |= RF;
  return hits & DR_STEP || !(hits & DR_TRAP_BITS) ? TRAP_TRACE : TRAP_HWBKPT;
}
