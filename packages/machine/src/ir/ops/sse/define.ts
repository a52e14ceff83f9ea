import { I64, T } from "../../../wasm/opcodes.ts";
import { B, C, type Emitter } from "../../emitter.ts";
import { defineOp, type OpDef } from "../../op.ts";
import type { AddressForm } from "../memory.ts";

/** SIMD ops that neither fault nor touch the status flags; the lifter tells the flag tracking so. */
export const quietOps: OpDef[] = [];
/** SIMD ops that may fault (memory, #XM, #MF) but do not touch the status flags. */
export const faultingOps: OpDef[] = [];

export function quietOp(name: string, emit: (e: Emitter) => void, cold = true): OpDef {
  const def = defineOp(name, emit, { cold });
  quietOps.push(def);
  return def;
}

export function faultingOp(name: string, emit: (e: Emitter) => void, cold = true): OpDef {
  const def = defineOp(name, emit, { cold });
  faultingOps.push(def);
  return def;
}

/** Takes an i64 local for base (field b) + index (field c) * scale + disp (low half of the immediate, sign-extended). */
export function addressLocal(e: Emitter, form: AddressForm): number {
  const { c } = e;
  const va = c.temp(T.i64);
  e.get64(B);
  if (form > 0) {
    e.get64(C);
    if (form > 1) c.i64(form - 1).op(I64.shl);
    c.op(I64.add);
  }
  e.immLo();
  c.op(I64.extend_i32_s).op(I64.add).set(va);
  return va;
}
