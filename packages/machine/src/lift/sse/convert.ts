import type { OpDef } from "../../ir/op.ts";
import { store } from "../../ir/ops/memory.ts";
import * as ops from "../../ir/ops/sse/convert.ts";
import { ldmxcsr, stmxcsr } from "../../ir/ops/sse/mxcsr.ts";
import { gpr, temp } from "../../layout.ts";
import { defineLift, type Lifter } from "../lifter.ts";
import { scalar } from "./arithmetic.ts";
import { packed } from "./integer.ts";
import { gprSource, memoryOp, scalarSource, xmmReg } from "./operand.ts";

for (const { key, sd, ss } of ops.toGpr) {
  for (const [prefix, pair, size] of [
    ["F2", sd, 8],
    ["F3", ss, 4],
  ] as const) {
    defineLift((l) => {
      const src = scalarSource(l, size);
      l.op(pair[l.insn.opSize === 8 ? 1 : 0], gpr(l.insn.reg), src);
    }, `${prefix} 0F ${key}`);
  }
}
for (const [key, pair] of [
  ["F2 0F 2A", ops.fromGpr.sd],
  ["F3 0F 2A", ops.fromGpr.ss],
] as const) {
  defineLift((l) => {
    const wide = l.insn.opSize === 8;
    const src = gprSource(l, wide ? 3 : 2);
    l.op(pair[wide ? 1 : 0], xmmReg(l), src);
  }, key);
}
defineLift(scalar(ops.cvtss2sd, 4), "F3 0F 5A");
defineLift(scalar(ops.cvtsd2ss, 8), "F2 0F 5A");

/** Packed conversions that read only the low half of their source (no alignment rule). */
const half =
  (def: OpDef) =>
  (l: Lifter): void => {
    const src = scalarSource(l, 8);
    l.op(def, xmmReg(l), src);
  };
defineLift(half(ops.cvtps2pd), "NP 0F 5A");
defineLift(half(ops.cvtdq2pd), "F3 0F E6");
defineLift(packed(ops.cvtpd2ps), "66 0F 5A");
defineLift(packed(ops.cvtdq2ps), "NP 0F 5B");
defineLift(packed(ops.cvtps2dq), "66 0F 5B");
defineLift(packed(ops.cvttps2dq), "F3 0F 5B");
defineLift(packed(ops.cvtpd2dq), "F2 0F E6");
defineLift(packed(ops.cvttpd2dq), "66 0F E6");

for (const [key, def, size] of [
  ["66 0F 3A 0A", ops.roundss, 4],
  ["66 0F 3A 0B", ops.roundsd, 8],
  ["66 0F 3A 08", ops.roundps, 16],
  ["66 0F 3A 09", ops.roundpd, 16],
] as const) {
  defineLift((l) => {
    const mode = l.insn.immLo & 15;
    if (size === 16) {
      const lift = packed(def, mode);
      lift(l);
    } else {
      const src = scalarSource(l, size);
      l.op(def, xmmReg(l), src, mode);
    }
  }, key);
}

defineLift((l) => {
  const value = gprSource(l, 2);
  l.op(ldmxcsr, value);
}, "NP 0F AE /2");
defineLift((l) => {
  l.op(stmxcsr, temp(0));
  memoryOp(l, store[2]!, temp(0));
}, "NP 0F AE /3");
