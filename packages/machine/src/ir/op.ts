import type { Emitter } from "./emitter.ts";

/**
 * An IR op: one step of a lifted instruction. It is declared once; its emitter writes the
 * WebAssembly for it, for the interpreter (operands read from the op's 16 bytes in the IR cache)
 * and for the compiler (operands known, registers in locals).
 *
 * In the IR cache: u16 op number, u16 a, u16 b, u16 c (addresses of registers in the CPU state, or
 * small numbers), i64 immediate.
 */
export interface OpDef {
  readonly id: number;
  readonly name: string;
  readonly emit: (e: Emitter) => void;
  /**
   * Cold ops become functions of their own in the interpreter, called from its dispatch loop, so
   * that the loop stays small. Everything but frequent integer, move and branch ops is cold.
   */
  readonly cold: boolean;
}

export const opDefs: OpDef[] = [];

/** Declares an IR op. Called at module level only; numbers follow the order of declaration. */
export function defineOp(name: string, emit: (e: Emitter) => void, options: { cold?: boolean } = {}): OpDef {
  const def: OpDef = { id: opDefs.length, name, emit, cold: options.cold ?? false };
  opDefs.push(def);
  return def;
}

/** Declares a cold op (see OpDef.cold). */
export function defineColdOp(name: string, emit: (e: Emitter) => void): OpDef {
  return defineOp(name, emit, { cold: true });
}

/**
 * How a block ends. `emit` does what the instruction does besides going somewhere, and pushes:
 *   jump: nothing; goes to the constant target. cond: an i32; goes to the constant target if not 0,
 *   else to the next instruction. indirect: the target as i64. exit: nothing; leaves `run` with a
 *   trap code, rip at the next instruction.
 */
export type BranchKind = "jump" | "cond" | "indirect" | "exit";

/**
 * A block-ending op. In the IR cache it takes four slots: an ordinary op; then u32 IR pointer of
 * the target and of the next instruction's block (0 = not chained), i32 instructions in the block;
 * then i64 target (of a computed jump or call: the last one that the interpreter met, or 0) and i64 next instruction;
 * then u32 how many times the interpreter went to the target (or anywhere, if that is computed) and to the next instruction.
 */
export interface BranchDef extends OpDef {
  readonly branch: BranchKind;
  /** Trap code of an exit. */
  readonly trap: number;
}

export const BRANCH_TAKEN = 16;
export const BRANCH_NEXT = 20;
export const BRANCH_COUNT = 24;
export const BRANCH_TAKEN_RIP = 32;
export const BRANCH_NEXT_RIP = 40;
export const BRANCH_TAKEN_TIMES = 48;
export const BRANCH_NEXT_TIMES = 52;
export const BRANCH_SIZE = 64;

/** Declares a block-ending op. */
export function defineBranch(name: string, branch: BranchKind, emit: (e: Emitter) => void, trap = 0): BranchDef {
  const def: BranchDef = { id: opDefs.length, name, emit, cold: false, branch, trap };
  opDefs.push(def);
  return def;
}

export function isBranch(def: OpDef): def is BranchDef {
  return "branch" in def;
}
