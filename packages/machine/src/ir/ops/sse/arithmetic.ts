import type { Code } from "../../../wasm/code.ts";
import { F32, F64, I32, I64, T, V } from "../../../wasm/opcodes.ts";
import { A, B, type Emitter } from "../../emitter.ts";
import type { OpDef } from "../../op.ts";
import { faultingOp } from "./define.ts";
import { slowDouble, slowDoubles, slowSingle, slowSingles } from "./exactness.ts";
import { lanes } from "./move.ts";
import { commit, pushSettled } from "./mxcsr.ts";
import { ADD, DIV, MUL, SQRT, SUB } from "./softFloat.ts";

/**
 * Fast path: MXCSR has the default control bits with PE already sticky, no operand is a denormal, the
 * result is an ordinary number. Then WebAssembly's operation is x86's and no flag can change.
 * Otherwise a support function computes the result and the exceptions.
 */

/** Sums are exact where they are tiny, so only infinities and NaNs matter; products must be above the smallest normal number. */
type Range = "finite" | "normal";

/** Pushes 1 unless the i64 or i32 local v holds a denormal. */
function notDenormal(c: Code, double: boolean, v: number): void {
  if (double) c.get(v).i64(1).op(I64.shl).i64(1).op(I64.sub).i64Parts(-1, 0x001fffff).op(I64.ge_u);
  else c.get(v).i32(1).op(I32.shl).i32(1).op(I32.sub).i32(0x00ffffff).op(I32.ge_u);
}

/** Pushes 1 if the bits in local v are a number of the range. */
function inRange(c: Code, double: boolean, v: number, range: Range): void {
  // With the sign shifted out: infinity is 0xffe0…, the smallest normal number 0x0020…
  if (double) {
    c.get(v).i64(1).op(I64.shl);
    if (range === "finite") c.i64Parts(0, 0xffe00000).op(I64.lt_u);
    else c.i64Parts(1, 0x00200000).op(I64.sub).i64Parts(-1, 0xffbfffff).op(I64.lt_u);
  } else {
    c.get(v).i32(1).op(I32.shl);
    if (range === "finite") c.i32(0xff000000).op(I32.lt_u);
    else c.i32(0x01000001).op(I32.sub).i32(0xfdffffff).op(I32.lt_u);
  }
}

/** Low lane of a = a op b. */
function scalar(name: string, double: boolean, op: number, opcode: number, range: Range): OpDef {
  return faultingOp(name, (e) => emitScalar(e, double, op, opcode, range), !(double && (op === ADD || op === SUB || op === MUL)));
}
function emitScalar(e: Emitter, double: boolean, op: number, opcode: number, range: Range): void {
  if (double && e.scalarDouble) {
    e.scalarDouble(op, opcode);
    return;
  }
  const { c } = e;
  const ft = double ? T.f64 : T.f32;
  const it = double ? T.i64 : T.i32;
  const [toInt, toFloat] = double ? [I64.reinterpret_f64, F64.reinterpret_i64] : [I32.reinterpret_f32, F32.reinterpret_i32];
  const a = c.temp(ft);
  const b = c.temp(ft);
  const ia = c.temp(it);
  const ib = c.temp(it);
  const r = c.temp(it);
  const push = (f: 0 | 1): void => (double ? e.getF64(f) : e.getF32(f));
  push(B);
  c.tee(b).op(toInt).set(ib);
  if (op === SQRT) c.get(b).set(a).get(ib).set(ia);
  else {
    push(A);
    c.tee(a).op(toInt).set(ia);
    c.get(a);
  }
  c.get(b).op(opcode).op(toInt).set(r);
  pushSettled(c);
  notDenormal(c, double, ib);
  c.op(I32.and);
  if (op !== SQRT) {
    notDenormal(c, double, ia);
    c.op(I32.and);
  }
  inRange(c, double, r, range);
  c.op(I32.and).op(I32.eqz).if();
  c.i32(op).get(ia).get(ib);
  e.call(double ? slowDouble : slowSingle);
  c.set(r);
  commit(e);
  c.end();
  const value = (): void => {
    c.get(r).op(toFloat);
  };
  if (double) e.setF64(A, value);
  else e.setF32(A, value);
  c.release(ft, a);
  c.release(ft, b);
  for (const x of [ia, ib, r]) c.release(it, x);
}

/** Pushes a mask vector: lanes of v that are no denormals. */
function notDenormals(c: Code, double: boolean, v: number): void {
  if (double) {
    c.get(v)
      .simd(V.f64x2_abs)
      .f64(2 ** -1022)
      .simd(V.f64x2_splat)
      .simd(V.f64x2_ge);
    c.get(v).f64(0).simd(V.f64x2_splat).simd(V.f64x2_eq).simd(V.or);
  } else {
    c.get(v).i32(1).simd(V.i32x4_shl).i32(1).simd(V.i32x4_splat).simd(V.i32x4_sub);
    c.i32(0x00ffffff).simd(V.i32x4_splat).simd(V.i32x4_ge_u);
  }
}

function allInRange(c: Code, double: boolean, v: number, range: Range): void {
  if (double) {
    c.get(v).simd(V.f64x2_abs).f64(Number.POSITIVE_INFINITY).simd(V.f64x2_splat).simd(V.f64x2_lt);
    if (range === "normal")
      c.get(v)
        .simd(V.f64x2_abs)
        .f64(2 ** -1022)
        .simd(V.f64x2_splat)
        .simd(V.f64x2_gt)
        .simd(V.and);
  } else {
    c.get(v).i32(1).simd(V.i32x4_shl);
    if (range === "normal") c.i32(0x01000001).simd(V.i32x4_splat).simd(V.i32x4_sub);
    c.i32(range === "normal" ? 0xfdffffff : 0xff000000)
      .simd(V.i32x4_splat)
      .simd(V.i32x4_lt_u);
  }
}

