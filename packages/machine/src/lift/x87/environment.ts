import { IMAGE } from "../../fpu/environment.ts";
import type { OpDef } from "../../ir/op.ts";
import { alignCheck, imageCheck, imageLoad, imageStore, x87Image } from "../../ir/ops/x87/ops.ts";
import { ZERO } from "../../layout.ts";
import { defineLift, type Lifter } from "../lifter.ts";

type Moves = readonly { bytes: number; op: OpDef }[];
const pick = (moves: Moves, bytes: number): OpDef => moves.find((m) => m.bytes === bytes)!.op;

/** Moves [0, size) of the image piece by piece. */
function move(l: Lifter, moves: Moves, a: number, size: number, from = 0): void {
  let at = from;
  while (at < size) {
    const left = size - at;
    const bytes = [64, 44, 32, 28, 16, 8, 4].find((n) => n <= left) ?? 4;
    l.op(pick(moves, bytes), 0, a, 0, at, at);
    at += bytes;
  }
}
/** Runs an image step; `wide`: 32-bit layout, or 64-bit pointers. */
const step = (l: Lifter, kind: number, wide: boolean): void => l.op(x87Image, ZERO, 0, 0, kind, wide ? 1 : 0);
/** Stores all of an image after checking that it can be. */
function storeAll(l: Lifter, a: number, size: number): void {
  move(l, imageCheck, a, size);
  move(l, imageStore, a, size);
}

const wideOperand = (l: Lifter): boolean => l.insn.opsize16 === 0;
// The 16-bit layouts (14 and 94 bytes) end in half a piece of 4: two bytes more are read than used.
defineLift((l) => {
  const a = l.address();
  const wide = wideOperand(l);
  step(l, IMAGE.storeEnvironment, wide);
  storeAll(l, a, wide ? 28 : 12);
  step(l, 9, wide);
}, "D9 /6");
defineLift((l) => {
  const a = l.address();
  const wide = wideOperand(l);
  move(l, imageLoad, a, wide ? 28 : 16);
  step(l, IMAGE.loadEnvironment, wide);
}, "D9 /4");
defineLift((l) => {
  const a = l.address();
  const wide = wideOperand(l);
  step(l, IMAGE.save, wide);
  storeAll(l, a, wide ? 108 : 92);
  step(l, 10, wide);
}, "DD /6");
defineLift((l) => {
  const a = l.address();
  const wide = wideOperand(l);
  move(l, imageLoad, a, wide ? 108 : 96);
  step(l, IMAGE.restore, wide);
}, "DD /4");

const rexW = (l: Lifter): boolean => (l.insn.rex & 8) !== 0;
defineLift((l) => {
  const a = l.address();
  l.op(alignCheck, a, 0, 0, 16, 0);
  step(l, IMAGE.fxsave, rexW(l));
  storeAll(l, a, 416);
}, "NP 0F AE /0");
defineLift((l) => {
  const a = l.address();
  l.op(alignCheck, a, 0, 0, 16, 0);
  move(l, imageLoad, a, 416);
  step(l, IMAGE.fxrstor, rexW(l));
  l.endBlock();
}, "NP 0F AE /1");
for (const [key, kind] of [
  ["NP 0F AE /4", IMAGE.xsave],
  ["NP 0F AE /6", IMAGE.xsave],
  ["NP 0F C7 /4", IMAGE.xsavec],
] as const) {
  defineLift((l) => {
    const a = l.address();
    l.op(alignCheck, a, 0, 0, 64, 0);
    move(l, imageLoad, a, 576);
    step(l, kind, rexW(l));
    storeAll(l, a, 576);
  }, key);
}
defineLift((l) => {
  const a = l.address();
  l.op(alignCheck, a, 0, 0, 64, 0);
  move(l, imageLoad, a, 576);
  step(l, IMAGE.xrstor, rexW(l));
  l.endBlock();
}, "NP 0F AE /5");
