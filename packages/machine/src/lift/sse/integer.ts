import type { OpDef } from "../../ir/op.ts";
import * as ops from "../../ir/ops/sse/integer.ts";
import { integerTable, shiftTable, unpackTable } from "../../ir/ops/sse/integerTable.ts";
import { gpr, xmm } from "../../layout.ts";
import { defineLift, type Lifter } from "../lifter.ts";
import { gprSource, xmmReg, xmmSource } from "./operand.ts";

/** Lifts a = op(a, packed rm operand), with a small number for the op's third field. */
export const packed =
  (def: OpDef, c = 0) =>
  (l: Lifter): void => {
    const src = xmmSource(l);
    l.op(def, xmmReg(l), src, c);
  };

/** Operations whose result is zero when both operands are the same register: how programs clear registers. */
const CLEARING = new Set(["pxor", "psubb", "psubw", "psubd", "psubq", "pandn", "pcmpgtb", "pcmpgtw", "pcmpgtd"]);
const sameRegister = (l: Lifter): boolean => !l.isMemory && l.insn.rm === l.insn.reg;

integerTable.forEach((row, i) => {
  const lift = packed(ops.integerOps[i]!);
  defineLift(CLEARING.has(row.name) ? (l) => (sameRegister(l) ? l.op(ops.clear128, xmmReg(l)) : lift(l)) : lift, `66 ${row.opcode}`);
});
unpackTable.forEach(([opcode], i) => {
  defineLift(packed(ops.unpackOps[i]!), `66 ${opcode}`);
});

// Bitwise operations of the floating-point opcode space are the integer ones.
const named = (name: string): OpDef => ops.integerOps[integerTable.findIndex((r) => r.name === name)]!;
for (const [opcode, name] of [
  ["54", "pand"],
  ["55", "pandn"],
  ["56", "por"],
] as const)
  defineLift(packed(named(name)), `NP 0F ${opcode}`, `66 0F ${opcode}`);
defineLift((l) => (sameRegister(l) ? l.op(ops.clear128, xmmReg(l)) : packed(named("pxor"))(l)), "NP 0F 57", "66 0F 57");
for (const [opcode, name] of [
  ["NP 0F 14", "punpckldq"],
  ["66 0F 14", "punpcklqdq"],
  ["NP 0F 15", "punpckhdq"],
  ["66 0F 15", "punpckhqdq"],
] as const)
  defineLift(packed(ops.unpackOps[unpackTable.findIndex((r) => r[1] === name)]!), opcode);

shiftTable.forEach(([register, immediate], i) => {
  const s = ops.shiftOps[i]!;
  defineLift(packed(s.byRegister), `66 ${register}`);
  defineLift((l) => {
    const dst = xmm(l.insn.rm);
    const n = l.insn.immLo & 0xff;
    if (n >= s.bits && !s.arithmetic) l.op(ops.clear128, dst);
    else l.op(s.byImmediate, dst, 0, Math.min(n, s.bits - 1));
  }, `66 ${immediate}`);
});
const byteShift =
  (def: OpDef) =>
  (l: Lifter): void =>
    l.op(def, xmm(l.insn.rm), 0, Math.min(l.insn.immLo & 0xff, 16));
defineLift(byteShift(ops.pslldq), "66 0F 73 /7");
defineLift(byteShift(ops.psrldq), "66 0F 73 /3");
defineLift((l) => {
  const src = xmmSource(l);
  l.op(ops.palignr, xmmReg(l), src, Math.min(l.insn.immLo & 0xff, 32));
}, "66 0F 3A 0F");
defineLift(packed(ops.pshufb), "66 0F 38 00");

defineLift((l) => l.op(ops.pmovmskb, gpr(l.insn.reg), xmm(l.insn.rm)), "66 0F D7");
defineLift((l) => l.op(ops.movmskps, gpr(l.insn.reg), xmm(l.insn.rm)), "NP 0F 50");
defineLift((l) => l.op(ops.movmskpd, gpr(l.insn.reg), xmm(l.insn.rm)), "66 0F 50");

// pinsrw, pextrw of SSE2
defineLift((l) => {
  const src = gprSource(l, 1);
  l.op(ops.insert16, xmmReg(l), src, (l.insn.immLo & 7) * 2);
}, "66 0F C4");
defineLift((l) => l.op(ops.extract16, gpr(l.insn.reg), xmm(l.insn.rm), (l.insn.immLo & 7) * 2), "66 0F C5");
