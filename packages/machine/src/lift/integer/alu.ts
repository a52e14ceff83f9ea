import { CC_ADC, CC_ADD, CC_DEC, CC_INC, CC_LOGIC, CC_SBB, CC_SUB, type SizeLog } from "../../ir/flags.ts";
import { ALU_ORDER, type AluName, add64, alu, dec, fused, inc, neg, not, silent, xadd } from "../../ir/ops/alu.ts";
import { gpr } from "../../layout.ts";
import { flagsUntouched, flagsWritten } from "../flagEffect.ts";
import { defineLift, type Lifter } from "../lifter.ts";
import { register, regOperand, rmModify, rmSource, sizeLog } from "./operand.ts";

const SIZES = [0, 1, 2, 3] as const;
const KIND: Record<AluName, number> = {
  add: CC_ADD,
  or: CC_LOGIC,
  adc: CC_ADC,
  sbb: CC_SBB,
  and: CC_LOGIC,
  sub: CC_SUB,
  xor: CC_LOGIC,
  cmp: CC_SUB,
  test: CC_LOGIC,
};
for (const name of [...ALU_ORDER, "test"] as const) {
  for (const size of SIZES) {
    const quiet = name in silent ? silent[name as "add"] : null;
    const reads = name === "adc" || name === "sbb";
    flagsWritten(alu[name].rr[size]!, KIND[name] * 4 + size, quiet ? quiet.rr[size]! : null, reads);
    flagsWritten(alu[name].ri[size]!, KIND[name] * 4 + size, quiet ? quiet.ri[size]! : null, reads);
    if (quiet) flagsUntouched(quiet.rr[size]!, quiet.ri[size]!);
  }
}
for (const size of SIZES) {
  flagsWritten(inc[size]!, CC_INC * 4 + size, null, true);
  flagsWritten(dec[size]!, CC_DEC * 4 + size, null, true);
  flagsWritten(neg[size]!, CC_SUB * 4 + size, null);
  flagsWritten(xadd[size]!, CC_ADD * 4 + size, null);
  flagsUntouched(not[size]!);
  for (const form of [fused.cmp.rr, fused.cmp.ri]) for (const d of form[size]!.values()) flagsWritten(d, CC_SUB * 4 + size, null);
  for (const form of [fused.test.rr, fused.test.ri]) for (const d of form[size]!.values()) flagsWritten(d, CC_LOGIC * 4 + size, null);
}
flagsUntouched(add64);

/** op with a register (or temporary) source into the destination, cmp and test write nothing back. */
function toRm(l: Lifter, name: AluName, size: SizeLog, apply: (dst: number) => void): void {
  if (name === "cmp" || name === "test") apply(rmSource(l, size));
  else rmModify(l, size, apply);
}

ALU_ORDER.forEach((name, n) => {
  const base = n * 8;
  const hex = (k: number): string => (base + k).toString(16).toUpperCase().padStart(2, "0");
  const fromReg = (l: Lifter): void => {
    const size = sizeLog(l);
    const src = regOperand(l, size);
    toRm(l, name, size, (dst) => l.op(alu[name].rr[size]!, dst, src));
  };
  defineLift(fromReg, hex(0), hex(1));
  const toReg = (l: Lifter): void => {
    const size = sizeLog(l);
    const src = rmSource(l, size);
    l.op(alu[name].rr[size]!, regOperand(l, size), src);
  };
  defineLift(toReg, hex(2), hex(3));
  const accumulator = (l: Lifter): void => {
    const size = sizeLog(l);
    l.op(alu[name].ri[size]!, gpr(0), 0, 0, l.insn.immLo, l.insn.immHi);
  };
  defineLift(accumulator, hex(4), hex(5));
  const immediate = (l: Lifter): void => {
    const size = sizeLog(l);
    toRm(l, name, size, (dst) => l.op(alu[name].ri[size]!, dst, 0, 0, l.insn.immLo, l.insn.immHi));
  };
  defineLift(immediate, `80 /${n}`, `81 /${n}`, `83 /${n}`);
});

// test
defineLift(
  (l) => {
    const size = sizeLog(l);
    const a = rmSource(l, size);
    l.op(alu.test.rr[size]!, a, regOperand(l, size));
  },
  "84",
  "85",
);
defineLift(
  (l) => {
    const size = sizeLog(l);
    l.op(alu.test.ri[size]!, gpr(0), 0, 0, l.insn.immLo, l.insn.immHi);
  },
  "A8",
  "A9",
);
defineLift(
  (l) => {
    const size = sizeLog(l);
    const a = rmSource(l, size);
    l.op(alu.test.ri[size]!, a, 0, 0, l.insn.immLo, l.insn.immHi);
  },
  "F6 /0",
  "F6 /1",
  "F7 /0",
  "F7 /1",
);

const unary =
  (ops: typeof inc) =>
  (l: Lifter): void => {
    const size = sizeLog(l);
    rmModify(l, size, (r) => l.op(ops[size]!, r));
  };
defineLift(unary(not), "F6 /2", "F7 /2");
defineLift(unary(neg), "F6 /3", "F7 /3");
defineLift(unary(inc), "FE /0", "FF /0");
defineLift(unary(dec), "FE /1", "FF /1");

defineLift(
  (l) => {
    const size = sizeLog(l);
    const src = regOperand(l, size);
    // With one register as both operands the sum is what remains.
    rmModify(l, size, (r) => l.op(xadd[size]!, r, src));
  },
  "0F C0",
  "0F C1",
);

export { register };
