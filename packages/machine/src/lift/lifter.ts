import type { Insn } from "../decode/insn.ts";
import { rowCount, rowId } from "../decode/table.ts";
import type { BranchDef, OpDef } from "../ir/op.ts";
import type { AddressOperands } from "./block.ts";

/**
 * What a lift function writes through: turns one decoded instruction into IR ops of the current
 * block. Implemented in lift/block.ts.
 */
export interface Lifter {
  readonly insn: Insn;
  /** Address of the instruction and of the one after it (numbers, user space is 47 bits). */
  readonly rip: number;
  readonly nextRip: number;
  /** Appends an IR op. a, b, c: addresses of registers (layout.ts) or small numbers; immediate as two int32. */
  op(def: OpDef, a?: number, b?: number, c?: number, immLo?: number, immHi?: number): void;
  /**
   * Emits the computation of the memory operand's effective address (base + index*scale + disp,
   * FS/GS base, 32-bit address size, RIP-relative) into ADDR, and returns ADDR. Call at most once per instruction.
   */
  address(): number;
  /** True if ModRM names memory. */
  readonly isMemory: boolean;
  /** Operands for a load or store op of ir/ops/memory.ts. Call at most once per instruction, and not after `address`. */
  operands(): AddressOperands;
  /** Ends the block with a branch op: its constant target (if it has one), then fields and immediate. */
  branch(def: BranchDef, taken: number, a?: number, b?: number, c?: number, immLo?: number, immHi?: number): void;
  /** Lazy-flags kind * 4 + size that is known to hold here, or -1. */
  readonly ccKnown: number;
  /** Raises an exception unconditionally (the instruction is then the block's last). */
  trap(vector: number, errorCode?: number): void;
  /** Ends the block after this instruction: the next one is looked up anew (after syscall-like, state-changing instructions). */
  endBlock(): void;
}

export type LiftFunction = (l: Lifter) => void;

const lifts: (LiftFunction | undefined)[] = new Array(rowCount);

/** Registers the lift function of opcode-table rows by key, e.g. lift(addps, "NP 0F 58"). Throws on an unknown key. */
export function defineLift(fn: LiftFunction, ...keys: string[]): void {
  for (const key of keys) lifts[rowId(key)] = fn;
}

/** The lift function of a row, or undefined: the instruction then raises #UD. */
export function liftOf(row: number): LiftFunction | undefined {
  return lifts[row];
}
