import type { Task } from "@lstar/kernel/include/linux/sched.ts";
import type { Kernel } from "@lstar/kernel/kernel.ts";
import type { CpuContext } from "@lstar/machine";
import type { RegistersView } from "../../protocol.ts";
import { hex64 } from "./peek.ts";

const NAMES = ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"] as const;

/** The registers of a task: in the processor if it runs, else as they were saved. */
export function contextOf(k: Kernel, task: Task): CpuContext {
  return k.cpuTask === task ? k.machine.cpu : task.ctx;
}

const address = (n: number): string => hex64(n % 4294967296, Math.floor(n / 4294967296));

export function registersView(k: Kernel, task: Task): RegistersView {
  const ctx = contextOf(k, task);
  const gpr: Record<string, string> = {};
  NAMES.forEach((name, n) => {
    gpr[name] = hex64(ctx.getLo(n), ctx.getHi(n));
  });
  gpr.rip = address(ctx.rip);
  return { gpr, eflags: ctx.rflags, fsBase: address(ctx.fsBase) };
}

/**
 * struct pt_regs as the entry code pushes it, in memory order: rcx and r11 hold what `syscall` put there (the
 * address to return to and the flags), ax is -ENOSYS until the call has a result, orig_ax the number.
 */
export function ptRegsView(k: Kernel, task: Task): Readonly<Record<string, string>> | null {
  if (task.syscallNr < 0) return null;
  const { gpr, eflags } = registersView(k, task);
  const rip = gpr.rip as string;
  return {
    r15: gpr.r15 as string,
    r14: gpr.r14 as string,
    r13: gpr.r13 as string,
    r12: gpr.r12 as string,
    bp: gpr.rbp as string,
    bx: gpr.rbx as string,
    r11: gpr.r11 as string,
    r10: gpr.r10 as string,
    r9: gpr.r9 as string,
    r8: gpr.r8 as string,
    ax: hex64(-38, -1),
    cx: gpr.rcx as string,
    dx: gpr.rdx as string,
    si: gpr.rsi as string,
    di: gpr.rdi as string,
    orig_ax: hex64(task.syscallNr, task.syscallNr < 0 ? -1 : 0),
    ip: rip,
    cs: hex64(0x33, 0),
    flags: hex64(eflags, 0),
    sp: gpr.rsp as string,
    ss: hex64(0x2b, 0),
  };
}
