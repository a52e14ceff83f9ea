import { lea, loadZero } from "../../ir/ops/memory.ts";
import { faultingOps, quietOps } from "../../ir/ops/sse/define.ts";
import { type ByForm, loadAligned, loadScalar32, loadScalar64, loadUnaligned } from "../../ir/ops/sse/move.ts";
import { ADDR, gpr, temp, xmm, xtemp, ZERO } from "../../layout.ts";
import { flagsUntouched, flagsVisible } from "../flagEffect.ts";
import type { Lifter } from "../lifter.ts";

/** Appends a load or store op of `a` by addressing form for the instruction's memory operand. */
export function memoryOp(l: Lifter, byForm: ByForm, a: number): void {
  const o = l.operands();
  const def = byForm[o.form];
  if (def) l.op(def, a, o.base, o.index, o.disp);
  else {
    l.op(lea[o.form]!, ADDR, o.base, o.index, o.disp);
    l.op(byForm[0]!, a, ADDR, ZERO, 0);
  }
}

/** The ModRM reg operand as an XMM register. */
export const xmmReg = (l: Lifter): number => xmm(l.insn.reg);

/** The packed rm operand: an XMM register, or 16 aligned bytes of memory loaded into XT0 (#GP if misaligned). */
export function xmmSource(l: Lifter): number {
  if (!l.isMemory) return xmm(l.insn.rm);
  memoryOp(l, loadAligned, xtemp(0));
  return xtemp(0);
}

/** As xmmSource without the alignment rule. */
export function xmmSourceUnaligned(l: Lifter): number {
  if (!l.isMemory) return xmm(l.insn.rm);
  memoryOp(l, loadUnaligned, xtemp(0));
  return xtemp(0);
}

/** The scalar rm operand: an XMM register, or 4 or 8 bytes of memory loaded into XT0 with zeros above. */
export function scalarSource(l: Lifter, size: 4 | 8): number {
  if (!l.isMemory) return xmm(l.insn.rm);
  memoryOp(l, size === 4 ? loadScalar32 : loadScalar64, xtemp(0));
  return xtemp(0);
}

/** The rm operand as a general register, or 1…8 bytes of memory loaded zero-extended into T0. */
export function gprSource(l: Lifter, sizeLog: 0 | 1 | 2 | 3): number {
  if (!l.isMemory) return gpr(l.insn.rm);
  memoryOp(l, loadZero[sizeLog]!, temp(0));
  return temp(0);
}

/** Tells the flag tracking about all SIMD ops; called once when their families are loaded. */
export function declareFlagEffects(): void {
  flagsUntouched(...quietOps);
  flagsVisible(...faultingOps);
}
