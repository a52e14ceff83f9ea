import { I32, I64, T } from "../../wasm/opcodes.ts";
import { A, B, C, type Emitter } from "../emitter.ts";
import { AF, CC_SHL, CC_SHR, CF, carryFlag, OF, type SizeLog, setFlags, setStatusPart } from "../flags.ts";
import { defineOp, type OpDef } from "../op.ts";
import { getZero, setSized } from "./alu.ts";

const SIZES = [0, 1, 2, 3] as const;
const EXTEND = [I64.extend8_s, I64.extend16_s, I64.extend32_s, 0] as const;
const BITS = [8, 16, 32, 64] as const;

export type ShiftName = "rol" | "ror" | "rcl" | "rcr" | "shl" | "shr" | "sar";
/** In the order of the ModRM reg field of group 2 (/6 is shl again). */
export const SHIFT_ORDER: readonly ShiftName[] = ["rol", "ror", "rcl", "rcr", "shl", "shr", "shl", "sar"];

/** Pushes the operand: zero-extended, or sign-extended for sar. */
function operand(e: Emitter, name: ShiftName, size: SizeLog): void {
  if (name === "sar" && size !== 3) {
    e.get64(A);
    e.c.op(EXTEND[size]);
  } else getZero(e, A, size);
}

/** shl, shr, sar of a; the count (i64 local, not 0, masked) is given. */
function plainShift(e: Emitter, name: "shl" | "shr" | "sar", size: SizeLog, count: number): void {
  const { c } = e;
  const s = c.temp(T.i64);
  const r = c.temp(T.i64);
  const op = name === "shl" ? I64.shl : name === "shr" ? I64.shr_u : I64.shr_s;
  operand(e, name, size);
  c.get(count).i64(1).op(I64.sub).op(op).tee(s).i64(1).op(op).set(r);
  setSized(e, A, size, r);
  setFlags(
    e,
    name === "shl" ? CC_SHL : CC_SHR,
    size,
    () => c.get(r),
    () => c.get(s),
  );
  c.release(T.i64, s);
  c.release(T.i64, r);
}

/** Replaces CF and OF by the two i32 locals (0 or 1), keeping the other status flags. */
export function setCarryOverflow(e: Emitter, cf: number, of: number): void {
  setStatusPart(e, CF | OF, () => {
    e.c.get(cf).get(of).i32(11).op(I32.shl).op(I32.or);
  });
}

/** Pushes bit n of the i64 local as i32. */
function bit(e: Emitter, value: number, n: number): void {
  e.c.get(value).i64(n).op(I64.shr_u).op(I32.wrap_i64).i32(1).op(I32.and);
}

/** rol and ror of a by a masked count that is not 0 (but may be a multiple of the width). */
function rotate(e: Emitter, name: "rol" | "ror", size: SizeLog, count: number): void {
  const { c } = e;
  const bits = BITS[size];
  const v = c.temp(T.i64);
  const r = c.temp(T.i64);
  const cf = c.temp(T.i32);
  const of = c.temp(T.i32);
  if (size === 3) {
    e.get64(A);
    c.get(count)
      .op(name === "rol" ? I64.rotl : I64.rotr)
      .set(r);
  } else if (size === 2) {
    e.get32(A);
    c.get(count)
      .op(I32.wrap_i64)
      .op(name === "rol" ? I32.rotl : I32.rotr)
      .op(I64.extend_i32_u)
      .set(r);
  } else {
    // Two copies side by side, shifted by the count modulo the width.
    const n = c.temp(T.i64);
    getZero(e, A, size);
    c.set(v);
    c.get(count)
      .i64(bits - 1)
      .op(I64.and)
      .set(n);
    if (name === "rol") c.i64(bits).get(n).op(I64.sub).set(n);
    c.get(v)
      .get(v)
      .i64(bits)
      .op(I64.shl)
      .op(I64.or)
      .get(n)
      .op(I64.shr_u)
      .i64(2 ** bits - 1)
      .op(I64.and)
      .set(r);
    c.release(T.i64, n);
  }
  if (name === "rol") {
    c.get(r).op(I32.wrap_i64).i32(1).op(I32.and).set(cf);
    bit(e, r, bits - 1);
    c.get(cf).op(I32.xor).set(of);
  } else {
    bit(e, r, bits - 1);
    c.tee(cf);
    bit(e, r, bits - 2);
    c.op(I32.xor).set(of);
  }
  setSized(e, A, size, r);
  setCarryOverflow(e, cf, of);
}

