export { CPU_CONTEXT_SIZE, CpuContext } from "./cpu.ts";
export { CPUID_1_EDX, cpuid } from "./cpuid.ts";
export { interpreterBytes, Machine, type MachineOptions, useInterpreter, type Watcher } from "./machine.ts";
export type { DebugPoint } from "./mmu/mmu.ts";
export { PhysicalMemory } from "./mmu/physical.ts";
export { captureMachine, imageBytesBeyond, type MachineImage, type Page, restoreMachine } from "./snapshot.ts";
export { PF_INSTR, PF_PRESENT, PF_USER, PF_WRITE, Trap } from "./trap.ts";
