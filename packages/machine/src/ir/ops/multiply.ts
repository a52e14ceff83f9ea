import { gpr } from "../../layout.ts";
import { Trap } from "../../trap.ts";
import type { Code } from "../../wasm/code.ts";
import { Ctl, I32, I64, T } from "../../wasm/opcodes.ts";
import { A, B, C, type Emitter } from "../emitter.ts";
import { AF, CF, OF, type SizeLog, STATUS, setStatusPart } from "../flags.ts";
import { defineHelper } from "../helper.ts";
import { defineColdOp, defineOp } from "../op.ts";
import { getZero, setSized } from "./alu.ts";
import { setCarryOverflow } from "./shift.ts";

const SIZES = [0, 1, 2, 3] as const;
const EXTEND = [I64.extend8_s, I64.extend16_s, I64.extend32_s, 0] as const;
const RAX = gpr(0);
const RDX = gpr(2);

/** (a, b) → high 64 bits of the unsigned product. */
const mulHigh = defineHelper("mulHighU64", [T.i64, T.i64], [T.i64], (c) => emitMulHigh(c, 0, 1));
/** Pushes the high 64 bits of the unsigned product of two i64 locals. */
export function emitMulHigh(c: Code, a: number, b: number): void {
  const [al, ah, bl, bh, m, n] = [c.temp(T.i64), c.temp(T.i64), c.temp(T.i64), c.temp(T.i64), c.temp(T.i64), c.temp(T.i64)] as const;
  const mask = 0xffffffff;
  c.get(a).i64(mask).op(I64.and).set(al).get(a).i64(32).op(I64.shr_u).set(ah);
  c.get(b).i64(mask).op(I64.and).set(bl).get(b).i64(32).op(I64.shr_u).set(bh);
  c.get(al).get(bl).op(I64.mul).i64(32).op(I64.shr_u).get(ah).get(bl).op(I64.mul).op(I64.add).set(m);
  c.get(al).get(bh).op(I64.mul).get(m).i64(mask).op(I64.and).op(I64.add).set(n);
  c.get(ah).get(bh).op(I64.mul).get(m).i64(32).op(I64.shr_u).op(I64.add).get(n).i64(32).op(I64.shr_u).op(I64.add);
  for (const x of [al, ah, bl, bh, m, n]) c.release(T.i64, x);
}
/** (a, b) → high 64 bits of the signed product. */
const mulHighSigned = defineHelper("mulHighS64", [T.i64, T.i64], [T.i64], (c, call) => {
  c.get(0).get(1);
  call(mulHigh);
  c.get(0).i64(63).op(I64.shr_s).get(1).op(I64.and).op(I64.sub);
  c.get(1).i64(63).op(I64.shr_s).get(0).op(I64.and).op(I64.sub);
});

/** imul with two or three operands: a = b * c (registers), or b * immediate. CF = OF = the product does not fit. */
function emitImul(e: Emitter, size: SizeLog, second: () => void): void {
  const { c } = e;
  const x = c.temp(T.i64);
  const y = c.temp(T.i64);
  const r = c.temp(T.i64);
  const cf = c.temp(T.i32);
  e.get64(B);
  if (size !== 3) c.op(EXTEND[size]);
  c.set(x);
  second();
  if (size !== 3) c.op(EXTEND[size]);
  c.set(y);
  c.get(x).get(y).op(I64.mul).set(r);
  if (size === 3) {
    c.get(x).get(y);
    e.call(mulHighSigned);
    c.get(r).i64(63).op(I64.shr_s).op(I64.ne).set(cf);
  } else c.get(r).get(r).op(EXTEND[size]).op(I64.ne).set(cf);
  setSized(e, A, size, r);
  setCarryOverflow(e, cf, cf);
}
export const imul = SIZES.map((size) => ({
  rr: defineOp(`imul${8 << size}_rr`, (e) => emitImul(e, size, () => e.get64(C)), { cold: size < 2 }),
  ri: defineOp(`imul${8 << size}_ri`, (e) => emitImul(e, size, () => e.imm64()), { cold: size < 2 }),
}));

