import type { Code } from "../../../wasm/code.ts";
import { Ctl, F32, F64, I32, I64, T, V } from "../../../wasm/opcodes.ts";
import { defineHelper } from "../../helper.ts";
import { DEFAULT_CONTROL, mxcsr, PE, pend } from "./mxcsr.ts";
import { DOUBLE, high, SINGLE } from "./roundPack.ts";
import { ADD, abs, DIV, MUL, narrow, SQRT, SUB, softOp, widen } from "./softFloat.ts";

/**
 * The way between the fast path and exact arithmetic: with the default control bits and ordinary
 * operands and results only the precision exception is open, and a residual tells about it.
 */

/** Pushes 1 if MXCSR's control bits (all but the flags) are the default ones. */
function pushDefaultControl(c: Code): void {
  mxcsr(c).i32(~0x3f).op(I32.and).i32(DEFAULT_CONTROL).op(I32.eq);
}

/** Writes `r = a op b` for the operation number in i32 local op. */
function nativeOp(c: Code, op: number, a: number, b: number, r: number, codes: readonly [number, number, number, number, number]): void {
  const out = c.block();
  for (const which of [ADD, SUB, MUL, DIV]) {
    c.get(op).i32(which).op(I32.eq).if();
    c.get(a)
      .get(b)
      .op(codes[which as 0])
      .set(r)
      .br(out);
    c.end();
  }
  c.get(b).op(codes[SQRT]).set(r);
  c.end();
}

/** (f64 x, f64 y) → 1 if the product of two normal numbers needs at most 53 bits. */
const exactProduct = defineHelper("sseExactProduct", [T.f64, T.f64], [T.i32], (c) => {
  const m = [c.local(T.i64), c.local(T.i64)] as const;
  const bits = c.local(T.i64);
  for (const i of [0, 1] as const) {
    c.get(i).op(I64.reinterpret_f64).i64Parts(-1, 0x000fffff).op(I64.and);
    high(c, 0x00100000).op(I64.or).tee(m[i]);
    c.get(m[i]).op(I64.ctz).op(I64.shr_u).set(m[i]);
  }
  // Odd times odd is odd, so the product has as many significant bits as it is long: the sum or one less.
  c.i64(128).get(m[0]).op(I64.clz).op(I64.sub).get(m[1]).op(I64.clz).op(I64.sub).set(bits);
  c.get(bits).i64(53).op(I64.le_u);
  c.get(bits).i64(54).op(I64.eq).get(m[0]).get(m[1]).op(I64.mul);
  high(c, 0x00200000).op(I64.lt_u).op(I32.and).op(I32.or);
});

/** (operation, a, b) → result of a double-precision operation, f64 encodings; exceptions become pending. */
export const slowDouble = defineHelper("sseSlowDouble", [T.i32, T.i64, T.i64], [T.i64], (c, call) => {
  const [op, ia, ib] = [0, 1, 2];
  const a = c.local(T.f64);
  const b = c.local(T.f64);
  const r = c.local(T.f64);
  const v = c.local(T.f64);
  const t = c.local(T.i64);
  const soft = c.block();
  pushDefaultControl(c);
  c.op(I32.eqz).brIf(soft);
  c.get(op).i32(SQRT).op(I32.eq).if();
  c.get(ib).set(ia);
  c.end();
  for (const x of [ia, ib]) {
    // Denormals only: zero wraps to the largest number.
    c.get(x).i64(1).op(I64.shl).i64(1).op(I64.sub);
    high(c, 0x00200000).i64(1).op(I64.sub).op(I64.lt_u).brIf(soft);
  }
  c.get(ia).op(F64.reinterpret_i64).set(a);
  c.get(ib).op(F64.reinterpret_i64).set(b);
  nativeOp(c, op, a, b, r, [F64.add, F64.sub, F64.mul, F64.div, F64.sqrt]);
  c.get(r).op(I64.reinterpret_f64).set(t);
  abs(c, t).tee(t);
  high(c, 0x7fd00000).op(I64.ge_u).brIf(soft);
  c.get(op).i32(SUB).op(I32.le_u).if();
  mxcsr(c).i32(PE).op(I32.and).op(I32.eqz).if();
  c.get(op).if();
  c.get(b).op(F64.neg).set(b);
  c.end();
  // Knuth's two-sum: what rounding lost.
  c.get(r).get(a).op(F64.sub).set(v);
  c.get(a).get(r).get(v).op(F64.sub).op(F64.sub).get(b).get(v).op(F64.sub).op(F64.add).f64(0).op(F64.ne).if();
  pend(c, PE);
  c.end();
  c.end();
  c.get(r).op(I64.reinterpret_f64).ret();
  c.end();
  // A zero from a zero is exact: frequent enough not to take the long way.
  c.get(t).op(I64.eqz);
  for (const x of [ia, ib]) abs(c, x).op(I64.eqz);
  c.op(I32.or).op(I32.and).if();
  c.get(r).op(I64.reinterpret_f64).ret();
  c.end();
  // Products and quotients whose result or operands leave the normal range go the exact way.
  c.get(t);
  high(c, 0x00100000).op(I64.le_u).brIf(soft);
  for (const x of [ia, ib]) abs(c, x).op(I64.eqz).brIf(soft);
  mxcsr(c).i32(PE).op(I32.and).op(I32.eqz).if();
  {
    const inexact = c.block();
    const exact = c.block();
    c.get(op).i32(MUL).op(I32.eq).if();
    c.get(a).get(b);
    call(exactProduct);
    c.brIf(exact).br(inexact);
    c.end();
    // a = r * b exactly? For the root both factors are r.
    c.get(op).i32(SQRT).op(I32.eq).if();
    c.get(r).set(b);
    c.end();
    c.get(r).get(b);
    call(exactProduct);
    c.op(I32.eqz).brIf(inexact);
    c.get(r).get(b).op(F64.mul).get(a).op(F64.eq).brIf(exact).br(inexact);
    c.end();
    c.get(r).op(I64.reinterpret_f64).ret();
    c.end();
    pend(c, PE);
  }
  c.end();
  c.get(r).op(I64.reinterpret_f64).ret();
  c.end();
  c.get(op).i32(DOUBLE).get(ia).get(ib);
  call(softOp);
});

