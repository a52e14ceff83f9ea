import type { OpDef } from "../../ir/op.ts";

import { loadZero, mov32, mov64, store } from "../../ir/ops/memory.ts";
import * as ops from "../../ir/ops/mmx/integer.ts";
import { integerTable, shiftTable, unpackTable } from "../../ir/ops/sse/integerTable.ts";
import { gpr, mm, temp, xmm } from "../../layout.ts";
import { defineLift, type Lifter } from "../lifter.ts";
import { gprSource, memoryOp } from "../sse/operand.ts";
import { wordSelectors } from "../sse/shuffle.ts";

/** MMX registers are named by three bits: REX does not extend them. */
export const mmReg = (l: Lifter): number => mm(l.insn.reg & 7);
export const mmRm = (l: Lifter): number => mm(l.insn.rm & 7);

/** The rm operand: an MMX register, or 8 (or 4) bytes of memory loaded into T0. */
export function mmSource(l: Lifter, sizeLog: 2 | 3 = 3): number {
  if (!l.isMemory) return mmRm(l);
  memoryOp(l, loadZero[sizeLog]!, temp(0));
  return temp(0);
}

/** Everything that may fault has been done except #MF: the x87 state becomes MMX state. */
export function enter(l: Lifter): void {
  l.op(ops.mmxCheck);
  l.op(ops.mmxEnter);
}

const packed =
  (def: OpDef, sizeLog: 2 | 3 = 3) =>
  (l: Lifter): void => {
    const src = mmSource(l, sizeLog);
    enter(l);
    l.op(def, mmReg(l), src);
  };

integerTable.forEach((row, i) => {
  const def = ops.integerOps[i];
  if (def) defineLift(packed(def), `NP ${row.opcode}`);
});
unpackTable.forEach(([opcode, , , high], i) => {
  const def = ops.unpackOps[i];
  if (def) defineLift(packed(def, high ? 3 : 2), `NP ${opcode}`);
});
defineLift(packed(ops.pshufb), "NP 0F 38 00");

shiftTable.forEach(([register, immediate], i) => {
  const s = ops.shiftOps[i]!;
  defineLift(packed(s.byRegister), `NP ${register}`);
  defineLift((l) => {
    const n = l.insn.immLo & 0xff;
    enter(l);
    if (n >= s.bits && !s.arithmetic) l.op(ops.clearMm, mmRm(l));
    else l.op(s.byImmediate, mmRm(l), 0, Math.min(n, s.bits - 1));
  }, `NP ${immediate}`);
});
defineLift((l) => {
  const src = mmSource(l);
  enter(l);
  l.op(ops.palignr, mmReg(l), src, Math.min(l.insn.immLo & 0xff, 16));
}, "NP 0F 3A 0F");
defineLift((l) => {
  const src = mmSource(l);
  enter(l);
  const [lo, hi] = wordSelectors(l.insn.immLo, 0);
  l.op(ops.shuffleBytes, mmReg(l), src, 0, lo, hi);
}, "NP 0F 70");

// Moves
defineLift(packed(ops.movMm), "NP 0F 6F");
defineLift((l) => {
  const wide = l.insn.opSize === 8;
  const src = gprSource(l, wide ? 3 : 2);
  enter(l);
  l.op(wide ? ops.movMm : ops.movMm32, mmReg(l), src);
}, "NP 0F 6E");
/** Stores check for #MF first; the state changes when nothing can fault any more. */
const storeMm = (l: Lifter, sizeLog: 2 | 3): void => {
  l.op(ops.mmxCheck);
  memoryOp(l, store[sizeLog]!, mmReg(l));
  l.op(ops.mmxEnter);
};
defineLift((l) => {
  const wide = l.insn.opSize === 8;
  if (l.isMemory) storeMm(l, wide ? 3 : 2);
  else {
    enter(l);
    l.op(wide ? mov64 : mov32, gpr(l.insn.rm), mmReg(l));
  }
}, "NP 0F 7E");
defineLift((l) => {
  if (l.isMemory) storeMm(l, 3);
  else {
    enter(l);
    l.op(ops.movMm, mmRm(l), mmReg(l));
  }
}, "NP 0F 7F");
defineLift((l) => storeMm(l, 3), "NP 0F E7");
defineLift((l) => {
  enter(l);
  l.op(ops.movq2dq, xmm(l.insn.reg), mmRm(l));
}, "F3 0F D6");
defineLift((l) => {
  enter(l);
  l.op(ops.movdq2q, mmReg(l), xmm(l.insn.rm));
}, "F2 0F D6");
defineLift((l) => {
  enter(l);
  l.op(ops.pmovmskb, gpr(l.insn.reg), mmRm(l));
}, "NP 0F D7");
defineLift((l) => {
  const src = gprSource(l, 1);
  enter(l);
  l.op(ops.pinsrw, mmReg(l), src, l.insn.immLo & 3);
}, "NP 0F C4");
defineLift((l) => {
  enter(l);
  l.op(ops.pextrw, gpr(l.insn.reg), mmRm(l), l.insn.immLo & 3);
}, "NP 0F C5");
defineLift((l) => {
  l.op(ops.mmxCheck);
  l.op(ops.emms);
}, "NP 0F 77");
