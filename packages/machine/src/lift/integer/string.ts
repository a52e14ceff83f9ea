import { type Rep, type StringName, stringOp } from "../../ir/ops/string.ts";
import { FS_BASE, GS_BASE, ZERO } from "../../layout.ts";
import { defineLift, type Lifter } from "../lifter.ts";
import { sizeLog } from "./operand.ts";

function rep(l: Lifter): Rep {
  return l.insn.rep === 0xf3 ? "rep" : l.insn.rep === 0xf2 ? "repne" : "";
}

for (const [name, byte, wide] of [
  ["movs", "A4", "A5"],
  ["cmps", "A6", "A7"],
  ["stos", "AA", "AB"],
  ["lods", "AC", "AD"],
  ["scas", "AE", "AF"],
] as readonly [StringName, string, string][]) {
  defineLift(
    (l) => {
      const { seg } = l.insn;
      l.op(stringOp(name, sizeLog(l), rep(l), l.insn.addr32 !== 0), 0, seg === 4 ? FS_BASE : seg === 5 ? GS_BASE : ZERO);
    },
    byte,
    wide,
  );
}
