import { ADDR, GPR, ZERO } from "../layout.ts";
import type { DecodedBlock, DecodedOp } from "./block.ts";

const HIGH = 4294967296;
/** Entries of a jump table that are looked at. */
const TABLE_ENTRIES = 256;
/** A switch's cases lie this near to it. */
const NEAR = 0x20000;

const constant = (op: DecodedOp): number => op.immHi * HIGH + (op.immLo >>> 0);

/** What is known of the program's state: 8 bytes at an address as a number, or 4 as a signed one (null: not mapped), and a register now. */
export interface ProgramState {
  read64(va: number): number | null;
  read32(va: number): number | null;
  register(addr: number): number;
}

/**
 * Where a computed jump through memory may go: a slot of the global offset table, or a switch's table of
 * addresses or of distances from itself. A table's base that is not a constant is taken from the register
 * as it is now: in a loop it mostly stays.
 * @returns null if the jump is of another sort.
 */
export function memoryTargets(b: DecodedBlock, state: ProgramState): number[] | null {
  const at = b.ops.length - 1;
  const jump = b.ops[at]!;
  let i = at - 1;
  while (i >= 0 && b.ops[i]!.a !== jump.a) i--;
  let load = b.ops[i];
  if (!load) return null;
  let sum: DecodedOp | null = null;
  if (load.def.name.startsWith("add64")) {
    sum = load;
    for (i--; i >= 0 && b.ops[i]!.a !== jump.a; i--);
    load = b.ops[i];
    if (!load) return null;
  }
  const known = (reg: number, before: number): number => {
    if (reg === ZERO) return 0;
    for (let j = before - 1; j >= 0; j--) {
      const op = b.ops[j]!;
      if (op.a === reg) return op.def.name === "mov_imm64" ? constant(op) : -1;
    }
    return reg >= GPR && reg < GPR + 128 ? state.register(reg) : -1;
  };
  if (!sum && load.def.name === "load64z_0") {
    if (load.b !== ZERO && load.b !== ADDR) return null;
    const base = known(load.b, i);
    if (base < 0) return null;
    const target = state.read64(base + load.immLo);
    return target === null ? [] : [target];
  }
  const { name } = load.def;
  const distances = sum !== null && name === "load32s64_3";
  if (!distances && (sum || name !== "load64z_4")) return null;
  const base = known(load.b, i);
  if (base < 0) return null;
  const out = new Set<number>();
  for (let k = 0; k < TABLE_ENTRIES; k++) {
    const entry = distances ? state.read32(base + load.immLo + k * 4) : state.read64(base + load.immLo + k * 8);
    if (entry === null) break;
    const target = distances ? base + entry : entry;
    if (Math.abs(target - b.rip) > NEAR) break;
    out.add(target);
  }
  return out.size > 0 ? [...out] : null;
}
