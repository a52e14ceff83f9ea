import type { Code } from "../../../wasm/code.ts";
import { I32, I64, T, V } from "../../../wasm/opcodes.ts";
import type { Emitter } from "../../emitter.ts";
import { defineHelper, type Helper } from "../../helper.ts";
import { commit, DAZ, DE, IE, mxcsr, pend } from "./mxcsr.ts";
import { DOUBLE, high, INF_HI, QUIET_HI, SIGN_HI, SINGLE } from "./roundPack.ts";
import { abs, isDenormal, narrow, widen } from "./softFloat.ts";

/**
 * Operations that only look at their operands (comparisons, min, max): the exceptions are those of
 * the operands, and DAZ turns denormals into zeros first.
 */

/** Which NaNs are invalid: signaling ones only, or all. */
export const SIGNALING_ONLY = 0;
export const ANY_NAN = 1;

/** (format, any NaN invalid, a, b) → (a, b) as f64 encodings with denormals flushed if DAZ; exceptions become pending. */
const checkPair = defineHelper("sseCheckPair", [T.i32, T.i32, T.i64, T.i64], [T.i64, T.i64], (c) => {
  const [fmt, anyNan, a, b] = [0, 1, 2, 3];
  const absA = c.local(T.i64);
  const absB = c.local(T.i64);
  abs(c, a).set(absA);
  abs(c, b).set(absB);
  const denormal = c.local(T.i32);
  // Flushed even beside a NaN: min and max may return it.
  for (const [v, av] of [
    [a, absA],
    [b, absB],
  ] as const) {
    isDenormal(c, av, fmt);
    c.if();
    mxcsr(c).i32(DAZ).op(I32.and).if();
    c.get(v);
    high(c, SIGN_HI).op(I64.and).set(v);
    c.else();
    c.i32(1).set(denormal);
    c.end();
    c.end();
  }
  const isNan = (v: number): Code => {
    c.get(v);
    return high(c, INF_HI).op(I64.gt_u);
  };
  isNan(absA);
  isNan(absB).op(I32.or).if();
  for (const v of [absA, absB]) {
    isNan(v);
    c.get(v);
    high(c, QUIET_HI).op(I64.and).op(I64.eqz).op(I32.and);
  }
  c.op(I32.or).get(anyNan).op(I32.or).if();
  pend(c, IE);
  c.end();
  c.get(a).get(b).ret();
  c.end();
  c.get(denormal).if();
  pend(c, DE);
  c.end();
  c.get(a).get(b);
});

function checkLanes(name: string, double: boolean): Helper {
  return defineHelper(name, [T.i32, T.v128, T.v128], [T.v128, T.v128], (c, call) => {
    const n = double ? 2 : 4;
    const [extract, replace] = double ? [V.i64x2_extract_lane, V.i64x2_replace_lane] : [V.i32x4_extract_lane, V.i32x4_replace_lane];
    const x = c.local(double ? T.i64 : T.i32);
    const y = c.local(double ? T.i64 : T.i32);
    for (let i = 0; i < n; i++) {
      c.i32(double ? DOUBLE : SINGLE).get(0);
      for (const v of [1, 2]) {
        c.get(v).lane(extract, i);
        if (!double) call(widen);
      }
      call(checkPair);
      if (!double) call(narrow);
      c.set(y);
      if (!double) call(narrow);
      c.set(x);
      c.get(1).get(x).lane(replace, i).set(1);
      c.get(2).get(y).lane(replace, i).set(2);
    }
    c.get(1).get(2);
  });
}
const checkDoubles = checkLanes("sseCheckDoubles", true);
const checkSingles = checkLanes("sseCheckSingles", false);

/** Pushes a mask vector: lanes of v that are neither denormal nor NaN. */
export function ordinaryLanes(c: Code, double: boolean, v: number): void {
  const [absOp, splat, ge, eq] = double
    ? [V.f64x2_abs, V.f64x2_splat, V.f64x2_ge, V.f64x2_eq]
    : [V.f32x4_abs, V.f32x4_splat, V.f32x4_ge, V.f32x4_eq];
  const constant = (x: number): Code => (double ? c.f64(x) : c.f32(x)).simd(splat);
  c.get(v).simd(absOp);
  constant(double ? 2 ** -1022 : 2 ** -126).simd(ge);
  c.get(v);
  constant(0).simd(eq).simd(V.or);
}

/**
 * Makes the exceptions of v128 locals a and b sticky (or raises #XM) and flushes denormals if DAZ.
 * `nan`: ANY_NAN or SIGNALING_ONLY. Scalar operations pass their operands in all lanes.
 */
export function checkOperands(e: Emitter, double: boolean, nan: number, a: number, b: number): void {
  const { c } = e;
  ordinaryLanes(c, double, a);
  ordinaryLanes(c, double, b);
  c.simd(V.and).simd(V.i32x4_all_true).op(I32.eqz).if();
  c.i32(nan).get(a).get(b);
  e.call(double ? checkDoubles : checkSingles);
  c.set(b).set(a);
  commit(e);
  c.end();
}

/** Takes the low lane of a field's XMM register into all lanes of v128 local v. */
export function splatScalar(e: Emitter, double: boolean, f: 0 | 1, v: number): void {
  if (double) e.getF64(f);
  else e.getF32(f);
  e.c.simd(double ? V.f64x2_splat : V.f32x4_splat).set(v);
}
export const floatLane = (double: boolean): number => (double ? V.f64x2_extract_lane : V.f32x4_extract_lane);
