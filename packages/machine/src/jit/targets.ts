import { ADDR, ZERO } from "../layout.ts";
import type { DecodedBlock, DecodedOp } from "./block.ts";

const HIGH = 4294967296;
/** Entries of a jump table that are looked at. */
const TABLE_ENTRIES = 256;
/** A switch's cases lie this near to it. */
const NEAR = 0x10000;

const constant = (op: DecodedOp): number => op.immHi * HIGH + (op.immLo >>> 0);

/**
 * Where a computed jump through memory at a known place may go: a slot of the global offset table, or a
 * switch with its table at a fixed address. `read` gives the 8 bytes at an address as a number, or -1.
 * @returns null if the jump is of another sort.
 */
export function memoryTargets(b: DecodedBlock, read: (va: number) => number): number[] | null {
  const at = b.ops.length - 1;
  const load = b.ops[at - 1];
  if (!load || load.a !== b.ops[at]!.a) return null;
  if (load.def.name === "load64z_0") {
    const before = b.ops[at - 2];
    let slot = -1;
    if (load.b === ZERO) slot = load.immLo;
    else if (load.b === ADDR && before?.a === ADDR && before.def.name === "mov_imm64") slot = constant(before) + load.immLo;
    if (slot < 0) return null;
    const target = read(slot);
    return target < 0 ? [] : [target];
  }
  if (load.def.name !== "load64z_4" || load.b !== ZERO) return null;
  const out = new Set<number>();
  for (let i = 0; i < TABLE_ENTRIES; i++) {
    const target = read(load.immLo + i * 8);
    if (Math.abs(target - b.rip) > NEAR) break;
    out.add(target);
  }
  return [...out];
}
