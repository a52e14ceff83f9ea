import type { Code } from "../../../wasm/code.ts";
import { Ctl, I32, I64, T, V } from "../../../wasm/opcodes.ts";
import { lanes } from "./move.ts";

/** Writes the code for one vector operation: a and b are v128 locals (neither is changed), the result is pushed. */
export type VectorEmit = (c: Code, a: number, b: number) => void;

/**
 * How the MMX form of an operation follows from the 128-bit one. "lanes": it works within 64 bits, so
 * the low half is the result. "concat": it narrows or combines neighbours, first of a, then of b; so
 * its 64-bit result is the low half of op(x, x) with x = a in the low half and b in the high one.
 */
export type MmxShape = "lanes" | "concat" | "none";

export interface IntegerRow {
  name: string;
  /** Opcode without its prefix token: "66" selects XMM, "NP" MMX. */
  opcode: string;
  mmx: MmxShape;
  emit: VectorEmit;
}

const simple =
  (opcode: number): VectorEmit =>
  (c, a, b) => {
    c.get(a).get(b).simd(opcode);
  };

/** Pushes the even or odd lanes of a, then of b. */
function every2nd(c: Code, size: 2 | 4, odd: 0 | 1, a: number, b: number): void {
  const order = Array.from({ length: 16 / size }, (_, i) => 2 * i + odd);
  c.get(a)
    .get(b)
    .simd16(V.i8x16_shuffle, lanes(size, ...order));
}
const pairs =
  (size: 2 | 4, opcode: number): VectorEmit =>
  (c, a, b) => {
    every2nd(c, size, 0, a, b);
    every2nd(c, size, 1, a, b);
    c.simd(opcode);
  };

/** High halves of the 16-bit products. */
const mulHigh =
  (low: number, high: number): VectorEmit =>
  (c, a, b) => {
    c.get(a).get(b).simd(low).get(a).get(b).simd(high);
    c.simd16(V.i8x16_shuffle, lanes(2, 1, 3, 5, 7, 9, 11, 13, 15));
  };

/** 64-bit products of the even 32-bit lanes. */
const mulEven =
  (opcode: number): VectorEmit =>
  (c, a, b) => {
    for (const x of [a, b])
      c.get(x)
        .get(x)
        .simd16(V.i8x16_shuffle, lanes(4, 0, 2, 0, 2));
    c.simd(opcode);
  };

const psadbw: VectorEmit = (c, a, b) => {
  const v = c.temp(T.v128);
  c.get(a).get(b).simd(V.i8x16_max_u).get(a).get(b).simd(V.i8x16_min_u).simd(V.i8x16_sub);
  c.simd(V.i16x8_extadd_pairwise_i8x16_u).simd(V.i32x4_extadd_pairwise_i16x8_u).tee(v);
  c.i64(0xffffffff).simd(V.i64x2_splat).simd(V.and);
  c.get(v).i32(32).simd(V.i64x2_shr_u).simd(V.i64x2_add);
  c.release(T.v128, v);
};

const pmaddubsw: VectorEmit = (c, a, b) => {
  const lo = c.temp(T.v128);
  const hi = c.temp(T.v128);
  c.get(a).simd(V.i16x8_extend_low_i8x16_u).get(b).simd(V.i16x8_extend_low_i8x16_s).simd(V.i16x8_mul).set(lo);
  c.get(a).simd(V.i16x8_extend_high_i8x16_u).get(b).simd(V.i16x8_extend_high_i8x16_s).simd(V.i16x8_mul).set(hi);
  pairs(2, V.i16x8_add_sat_s)(c, lo, hi);
  c.release(T.v128, lo);
  c.release(T.v128, hi);
};

/** The product's rounding differs from WebAssembly's only for -1 * -1, which saturates there and wraps here. */
const pmulhrsw: VectorEmit = (c, a, b) => {
  c.get(a).get(b).simd(V.i16x8_q15mulr_sat_s);
  for (const x of [a, b]) c.get(x).i32(-32768).simd(V.i16x8_splat).simd(V.i16x8_eq);
  c.simd(V.and).simd(V.xor);
};

/** Each lane of a negated, kept or cleared after the sign of b's. */
const psign =
  (bits: number, neg: number, shr: number, eq: number): VectorEmit =>
  (c, a, b) => {
    c.get(a).simd(neg).get(a);
    c.get(b)
      .i32(bits - 1)
      .simd(shr)
      .simd(V.bitselect);
    c.get(b).simd16(V.const, new Uint8Array(16)).simd(eq).simd(V.andnot);
  };

