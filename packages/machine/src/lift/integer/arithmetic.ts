import { CC_SHL, CC_SHR, type SizeLog } from "../../ir/flags.ts";
import { BIT_ORDER, bitAddress, bitScan, bitTest, popcnt } from "../../ir/ops/bits.ts";
import { loadForWrite, loadZero, store } from "../../ir/ops/memory.ts";
import { divide, imul, multiply, signExtendAcc } from "../../ir/ops/multiply.ts";
import { doubleShift, SHIFT_ORDER, type ShiftName, shift } from "../../ir/ops/shift.ts";
import { gpr, temp, ZERO } from "../../layout.ts";
import { flagsUntouched, flagsWritten } from "../flagEffect.ts";
import { defineLift, type Lifter } from "../lifter.ts";
import { moveRegister } from "./move.ts";
import { regOperand, rmModify, rmSource, sizeLog } from "./operand.ts";

const SIZES = [0, 1, 2, 3] as const;
for (const name of ["shl", "shr", "sar"] as const)
  for (const size of SIZES) flagsWritten(shift[name].ri[size]!, (name === "shl" ? CC_SHL : CC_SHR) * 4 + size, null);
for (const left of [0, 1] as const)
  for (const size of SIZES) flagsWritten(doubleShift[left]!.ri[size]!, (left === 0 ? CC_SHL : CC_SHR) * 4 + size, null);
for (const s of signExtendAcc) flagsUntouched(s.convert, s.double);

/** A shift by a constant: masked here; a count of 0 changes nothing but the upper half of a 32-bit register. */
function shiftBy(l: Lifter, name: ShiftName, size: SizeLog, count: number): void {
  const n = count & (size === 3 ? 63 : 31);
  if (n === 0) {
    if (l.isMemory) rmModify(l, size, () => {});
    else if (size === 2) moveRegister(l, 2, gpr(l.insn.rm), gpr(l.insn.rm));
    return;
  }
  rmModify(l, size, (r) => l.op(shift[name].ri[size]!, r, 0, 0, n, 0));
}
SHIFT_ORDER.forEach((name, n) => {
  defineLift((l) => shiftBy(l, name, sizeLog(l), l.insn.immLo), `C0 /${n}`, `C1 /${n}`);
  defineLift((l) => shiftBy(l, name, sizeLog(l), 1), `D0 /${n}`, `D1 /${n}`);
  defineLift(
    (l) => {
      const size = sizeLog(l);
      rmModify(l, size, (r) => l.op(shift[name].rcl[size]!, r, gpr(1)));
    },
    `D2 /${n}`,
    `D3 /${n}`,
  );
});
for (const [i, imm, cl] of [
  [0, "0F A4", "0F A5"],
  [1, "0F AC", "0F AD"],
] as const) {
  defineLift((l) => {
    const size = sizeLog(l);
    const n = l.insn.immLo & (size === 3 ? 63 : 31);
    const src = regOperand(l, size);
    if (n === 0) shiftBy(l, "shl", size, 0);
    else rmModify(l, size, (r) => l.op(doubleShift[i]!.ri[size]!, r, src, 0, n, 0));
  }, imm);
  defineLift((l) => {
    const size = sizeLog(l);
    const src = regOperand(l, size);
    rmModify(l, size, (r) => l.op(doubleShift[i]!.rcl[size]!, r, src, gpr(1)));
  }, cl);
}

// Multiplication and division.
defineLift((l) => {
  const size = sizeLog(l);
  const src = rmSource(l, size);
  const dst = regOperand(l, size);
  l.op(imul[size]!.rr, dst, dst, src);
}, "0F AF");
defineLift(
  (l) => {
    const size = sizeLog(l);
    const src = rmSource(l, size);
    l.op(imul[size]!.ri, regOperand(l, size), src, 0, l.insn.immLo, l.insn.immHi);
  },
  "69",
  "6B",
);
for (const signed of [0, 1] as const) {
  defineLift(
    (l) => {
      const size = sizeLog(l);
      l.op(multiply[signed]![size]!, rmSource(l, size));
    },
    `F6 /${4 + signed}`,
    `F7 /${4 + signed}`,
  );
  defineLift(
    (l) => {
      const size = sizeLog(l);
      l.op(divide[signed]![size]!, rmSource(l, size));
    },
    `F6 /${6 + signed}`,
    `F7 /${6 + signed}`,
  );
}
defineLift((l) => l.op(signExtendAcc[sizeLog(l) - 1]!.convert), "98");
defineLift((l) => l.op(signExtendAcc[sizeLog(l) - 1]!.double), "99");

// Bit tests. A memory operand with a register offset addresses a bit string of any length.
BIT_ORDER.forEach((name, n) => {
  const writes = name !== "bt";
  defineLift(
    (l) => {
      const size = sizeLog(l);
      const apply = (r: number): void => l.op(bitTest[name].ri[size]!, r, 0, 0, l.insn.immLo & 63, 0);
      if (writes) rmModify(l, size, apply);
      else apply(rmSource(l, size));
    },
    `0F BA /${n + 4}`,
  );
  const opcode = ["A3", "AB", "B3", "BB"][n]!;
  defineLift((l) => {
    const size = sizeLog(l);
    const offset = regOperand(l, size);
    if (!l.isMemory) {
      l.op(bitTest[name].rr[size]!, gpr(l.insn.rm), offset);
      return;
    }
    const a = l.address();
    l.op(bitAddress[size - 1]!, a, offset);
    if (writes) l.op(loadForWrite[size]!, temp(0), a);
    else l.op(loadZero[size]![0]!, temp(0), a, ZERO, 0);
    l.op(bitTest[name].rr[size]!, temp(0), offset);
    if (writes) l.op(store[size]![0]!, temp(0), a, ZERO, 0);
  }, `0F ${opcode}`);
});
// Without the features, the F3 prefix of tzcnt and lzcnt is ignored.
for (const [reverse, keys] of [
  [0, ["0F BC", "F3 0F BC"]],
  [1, ["0F BD", "F3 0F BD"]],
] as const) {
  defineLift(
    (l) => {
      const size = sizeLog(l);
      const src = rmSource(l, size);
      l.op(bitScan[reverse]![size - 1]!, regOperand(l, size), src);
    },
    ...keys,
  );
}
defineLift((l) => {
  const size = sizeLog(l);
  const src = rmSource(l, size);
  l.op(popcnt[size - 1]!, regOperand(l, size), src);
}, "F3 0F B8");
