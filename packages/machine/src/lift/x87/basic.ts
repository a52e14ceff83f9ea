import { instructionNumber } from "../../fpu/unit.ts";
import { setCondition } from "../../ir/ops/conditions.ts";
import { fnstswAx, x87Exec, x87ExecIf, x87Load, x87Store, x87Word } from "../../ir/ops/x87/ops.ts";
import { FPU_CW, FPU_SW, gpr, temp } from "../../layout.ts";
import { defineLift, type Lifter } from "../lifter.ts";

const hex = (n: number): string => n.toString(16).toUpperCase();

function run(l: Lifter, name: string, i = 0): void {
  l.op(x87Exec, i, 0, 0, instructionNumber(name), 0);
}
/** An instruction without memory operand; ST(i) in the low bits of ModRM. */
function simple(key: string, name: string): void {
  defineLift((l) => run(l, name, l.insn.modrm & 7), key);
}
/** Loads an operand of `bytes` and runs the instruction. */
function load(key: string, name: string, bytes: number): void {
  defineLift((l) => {
    l.op(x87Load.get(bytes)!, 0, l.address());
    run(l, name);
  }, key);
}
/** Computes the stored bytes, stores them, then changes the state: a fault leaves it as it was. */
function store(key: string, kind: string, bytes: number, pop: boolean): void {
  defineLift((l) => {
    const a = l.address();
    run(l, `store_${kind}`);
    l.op(x87Store.get(bytes)!, 0, a);
    run(l, pop ? "commit_pop" : "commit");
  }, key);
}

const ARITH = ["add", "mul", "com", "comp", "sub", "subr", "div", "divr"];
ARITH.forEach((name, n) => {
  load(`D8 /${n}`, `f${name}32`, 4);
  load(`DC /${n}`, `f${name}64`, 8);
  load(`DA /${n}`, `fi${name}32`, 4);
  load(`DE /${n}`, `fi${name}16`, 2);
  const code = hex(0xc0 + n * 8);
  if (n === 2 || n === 3) {
    simple(`D8 ${code}`, `f${name}`);
    // Old aliases of the same comparisons.
    simple(`DC ${code}`, `f${name}`);
    if (n === 2) simple(`DE ${code}`, "fcomp");
    return;
  }
  simple(`D8 ${code}`, `f${name}_st0`);
  // With ST(i) as destination, the opcodes of the reversed forms change places.
  const other = { sub: "subr", subr: "sub", div: "divr", divr: "div" }[name] ?? name;
  simple(`DC ${code}`, `f${other}_sti`);
  simple(`DE ${code}`, `f${other}p`);
});
simple("DE D9", "fcompp");

load("D9 /0", "fld32", 4);
load("DD /0", "fld64", 8);
load("DB /5", "fld80", 10);
load("DF /0", "fild16", 2);
load("DB /0", "fild32", 4);
load("DF /5", "fild64", 8);
load("DF /4", "fbld", 10);
load("D9 /5", "fldcw", 2);

store("D9 /2", "f32", 4, false);
store("D9 /3", "f32", 4, true);
store("DD /2", "f64", 8, false);
store("DD /3", "f64", 8, true);
store("DB /7", "f80", 10, true);
store("DF /2", "i16", 2, false);
store("DF /3", "i16", 2, true);
store("DB /2", "i32", 4, false);
store("DB /3", "i32", 4, true);
store("DF /7", "i64", 8, true);
store("DF /1", "t16", 2, true);
store("DB /1", "t32", 4, true);
store("DD /1", "t64", 8, true);
store("DF /6", "bcd", 10, true);

for (const [key, word] of [
  ["D9 /7", FPU_CW],
  ["DD /7", FPU_SW],
] as const) {
  defineLift((l) => {
    const a = l.address();
    l.op(x87Word, word);
    l.op(x87Store.get(2)!, 0, a);
  }, key);
}
defineLift((l) => l.op(fnstswAx, gpr(0)), "DF E0");

for (const [key, name] of Object.entries({
  "D9 C0": "fldst",
  "D9 C8": "fxch",
  "DD C8": "fxch",
  "DF C8": "fxch",
  "DD D0": "fst",
  "DD D8": "fstp",
  "D9 D8": "fstpnce",
  "DF D0": "fstp",
  "DF D8": "fstp",
  "DD C0": "ffree",
  "DF C0": "ffreep",
  "DD E0": "fucom",
  "DD E8": "fucomp",
  "DA E9": "fucompp",
  "DB E8": "fucomi",
  "DB F0": "fcomi",
  "DF E8": "fucomip",
  "DF F0": "fcomip",
  "D9 D0": "fnop",
  "D9 E0": "fchs",
  "D9 E1": "fabs",
  "D9 E4": "ftst",
  "D9 E5": "fxam",
  "D9 E8": "fld1",
  "D9 E9": "fldl2t",
  "D9 EA": "fldl2e",
  "D9 EB": "fldpi",
  "D9 EC": "fldlg2",
  "D9 ED": "fldln2",
  "D9 EE": "fldz",
  "D9 F0": "f2xm1",
  "D9 F1": "fyl2x",
  "D9 F2": "fptan",
  "D9 F3": "fpatan",
  "D9 F4": "fxtract",
  "D9 F5": "fprem1",
  "D9 F6": "fdecstp",
  "D9 F7": "fincstp",
  "D9 F8": "fprem",
  "D9 F9": "fyl2xp1",
  "D9 FA": "fsqrt",
  "D9 FB": "fsincos",
  "D9 FC": "frndint",
  "D9 FD": "fscale",
  "D9 FE": "fsin",
  "D9 FF": "fcos",
  "DB E2": "fnclex",
  "DB E3": "fninit",
  "9B": "fwait",
}))
  simple(key, name);
// Left over from the 8087 and 80287: they do nothing.
for (const key of ["DB E0", "DB E1", "DB E4"]) defineLift(() => {}, key);

/** fcmov: condition code in the flags, negated for DB. */
const FCMOV: readonly (readonly [string, number])[] = [
  ["DA C0", 2],
  ["DA C8", 4],
  ["DA D0", 6],
  ["DA D8", 10],
  ["DB C0", 3],
  ["DB C8", 5],
  ["DB D0", 7],
  ["DB D8", 11],
];
for (const [key, code] of FCMOV) {
  defineLift((l) => {
    l.op(setCondition, temp(0), 0, code);
    l.op(x87ExecIf, l.insn.modrm & 7, temp(0), 0, instructionNumber("fcmov"), instructionNumber("fcmov_not"));
  }, key);
}