/** mul and imul with one operand a: rdx:rax = rax * a (ax = al * a for bytes). */
export const multiply = ([false, true] as const).map((signed) =>
  SIZES.map((size) =>
    defineOp(
      `${signed ? "imul" : "mul"}${8 << size}_wide`,
      (e) => {
        const { c } = e;
        const x = c.temp(T.i64);
        const y = c.temp(T.i64);
        const lo = c.temp(T.i64);
        const hi = c.temp(T.i64);
        const cf = c.temp(T.i32);
        const extend = (): void => {
          if (size === 3) return;
          if (signed) c.op(EXTEND[size]);
          else c.i64(2 ** (8 << size) - 1).op(I64.and);
        };
        e.cpu64(RAX);
        extend();
        c.set(x);
        e.get64(A);
        extend();
        c.set(y);
        c.get(x).get(y).op(I64.mul).set(lo);
        if (size === 3) {
          c.get(x).get(y);
          e.call(signed ? mulHighSigned : mulHigh);
          c.set(hi);
          e.setCpu64(RAX, () => c.get(lo));
          e.setCpu64(RDX, () => c.get(hi));
          c.get(hi);
          if (signed) c.get(lo).i64(63).op(I64.shr_s).op(I64.ne);
          else c.i64(0).op(I64.ne);
          c.set(cf);
        } else {
          c.get(lo);
          if (signed) c.get(lo).op(EXTEND[size]).op(I64.ne);
          else
            c.i64(8 << size)
              .op(I64.shr_u)
              .i64(0)
              .op(I64.ne);
          c.set(cf);
          if (size === 2) {
            e.setCpu64(RAX, () => c.get(lo).i64(0xffffffff).op(I64.and));
            e.setCpu64(RDX, () => c.get(lo).i64(32).op(I64.shr_u));
          } else if (size === 1) {
            e.setCpuPart(RAX, 2, () => c.get(lo).op(I32.wrap_i64));
            e.setCpuPart(RDX, 2, () => c.get(lo).i64(16).op(I64.shr_u).op(I32.wrap_i64));
          } else e.setCpuPart(RAX, 2, () => c.get(lo).op(I32.wrap_i64));
        }
        setCarryOverflow(e, cf, cf);
      },
      { cold: size < 2 },
    ),
  ),
);

/** (hi, lo, divisor) → quotient of the 128-bit dividend; the remainder is left at SCRATCH. hi < divisor. */
const SCRATCH_REM = 0x800;
const divide128 = defineHelper("divide128", [T.i64, T.i64, T.i64], [T.i64], (c) => {
  // Schoolbook, one bit a step: rare (compilers clear or sign-extend rdx first).
  const i = c.local(T.i32);
  const q = c.local(T.i64);
  const top = c.local(T.i64);
  const done = c.block();
  c.get(0).op(I64.eqz).if();
  c.i32(0).get(1).get(2).op(I64.rem_u).mem(I64.store, SCRATCH_REM);
  c.get(1).get(2).op(I64.div_u).ret();
  c.end();
  c.i32(64).set(i);
  const loop = c.loop();
  c.get(0).i64(63).op(I64.shr_u).set(top);
  c.get(0).i64(1).op(I64.shl).get(1).i64(63).op(I64.shr_u).op(I64.or).set(0);
  c.get(1).i64(1).op(I64.shl).set(1);
  c.get(q).i64(1).op(I64.shl).set(q);
  c.get(top).i64(0).op(I64.ne).get(0).get(2).op(I64.ge_u).op(I32.or).if();
  c.get(0).get(2).op(I64.sub).set(0);
  c.get(q).i64(1).op(I64.or).set(q);
  c.end();
  c.get(i).i32(1).op(I32.sub).tee(i).brIf(loop);
  c.end();
  void done;
  c.end();
  c.i32(0).get(0).mem(I64.store, SCRATCH_REM);
  c.get(q);
});

function divideError(e: Emitter): void {
  e.trap(Trap.DE);
}

/** div and idiv by a: #DE on zero or overflow. AMD leaves CF and OF, sets AF, clears the rest. */
export const divide = ([false, true] as const).map((signed) =>
  SIZES.map((size) =>
    defineOp(
      `${signed ? "idiv" : "div"}${8 << size}`,
      (e) => {
        const { c } = e;
        const d = c.temp(T.i64);
        const q = c.temp(T.i64);
        const r = c.temp(T.i64);
        if (size === 3) divide64(e, signed, d, q, r);
        else {
          const n = c.temp(T.i64);
          if (signed) {
            e.get64(A);
            c.op(EXTEND[size]);
          } else getZero(e, A, size);
          c.set(d);
          if (size === 0) {
            e.cpu64(RAX);
            if (signed) c.op(I64.extend16_s);
            else c.i64(0xffff).op(I64.and);
          } else if (size === 1) {
            e.cpu64(RDX);
            c.i64(16).op(I64.shl).i64(0xffff0000).op(I64.and);
            e.cpu64(RAX);
            c.i64(0xffff).op(I64.and).op(I64.or);
            if (signed) c.op(I64.extend32_s);
          } else {
            e.cpu64(RDX);
            c.i64(32).op(I64.shl);
            e.cpu64(RAX);
            c.i64(0xffffffff).op(I64.and).op(I64.or);
          }
          c.set(n);
          c.get(d).op(I64.eqz).if();
          divideError(e);
          c.end();
          if (signed && size === 2) {
            // INT64_MIN / -1 traps in WebAssembly; it overflows here too.
            c.get(d).i64(-1).op(I64.eq).get(n).i64Parts(0, 0x80000000).op(I64.eq).op(I32.and).if();
            divideError(e);
            c.end();
          }
          c.get(n)
            .get(d)
            .op(signed ? I64.div_s : I64.div_u)
            .set(q);
          c.get(n)
            .get(d)
            .op(signed ? I64.rem_s : I64.rem_u)
            .set(r);
          c.get(q);
          if (signed) c.get(q).op(EXTEND[size]).op(I64.ne);
          else c.i64(2 ** (8 << size) - 1).op(I64.gt_u);
          c.if();
          divideError(e);
          c.end();
          if (size === 2) {
            e.setCpu64(RAX, () => c.get(q).i64(0xffffffff).op(I64.and));
            e.setCpu64(RDX, () => c.get(r).i64(0xffffffff).op(I64.and));
          } else if (size === 1) {
            e.setCpuPart(RAX, 2, () => c.get(q).op(I32.wrap_i64));
            e.setCpuPart(RDX, 2, () => c.get(r).op(I32.wrap_i64));
          } else {
            e.setCpuPart(RAX, 1, () => c.get(q).op(I32.wrap_i64));
            e.setCpuPart(RAX + 1, 1, () => c.get(r).op(I32.wrap_i64));
          }
        }
        setStatusPart(e, STATUS & ~(CF | OF), () => {
          c.i32(AF);
        });
      },
      { cold: size < 2 },
    ),
  ),
);