const unary =
  (opcode: number): VectorEmit =>
  (c, _a, b) => {
    c.get(b).simd(opcode);
  };

const row = (opcode: string, name: string, emit: VectorEmit | number, mmx: MmxShape = "lanes"): IntegerRow => ({
  name,
  opcode,
  mmx,
  emit: typeof emit === "number" ? simple(emit) : emit,
});

/** Two-operand integer operations (dst = dst op src) that exist for XMM and, unless "none", for MMX registers. */
export const integerTable: readonly IntegerRow[] = [
  row("0F FC", "paddb", V.i8x16_add),
  row("0F FD", "paddw", V.i16x8_add),
  row("0F FE", "paddd", V.i32x4_add),
  row("0F D4", "paddq", V.i64x2_add),
  row("0F EC", "paddsb", V.i8x16_add_sat_s),
  row("0F ED", "paddsw", V.i16x8_add_sat_s),
  row("0F DC", "paddusb", V.i8x16_add_sat_u),
  row("0F DD", "paddusw", V.i16x8_add_sat_u),
  row("0F F8", "psubb", V.i8x16_sub),
  row("0F F9", "psubw", V.i16x8_sub),
  row("0F FA", "psubd", V.i32x4_sub),
  row("0F FB", "psubq", V.i64x2_sub),
  row("0F E8", "psubsb", V.i8x16_sub_sat_s),
  row("0F E9", "psubsw", V.i16x8_sub_sat_s),
  row("0F D8", "psubusb", V.i8x16_sub_sat_u),
  row("0F D9", "psubusw", V.i16x8_sub_sat_u),
  row("0F 74", "pcmpeqb", V.i8x16_eq),
  row("0F 75", "pcmpeqw", V.i16x8_eq),
  row("0F 76", "pcmpeqd", V.i32x4_eq),
  row("0F 64", "pcmpgtb", V.i8x16_gt_s),
  row("0F 65", "pcmpgtw", V.i16x8_gt_s),
  row("0F 66", "pcmpgtd", V.i32x4_gt_s),
  row("0F DB", "pand", V.and),
  row("0F DF", "pandn", (c, a, b) => c.get(b).get(a).simd(V.andnot)),
  row("0F EB", "por", V.or),
  row("0F EF", "pxor", V.xor),
  row("0F E0", "pavgb", V.i8x16_avgr_u),
  row("0F E3", "pavgw", V.i16x8_avgr_u),
  row("0F DA", "pminub", V.i8x16_min_u),
  row("0F DE", "pmaxub", V.i8x16_max_u),
  row("0F EA", "pminsw", V.i16x8_min_s),
  row("0F EE", "pmaxsw", V.i16x8_max_s),
  row("0F D5", "pmullw", V.i16x8_mul),
  row("0F E5", "pmulhw", mulHigh(V.i32x4_extmul_low_i16x8_s, V.i32x4_extmul_high_i16x8_s)),
  row("0F E4", "pmulhuw", mulHigh(V.i32x4_extmul_low_i16x8_u, V.i32x4_extmul_high_i16x8_u)),
  row("0F F4", "pmuludq", mulEven(V.i64x2_extmul_low_i32x4_u)),
  row("0F F5", "pmaddwd", V.i32x4_dot_i16x8_s),
  row("0F F6", "psadbw", psadbw),
  row("0F 63", "packsswb", V.i8x16_narrow_i16x8_s, "concat"),
  row("0F 67", "packuswb", V.i8x16_narrow_i16x8_u, "concat"),
  row("0F 6B", "packssdw", V.i16x8_narrow_i32x4_s, "concat"),
  // SSSE3
  row("0F 38 01", "phaddw", pairs(2, V.i16x8_add), "concat"),
  row("0F 38 02", "phaddd", pairs(4, V.i32x4_add), "concat"),
  row("0F 38 03", "phaddsw", pairs(2, V.i16x8_add_sat_s), "concat"),
  row("0F 38 04", "pmaddubsw", pmaddubsw),
  row("0F 38 05", "phsubw", pairs(2, V.i16x8_sub), "concat"),
  row("0F 38 06", "phsubd", pairs(4, V.i32x4_sub), "concat"),
  row("0F 38 07", "phsubsw", pairs(2, V.i16x8_sub_sat_s), "concat"),
  row("0F 38 08", "psignb", psign(8, V.i8x16_neg, V.i8x16_shr_s, V.i8x16_eq)),
  row("0F 38 09", "psignw", psign(16, V.i16x8_neg, V.i16x8_shr_s, V.i16x8_eq)),
  row("0F 38 0A", "psignd", psign(32, V.i32x4_neg, V.i32x4_shr_s, V.i32x4_eq)),
  row("0F 38 0B", "pmulhrsw", pmulhrsw),
  row("0F 38 1C", "pabsb", unary(V.i8x16_abs)),
  row("0F 38 1D", "pabsw", unary(V.i16x8_abs)),
  row("0F 38 1E", "pabsd", unary(V.i32x4_abs)),
  // SSE4.1 and SSE4.2
  row("0F 38 28", "pmuldq", mulEven(V.i64x2_extmul_low_i32x4_s), "none"),
  row("0F 38 29", "pcmpeqq", V.i64x2_eq, "none"),
  row("0F 38 2B", "packusdw", V.i16x8_narrow_i32x4_u, "none"),
  row("0F 38 37", "pcmpgtq", V.i64x2_gt_s, "none"),
  row("0F 38 38", "pminsb", V.i8x16_min_s, "none"),
  row("0F 38 39", "pminsd", V.i32x4_min_s, "none"),
  row("0F 38 3A", "pminuw", V.i16x8_min_u, "none"),
  row("0F 38 3B", "pminud", V.i32x4_min_u, "none"),
  row("0F 38 3C", "pmaxsb", V.i8x16_max_s, "none"),
  row("0F 38 3D", "pmaxsd", V.i32x4_max_s, "none"),
  row("0F 38 3E", "pmaxuw", V.i16x8_max_u, "none"),
  row("0F 38 3F", "pmaxud", V.i32x4_max_u, "none"),
  row("0F 38 40", "pmulld", V.i32x4_mul, "none"),
];

