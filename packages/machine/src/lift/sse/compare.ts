import * as ops from "../../ir/ops/sse/compare.ts";
import { flagsWritten } from "../flagEffect.ts";
import { defineLift } from "../lifter.ts";
import { scalar } from "./arithmetic.ts";
import { packed } from "./integer.ts";
import { scalarSource, xmmReg } from "./operand.ts";

for (const def of [ops.ucomiss, ops.ucomisd, ops.comiss, ops.comisd]) {
  // "Reads" because it may raise #XM, with the flags of the instruction before.
  flagsWritten(def, -1, null, true);
}
for (const [key, width, size] of [
  ["NP 0F C2", "ps", 16],
  ["66 0F C2", "pd", 16],
  ["F3 0F C2", "ss", 4],
  ["F2 0F C2", "sd", 8],
] as const) {
  defineLift((l) => {
    const def = ops.compare[l.insn.immLo & 7]![width];
    if (size === 16) packed(def)(l);
    else scalar(def, size)(l);
  }, key);
}
for (const { opcode, ps, pd, ss, sd } of ops.minMaxOps) {
  defineLift(packed(ps), `NP 0F ${opcode}`);
  defineLift(packed(pd), `66 0F ${opcode}`);
  defineLift(scalar(ss, 4), `F3 0F ${opcode}`);
  defineLift(scalar(sd, 8), `F2 0F ${opcode}`);
}
for (const [key, def, size] of [
  ["NP 0F 2E", ops.ucomiss, 4],
  ["66 0F 2E", ops.ucomisd, 8],
  ["NP 0F 2F", ops.comiss, 4],
  ["66 0F 2F", ops.comisd, 8],
] as const) {
  defineLift((l) => {
    const src = scalarSource(l, size);
    l.op(def, xmmReg(l), src);
  }, key);
}
