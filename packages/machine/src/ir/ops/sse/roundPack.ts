import type { Code } from "../../../wasm/code.ts";
import { Ctl, F64, I32, I64, T } from "../../../wasm/opcodes.ts";
import { defineHelper } from "../../helper.ts";
import { FTZ, mxcsr, OE, OVERFLOW_MASKED, PE, pend, RC_SHIFT, UE, UNDERFLOW_MASKED } from "./mxcsr.ts";

/**
 * Exact arithmetic works on f64 encodings whatever the format: single-precision values are converted
 * first (exactly), and a result is rounded to the format but still encoded as f64.
 */
export const SINGLE = 0;
export const DOUBLE = 1;

/** i64 constants by their high words; the low words are zero. */
export const SIGN_HI = 0x80000000;
export const INF_HI = 0x7ff00000;
export const QUIET_HI = 0x00080000;
export const DEFAULT_NAN_HI = 0xfff80000;

export const high = (c: Code, hi: number): Code => c.i64Parts(0, hi);

/** Pushes `double` if the i32 local fmt is DOUBLE, else `single`. */
export function byFormat32(c: Code, fmt: number, double: number, single: number): Code {
  return c.i32(double).i32(single).get(fmt).op(Ctl.select);
}

/**
 * Unpacks the absolute value in i64 local `abs` (finite, not zero): `sig` gets the significand with
 * its leading one in bit 63, `exp` the exponent of that bit.
 */
export function unpack(c: Code, abs: number, exp: number, sig: number): void {
  c.get(abs).i64(52).op(I64.shr_u).op(I32.wrap_i64).tee(exp).if();
  c.get(exp).i32(1023).op(I32.sub).set(exp);
  c.get(abs).i64(11).op(I64.shl);
  high(c, SIGN_HI).op(I64.or).set(sig);
  c.else();
  c.get(abs).get(abs).op(I64.clz).op(I64.shl).set(sig);
  c.i32(-1011).get(abs).op(I64.clz).op(I32.wrap_i64).op(I32.sub).set(exp);
  c.end();
}

/** Shifts i64 local `v` right by the i32 local `n` (0 or more), keeping lost ones in bit 0. */
export function shiftRightSticky(c: Code, v: number, n: number): void {
  c.get(n).if();
  c.get(n).i32(63).op(I32.gt_u).if();
  c.get(v).i64(0).op(I64.ne).op(I64.extend_i32_u).set(v);
  c.else();
  c.get(v).get(n).op(I64.extend_i32_u).op(I64.shr_u);
  c.get(v).i64(64).get(n).op(I64.extend_i32_u).op(I64.sub).op(I64.shl).i64(0).op(I64.ne).op(I64.extend_i32_u);
  c.op(I64.or).set(v);
  c.end();
  c.end();
}

/**
 * Pushes what rounding adds to a significand whose low `drop` bits go away: i64 locals sig and mask
 * (the bits that go), i32 locals rc (rounding control) and negative.
 */
function roundingBias(c: Code, sig: number, mask: number, drop: number, rc: number, negative: number): void {
  c.get(rc).op(I32.eqz).if(T.i64);
  c.get(mask).i64(1).op(I64.shr_u).get(sig).get(drop).op(I64.shr_u).i64(1).op(I64.and).op(I64.add);
  c.else();
  c.get(mask).i64(0).get(rc).i32(1).i32(2).get(negative).op(Ctl.select).op(I32.eq).op(Ctl.select);
  c.end();
}

/**
 * (format, sign bit as i64, exponent, significand with its leading one in bit 63 and a sticky bit 0)
 * → f64 encoding of the value rounded to the format after MXCSR; overflow, underflow and precision
 * exceptions become pending.
 */
