import { blendWords, packSelectors, shuffleHalf, shuffleLanes, shuffleTwo } from "../../ir/ops/sse/shuffle.ts";
import { defineLift } from "../lifter.ts";
import { scalarSource, xmmReg, xmmSource } from "./operand.ts";

const ZERO_LANE = 0x80;
const field = (imm: number, i: number): number => (imm >> (2 * i)) & 3;

// pshufd
defineLift((l) => {
  const imm = l.insn.immLo;
  const src = xmmSource(l);
  l.op(shuffleLanes, xmmReg(l), src, 0, packSelectors([0, 1, 2, 3].map((i) => 4 * field(imm, i))));
}, "66 0F 70");

/** First-byte pairs of four 16-bit lanes, counted from byte `base`, as the two halves of the immediate. */
export function wordSelectors(imm: number, base: number): [number, number] {
  const bytes = [0, 1, 2, 3].flatMap((i) => [base + 2 * field(imm, i), base + 2 * field(imm, i) + 1]);
  return [packSelectors(bytes.slice(0, 4)), packSelectors(bytes.slice(4))];
}
// pshuflw, pshufhw
for (const [key, half] of [
  ["F2 0F 70", 0],
  ["F3 0F 70", 1],
] as const) {
  defineLift((l) => {
    const src = xmmSource(l);
    const [lo, hi] = wordSelectors(l.insn.immLo, half * 8);
    l.op(shuffleHalf[half]!, xmmReg(l), src, 0, lo, hi);
  }, key);
}

// shufps, shufpd
defineLift((l) => {
  const imm = l.insn.immLo;
  const src = xmmSource(l);
  const lane = (i: number): number => 4 * field(imm, i);
  l.op(
    shuffleTwo,
    xmmReg(l),
    src,
    0,
    packSelectors([lane(0), lane(1), ZERO_LANE, ZERO_LANE]),
    packSelectors([ZERO_LANE, ZERO_LANE, lane(2), lane(3)]),
  );
}, "NP 0F C6");
defineLift((l) => {
  const imm = l.insn.immLo;
  const src = xmmSource(l);
  const a = (imm & 1) * 8;
  const b = ((imm >> 1) & 1) * 8;
  l.op(shuffleTwo, xmmReg(l), src, 0, packSelectors([a, a + 4, ZERO_LANE, ZERO_LANE]), packSelectors([ZERO_LANE, ZERO_LANE, b, b + 4]));
}, "66 0F C6");

// insertps: one lane of the source into one of the destination, then zeros after the mask.
defineLift((l) => {
  const imm = l.insn.immLo;
  const from = l.isMemory ? 0 : (imm >> 6) & 3;
  const to = (imm >> 4) & 3;
  const src = scalarSource(l, 4);
  const zeroed = (i: number): boolean => ((imm >> i) & 1) !== 0;
  const order = [0, 1, 2, 3];
  l.op(
    shuffleTwo,
    xmmReg(l),
    src,
    0,
    packSelectors(order.map((i) => (i === to || zeroed(i) ? ZERO_LANE : 4 * i))),
    packSelectors(order.map((i) => (i === to && !zeroed(i) ? 4 * from : ZERO_LANE))),
  );
}, "66 0F 3A 21");

// pblendw, blendps, blendpd: a mask byte for each 16-bit lane.
for (const [key, words] of [
  ["66 0F 3A 0E", 1],
  ["66 0F 3A 0C", 2],
  ["66 0F 3A 0D", 4],
] as const) {
  defineLift((l) => {
    const imm = l.insn.immLo;
    const src = xmmSource(l);
    const bytes = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => ((imm >> Math.floor(i / words)) & 1 ? 0xff : 0));
    l.op(blendWords, xmmReg(l), src, 0, packSelectors(bytes.slice(0, 4)), packSelectors(bytes.slice(4)));
  }, key);
}