/** rcl and rcr of a by a masked count that is not 0. One step at a time: rare, and the count is small. */
function rotateThroughCarry(e: Emitter, name: "rcl" | "rcr", size: SizeLog, count: number): void {
  const { c } = e;
  const bits = BITS[size];
  const r = c.temp(T.i64);
  const out = c.temp(T.i64);
  const x = c.temp(T.i64);
  const n = c.temp(T.i64);
  const cf = c.temp(T.i32);
  const of = c.temp(T.i32);
  e.call(carryFlag);
  c.op(I64.extend_i32_u).set(x);
  getZero(e, A, size);
  c.set(r);
  c.get(count).set(n);
  // 8- and 16-bit rotates go round 9 and 17 positions.
  if (size < 2)
    c.get(n)
      .i64(bits + 1)
      .op(I64.rem_u)
      .set(n);
  const done = c.block();
  const loop = c.loop();
  c.get(n).op(I64.eqz).brIf(done);
  if (name === "rcl") {
    c.get(r)
      .i64(bits - 1)
      .op(I64.shr_u)
      .i64(1)
      .op(I64.and)
      .set(out);
    c.get(r).i64(1).op(I64.shl).get(x).op(I64.or).set(r);
  } else {
    c.get(r).i64(1).op(I64.and).set(out);
    c.get(r)
      .i64(1)
      .op(I64.shr_u)
      .get(x)
      .i64(bits - 1)
      .op(I64.shl)
      .op(I64.or)
      .set(r);
  }
  if (size !== 3)
    c.get(r)
      .i64(2 ** bits - 1)
      .op(I64.and)
      .set(r);
  c.get(out).set(x);
  c.get(n).i64(1).op(I64.sub).set(n).br(loop);
  c.end();
  c.end();
  c.get(x).op(I32.wrap_i64).set(cf);
  bit(e, r, bits - 1);
  if (name === "rcl") c.get(cf);
  else bit(e, r, bits - 2);
  c.op(I32.xor).set(of);
  setSized(e, A, size, r);
  setCarryOverflow(e, cf, of);
}

function emitShift(e: Emitter, name: ShiftName, size: SizeLog, count: number): void {
  if (name === "shl" || name === "shr" || name === "sar") plainShift(e, name, size, count);
  else if (name === "rol" || name === "ror") rotate(e, name, size, count);
  else rotateThroughCarry(e, name, size, count);
}

export interface ShiftOps {
  /** a shifted by the immediate (masked by the lifter, not 0). */
  ri: OpDef[];
  /** a shifted by the byte register b. */
  rcl: OpDef[];
}
export const shift = {} as Record<ShiftName, ShiftOps>;
for (const name of ["rol", "ror", "rcl", "rcr", "shl", "shr", "sar"] as const) {
  const plain = name === "shl" || name === "shr" || name === "sar";
  shift[name] = {
    ri: SIZES.map((size) =>
      defineOp(
        `${name}${8 << size}_ri`,
        (e) => {
          const n = e.c.temp(T.i64);
          e.imm64();
          e.c.set(n);
          emitShift(e, name, size, n);
          e.c.release(T.i64, n);
        },
        { cold: !(size >= 2 && plain) },
      ),
    ),
    rcl: SIZES.map((size) =>
      defineOp(
        `${name}${8 << size}_rcl`,
        (e) => {
          const { c } = e;
          const n = c.temp(T.i64);
          e.get8(B);
          c.i32(size === 3 ? 63 : 31)
            .op(I32.and)
            .op(I64.extend_i32_u)
            .tee(n)
            .op(I64.eqz)
            .if();
          // A 32-bit destination loses its upper half even if the count is 0.
          if (size === 2) e.set32(A, () => e.get32(A));
          c.else();
          emitShift(e, name, size, n);
          c.end();
          c.release(T.i64, n);
        },
        { cold: !(size >= 2 && plain) },
      ),
    ),
  };
}

