import type { Code } from "../../../wasm/code.ts";
import { F32, F64, I32, I64, T, V } from "../../../wasm/opcodes.ts";
import { A, B, C, type Emitter } from "../../emitter.ts";
import { defineHelper, type Helper, type Upcall } from "../../helper.ts";
import type { OpDef } from "../../op.ts";
import { BY_MXCSR, doubleToSingle, fromInteger, singleToDouble, TRUNCATE, toInteger, toIntegral } from "./convertCore.ts";
import { faultingOp, quietOp } from "./define.ts";
import { commit, pushSettled } from "./mxcsr.ts";
import { DOUBLE, SINGLE } from "./roundPack.ts";
import { narrow, widen } from "./softFloat.ts";

/** Pushes the low lane of XMM field f as f64 encoding. */
export function pushWide(e: Emitter, double: boolean, f: 0 | 1): void {
  if (double) {
    e.getF64(f);
    e.c.op(I64.reinterpret_f64);
  } else {
    e.getF32(f);
    e.c.op(I32.reinterpret_f32);
    e.call(widen);
  }
}

/** General register a = low lane of b as integer. */
function scalarToInteger(name: string, double: boolean, wide: boolean, truncate: boolean): OpDef {
  return faultingOp(name, (e) => {
    const { c } = e;
    const f = c.temp(T.f64);
    const r = c.temp(T.i64);
    if (double) e.getF64(B);
    else {
      e.getF32(B);
      c.op(F64.promote_f32);
    }
    c.set(f);
    // In range and nothing left to report: one instruction.
    pushSettled(c);
    c.get(f)
      .op(F64.abs)
      .f64(wide ? 2 ** 63 - 1024 : 2 ** 31 - 1)
      .op(F64.lt)
      .op(I32.and)
      .if(T.i64);
    c.get(f);
    if (!truncate) c.op(F64.nearest);
    c.op(I64.trunc_f64_s);
    c.else();
    c.i32(double ? DOUBLE : SINGLE)
      .i32(truncate ? TRUNCATE : BY_MXCSR)
      .i32(wide ? 1 : 0);
    pushWide(e, double, B);
    e.call(toInteger);
    c.set(r);
    commit(e);
    c.get(r);
    c.end();
    c.set(r);
    if (wide) e.set64(A, () => c.get(r));
    else e.set32(A, () => c.get(r).op(I32.wrap_i64));
    c.release(T.f64, f);
    c.release(T.i64, r);
  });
}
export const toGpr = [
  { key: "2D", truncate: false },
  { key: "2C", truncate: true },
].map(({ key, truncate }) => {
  const t = truncate ? "cvtt" : "cvt";
  return {
    key,
    sd: [scalarToInteger(`${t}sd2si32`, true, false, truncate), scalarToInteger(`${t}sd2si64`, true, true, truncate)] as const,
    ss: [scalarToInteger(`${t}ss2si32`, false, false, truncate), scalarToInteger(`${t}ss2si64`, false, true, truncate)] as const,
  };
});

/** Pushes the integer of a general register as i64. */
const pushInteger = (e: Emitter, wide: boolean): void => {
  if (wide) e.get64(B);
  else {
    e.get32(B);
    e.c.op(I64.extend_i32_s);
  }
};

/** Low lane of a = general register (or temporary) b. */
function integerToScalar(name: string, double: boolean, wide: boolean): OpDef {
  return faultingOp(name, (e) => {
    const { c } = e;
    if (double && !wide) {
      e.setF64(A, () => {
        e.get32(B);
        c.op(F64.convert_i32_s);
      });
      return;
    }
    const r = c.temp(T.i64);
    const f = c.temp(T.f64);
    const g = c.temp(T.f32);
    pushSettled(c);
    c.if();
    pushInteger(e, wide);
    if (double) c.op(F64.convert_i64_s).set(f);
    else c.op(F32.convert_i64_s).set(g);
    c.else();
    c.i32(double ? DOUBLE : SINGLE);
    pushInteger(e, wide);
    e.call(fromInteger);
    c.set(r);
    commit(e);
    c.get(r).op(F64.reinterpret_i64);
    if (double) c.set(f);
    else c.op(F32.demote_f64).set(g);
    c.end();
    if (double) e.setF64(A, () => c.get(f));
    else e.setF32(A, () => c.get(g));
    c.release(T.i64, r);
    c.release(T.f64, f);
    c.release(T.f32, g);
  });
}
export const fromGpr = {
  sd: [integerToScalar("cvtsi2sd32", true, false), integerToScalar("cvtsi2sd64", true, true)],
  ss: [integerToScalar("cvtsi2ss32", false, false), integerToScalar("cvtsi2ss64", false, true)],
} as const;

