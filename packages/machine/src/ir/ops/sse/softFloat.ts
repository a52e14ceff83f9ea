import type { Code } from "../../../wasm/code.ts";
import { Ctl, F32, F64, I32, I64, T } from "../../../wasm/opcodes.ts";
import { defineHelper } from "../../helper.ts";
import { DAZ, DE, IE, mxcsr, pend, RC_SHIFT, ZE } from "./mxcsr.ts";
import { DEFAULT_NAN_HI, high, INF_HI, QUIET_HI, roundPack, SIGN_HI, shiftRightSticky, unpack } from "./roundPack.ts";

/** Operations of softOp. The square root ignores its first operand. */
export const ADD = 0;
export const SUB = 1;
export const MUL = 2;
export const DIV = 3;
export const SQRT = 4;

/** Pushes i64 local v without its sign. */
export const abs = (c: Code, v: number): Code => c.get(v).i64Parts(-1, 0x7fffffff).op(I64.and);

/** Pushes 1 if the absolute value in i64 local `a` is a denormal of the format: below its smallest normal number, not zero. */
export function isDenormal(c: Code, a: number, fmt: number): void {
  c.get(a).i64(1).op(I64.sub);
  high(c, 0x00100000);
  high(c, 0x38100000).get(fmt).op(Ctl.select);
  c.i64(1).op(I64.sub).op(I64.lt_u);
}

/** Replaces i64 locals v and its absolute value by a zero of the same sign if DAZ is set and it is a denormal. */
function flushDenormal(c: Code, v: number, a: number, fmt: number): void {
  isDenormal(c, a, fmt);
  c.if();
  c.i64(0).set(a);
  c.get(v);
  high(c, SIGN_HI).op(I64.and).set(v);
  c.end();
}

/** Pushes the upper half of the 128-bit product of i64 locals x and y, bit 0 set if the lower half is not zero. */
function mulHighSticky(c: Code, x: number, y: number, t: number, u: number): void {
  const lo = (v: number): Code => c.get(v).i64(0xffffffff).op(I64.and);
  const hi = (v: number): Code => c.get(v).i64(32).op(I64.shr_u);
  // t = hi(x)*lo(y) + (lo*lo >> 32), u = lo(x)*hi(y) + lo(t)
  hi(x);
  lo(y).op(I64.mul);
  lo(x);
  lo(y).op(I64.mul).i64(32).op(I64.shr_u).op(I64.add).set(t);
  lo(x);
  hi(y).op(I64.mul);
  lo(t).op(I64.add).set(u);
  hi(x);
  hi(y).op(I64.mul);
  hi(t).op(I64.add);
  hi(u).op(I64.add);
  c.get(x).get(y).op(I64.mul).i64(0).op(I64.ne).op(I64.extend_i32_u).op(I64.or);
}

/**
 * (operation, format, a, b) → result, all f64 encodings: one IEEE operation after MXCSR with x86's rules
 * for NaNs, exact in every rounding mode; exceptions become pending.
 */
