import { Ctl, I32, T, V } from "../../../wasm/opcodes.ts";
import { A, B, C, type Emitter } from "../../emitter.ts";
import { CF, setStatus, ZF } from "../../flags.ts";
import { defineColdOp, type OpDef } from "../../op.ts";
import { faultingOp, quietOp } from "./define.ts";
import { slowDoubles, slowSingles } from "./exactness.ts";
import { vectorOp } from "./integer.ts";
import { lanes } from "./move.ts";
import { commit } from "./mxcsr.ts";
import { ADD, MUL } from "./softFloat.ts";

/** a = low lanes of b widened: opcode, name, bytes of source read, conversions. */
export const widenOps = (
  [
    ["20", "pmovsxbw", 8, [V.i16x8_extend_low_i8x16_s]],
    ["21", "pmovsxbd", 4, [V.i16x8_extend_low_i8x16_s, V.i32x4_extend_low_i16x8_s]],
    ["22", "pmovsxbq", 2, [V.i16x8_extend_low_i8x16_s, V.i32x4_extend_low_i16x8_s, V.i64x2_extend_low_i32x4_s]],
    ["23", "pmovsxwd", 8, [V.i32x4_extend_low_i16x8_s]],
    ["24", "pmovsxwq", 4, [V.i32x4_extend_low_i16x8_s, V.i64x2_extend_low_i32x4_s]],
    ["25", "pmovsxdq", 8, [V.i64x2_extend_low_i32x4_s]],
    ["30", "pmovzxbw", 8, [V.i16x8_extend_low_i8x16_u]],
    ["31", "pmovzxbd", 4, [V.i16x8_extend_low_i8x16_u, V.i32x4_extend_low_i16x8_u]],
    ["32", "pmovzxbq", 2, [V.i16x8_extend_low_i8x16_u, V.i32x4_extend_low_i16x8_u, V.i64x2_extend_low_i32x4_u]],
    ["33", "pmovzxwd", 8, [V.i32x4_extend_low_i16x8_u]],
    ["34", "pmovzxwq", 4, [V.i32x4_extend_low_i16x8_u, V.i64x2_extend_low_i32x4_u]],
    ["35", "pmovzxdq", 8, [V.i64x2_extend_low_i32x4_u]],
  ] as const
).map(([opcode, name, bytes, steps]) => ({
  opcode,
  bytes,
  def: vectorOp(name, (c, _a, b) => {
    c.get(b);
    for (const s of steps) c.simd(s);
  }),
}));

/** a = lanes of b where the sign of the lane in register c (xmm0) is set, else of a. */
const blendv = (name: string, bits: number, shift: number): OpDef =>
  quietOp(name, (e) =>
    e.setV128(A, () => {
      e.getV128(B);
      e.getV128(A);
      e.getV128(C);
      e.c
        .i32(bits - 1)
        .simd(shift)
        .simd(V.bitselect);
    }),
  );
export const pblendvb = blendv("pblendvb", 8, V.i8x16_shr_s);
export const blendvps = blendv("blendvps", 32, V.i32x4_shr_s);
export const blendvpd = blendv("blendvpd", 64, V.i64x2_shr_s);

/** ptest: ZF if a & b is zero, CF if b & ~a is. */
export const ptest = defineColdOp("ptest", (e) =>
  setStatus(e, () => {
    const { c } = e;
    e.getV128(A);
    e.getV128(B);
    c.simd(V.and).simd(V.any_true).op(I32.eqz).i32(ZF).op(I32.mul);
    e.getV128(B);
    e.getV128(A);
    c.simd(V.andnot).simd(V.any_true).op(I32.eqz).i32(CF).op(I32.mul).op(I32.or);
  }),
);

/** phminposuw: smallest word and its position, zeros above. */
export const phminposuw = vectorOp("phminposuw", (c, _a, b) => {
  const best = c.temp(T.i32);
  const x = c.temp(T.i32);
  c.i32(0x7ffff).set(best);
  for (let i = 0; i < 8; i++) {
    c.get(b).lane(V.i16x8_extract_lane_u, i).i32(3).op(I32.shl).i32(i).op(I32.or).tee(x);
    c.get(best).get(x).get(best).op(I32.lt_u).op(Ctl.select).set(best);
  }
  c.simd16(V.const, new Uint8Array(16));
  c.get(best).i32(3).op(I32.shr_u).get(best).i32(7).op(I32.and).i32(16).op(I32.shl).op(I32.or);
  c.lane(V.i32x4_replace_lane, 0);
  c.release(T.i32, best);
  c.release(T.i32, x);
});

