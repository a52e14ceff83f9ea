import type { OpDef } from "../../ir/op.ts";
import { add64 } from "../../ir/ops/alu.ts";
import { lea, lea32, store } from "../../ir/ops/memory.ts";
import { movq2dq } from "../../ir/ops/mmx/integer.ts";
import { crc32 } from "../../ir/ops/sse/crc32.ts";
import { extract8, extract16, extract32, extract64, insert8, insert32, insert64 } from "../../ir/ops/sse/integer.ts";
import { maskedStore } from "../../ir/ops/sse/maskedStore.ts";
import { movdToXmm } from "../../ir/ops/sse/move.ts";
import * as ops from "../../ir/ops/sse/sse41.ts";
import * as strings from "../../ir/ops/sse/strings.ts";
import { ADDR, FS_BASE, GS_BASE, gpr, temp, xmm, xtemp, ZERO } from "../../layout.ts";
import { flagsWritten } from "../flagEffect.ts";
import { defineLift, type Lifter } from "../lifter.ts";
import { enter, mmReg, mmRm } from "../mmx/integer.ts";
import { packed } from "./integer.ts";
import { gprSource, memoryOp, scalarSource, xmmReg, xmmSource, xmmSourceUnaligned } from "./operand.ts";

for (const { opcode, bytes, def } of ops.widenOps) {
  defineLift((l) => {
    let src: number;
    if (bytes === 2 && l.isMemory) {
      src = xtemp(0);
      l.op(movdToXmm, src, gprSource(l, 1));
    } else src = scalarSource(l, bytes === 8 ? 8 : 4);
    l.op(def, xmmReg(l), src);
  }, `66 0F 38 ${opcode}`);
}
for (const [key, def] of [
  ["66 0F 38 10", ops.pblendvb],
  ["66 0F 38 14", ops.blendvps],
  ["66 0F 38 15", ops.blendvpd],
] as const)
  defineLift(packed(def, xmm(0)), key);
defineLift(packed(ops.phminposuw), "66 0F 38 41");
flagsWritten(ops.ptest, -1, null);
defineLift(packed(ops.ptest), "66 0F 38 17");
for (const [key, def] of [
  ["66 0F 3A 42", ops.mpsadbw],
  ["66 0F 3A 40", ops.dpps],
  ["66 0F 3A 41", ops.dppd],
] as const) {
  defineLift((l) => {
    const src = xmmSource(l);
    l.op(def, xmmReg(l), src, l.insn.immLo & 0xff);
  }, key);
}

// Insertion and extraction of one lane
defineLift((l) => {
  const src = gprSource(l, 0);
  l.op(insert8, xmmReg(l), src, l.insn.immLo & 15);
}, "66 0F 3A 20");
defineLift((l) => {
  const wide = l.insn.opSize === 8;
  const src = gprSource(l, wide ? 3 : 2);
  if (wide) l.op(insert64, xmmReg(l), src, (l.insn.immLo & 1) * 8);
  else l.op(insert32, xmmReg(l), src, (l.insn.immLo & 3) * 4);
}, "66 0F 3A 22");
const extractTo = (l: Lifter, def: OpDef, sizeLog: 0 | 1 | 2 | 3): void => {
  const lanes = 16 >> sizeLog;
  const offset = (l.insn.immLo & (lanes - 1)) << sizeLog;
  l.op(def, l.isMemory ? temp(0) : gpr(l.insn.rm), xmmReg(l), offset);
  if (l.isMemory) memoryOp(l, store[sizeLog]!, temp(0));
};
defineLift((l) => extractTo(l, extract8, 0), "66 0F 3A 14");
defineLift((l) => extractTo(l, extract16, 1), "66 0F 3A 15");
defineLift((l) => (l.insn.opSize === 8 ? extractTo(l, extract64, 3) : extractTo(l, extract32, 2)), "66 0F 3A 16");
defineLift((l) => extractTo(l, extract32, 2), "66 0F 3A 17");

/** rdi with segment base and address size, in ADDR. */
function destinationAddress(l: Lifter): number {
  const { insn } = l;
  l.op((insn.addr32 ? lea32 : lea)[0]!, ADDR, gpr(7), ZERO, 0);
  if (insn.seg === 4) l.op(add64, ADDR, ADDR, FS_BASE);
  else if (insn.seg === 5) l.op(add64, ADDR, ADDR, GS_BASE);
  return ADDR;
}
defineLift((l) => l.op(maskedStore, xmmReg(l), xmm(l.insn.rm), destinationAddress(l)), "66 0F F7");
defineLift((l) => {
  l.op(movq2dq, xtemp(0), mmReg(l));
  l.op(movq2dq, xtemp(1), mmRm(l));
  l.op(maskedStore, xtemp(0), xtemp(1), destinationAddress(l));
  enter(l);
}, "NP 0F F7");

// SSE4.2
defineLift((l) => {
  const src = l.isMemory || l.insn.rex !== 0 || l.insn.rm < 4 ? gprSource(l, 0) : gpr(l.insn.rm - 4) + 1;
  l.op(crc32[0]!, gpr(l.insn.reg), src);
}, "F2 0F 38 F0");
defineLift((l) => {
  const sizeLog = l.insn.opSize === 8 ? 3 : l.insn.opSize === 2 ? 1 : 2;
  const src = gprSource(l, sizeLog);
  // Four bytes of a 64-bit register: the op takes only the bytes it needs.
  l.op(crc32[sizeLog]!, gpr(l.insn.reg), src);
}, "F2 0F 38 F1");

for (const d of [strings.pcmpistri, strings.pcmpistrm, ...strings.pcmpestri, ...strings.pcmpestrm]) flagsWritten(d, -1, null);
const stringLift =
  (pick: (l: Lifter) => OpDef, dst: number) =>
  (l: Lifter): void => {
    const src = xmmSourceUnaligned(l);
    l.op(pick(l), xmmReg(l), src, dst, l.insn.immLo & 0xff);
  };
const wide = (l: Lifter): 0 | 1 => (l.insn.opSize === 8 ? 1 : 0);
defineLift(
  stringLift((l) => strings.pcmpestrm[wide(l)], xmm(0)),
  "66 0F 3A 60",
);
defineLift(
  stringLift((l) => strings.pcmpestri[wide(l)], gpr(1)),
  "66 0F 3A 61",
);
defineLift(
  stringLift(() => strings.pcmpistrm, xmm(0)),
  "66 0F 3A 62",
);
defineLift(
  stringLift(() => strings.pcmpistri, gpr(1)),
  "66 0F 3A 63",
);
