import type { Code } from "../wasm/code.ts";
import type { Helper } from "./helper.ts";

/** Operand fields of an IR op. */
export const A = 0;
export const B = 1;
export const C = 2;
export type Field = 0 | 1 | 2;

/**
 * What an op's emitter writes through. Two implementations: the interpreter's (an operand is a load
 * of the op's field, then a load or store in the CPU state) and the compiler's (an operand is a
 * local, an immediate a constant). Emitters must not assume which one they get.
 *
 * `get*` push a value; `set*` take a function that pushes the value to be stored.
 */
export interface Emitter {
  /** The code being written. Locals must be taken with `c.temp` and given back with `c.release`. */
  readonly c: Code;

  /** Pushes the 64-bit register named by a field. */
  get64(f: Field): void;
  /** Pushes the low 32 bits of a register as i32. */
  get32(f: Field): void;
  /** Pushes the low 16 / 8 bits of a register, zero-extended to i32. (For AH…BH the lifter uses extraction ops.) */
  get16(f: Field): void;
  get8(f: Field): void;
  getV128(f: Field): void;
  getF64(f: Field): void;
  getF32(f: Field): void;

  set64(f: Field, value: () => void): void;
  /** Value is i32; the register's upper half becomes zero. */
  set32(f: Field, value: () => void): void;
  /** Value is i32; only the low 16 / 8 bits of the register change. */
  set16(f: Field, value: () => void): void;
  set8(f: Field, value: () => void): void;
  setV128(f: Field, value: () => void): void;
  /** Only the low 64 / 32 bits of a 128-bit register change. */
  setF64(f: Field, value: () => void): void;
  setF32(f: Field, value: () => void): void;
  /** The same with zeros above the low 64 bits. */
  setF64Zero(f: Field, value: () => void): void;
  /** Register a = register b, 128 bits. */
  copyXmm(): void;

  /** Pushes the address (i32) of the register named by a field; the register is in memory while the op runs. For helpers that work on memory (x87, cpuid …). */
  address(f: Field): void;

  /** Pushes the op's immediate. */
  imm64(): void;
  /** Pushes the low / high half of the immediate as i32. */
  immLo(): void;
  immHi(): void;
  /** Pushes an operand field itself as a small number (i32). */
  field(f: Field): void;
  /** For ops whose code depends on a constant (shuffles): the immediate's value if known at emission (compiler), else null (interpreter). */
  constImm(): { lo: number; hi: number } | null;

  /** Reads or writes a fixed word of the CPU state (layout.ts: CC_RES, FS_BASE, MXCSR …). */
  cpu64(addr: number): void;
  cpu32(addr: number): void;
  setCpu64(addr: number, value: () => void): void;
  setCpu32(addr: number, value: () => void): void;
  /** Replaces one or two bytes of a general register by an i32. */
  setCpuPart(addr: number, bytes: 1 | 2, value: () => void): void;

  /**
   * Guest load. `va` is an i64 local. Pushes the i32 linear-memory address where `size` bytes (1, 2,
   * 4, 8, 16; up to 64) can be read with one load or several; faults (#PF, #GP if not canonical) leave the op.
   * If `forWrite`, the page must be writable too (first half of a read-modify-write).
   */
  loadAddress(va: number, size: number, forWrite?: boolean): void;
  /** Guest store. `store(addr)` must write exactly `size` bytes at the i32 local `addr`. Faults leave the op before anything is written. */
  storeAt(va: number, size: number, store: (addr: number) => void): void;

  /** Raises an exception at the current instruction: the op ends here, registers are as before the instruction (so ops raise before they write). */
  trap(vector: number, errorCode?: number): void;
  /** Leaves the op for an exception whose TRAP_VECTOR and TRAP_ERROR are already written. */
  trapRaised(): void;
  /** Pushes the address (i64) of the current instruction, and of the next one. */
  rip(): void;
  nextRip(): void;

  /** Calls a support function; its arguments have been pushed. */
  call(h: Helper): void;
  /** Makes registers and flags in memory current (before a helper reads them) / forgets cached ones (after a helper wrote them). No-ops in the interpreter. */
  flush(): void;
  reload(): void;

  // What the compiler wants to know about an op; the interpreter has no use for it.
  /** The op wrote all lazy flags (kind, size), or with kind -1 those of a mask. */
  noteFlags?(kind: number, size: 0 | 1 | 2 | 3, mask: number): void;
  /** Value of the first operand of a subtraction, before the result is written. */
  noteFirst?(value: () => void): void;
  /** Pushes that operand if it is at hand. */
  pushFirst?(): boolean;
  /** Low double of a = a op b (sqrt: op b), with the exactness of the interpreter's way. */
  scalarDouble?(op: number, opcode: number): void;
  /** The same for two doubles. */
  packedDouble?(op: number, opcode: number): void;
  /** Comparison of the low doubles of a and b. */
  compareDoubles?(): void;
}