export const cvtss2sd = faultingOp("cvtss2sd", (e) => {
  const { c } = e;
  const x = c.temp(T.f32);
  const r = c.temp(T.f64);
  e.getF32(B);
  c.tee(x);
  // Normal numbers convert exactly and without exceptions.
  c.op(F32.abs)
    .f32(2 ** -126)
    .op(F32.ge)
    .if();
  c.get(x).op(F64.promote_f32).set(r);
  c.else();
  c.get(x).op(I32.reinterpret_f32);
  e.call(singleToDouble);
  c.op(F64.reinterpret_i64).set(r);
  commit(e);
  c.end();
  e.setF64(A, () => c.get(r));
});

export const cvtsd2ss = faultingOp("cvtsd2ss", (e) => {
  const { c } = e;
  const x = c.temp(T.f64);
  const r = c.temp(T.f32);
  e.getF64(B);
  c.tee(x).op(F32.demote_f64).tee(r).op(F32.abs);
  c.f32(2 ** -126)
    .op(F32.gt)
    .get(r)
    .op(F32.abs)
    .f32(Number.POSITIVE_INFINITY)
    .op(F32.lt)
    .op(I32.and);
  pushSettled(c);
  c.op(I32.and).op(I32.eqz).if();
  c.get(x).op(I64.reinterpret_f64);
  e.call(doubleToSingle);
  c.op(F32.reinterpret_i32).set(r);
  commit(e);
  c.end();
  e.setF32(A, () => c.get(r));
});

type Call = (h: Helper | Upcall) => void;

/** A support function (v128) → v128 that converts `n` lanes, zeros above; `lane` leaves a lane's result, `push` pushes its source. */
function laneHelper(name: string, n: number, from: 4 | 8, to: 4 | 8, lane: (c: Code, call: Call, push: () => void) => void): Helper {
  return defineHelper(name, [T.v128], [T.v128], (c, call) => {
    const r = c.local(T.v128);
    for (let i = 0; i < n; i++) {
      c.get(r);
      lane(c, call, () => {
        c.get(0).lane(from === 8 ? V.i64x2_extract_lane : V.i32x4_extract_lane, i);
      });
      c.lane(to === 8 ? V.i64x2_replace_lane : V.i32x4_replace_lane, i).set(r);
    }
    c.get(r);
  });
}

/** Lanes to 32-bit integers: from single (4 lanes) or double precision (2 lanes). */
function lanesToInteger(name: string, double: boolean, truncate: boolean): Helper {
  return laneHelper(name, double ? 2 : 4, double ? 8 : 4, 4, (c, call, push) => {
    c.i32(double ? DOUBLE : SINGLE)
      .i32(truncate ? TRUNCATE : BY_MXCSR)
      .i32(0);
    push();
    if (!double) call(widen);
    call(toInteger);
    c.op(I32.wrap_i64);
  });
}

/**
 * a = conversion of b. `fast` pushes whether the fast path applies to v128 local v, `direct` its
 * result; both are left out where the support function is all there is.
 */
function packedConversion(name: string, slow: Helper, fast?: (c: Code, v: number) => void, direct?: (c: Code, v: number) => void): OpDef {
  return faultingOp(name, (e) => {
    const { c } = e;
    const v = c.temp(T.v128);
    const r = c.temp(T.v128);
    e.getV128(B);
    c.set(v);
    if (fast && direct) {
      fast(c, v);
      c.if();
      direct(c, v);
      c.set(r);
      c.else();
    }
    c.get(v);
    e.call(slow);
    c.set(r);
    commit(e);
    if (fast) c.end();
    e.setV128(A, () => c.get(r));
    c.release(T.v128, v);
    c.release(T.v128, r);
  });
}