export const roundPack = defineHelper("sseRoundPack", [T.i32, T.i64, T.i32, T.i64], [T.i64], (c) => {
  const [fmt, sign, exp, sig] = [0, 1, 2, 3];
  const mask = c.local(T.i64);
  const drop = c.local(T.i64);
  const bias = c.local(T.i64);
  const r = c.local(T.i64);
  const rc = c.local(T.i32);
  const negative = c.local(T.i32);
  const tiny = c.local(T.i32);
  const emin = c.local(T.i32);
  const shift = c.local(T.i32);
  c.i64(11).i64(40).get(fmt).op(Ctl.select).tee(drop).set(r);
  c.i64(1).get(r).op(I64.shl).i64(1).op(I64.sub).set(mask);
  mxcsr(c).i32(RC_SHIFT).op(I32.shr_u).i32(3).op(I32.and).set(rc);
  c.get(sign).op(I64.eqz).op(I32.eqz).set(negative);
  byFormat32(c, fmt, -1022, -126).set(emin);
  roundingBias(c, sig, mask, drop, rc, negative);
  c.set(bias);

  c.get(exp).get(emin).op(I32.lt_s).if();
  // Tiny is judged after rounding with an unbounded exponent: only a carry out saves the next lower binade.
  c.get(exp).get(emin).i32(1).op(I32.sub).op(I32.ne);
  c.get(sig).get(bias).op(I64.add).get(sig).op(I64.ge_u).op(I32.or).set(tiny);
  c.get(tiny);
  mxcsr(c)
    .i32(FTZ | UNDERFLOW_MASKED)
    .op(I32.and)
    .i32(FTZ | UNDERFLOW_MASKED)
    .op(I32.eq)
    .op(I32.and)
    .if();
  pend(c, UE | PE);
  c.get(sign).ret();
  c.end();
  // Unmasked, it is reported whether exact or not, and precision is that of the unbounded exponent.
  mxcsr(c).i32(UNDERFLOW_MASKED).op(I32.and).op(I32.eqz).get(tiny).op(I32.and).if();
  pend(c, UE);
  c.get(sig).get(mask).op(I64.and).op(I64.eqz).op(I32.eqz).if();
  pend(c, PE);
  c.end();
  c.get(sign).ret();
  c.end();
  c.get(emin).get(exp).op(I32.sub).set(shift);
  shiftRightSticky(c, sig, shift);
  roundingBias(c, sig, mask, drop, rc, negative);
  c.get(sig).op(I64.add).get(drop).op(I64.shr_u).set(r);
  c.get(sig).get(mask).op(I64.and).op(I64.eqz).op(I32.eqz).if();
  pend(c, PE);
  c.get(tiny).if();
  pend(c, UE);
  c.end();
  c.end();
  c.get(fmt).if(T.i64);
  c.get(r);
  c.else();
  c.get(r)
    .op(F64.convert_i64_u)
    .f64(2 ** -149)
    .op(F64.mul)
    .op(I64.reinterpret_f64);
  c.end();
  c.get(sign).op(I64.or).ret();
  c.end();

  c.get(sig).get(bias).op(I64.add).tee(r).get(sig).op(I64.lt_u).if();
  c.get(exp).i32(1).op(I32.add).set(exp);
  high(c, SIGN_HI).set(r);
  c.end();
  c.get(sig).get(mask).op(I64.and).op(I64.eqz).op(I32.eqz).if();
  pend(c, PE);
  c.end();
  c.get(exp);
  byFormat32(c, fmt, 1023, 127).op(I32.gt_s).if();
  pend(c, OE);
  mxcsr(c).i32(OVERFLOW_MASKED).op(I32.and).if();
  pend(c, PE);
  c.end();
  // Infinity when rounding goes away from zero, else the largest finite number.
  high(c, INF_HI);
  c.i64Parts(0xffffffff, 0x7fefffff).i64Parts(0xe0000000, 0x47efffff).get(fmt).op(Ctl.select);
  c.get(rc).op(I32.eqz).get(rc).i32(1).i32(2).get(negative).op(Ctl.select).op(I32.eq).op(I32.or);
  c.op(Ctl.select).get(sign).op(I64.or).ret();
  c.end();
  // A significand rounded to single precision has zeros below, so the f64 encoding serves both.
  c.get(r).get(mask).i64(-1).op(I64.xor).op(I64.and).i64(1).op(I64.shl).i64(12).op(I64.shr_u);
  c.get(exp).i32(1023).op(I32.add).op(I64.extend_i32_u).i64(52).op(I64.shl).op(I64.or).get(sign).op(I64.or);
});