const ASCENDING = Array.from({ length: 16 }, (_, i) => i);

/** mpsadbw: eight sums of four absolute differences; the small number c is the immediate. */
export const mpsadbw = quietOp("mpsadbw", (e) => {
  const { c } = e;
  const a = c.temp(T.v128);
  const b = c.temp(T.v128);
  const x = c.temp(T.v128);
  const y = c.temp(T.v128);
  const sum = c.temp(T.v128);
  e.getV128(A);
  c.set(a);
  e.getV128(B);
  c.set(b);
  c.simd16(V.const, new Uint8Array(16)).set(sum);
  for (let k = 0; k < 4; k++) {
    c.get(a);
    e.field(C);
    c.i32(4).op(I32.and).i32(k).op(I32.add).simd(V.i8x16_splat).simd16(V.const, ASCENDING).simd(V.i8x16_add).simd(V.i8x16_swizzle).set(x);
    c.get(b);
    e.field(C);
    c.i32(3).op(I32.and).i32(2).op(I32.shl).i32(k).op(I32.add).simd(V.i8x16_splat).simd(V.i8x16_swizzle).set(y);
    c.get(x).get(y).simd(V.i8x16_max_u).get(x).get(y).simd(V.i8x16_min_u).simd(V.i8x16_sub).simd(V.i16x8_extend_low_i8x16_u);
    c.get(sum).simd(V.i16x8_add).set(sum);
  }
  e.setV128(A, () => c.get(sum));
  for (const v of [a, b, x, y, sum]) c.release(T.v128, v);
});

/** Pushes a lane mask from the small number c: lane i is all ones if bit `from + i` is set. */
function pushLaneMask(e: Emitter, double: boolean, from: number): void {
  const { c } = e;
  const n = double ? 2 : 4;
  c.simd16(
    V.const,
    Array.from({ length: 16 }, (_, i) => (i % (16 / n) === 0 ? 1 << (from + Math.floor((i * n) / 16)) : 0)),
  );
  c.simd16(
    V.const,
    Array.from({ length: 16 }, (_, i) => (i % (16 / n) === 0 ? 1 << (from + Math.floor((i * n) / 16)) : 0)),
  );
  e.field(C);
  c.simd(V.i32x4_splat)
    .simd(V.and)
    .simd(double ? V.i64x2_eq : V.i32x4_eq);
}

/**
 * dpps, dppd: products of the lanes chosen by the immediate's high half, summed pairwise, into the lanes
 * chosen by its low half. Each step raises its own exceptions.
 */
function dotProduct(double: boolean): OpDef {
  return faultingOp(double ? "dppd" : "dpps", (e) => {
    const { c } = e;
    const v = c.temp(T.v128);
    const slow = double ? slowDoubles : slowSingles;
    c.i32(MUL * 0x1111);
    for (const f of [A, B] as const) {
      // Lanes not chosen become 0 * 0, which is exact.
      e.getV128(f);
      pushLaneMask(e, double, 4);
      c.simd(V.and);
    }
    e.call(slow);
    c.set(v);
    commit(e);
    const addPairs = (first: readonly number[], second: readonly number[]): void => {
      c.i32(ADD);
      for (const order of [first, second])
        c.get(v)
          .get(v)
          .simd16(V.i8x16_shuffle, lanes(double ? 8 : 4, ...order));
      e.call(slow);
      c.set(v);
      commit(e);
    };
    if (double) addPairs([0, 0], [1, 1]);
    else {
      addPairs([0, 2, 0, 2], [1, 3, 1, 3]);
      addPairs([0, 0, 0, 0], [1, 1, 1, 1]);
    }
    e.setV128(A, () => {
      c.get(v);
      pushLaneMask(e, double, 0);
      c.simd(V.and);
    });
    c.release(T.v128, v);
  });
}
export const dpps = dotProduct(false);
export const dppd = dotProduct(true);
