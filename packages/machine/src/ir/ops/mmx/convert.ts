import { F64, I32, I64, T, V } from "../../../wasm/opcodes.ts";
import { A, B } from "../../emitter.ts";
import type { OpDef } from "../../op.ts";
import { BY_MXCSR, fromInteger, TRUNCATE, toInteger } from "../sse/convertCore.ts";
import { faultingOp, quietOp } from "../sse/define.ts";
import { commit } from "../sse/mxcsr.ts";
import { DOUBLE, SINGLE } from "../sse/roundPack.ts";
import { narrow, widen } from "../sse/softFloat.ts";

/** Temporary a = two 32-bit integers from the low lanes of XMM register (or temporary) b. */
function toIntegers(name: string, double: boolean, truncate: boolean): OpDef {
  return faultingOp(name, (e) => {
    const { c } = e;
    const v = c.temp(T.v128);
    const r = c.temp(T.i64);
    e.getV128(B);
    c.set(v);
    c.i64(0).set(r);
    for (const i of [1, 0]) {
      c.get(r).i64(32).op(I64.shl);
      c.i32(double ? DOUBLE : SINGLE)
        .i32(truncate ? TRUNCATE : BY_MXCSR)
        .i32(0);
      c.get(v).lane(double ? V.i64x2_extract_lane : V.i32x4_extract_lane, i);
      if (!double) e.call(widen);
      e.call(toInteger);
      c.op(I32.wrap_i64).op(I64.extend_i32_u).op(I64.or).set(r);
    }
    commit(e);
    e.set64(A, () => c.get(r));
    c.release(T.v128, v);
    c.release(T.i64, r);
  });
}
export const cvtps2pi = toIntegers("cvtps2pi", false, false);
export const cvttps2pi = toIntegers("cvttps2pi", false, true);
export const cvtpd2pi = toIntegers("cvtpd2pi", true, false);
export const cvttpd2pi = toIntegers("cvttpd2pi", true, true);

/** Low two single-precision lanes of a = integers of MMX register (or temporary) b. */
export const cvtpi2ps = faultingOp("cvtpi2ps", (e) => {
  const { c } = e;
  const r = [c.temp(T.i32), c.temp(T.i32)] as const;
  for (const i of [0, 1] as const) {
    c.i32(SINGLE);
    e.get64(B);
    if (i === 1) c.i64(32).op(I64.shr_s);
    else c.op(I64.extend32_s);
    e.call(fromInteger);
    e.call(narrow);
    c.set(r[i]);
  }
  commit(e);
  e.setF64(A, () => {
    c.get(r[1]).op(I64.extend_i32_u).i64(32).op(I64.shl);
    c.get(r[0]).op(I64.extend_i32_u).op(I64.or).op(F64.reinterpret_i64);
  });
  for (const x of r) c.release(T.i32, x);
});
/** Both double-precision lanes of a = integers of MMX register (or temporary) b: exact. */
export const cvtpi2pd = quietOp("cvtpi2pd", (e) =>
  e.setV128(A, () => {
    e.get64(B);
    e.c.simd(V.i64x2_splat).simd(V.f64x2_convert_low_i32x4_s);
  }),
);
