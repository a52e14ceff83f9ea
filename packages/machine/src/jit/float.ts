import { CC_FLOAT, setFlags } from "../ir/flags.ts";
import type { Helper } from "../ir/helper.ts";
import { slowDouble, slowDoubles } from "../ir/ops/sse/exactness.ts";
import { commitExceptions, DEFAULT_CONTROL, PE } from "../ir/ops/sse/mxcsr.ts";
import { DIV, MUL, SQRT } from "../ir/ops/sse/softFloat.ts";
import { FLOAT_CONSTANTS, MXCSR } from "../layout.ts";
import { Trap } from "../trap.ts";
import type { Code } from "../wasm/code.ts";
import { Ctl, F64, I32, I64, T, V } from "../wasm/opcodes.ts";
import type { RegionEmitter, RegionExits } from "./emitter.ts";

/**
 * Double-precision scalars. WebAssembly's result is x86's, and no exception flag changes, if MXCSR is
 * settled (default control bits, precision exception already sticky), no operand is a denormal and the
 * result is an ordinary number. A denormal operand leaves the region, so does a denormal result after its
 * instruction: so what has been computed here need not be checked as an operand again.
 */

/** With the sign shifted out, a result above the smallest normal number and below infinity is less than SPAN above LOW. */
const LOW = [1, 0x00200000] as const;
const SPAN = [-1, 0xffbfffff] as const;

/** Sets the i64 local `span`: SPAN if MXCSR is settled, else 0, so that one comparison checks both. */
export function setSpan(c: Code, span: number): void {
  c.i64Parts(...SPAN).i64(0);
  c.i32(0)
    .mem(I32.load, MXCSR)
    .i32(~0x1f)
    .op(I32.and)
    .i32(DEFAULT_CONTROL | PE)
    .op(I32.eq);
  c.op(Ctl.select).set(span);
}

/** Pushes 1 if the f64 local holds a denormal. */
export function isDenormal(c: Code, v: number): void {
  c.get(v).op(I64.reinterpret_f64).i64(1).op(I64.shl).i64(1).op(I64.sub).i64Parts(-1, 0x001fffff).op(I64.lt_u);
}

/** Low double of a = a op b. */
export function emitScalarDouble(
  e: RegionEmitter,
  exits: RegionExits,
  span: number,
  op: number,
  opcode: number,
  helper: (h: Helper) => number,
): void {
  const { c } = e;
  const a = c.temp(T.f64);
  const b = c.temp(T.f64);
  const r = c.temp(T.f64);
  const unary = op === SQRT;
  const checked: number[] = [];
  if (!e.isOrdinary(1)) checked.push(b);
  e.getF64(1);
  c.set(b);
  if (!unary) {
    // The same register twice is checked once.
    if (!e.isOrdinary(0) && e.op.a !== e.op.b) checked.push(a);
    e.getF64(0);
    c.set(a);
  }
  const done = c.block();
  const slow = c.block();
  for (const v of checked) {
    isDenormal(c, v);
    c.unlikely().brIf(slow);
  }
  if (!unary) c.get(a);
  c.get(b).op(opcode).tee(r);
  c.op(I64.reinterpret_f64)
    .i64(1)
    .op(I64.shl)
    .i64Parts(...LOW)
    .op(I64.sub)
    .get(span)
    .op(I64.lt_u)
    .likely()
    .brIf(done);
  c.end();
  for (const v of checked) {
    isDenormal(c, v);
    c.if();
    exits.here(e.op);
    c.end();
  }
  if (!unary) c.get(a);
  c.get(b).op(opcode).set(r);
  // A zero is exact: of a sum always, of a product or quotient if it comes from a zero.
  c.get(r).f64(0).op(F64.eq).get(span).i64(0).op(I64.ne).op(I32.and);
  if (op === MUL || op === DIV) {
    c.get(a).f64(0).op(F64.eq);
    if (op === MUL) c.get(b).f64(0).op(F64.eq).op(I32.or);
    c.op(I32.and);
  }
  c.brIf(done);
  c.i32(op)
    .get(unary ? b : a)
    .op(I64.reinterpret_f64)
    .get(b)
    .op(I64.reinterpret_f64);
  c.call(helper(slowDouble)).op(F64.reinterpret_i64).set(r);
  c.call(helper(commitExceptions)).if();
  e.trap(Trap.XM);
  c.end();
  setSpan(c, span);
  isDenormal(c, r);
  c.if();
  e.setF64(0, () => c.get(r));
  exits.after(e.op);
  c.end();
  c.end();
  e.setF64(0, () => c.get(r));
  e.noteOrdinary(0);
  e.noteOrdinary(1);
  for (const x of [a, b, r]) c.release(T.f64, x);
}