/** (operation, a, b) → result of a single-precision operation, f32 encodings; exceptions become pending. */
export const slowSingle = defineHelper("sseSlowSingle", [T.i32, T.i32, T.i32], [T.i32], (c, call) => {
  const [op, ia, ib] = [0, 1, 2];
  const a = c.local(T.f32);
  const b = c.local(T.f32);
  const r = c.local(T.f32);
  const v = c.local(T.f32);
  const t = c.local(T.i32);
  const soft = c.block();
  pushDefaultControl(c);
  c.op(I32.eqz).brIf(soft);
  c.get(op).i32(SQRT).op(I32.eq).if();
  c.get(ib).set(ia);
  c.end();
  for (const x of [ia, ib]) c.get(x).i32(1).op(I32.shl).i32(1).op(I32.sub).i32(0x00ffffff).op(I32.lt_u).brIf(soft);
  c.get(ia).op(F32.reinterpret_i32).set(a);
  c.get(ib).op(F32.reinterpret_i32).set(b);
  nativeOp(c, op, a, b, r, [F32.add, F32.sub, F32.mul, F32.div, F32.sqrt]);
  c.get(r).op(I32.reinterpret_f32).i32(0x7fffffff).op(I32.and).tee(t).i32(0x7e800000).op(I32.ge_u).brIf(soft);
  const inexact = c.block();
  c.get(op).i32(SUB).op(I32.le_u).if();
  mxcsr(c).i32(PE).op(I32.and).op(I32.eqz).if();
  c.get(op).if();
  c.get(b).op(F32.neg).set(b);
  c.end();
  c.get(r).get(a).op(F32.sub).set(v);
  c.get(a).get(r).get(v).op(F32.sub).op(F32.sub).get(b).get(v).op(F32.sub).op(F32.add).f32(0).op(F32.ne).brIf(inexact);
  c.end();
  c.get(r).op(I32.reinterpret_f32).ret();
  c.end();
  c.get(t).op(I32.eqz);
  for (const x of [ia, ib]) c.get(x).i32(1).op(I32.shl).op(I32.eqz);
  c.op(I32.or).op(I32.and).if();
  c.get(r).op(I32.reinterpret_f32).ret();
  c.end();
  c.get(t).i32(0x00800000).op(I32.le_u).brIf(soft);
  for (const x of [ia, ib]) c.get(x).i32(1).op(I32.shl).op(I32.eqz).brIf(soft);
  mxcsr(c).i32(PE).op(I32.and).op(I32.eqz).if();
  {
    // Double precision holds products of two singles exactly.
    const f = (x: number): Code => c.get(x).op(F64.promote_f32);
    c.get(op).i32(MUL).op(I32.eq).if(T.i32);
    f(a);
    f(b).op(F64.mul);
    f(r).op(F64.ne);
    c.else();
    f(r);
    c.get(r).get(b).get(op).i32(SQRT).op(I32.eq).op(Ctl.select).op(F64.promote_f32).op(F64.mul);
    f(a).op(F64.ne);
    c.end();
    c.brIf(inexact);
  }
  c.end();
  c.get(r).op(I32.reinterpret_f32).ret();
  c.end();
  pend(c, PE);
  c.get(r).op(I32.reinterpret_f32).ret();
  c.end();
  c.get(op).i32(SINGLE).get(ia);
  call(widen);
  c.get(ib);
  call(widen);
  call(softOp);
  call(narrow);
});

/** (operations, a, b) → two double-precision results; four bits of the first argument name each lane's operation. */
export const slowDoubles = defineHelper("sseSlowDoubles", [T.i32, T.v128, T.v128], [T.v128], (c, call) => {
  const r = c.local(T.v128);
  for (const i of [0, 1]) {
    c.get(r)
      .get(0)
      .i32(4 * i)
      .op(I32.shr_u)
      .i32(15)
      .op(I32.and);
    c.get(1).lane(V.i64x2_extract_lane, i).get(2).lane(V.i64x2_extract_lane, i);
    call(slowDouble);
    c.lane(V.i64x2_replace_lane, i).set(r);
  }
  c.get(r);
});

/** (operations, a, b) → four single-precision results, as slowDoubles. */
export const slowSingles = defineHelper("sseSlowSingles", [T.i32, T.v128, T.v128], [T.v128], (c, call) => {
  const r = c.local(T.v128);
  for (const i of [0, 1, 2, 3]) {
    c.get(r)
      .get(0)
      .i32(4 * i)
      .op(I32.shr_u)
      .i32(15)
      .op(I32.and);
    c.get(1).lane(V.i32x4_extract_lane, i).get(2).lane(V.i32x4_extract_lane, i);
    call(slowSingle);
    c.lane(V.i32x4_replace_lane, i).set(r);
  }
  c.get(r);
});
