import { F64, I64, T, V } from "../../../wasm/opcodes.ts";
import { A, B } from "../../emitter.ts";
import { CC_FLOAT, setFlags } from "../../flags.ts";
import { defineColdOp, type OpDef } from "../../op.ts";
import { faultingOp } from "./define.ts";
import { ANY_NAN, checkOperands, floatLane, SIGNALING_ONLY, splatScalar } from "./operandCheck.ts";

/** Predicates of cmpps and its kin; 4…7 are the negations of 0…3 (Intel SDM volume 2, CMPPD). */
const PREDICATES = ["eq", "lt", "le", "unord", "neq", "nlt", "nle", "ord"] as const;
/** lt, le, nlt, nle are the ones for which quiet NaNs are invalid too. */
const NAN = [SIGNALING_ONLY, ANY_NAN, ANY_NAN, SIGNALING_ONLY];

function compareOp(name: string, predicate: number, double: boolean, scalar: boolean): OpDef {
  return faultingOp(`cmp${name}${scalar ? "s" : "p"}${double ? "d" : "s"}`, (e) => {
    const { c } = e;
    const a = c.temp(T.v128);
    const b = c.temp(T.v128);
    const base = predicate & 3;
    if (scalar) {
      splatScalar(e, double, A, a);
      splatScalar(e, double, B, b);
    } else {
      e.getV128(A);
      c.set(a);
      e.getV128(B);
      c.set(b);
    }
    checkOperands(e, double, NAN[base]!, a, b);
    const ne = double ? V.f64x2_ne : V.f32x4_ne;
    if (base === 3) c.get(a).get(a).simd(ne).get(b).get(b).simd(ne).simd(V.or);
    else
      c.get(a)
        .get(b)
        .simd(double ? [V.f64x2_eq, V.f64x2_lt, V.f64x2_le][base]! : [V.f32x4_eq, V.f32x4_lt, V.f32x4_le][base]!);
    if (predicate > 3) c.simd(V.not);
    c.set(a);
    const lane = (): void => {
      c.get(a).lane(floatLane(double), 0);
    };
    if (!scalar) e.setV128(A, () => c.get(a));
    else if (double) e.setF64(A, lane);
    else e.setF32(A, lane);
    c.release(T.v128, a);
    c.release(T.v128, b);
  });
}

/** a = mask of (a predicate b), by predicate. */
export const compare = PREDICATES.map((name, p) => ({
  ps: compareOp(name, p, false, false),
  pd: compareOp(name, p, true, false),
  ss: compareOp(name, p, false, true),
  sd: compareOp(name, p, true, true),
}));

/** min, max: the second operand if one is a NaN or both are zeros. */
function minMax(name: string, max: boolean, double: boolean, scalar: boolean): OpDef {
  return faultingOp(name, (e) => {
    const { c } = e;
    const a = c.temp(T.v128);
    const b = c.temp(T.v128);
    if (scalar) {
      splatScalar(e, double, A, a);
      splatScalar(e, double, B, b);
    } else {
      e.getV128(A);
      c.set(a);
      e.getV128(B);
      c.set(b);
    }
    checkOperands(e, double, ANY_NAN, a, b);
    // pmin(x, y) is y < x ? y : x, so that the operands change places.
    c.get(b)
      .get(a)
      .simd(double ? (max ? V.f64x2_pmax : V.f64x2_pmin) : max ? V.f32x4_pmax : V.f32x4_pmin)
      .set(a);
    const lane = (): void => {
      c.get(a).lane(floatLane(double), 0);
    };
    if (!scalar) e.setV128(A, () => c.get(a));
    else if (double) e.setF64(A, lane);
    else e.setF32(A, lane);
    c.release(T.v128, a);
    c.release(T.v128, b);
  });
}
export const minMaxOps = (
  [
    ["5D", "min", false],
    ["5F", "max", true],
  ] as const
).map(([opcode, name, max]) => ({
  opcode,
  ps: minMax(`${name}ps`, max, false, false),
  pd: minMax(`${name}pd`, max, true, false),
  ss: minMax(`${name}ss`, max, false, true),
  sd: minMax(`${name}sd`, max, true, true),
}));

/** comis, ucomis: ZF, PF, CF = 111 unordered, 000 above, 001 below, 100 equal; OF, SF, AF = 0. */
function comis(name: string, double: boolean, nan: number): OpDef {
  return defineColdOp(name, (e) => {
    if (double && e.compareDoubles) {
      e.compareDoubles();
      return;
    }
    const { c } = e;
    const a = c.temp(T.v128);
    const b = c.temp(T.v128);
    splatScalar(e, double, A, a);
    splatScalar(e, double, B, b);
    checkOperands(e, double, nan, a, b);
    const bits = (v: number) => (): void => {
      c.get(v).lane(floatLane(double), 0);
      if (!double) c.op(F64.promote_f32);
      c.op(I64.reinterpret_f64);
    };
    setFlags(e, CC_FLOAT, 3, bits(a), bits(b));
    c.release(T.v128, a);
    c.release(T.v128, b);
  });
}
export const ucomiss = comis("ucomiss", false, SIGNALING_ONLY);
export const ucomisd = comis("ucomisd", true, SIGNALING_ONLY);
export const comiss = comis("comiss", false, ANY_NAN);
export const comisd = comis("comisd", true, ANY_NAN);