export const softOp = defineHelper("sseSoftOp", [T.i32, T.i32, T.i64, T.i64], [T.i64], (c, call) => {
  const [op, fmt, a, b] = [0, 1, 2, 3];
  const absA = c.local(T.i64);
  const absB = c.local(T.i64);
  const sign = c.local(T.i64);
  const ea = c.local(T.i32);
  const eb = c.local(T.i32);
  const sa = c.local(T.i64);
  const sb = c.local(T.i64);
  const t = c.local(T.i64);
  const n = c.local(T.i32);
  const denormal = c.local(T.i32);
  const isOp = (which: number): Code => c.get(op).i32(which).op(I32.eq);
  const invalid = (): void => {
    pend(c, IE);
    high(c, DEFAULT_NAN_HI).ret();
  };
  const markDenormal = (): void => {
    c.get(denormal).if();
    pend(c, DE);
    c.end();
  };
  const inf = (): Code => high(c, INF_HI);
  const round = (sgn: number, exp: number, sig: number): void => {
    c.get(fmt).get(sgn).get(exp).get(sig);
    call(roundPack);
    c.ret();
  };
  isOp(SQRT).if();
  c.get(b).set(a);
  c.end();
  abs(c, a).set(absA);
  abs(c, b).set(absB);

  // NaNs: the first operand's, else the second's, made quiet.
  c.get(absA);
  inf().op(I64.gt_u).get(absB);
  inf().op(I64.gt_u).op(I32.or).if();
  for (const [v, av] of [
    [a, absA],
    [b, absB],
  ] as const) {
    c.get(av);
    inf().op(I64.gt_u).get(v);
    high(c, QUIET_HI).op(I64.and).op(I64.eqz).op(I32.and).if();
    pend(c, IE);
    c.end();
  }
  c.get(a).get(b).get(absA);
  inf().op(I64.gt_u).op(Ctl.select);
  high(c, QUIET_HI).op(I64.or).ret();
  c.end();

  mxcsr(c).i32(DAZ).op(I32.and).if();
  flushDenormal(c, a, absA, fmt);
  flushDenormal(c, b, absB, fmt);
  c.else();
  isDenormal(c, absA, fmt);
  isDenormal(c, absB, fmt);
  c.op(I32.or).set(denormal);
  c.end();

  c.get(a).get(b).op(I64.xor);
  high(c, SIGN_HI).op(I64.and).set(sign);
  isOp(SUB).if();
  c.get(b);
  high(c, SIGN_HI).op(I64.xor).set(b);
  c.i32(ADD).set(op);
  c.end();

  isOp(ADD).if();
  c.get(absA);
  inf().op(I64.eq).if();
  c.get(absB);
  inf().op(I64.eq).get(a).get(b).op(I64.ne).op(I32.and).if();
  invalid();
  c.end();
  markDenormal();
  c.get(a).ret();
  c.end();
  markDenormal();
  c.get(absB);
  inf().op(I64.eq).if();
  c.get(b).ret();
  c.end();
  c.get(absA).get(absB).op(I64.or).op(I64.eqz).if();
  c.get(a).get(b).op(I64.eq).if();
  c.get(a).ret();
  c.end();
  c.end();
  c.get(absA).op(I64.eqz).if();
  c.get(b).set(a).get(absB).set(absA).i64(0).set(absB);
  c.end();
  // Now a is the one that is not zero, or both are zeros of different sign.
  c.get(absA).op(I64.eqz).op(I32.eqz).if();
  c.get(a);
  high(c, SIGN_HI).op(I64.and).set(sign);
  unpack(c, absA, ea, sa);
  c.get(absB).op(I64.eqz).if();
  round(sign, ea, sa);
  c.end();
  unpack(c, absB, eb, sb);
  // Larger magnitude first.
  c.get(absA).get(absB).op(I64.lt_u).if();
  c.get(sa).get(sb).set(sa).set(sb);
  c.get(ea).get(eb).set(ea).set(eb);
  c.get(a).get(b).set(a).set(b);
  c.get(a);
  high(c, SIGN_HI).op(I64.and).set(sign);
  c.end();
  c.get(sa).i64(2).op(I64.shr_u).set(sa);
  c.get(sb).i64(2).op(I64.shr_u).set(sb);
  c.get(ea).get(eb).op(I32.sub).set(n);
  shiftRightSticky(c, sb, n);
  c.get(sa).get(sb).i64(0).get(sb).op(I64.sub);
  c.get(a).get(b).op(I64.xor).i64(0).op(I64.ge_s).op(Ctl.select).op(I64.add).tee(sa).op(I64.eqz).op(I32.eqz).if();
  c.get(sa).op(I64.clz).set(t);
  c.get(sa).get(t).op(I64.shl).set(sa);
  c.get(ea).i32(2).op(I32.add).get(t).op(I32.wrap_i64).op(I32.sub).set(ea);
  round(sign, ea, sa);
  c.end();
  c.end();
  // An exact zero of operands of different sign: +0, but -0 when rounding down.
  high(c, SIGN_HI).i64(0);
  mxcsr(c).i32(RC_SHIFT).op(I32.shr_u).i32(3).op(I32.and).i32(1).op(I32.eq).op(Ctl.select).ret();
  c.end();

  isOp(MUL).if();
  {
    c.get(absA);
    inf().op(I64.eq).get(absB);
    inf().op(I64.eq).op(I32.or).if();
    c.get(absA).op(I64.eqz).get(absB).op(I64.eqz).op(I32.or).if();
    invalid();
    c.end();
    markDenormal();
    c.get(sign);
    inf().op(I64.or).ret();
    c.end();
    markDenormal();
    c.get(absA).op(I64.eqz).get(absB).op(I64.eqz).op(I32.or).if();
    c.get(sign).ret();
    c.end();
    unpack(c, absA, ea, sa);
    unpack(c, absB, eb, sb);
    const u = c.local(T.i64);
    mulHighSticky(c, sa, sb, t, u);
    c.set(sa);
    c.get(ea).get(eb).op(I32.add).i32(1).op(I32.add).set(ea);
    c.get(sa).i64(0).op(I64.ge_s).if();
    c.get(sa).i64(1).op(I64.shl).set(sa);
    c.get(ea).i32(1).op(I32.sub).set(ea);
    c.end();
    round(sign, ea, sa);
  }
  c.end();

  isOp(DIV).if();
  {
    c.get(absA);
    inf().op(I64.eq).if();
    c.get(absB);
    inf().op(I64.eq).if();
    invalid();
    c.end();
    markDenormal();
    c.get(sign);
    inf().op(I64.or).ret();
    c.end();
    c.get(absB).op(I64.eqz).if();
    c.get(absA).op(I64.eqz).if();
    invalid();
    c.end();
    pend(c, ZE);
    c.get(sign);
    inf().op(I64.or).ret();
    c.end();
    markDenormal();
    c.get(absB);
    inf().op(I64.eq).get(absA).op(I64.eqz).op(I32.or).if();
    c.get(sign).ret();
    c.end();
    unpack(c, absA, ea, sa);
    unpack(c, absB, eb, sb);
    c.get(ea).get(eb).op(I32.sub).set(ea);
    c.get(sa).get(sb).op(I64.lt_u).if();
    c.get(ea).i32(1).op(I32.sub).set(ea);
    c.get(sb).i64(1).op(I64.shr_u).set(sb);
    c.end();
    // Long division on significands of at most 54 bits: 56 quotient bits, the first of them 1, then sticky.
    c.get(sa).i64(10).op(I64.shr_u).set(sa);
    c.get(sb).i64(10).op(I64.shr_u).set(sb);
    c.i64(0).set(t);
    c.i32(56).set(n);
    const loop = c.loop();
    c.get(t).i64(1).op(I64.shl).set(t);
    c.get(sa).get(sb).op(I64.ge_u).if();
    c.get(sa).get(sb).op(I64.sub).set(sa);
    c.get(t).i64(1).op(I64.or).set(t);
    c.end();
    c.get(sa).i64(1).op(I64.shl).set(sa);
    c.get(n).i32(1).op(I32.sub).tee(n).brIf(loop);
    c.end();
    c.get(t).i64(8).op(I64.shl).get(sa).i64(0).op(I64.ne).op(I64.extend_i32_u).op(I64.or).set(t);
    round(sign, ea, t);
  }
  c.end();

  // Square root.
  c.get(absA).op(I64.eqz).if();
  c.get(a).ret();
  c.end();
  c.get(a).i64(0).op(I64.lt_s).if();
  invalid();
  c.end();
  markDenormal();
  c.get(absA);
  inf().op(I64.eq).if();
  c.get(a).ret();
  c.end();
  unpack(c, absA, ea, sa);
  // sa = 0.1…(even exponent) or 01.… : two bits of the radicand give one of the root, from the top.
  c.get(ea).i32(1).op(I32.and).op(I32.eqz).if();
  c.get(sa).i64(1).op(I64.shr_u).set(sa);
  c.end();
  c.i64(0).set(sb);
  c.i64(0).set(t);
  c.i32(60).set(n);
  const bits = c.loop();
  // t: remainder, sb: root so far.
  c.get(t).i64(2).op(I64.shl).get(sa).i64(62).op(I64.shr_u).op(I64.or).set(t);
  c.get(sa).i64(2).op(I64.shl).set(sa);
  c.get(sb).i64(1).op(I64.shl).set(sb);
  c.get(t).get(sb).i64(1).op(I64.shl).i64(1).op(I64.or).op(I64.ge_u).if();
  c.get(t).get(sb).i64(1).op(I64.shl).i64(1).op(I64.or).op(I64.sub).set(t);
  c.get(sb).i64(1).op(I64.or).set(sb);
  c.end();
  c.get(n).i32(1).op(I32.sub).tee(n).brIf(bits);
  c.end();
  c.get(sb).i64(4).op(I64.shl).get(t).i64(0).op(I64.ne).op(I64.extend_i32_u).op(I64.or).set(sb);
  c.get(ea).i32(1).op(I32.shr_s).set(ea);
  c.i64(0).set(sign);
  c.get(fmt).get(sign).get(ea).get(sb);
  call(roundPack);
});