/** Interleaving: opcode, name, lane size, high half. */
export const unpackTable: readonly [string, string, 1 | 2 | 4 | 8, boolean][] = [
  ["0F 60", "punpcklbw", 1, false],
  ["0F 61", "punpcklwd", 2, false],
  ["0F 62", "punpckldq", 4, false],
  ["0F 6C", "punpcklqdq", 8, false],
  ["0F 68", "punpckhbw", 1, true],
  ["0F 69", "punpckhwd", 2, true],
  ["0F 6A", "punpckhdq", 4, true],
  ["0F 6D", "punpckhqdq", 8, true],
];

/** Shuffle bytes that interleave lanes of the low or high half of two operands of `width` bytes that lie 16 bytes apart. */
export function unpackBytes(size: 1 | 2 | 4 | 8, high: boolean, width: 8 | 16): number[] {
  const out: number[] = [];
  const from = high ? width / 2 : 0;
  for (let at = from; at < from + width / 2; at += size) {
    for (const base of [0, 16]) for (let i = 0; i < size; i++) out.push(base + at + i);
  }
  while (out.length < 16) out.push(0);
  return out;
}

/** Shifts: opcode of the form with a register count, opcode and /digit of the immediate form, name, lane bits, WebAssembly opcode. */
export const shiftTable: readonly [string, string, string, 16 | 32 | 64, number, boolean][] = [
  ["0F F1", "0F 71 /6", "psllw", 16, V.i16x8_shl, false],
  ["0F F2", "0F 72 /6", "pslld", 32, V.i32x4_shl, false],
  ["0F F3", "0F 73 /6", "psllq", 64, V.i64x2_shl, false],
  ["0F D1", "0F 71 /2", "psrlw", 16, V.i16x8_shr_u, false],
  ["0F D2", "0F 72 /2", "psrld", 32, V.i32x4_shr_u, false],
  ["0F D3", "0F 73 /2", "psrlq", 64, V.i64x2_shr_u, false],
  ["0F E1", "0F 71 /4", "psraw", 16, V.i16x8_shr_s, true],
  ["0F E2", "0F 72 /4", "psrad", 32, V.i32x4_shr_s, true],
];

/** Pushes v128 local `a` shifted by the i64 local `count`: counts past the lane width give zero or, arithmetic, the sign. */
export function shiftByCount(c: Code, bits: number, opcode: number, arithmetic: boolean, a: number, count: number): void {
  const n = (): Code => c.get(count).op(I32.wrap_i64);
  if (arithmetic) {
    c.get(a);
    n();
    c.i32(bits - 1);
    c.get(count).i64(bits).op(I64.lt_u).op(Ctl.select);
    c.simd(opcode);
  } else {
    c.get(a);
    n();
    c.simd(opcode);
    c.simd16(V.const, new Uint8Array(16));
    c.get(count).i64(bits).op(I64.lt_u).op(Ctl.select);
  }
}
