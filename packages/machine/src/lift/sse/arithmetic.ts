import type { OpDef } from "../../ir/op.ts";
import { rcp, rsqrt } from "../../ir/ops/sse/approximate.ts";
import * as ops from "../../ir/ops/sse/arithmetic.ts";
import { defineLift, type Lifter } from "../lifter.ts";
import { packed } from "./integer.ts";
import { scalarSource, xmmReg } from "./operand.ts";

export const scalar =
  (def: OpDef, size: 4 | 8) =>
  (l: Lifter): void => {
    const src = scalarSource(l, size);
    l.op(def, xmmReg(l), src);
  };

for (const { opcode, sd, ss, pd, ps } of ops.arithmetic) {
  defineLift(packed(ps), `NP 0F ${opcode}`);
  defineLift(packed(pd), `66 0F ${opcode}`);
  defineLift(scalar(ss, 4), `F3 0F ${opcode}`);
  defineLift(scalar(sd, 8), `F2 0F ${opcode}`);
}
defineLift(packed(ops.addsubpd), "66 0F D0");
defineLift(packed(ops.addsubps), "F2 0F D0");
defineLift(packed(ops.haddpd), "66 0F 7C");
defineLift(packed(ops.haddps), "F2 0F 7C");
defineLift(packed(ops.hsubpd), "66 0F 7D");
defineLift(packed(ops.hsubps), "F2 0F 7D");
for (const [opcode, { scalar: one, packed: all }] of [
  ["52", rsqrt],
  ["53", rcp],
] as const) {
  defineLift(packed(all), `NP 0F ${opcode}`);
  defineLift(scalar(one, 4), `F3 0F ${opcode}`);
}