/**
 * Pushes the result of a packed operation on v128 locals a and b: `native` pushes WebAssembly's
 * result, `ops` names the lanes' operations. Raises #XM if due.
 */
export function packedArithmetic(e: Emitter, double: boolean, ops: number, range: Range, a: number, b: number, native: () => void): void {
  const { c } = e;
  const r = c.temp(T.v128);
  native();
  c.set(r);
  notDenormals(c, double, a);
  if (a !== b) {
    notDenormals(c, double, b);
    c.simd(V.and);
  }
  allInRange(c, double, r, range);
  c.simd(V.and).simd(V.i32x4_all_true);
  pushSettled(c);
  c.op(I32.and).op(I32.eqz).if();
  c.i32(ops).get(a).get(b);
  e.call(double ? slowDoubles : slowSingles);
  c.set(r);
  commit(e);
  c.end();
  c.get(r);
  c.release(T.v128, r);
}

/** The same operation for each lane, as the slow support functions want it. */
const everyLane = (op: number): number => op * 0x1111;

function packed(name: string, double: boolean, op: number, opcode: number, range: Range): OpDef {
  return faultingOp(name, (e) => {
    if (double && e.packedDouble) {
      e.packedDouble(op, opcode);
      return;
    }
    const { c } = e;
    const a = c.temp(T.v128);
    const b = c.temp(T.v128);
    const r = c.temp(T.v128);
    e.getV128(B);
    c.set(b);
    if (op === SQRT) c.get(b).set(a);
    else {
      e.getV128(A);
      c.set(a);
    }
    packedArithmetic(e, double, everyLane(op), range, op === SQRT ? b : a, b, () => {
      if (op !== SQRT) c.get(a);
      c.get(b).simd(opcode);
    });
    c.set(r);
    e.setV128(A, () => c.get(r));
    for (const x of [a, b, r]) c.release(T.v128, x);
  });
}

const FAMILIES = [
  ["58", "add", ADD, F64.add, F32.add, V.f64x2_add, V.f32x4_add, "finite"],
  ["5C", "sub", SUB, F64.sub, F32.sub, V.f64x2_sub, V.f32x4_sub, "finite"],
  ["59", "mul", MUL, F64.mul, F32.mul, V.f64x2_mul, V.f32x4_mul, "normal"],
  ["5E", "div", DIV, F64.div, F32.div, V.f64x2_div, V.f32x4_div, "normal"],
  ["51", "sqrt", SQRT, F64.sqrt, F32.sqrt, V.f64x2_sqrt, V.f32x4_sqrt, "finite"],
] as const;

/** add, sub, mul, div and sqrt: a = a op b (sqrt: a = op b) in four widths. */
export const arithmetic = FAMILIES.map(([opcode, name, op, d, s, pd, ps, range]) => ({
  opcode,
  sd: scalar(`${name}sd`, true, op, d, range),
  ss: scalar(`${name}ss`, false, op, s, range),
  pd: packed(`${name}pd`, true, op, pd, range),
  ps: packed(`${name}ps`, false, op, ps, range),
}));

const ALTERNATING = SUB | (ADD << 4) | (SUB << 8) | (ADD << 12);

/** addsub: even lanes subtract, odd ones add. */
function addsub(double: boolean): OpDef {
  return faultingOp(double ? "addsubpd" : "addsubps", (e) => {
    const { c } = e;
    const a = c.temp(T.v128);
    const b = c.temp(T.v128);
    const r = c.temp(T.v128);
    e.getV128(A);
    c.set(a);
    e.getV128(B);
    c.set(b);
    packedArithmetic(e, double, ALTERNATING, "finite", a, b, () => {
      c.get(a)
        .get(b)
        .simd(double ? V.f64x2_sub : V.f32x4_sub);
      c.get(a)
        .get(b)
        .simd(double ? V.f64x2_add : V.f32x4_add);
      c.simd16(V.i8x16_shuffle, double ? lanes(8, 0, 3) : lanes(4, 0, 5, 2, 7));
    });
    c.set(r);
    e.setV128(A, () => c.get(r));
    for (const x of [a, b, r]) c.release(T.v128, x);
  });
}

/** hadd, hsub: neighbours of a, then of b. */
function horizontal(name: string, double: boolean, op: number, opcode: number): OpDef {
  return faultingOp(name, (e) => {
    const { c } = e;
    const x = c.temp(T.v128);
    const y = c.temp(T.v128);
    const r = c.temp(T.v128);
    for (const [v, odd] of [
      [x, 0],
      [y, 1],
    ] as const) {
      e.getV128(A);
      e.getV128(B);
      c.simd16(V.i8x16_shuffle, double ? lanes(8, odd, 2 + odd) : lanes(4, odd, 2 + odd, 4 + odd, 6 + odd)).set(v);
    }
    packedArithmetic(e, double, everyLane(op), "finite", x, y, () => c.get(x).get(y).simd(opcode));
    c.set(r);
    e.setV128(A, () => c.get(r));
    for (const v of [x, y, r]) c.release(T.v128, v);
  });
}
export const addsubpd = addsub(true);
export const addsubps = addsub(false);
export const haddpd = horizontal("haddpd", true, ADD, V.f64x2_add);
export const haddps = horizontal("haddps", false, ADD, V.f32x4_add);
export const hsubpd = horizontal("hsubpd", true, SUB, V.f64x2_sub);
export const hsubps = horizontal("hsubps", false, SUB, V.f32x4_sub);
