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