/** Settled, and all lanes in the range of a 32-bit integer. */
const fitsInteger =
  (double: boolean) =>
  (c: Code, v: number): void => {
    pushSettled(c);
    c.get(v).simd(double ? V.f64x2_abs : V.f32x4_abs);
    if (double)
      c.f64(2 ** 31 - 1)
        .simd(V.f64x2_splat)
        .simd(V.f64x2_lt);
    else
      c.f32(2 ** 31)
        .simd(V.f32x4_splat)
        .simd(V.f32x4_lt);
    c.simd(V.i32x4_all_true).op(I32.and);
  };
const directInteger =
  (double: boolean, truncate: boolean) =>
  (c: Code, v: number): void => {
    c.get(v);
    if (!truncate) c.simd(double ? V.f64x2_nearest : V.f32x4_nearest);
    c.simd(double ? V.i32x4_trunc_sat_f64x2_s_zero : V.i32x4_trunc_sat_f32x4_s);
  };
const toPackedInteger = (name: string, double: boolean, truncate: boolean): OpDef =>
  packedConversion(name, lanesToInteger(`sse_${name}`, double, truncate), fitsInteger(double), directInteger(double, truncate));

export const cvtps2dq = toPackedInteger("cvtps2dq", false, false);
export const cvttps2dq = toPackedInteger("cvttps2dq", false, true);
export const cvtpd2dq = toPackedInteger("cvtpd2dq", true, false);
export const cvttpd2dq = toPackedInteger("cvttpd2dq", true, true);

export const cvtdq2ps = packedConversion(
  "cvtdq2ps",
  laneHelper("sse_cvtdq2ps", 4, 4, 4, (c, call, push) => {
    c.i32(SINGLE);
    push();
    c.op(I64.extend_i32_s);
    call(fromInteger);
    call(narrow);
  }),
  pushSettled,
  (c, v) => c.get(v).simd(V.f32x4_convert_i32x4_s),
);
/** Exact: no exceptions. */
export const cvtdq2pd = quietOp("cvtdq2pd", (e) =>
  e.setV128(A, () => {
    e.getV128(B);
    e.c.simd(V.f64x2_convert_low_i32x4_s);
  }),
);
export const cvtps2pd = packedConversion(
  "cvtps2pd",
  laneHelper("sse_cvtps2pd", 2, 4, 8, (_c, call, push) => {
    push();
    call(singleToDouble);
  }),
);
export const cvtpd2ps = packedConversion(
  "cvtpd2ps",
  laneHelper("sse_cvtpd2ps", 2, 8, 4, (_c, call, push) => {
    push();
    call(doubleToSingle);
  }),
);

/** round*: the small number c is the rounding argument, its bit 3 set if inexactness is not reported. */
function pushRounded(e: Emitter, double: boolean, value: () => void): void {
  const { c } = e;
  c.i32(double ? DOUBLE : SINGLE);
  e.field(C);
  c.i32(7).op(I32.and);
  e.field(C);
  c.i32(8).op(I32.and).op(I32.eqz);
  value();
  if (!double) e.call(widen);
  e.call(toIntegral);
  if (!double) e.call(narrow);
}
const roundScalar = (double: boolean): OpDef =>
  faultingOp(double ? "roundsd" : "roundss", (e) => {
    const { c } = e;
    const t = double ? T.i64 : T.i32;
    const r = c.temp(t);
    pushRounded(e, double, () => {
      if (double) e.getF64(B);
      else e.getF32(B);
      c.op(double ? I64.reinterpret_f64 : I32.reinterpret_f32);
    });
    c.set(r);
    commit(e);
    if (double) e.setF64(A, () => c.get(r).op(F64.reinterpret_i64));
    else e.setF32(A, () => c.get(r).op(F32.reinterpret_i32));
    c.release(t, r);
  });
const roundPacked = (double: boolean): OpDef =>
  faultingOp(double ? "roundpd" : "roundps", (e) => {
    const { c } = e;
    const v = c.temp(T.v128);
    e.getV128(B);
    c.set(v);
    for (let i = 0; i < (double ? 2 : 4); i++) {
      c.get(v);
      pushRounded(e, double, () => c.get(v).lane(double ? V.i64x2_extract_lane : V.i32x4_extract_lane, i));
      c.lane(double ? V.i64x2_replace_lane : V.i32x4_replace_lane, i).set(v);
    }
    commit(e);
    e.setV128(A, () => c.get(v));
    c.release(T.v128, v);
  });
export const roundss = roundScalar(false);
export const roundsd = roundScalar(true);
export const roundps = roundPacked(false);
export const roundpd = roundPacked(true);