/** shld/shrd of a with bits from b; count = immediate (masked, not 0) or the byte register c. */
function emitDouble(e: Emitter, left: boolean, size: SizeLog, count: number): void {
  const { c } = e;
  const bits = BITS[size];
  const a = c.temp(T.i64);
  const b = c.temp(T.i64);
  const r = c.temp(T.i64);
  const s = c.temp(T.i64);
  getZero(e, A, size);
  c.set(a);
  getZero(e, B, size);
  c.set(b);
  if (size === 3) {
    c.get(a)
      .get(count)
      .op(left ? I64.shl : I64.shr_u);
    c.get(b)
      .i64(64)
      .get(count)
      .op(I64.sub)
      .op(left ? I64.shr_u : I64.shl)
      .op(I64.or)
      .set(r);
    c.get(a)
      .get(count)
      .i64(1)
      .op(I64.sub)
      .op(left ? I64.shl : I64.shr_u)
      .set(s);
  } else {
    // The operand, then the source (twice for 16 bits, where the count may exceed the width).
    const wide = c.temp(T.i64);
    if (left) {
      c.get(a).i64(bits).op(I64.shl).get(b).op(I64.or);
      if (size === 1) c.i64(16).op(I64.shl).get(b).op(I64.or);
      c.set(wide);
      const drop = size === 1 ? 32 : 32;
      c.get(wide).get(count).op(I64.shl).i64(drop).op(I64.shr_u).set(r);
      c.get(wide).get(count).i64(1).op(I64.sub).op(I64.shl).i64(drop).op(I64.shr_u).set(s);
    } else {
      c.get(b).i64(bits).op(I64.shl).get(a).op(I64.or);
      if (size === 1) c.get(b).i64(32).op(I64.shl).op(I64.or);
      c.set(wide);
      c.get(wide).get(count).op(I64.shr_u).set(r);
      c.get(wide).get(count).i64(1).op(I64.sub).op(I64.shr_u).set(s);
    }
    c.release(T.i64, wide);
  }
  setSized(e, A, size, r);
  setFlags(
    e,
    left ? CC_SHL : CC_SHR,
    size,
    () => c.get(r),
    () => c.get(s),
  );
}
export const doubleShift = ([true, false] as const).map((left) => ({
  ri: SIZES.map((size) =>
    defineOp(
      `${left ? "shld" : "shrd"}${8 << size}_ri`,
      (e) => {
        const n = e.c.temp(T.i64);
        e.imm64();
        e.c.set(n);
        emitDouble(e, left, size, n);
      },
      { cold: true },
    ),
  ),
  rcl: SIZES.map((size) =>
    defineOp(
      `${left ? "shld" : "shrd"}${8 << size}_rcl`,
      (e) => {
        const { c } = e;
        const n = c.temp(T.i64);
        e.get8(C);
        c.i32(size === 3 ? 63 : 31)
          .op(I32.and)
          .op(I64.extend_i32_u)
          .tee(n)
          .op(I64.eqz)
          .if();
        if (size === 2) e.set32(A, () => e.get32(A));
        c.else();
        emitDouble(e, left, size, n);
        c.end();
      },
      { cold: true },
    ),
  ),
}));

export { AF };