/** Comparison of low doubles; a denormal or NaN leaves the region. */
export function emitCompareDoubles(e: RegionEmitter, exits: RegionExits): void {
  const { c } = e;
  const a = c.temp(T.f64);
  const b = c.temp(T.f64);
  const same = e.op.a === e.op.b;
  e.getF64(0);
  c.set(a);
  e.getF64(1);
  c.set(b);
  for (const [f, v] of [
    [0, a],
    [1, b],
  ] as const) {
    if (e.isOrdinary(f) || (f === 1 && same)) continue;
    isDenormal(c, v);
    c.unlikely().if();
    exits.here(e.op);
    c.end();
  }
  c.get(a).get(b).op(F64.lt).get(a).get(b).op(F64.ge).op(I32.or).op(I32.eqz).unlikely().if();
  exits.here(e.op);
  c.end();
  setFlags(
    e,
    CC_FLOAT,
    3,
    () => c.get(a).op(I64.reinterpret_f64),
    () => c.get(b).op(I64.reinterpret_f64),
  );
  e.noteOrdinary(0);
  e.noteOrdinary(1);
  c.release(T.f64, a);
  c.release(T.f64, b);
}

/** WebAssembly compares 64-bit lanes as signed numbers only: everything is moved by 2^63. */
const SIGN = 0x80000000;
/** Two equal lanes each: to add to a number without its sign, and what a denormal is below then; to add to a result, and what it may be at most if MXCSR is settled, and if not. */
const CONSTANTS = [
  [-1, SIGN - 1],
  [-1, SIGN + 0x001fffff],
  [-1, SIGN - 0x00200001],
  [SPAN[0] - 1, SPAN[1] + SIGN],
] as const;
const [TO_OPERAND, DENORMAL, TO_RESULT, AT_MOST] = [0, 1, 2, 3] as const;

/** Puts the constants where compiled code loads them: V8 would build them anew at each use. */
export function writeFloatConstants(view: DataView): void {
  CONSTANTS.forEach(([lo, hi], i) => {
    for (const half of [0, 8]) {
      view.setInt32(FLOAT_CONSTANTS + i * 16 + half, lo, true);
      view.setInt32(FLOAT_CONSTANTS + i * 16 + half + 4, hi | 0, true);
    }
  });
}

/** Locals of a region for packed doubles; loaded at its entry if it has any. */
export class PackedConstants {
  readonly #c: Code;
  readonly #locals: number[];
  /** Something asked for them. */
  used: boolean;
  constructor(c: Code, used: boolean) {
    this.#c = c;
    this.used = used;
    this.#locals = CONSTANTS.map(() => c.local(T.v128));
  }
  of(which: number): number {
    this.used = true;
    return this.#locals[which]!;
  }
  load(span: number): void {
    if (!this.used) return;
    const c = this.#c;
    this.#locals.forEach((l, i) => {
      if (i !== AT_MOST)
        c.i32(0)
          .simdMem(V.load, FLOAT_CONSTANTS + i * 16)
          .set(l);
    });
    this.settle(span);
  }
  /** After `span` has been set: nothing is at most the lowest number. */
  settle(span: number): void {
    if (!this.used) return;
    const c = this.#c;
    c.i32(0).simdMem(V.load, FLOAT_CONSTANTS + AT_MOST * 16);
    c.i64Parts(0, SIGN).simd(V.i64x2_splat);
    c.get(span).i64(0).op(I64.ne).byte(0x1c).byte(1).byte(T.v128).set(this.#locals[AT_MOST]!);
  }
}

/** Pushes a mask of the lanes of v that are denormals. */
function denormalLanes(c: Code, k: PackedConstants, v: number): void {
  c.get(v).i32(1).simd(V.i64x2_shl).get(k.of(TO_OPERAND)).simd(V.i64x2_add).get(k.of(DENORMAL)).simd(V.i64x2_lt_s);
}

/** Two doubles at a time: a = a op b. Out of the ordinary is for the support function; a denormal result leaves the region. */
export function emitPackedDouble(
  e: RegionEmitter,
  exits: RegionExits,
  span: number,
  k: PackedConstants,
  op: number,
  opcode: number,
  helper: (h: Helper) => number,
): void {
  const { c } = e;
  const a = c.temp(T.v128);
  const b = c.temp(T.v128);
  const r = c.temp(T.v128);
  const unary = op === SQRT;
  const checked = e.isOrdinaryPair(1) ? [] : [b];
  if (!unary && e.op.a !== e.op.b && !e.isOrdinaryPair(0)) checked.push(a);
  e.getV128(1);
  c.set(b);
  if (unary) c.get(b).set(a);
  else {
    e.getV128(0);
    c.set(a).get(a);
  }
  c.get(b).simd(opcode).set(r);
  c.get(r).i32(1).simd(V.i64x2_shl).get(k.of(TO_RESULT)).simd(V.i64x2_add).get(k.of(AT_MOST)).simd(V.i64x2_gt_s);
  for (const v of checked) {
    denormalLanes(c, k, v);
    c.simd(V.or);
  }
  c.simd(V.any_true).unlikely().if();
  c.i32(op * 0x1111)
    .get(a)
    .get(b);
  c.call(helper(slowDoubles)).set(r);
  c.call(helper(commitExceptions)).if();
  e.trap(Trap.XM);
  c.end();
  setSpan(c, span);
  k.settle(span);
  denormalLanes(c, k, r);
  c.simd(V.any_true).if();
  e.setV128(0, () => c.get(r));
  exits.after(e.op);
  c.end();
  c.end();
  e.setV128(0, () => c.get(r));
  e.noteOrdinaryPair(0);
  for (const x of [a, b, r]) c.release(T.v128, x);
}