/** (f32 encoding) → f64 encoding of the same value; NaNs keep sign and payload, signaling ones stay so. */
export const widen = defineHelper("sseWiden", [T.i32], [T.i64], (c) => {
  c.get(0).i32(0x7fffffff).op(I32.and).i32(0x7f800000).op(I32.gt_u).if(T.i64);
  c.get(0).op(I64.extend_i32_u).i64(29).op(I64.shl).i64Parts(-1, 0x000fffff).op(I64.and);
  high(c, INF_HI).op(I64.or);
  c.get(0).op(I64.extend_i32_u).i64(32).op(I64.shl);
  high(c, SIGN_HI).op(I64.and).op(I64.or);
  c.else();
  c.get(0).op(F32.reinterpret_i32).op(F64.promote_f32).op(I64.reinterpret_f64);
  c.end();
});

/** (f64 encoding) → f32 encoding, for values that single precision represents exactly, and NaNs (payload cut). */
export const narrow = defineHelper("sseNarrow", [T.i64], [T.i32], (c) => {
  abs(c, 0);
  high(c, INF_HI).op(I64.gt_u).if(T.i32);
  c.get(0).i64(29).op(I64.shr_u).op(I32.wrap_i64).i32(0x7fffff).op(I32.and).i32(0x7f800000).op(I32.or);
  c.get(0).i64(32).op(I64.shr_u).op(I32.wrap_i64).i32(0x80000000).op(I32.and).op(I32.or);
  c.else();
  c.get(0).op(F64.reinterpret_i64).op(F32.demote_f64).op(I32.reinterpret_f32);
  c.end();
});
