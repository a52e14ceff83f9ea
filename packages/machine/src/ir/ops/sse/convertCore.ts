import type { Code } from "../../../wasm/code.ts";
import { Ctl, F64, I32, I64, T } from "../../../wasm/opcodes.ts";
import { defineHelper } from "../../helper.ts";
import { DAZ, DE, IE, mxcsr, PE, pend, RC_SHIFT } from "./mxcsr.ts";
import { DOUBLE, high, INF_HI, QUIET_HI, roundPack, SIGN_HI, SINGLE, unpack } from "./roundPack.ts";
import { abs, isDenormal, narrow, widen } from "./softFloat.ts";

/** Rounding argument that means MXCSR's rounding control. */
export const BY_MXCSR = 4;
/** Rounding control for truncation. */
export const TRUNCATE = 3;

/** Pushes f64 local v rounded to an integral value by the rounding control in i32 local rc. */
function roundBy(c: Code, v: number, rc: number): void {
  c.get(rc).i32(1).op(I32.and).if(T.f64);
  c.get(rc).i32(2).op(I32.and).if(T.f64);
  c.get(v).op(F64.trunc);
  c.else();
  c.get(v).op(F64.floor);
  c.end();
  c.else();
  c.get(rc).i32(2).op(I32.and).if(T.f64);
  c.get(v).op(F64.ceil);
  c.else();
  c.get(v).op(F64.nearest);
  c.end();
  c.end();
}

function resolveRounding(c: Code, rc: number): void {
  c.get(rc).i32(BY_MXCSR).op(I32.and).if();
  mxcsr(c).i32(RC_SHIFT).op(I32.shr_u).i32(3).op(I32.and).set(rc);
  c.end();
}

/** Sets i64 local v to a zero of its sign if it is a denormal of the format and DAZ is set. */
function flushIfDaz(c: Code, fmt: number, v: number, t: number): void {
  mxcsr(c).i32(DAZ).op(I32.and).if();
  abs(c, v).set(t);
  isDenormal(c, t, fmt);
  c.if();
  c.get(v);
  high(c, SIGN_HI).op(I64.and).set(v);
  c.end();
  c.end();
}

/**
 * (format, rounding 0…3 or BY_MXCSR, 64-bit?, f64 encoding) → signed integer; what does not fit is invalid
 * and gives the integer indefinite (only the highest bit set).
 */
export const toInteger = defineHelper("sseToInteger", [T.i32, T.i32, T.i32, T.i64], [T.i64], (c) => {
  const [fmt, rc, wide, v] = [0, 1, 2, 3];
  const t = c.local(T.i64);
  const f = c.local(T.f64);
  const r = c.local(T.f64);
  const limit = c.local(T.f64);
  resolveRounding(c, rc);
  flushIfDaz(c, fmt, v, t);
  c.get(v).op(F64.reinterpret_i64).set(f);
  roundBy(c, f, rc);
  c.set(r);
  c.f64(2 ** 63)
    .f64(2 ** 31)
    .get(wide)
    .op(Ctl.select)
    .set(limit);
  c.get(r).get(limit).op(F64.lt).get(r).get(limit).op(F64.neg).op(F64.ge).op(I32.and).op(I32.eqz).if();
  pend(c, IE);
  high(c, SIGN_HI).i64Parts(0x80000000, 0).get(wide).op(Ctl.select).ret();
  c.end();
  c.get(r).get(f).op(F64.ne).if();
  pend(c, PE);
  c.end();
  c.get(r).op(I64.trunc_f64_s);
});

/** (format, rounding 0…3 or BY_MXCSR, report inexactness?, f64 encoding) → f64 encoding of the integral value (round*). */
export const toIntegral = defineHelper("sseToIntegral", [T.i32, T.i32, T.i32, T.i64], [T.i64], (c) => {
  const [fmt, rc, report, v] = [0, 1, 2, 3];
  const t = c.local(T.i64);
  const f = c.local(T.f64);
  const r = c.local(T.f64);
  abs(c, v);
  high(c, INF_HI).op(I64.gt_u).if();
  c.get(v);
  high(c, QUIET_HI).op(I64.and).op(I64.eqz).if();
  pend(c, IE);
  c.end();
  c.get(v);
  high(c, QUIET_HI).op(I64.or).ret();
  c.end();
  resolveRounding(c, rc);
  flushIfDaz(c, fmt, v, t);
  c.get(v).op(F64.reinterpret_i64).set(f);
  roundBy(c, f, rc);
  c.tee(r).get(f).op(F64.ne).get(report).op(I32.and).if();
  pend(c, PE);
  c.end();
  c.get(r).op(I64.reinterpret_f64);
});

/** (format, signed integer) → f64 encoding of it in the format. */
export const fromInteger = defineHelper("sseFromInteger", [T.i32, T.i64], [T.i64], (c, call) => {
  const sign = c.local(T.i64);
  const z = c.local(T.i64);
  c.get(1).op(I64.eqz).if();
  c.i64(0).ret();
  c.end();
  c.get(1);
  high(c, SIGN_HI).op(I64.and).set(sign);
  c.get(1).i64(0).op(I64.lt_s).if();
  c.i64(0).get(1).op(I64.sub).set(1);
  c.end();
  c.get(0).get(sign).i32(63).get(1).op(I64.clz).tee(z).op(I32.wrap_i64).op(I32.sub).get(1).get(z).op(I64.shl);
  call(roundPack);
});

/** Writes what both conversions between the formats share: NaNs made quiet and returned through `ret`, denormals. */
function checkSource(c: Code, fmt: number, v: number, t: number, ret: () => void): void {
  const f = c.local(T.i32);
  c.i32(fmt).set(f);
  abs(c, v).tee(t);
  high(c, INF_HI).op(I64.gt_u).if();
  c.get(v);
  high(c, QUIET_HI).op(I64.and).op(I64.eqz).if();
  pend(c, IE);
  c.end();
  c.get(v);
  high(c, QUIET_HI).op(I64.or);
  ret();
  c.end();
  isDenormal(c, t, f);
  c.if();
  mxcsr(c).i32(DAZ).op(I32.and).if();
  c.get(v);
  high(c, SIGN_HI).op(I64.and).set(v);
  c.i64(0).set(t);
  c.else();
  pend(c, DE);
  c.end();
  c.end();
}

/** (f32 encoding) → f64 encoding (cvtss2sd). */
export const singleToDouble = defineHelper("sseSingleToDouble", [T.i32], [T.i64], (c, call) => {
  const v = c.local(T.i64);
  const t = c.local(T.i64);
  c.get(0);
  call(widen);
  c.set(v);
  checkSource(c, SINGLE, v, t, () => c.ret());
  c.get(v);
});

/** (f64 encoding) → f32 encoding (cvtsd2ss). */
export const doubleToSingle = defineHelper("sseDoubleToSingle", [T.i64], [T.i32], (c, call) => {
  const v = 0;
  const t = c.local(T.i64);
  const exp = c.local(T.i32);
  const sig = c.local(T.i64);
  checkSource(c, DOUBLE, v, t, () => {
    call(narrow);
    c.ret();
  });
  c.get(t).op(I64.eqz).get(t);
  high(c, INF_HI).op(I64.eq).op(I32.or).if();
  c.get(v);
  call(narrow);
  c.ret();
  c.end();
  unpack(c, t, exp, sig);
  c.i32(SINGLE).get(v);
  high(c, SIGN_HI).op(I64.and).get(exp).get(sig);
  call(roundPack);
  call(narrow);
});