function divide64(e: Emitter, signed: boolean, d: number, q: number, r: number): void {
  const { c } = e;
  const hi = c.temp(T.i64);
  const lo = c.temp(T.i64);
  const negate = c.temp(T.i32);
  const negateRem = c.temp(T.i32);
  e.get64(A);
  c.set(d);
  e.cpu64(RDX);
  c.set(hi);
  e.cpu64(RAX);
  c.set(lo);
  if (signed) {
    c.get(hi).i64(0).op(I64.lt_s).tee(negateRem).get(d).i64(0).op(I64.lt_s).op(I32.xor).set(negate);
    c.get(negateRem).if();
    c.get(lo).op(I64.eqz).if(T.i64);
    c.i64(0).get(hi).op(I64.sub);
    c.else();
    c.get(hi).i64(-1).op(I64.xor);
    c.end();
    c.set(hi);
    c.i64(0).get(lo).op(I64.sub).set(lo);
    c.end();
    c.i64(0).get(d).op(I64.sub).get(d).get(d).i64(0).op(I64.lt_s).op(Ctl.select).set(d);
  }
  // Also true for a zero divisor.
  c.get(hi).get(d).op(I64.ge_u).if();
  divideError(e);
  c.end();
  c.get(hi).get(lo).get(d);
  e.call(divide128);
  c.set(q);
  e.cpu64(SCRATCH_REM);
  c.set(r);
  if (signed) {
    // The magnitude must fit: up to 2^63 if the quotient is negative, below it otherwise.
    c.get(q).i64Parts(0, 0x80000000).get(negate).op(I64.extend_i32_u).op(I64.add).op(I64.ge_u).if();
    divideError(e);
    c.end();
    c.i64(0).get(q).op(I64.sub).get(q).get(negate).op(Ctl.select).set(q);
    c.i64(0).get(r).op(I64.sub).get(r).get(negateRem).op(Ctl.select).set(r);
  }
  e.setCpu64(RAX, () => c.get(q));
  e.setCpu64(RDX, () => c.get(r));
}

/** cbw/cwde/cdqe and cwd/cdq/cqo: the immediate's low half says which size (1, 2, 3). */
export const signExtendAcc = [1, 2, 3].map((size) => ({
  convert: defineOp(
    `cbw${size}`,
    (e) => {
      e.cpu64(RAX);
      const t = e.c.temp(T.i64);
      e.c.op([0, I64.extend8_s, I64.extend16_s, I64.extend32_s][size]!).set(t);
      if (size === 3) e.setCpu64(RAX, () => e.c.get(t));
      else if (size === 2) e.setCpu64(RAX, () => e.c.get(t).i64(0xffffffff).op(I64.and));
      else e.setCpuPart(RAX, 2, () => e.c.get(t).op(I32.wrap_i64));
    },
    { cold: size === 1 },
  ),
  double: defineOp(
    `cwd${size}`,
    (e) => {
      e.cpu64(RAX);
      const t = e.c.temp(T.i64);
      if (size !== 3) e.c.op([0, I64.extend16_s, I64.extend32_s][size]!);
      e.c.i64(63).op(I64.shr_s).set(t);
      if (size === 3) e.setCpu64(RDX, () => e.c.get(t));
      else if (size === 2) e.setCpu64(RDX, () => e.c.get(t).i64(0xffffffff).op(I64.and));
      else e.setCpuPart(RDX, 2, () => e.c.get(t).op(I32.wrap_i64));
    },
    { cold: size === 1 },
  ),
}));

export { defineColdOp, mulHigh, mulHighSigned };
