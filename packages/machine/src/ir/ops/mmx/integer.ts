import { FPU_SW, FPU_TAG } from "../../../layout.ts";
import { Trap } from "../../../trap.ts";
import type { Code } from "../../../wasm/code.ts";
import { I32, I64, T, V } from "../../../wasm/opcodes.ts";
import { A, B, C, type Emitter } from "../../emitter.ts";
import type { OpDef } from "../../op.ts";
import { faultingOp, quietOp } from "../sse/define.ts";
import { integerTable, shiftByCount, shiftTable, unpackBytes, unpackTable, type VectorEmit } from "../sse/integerTable.ts";

/** Summary of pending unmasked x87 exceptions in the status word. */
const ES = 0x80;
const TOP = 0x3800;

/** Raises #MF if an unmasked x87 exception is pending. */
export const mmxCheck = faultingOp("mmx_check", (e) => {
  const { c } = e;
  c.i32(0).mem(I32.load, FPU_SW).i32(ES).op(I32.and).if();
  e.trap(Trap.MF);
  c.end();
});

/** What every MMX instruction does to the x87 state: TOP = 0, all tags valid (Intel SDM volume 1, section 9.5.1). */
export const mmxEnter = quietOp("mmx_enter", (e) => {
  const { c } = e;
  c.i32(0).i32(0).mem(I32.load, FPU_SW).i32(~TOP).op(I32.and).mem(I32.store, FPU_SW);
  c.i32(0).i32(0xff).mem(I32.store, FPU_TAG);
});
/** emms: all tags empty. */
export const emms = quietOp("emms", (e) => {
  e.c.i32(0).i32(0).mem(I32.store, FPU_TAG);
});

/** Writes the i64 that `value` pushes into MMX register a; sign and exponent of its x87 register become ones. */
export function setMm(e: Emitter, value: () => void): void {
  const { c } = e;
  e.set64(A, value);
  e.address(A);
  c.i32(0xffff).mem(I32.store16, 8);
}

/** Takes an MMX operand (or temporary) into v128 local v, in both halves. */
function splat(e: Emitter, f: 0 | 1, v: number): void {
  e.get64(f);
  e.c.simd(V.i64x2_splat).set(v);
}
const lowHalf = (c: Code): Code => c.lane(V.i64x2_extract_lane, 0);

/** a = emit(a, b) on MMX registers by the 128-bit operation. */
function mmxOp(name: string, concat: boolean, emit: VectorEmit): OpDef {
  return quietOp(`mmx_${name}`, (e) => {
    const { c } = e;
    const a = c.temp(T.v128);
    const b = c.temp(T.v128);
    splat(e, A, a);
    if (concat) {
      c.get(a);
      e.get64(B);
      c.lane(V.i64x2_replace_lane, 1).tee(a).set(b);
    } else splat(e, B, b);
    setMm(e, () => {
      emit(c, a, b);
      lowHalf(c);
    });
    c.release(T.v128, a);
    c.release(T.v128, b);
  });
}

/** In the order of integerTable; null where there is no MMX form. */
export const integerOps = integerTable.map((r) => (r.mmx === "none" ? null : mmxOp(r.name, r.mmx === "concat", r.emit)));
/** In the order of unpackTable; null for the quadword forms. */
export const unpackOps = unpackTable.map(([, name, size, high]) =>
  size === 8
    ? null
    : mmxOp(name, false, (c, a, b) =>
        c
          .get(a)
          .get(b)
          .simd16(V.i8x16_shuffle, unpackBytes(size, high, 8)),
      ),
);
export const pshufb = mmxOp("pshufb", false, (c, a, b) => {
  c.get(a).get(b).i32(0x87).simd(V.i8x16_splat).simd(V.and).simd(V.i8x16_swizzle);
});

export const shiftOps = shiftTable.map(([, , name, bits, opcode, arithmetic]) => ({
  bits,
  arithmetic,
  byRegister: quietOp(`mmx_${name}`, (e) => {
    const { c } = e;
    const a = c.temp(T.v128);
    const count = c.temp(T.i64);
    splat(e, A, a);
    e.get64(B);
    c.set(count);
    setMm(e, () => {
      shiftByCount(c, bits, opcode, arithmetic, a, count);
      lowHalf(c);
    });
    c.release(T.v128, a);
    c.release(T.i64, count);
  }),
  byImmediate: quietOp(`mmx_${name}_imm`, (e) =>
    setMm(e, () => {
      e.get64(A);
      e.c.simd(V.i64x2_splat);
      e.field(C);
      e.c.simd(opcode);
      lowHalf(e.c);
    }),
  ),
}));
/** a = 0; a = b. */
export const clearMm = quietOp("mmx_clear", (e) => setMm(e, () => e.c.i64(0)));
export const movMm = quietOp("mmx_mov", (e) => setMm(e, () => e.get64(B)));
/** a = low 32 bits of b, zeros above. */
export const movMm32 = quietOp("mmx_mov32", (e) =>
  setMm(e, () => {
    e.get32(B);
    e.c.op(I64.extend_i32_u);
  }),
);

const IOTA = Array.from({ length: 16 }, (_, i) => i);
/** a = the 16 bytes a:b (b low) shifted right by c bytes, c <= 16, low half. */
export const palignr = quietOp("mmx_palignr", (e) =>
  setMm(e, () => {
    const { c } = e;
    c.simd16(V.const, new Uint8Array(16));
    e.get64(B);
    c.lane(V.i64x2_replace_lane, 0);
    e.get64(A);
    c.lane(V.i64x2_replace_lane, 1);
    c.simd16(V.const, IOTA);
    e.field(C);
    c.simd(V.i8x16_splat).simd(V.i8x16_add).simd(V.i8x16_swizzle);
    lowHalf(c);
  }),
);
/** pshufw: a = bytes of b after the immediate's eight selectors. */
export const shuffleBytes = quietOp("mmx_shuffle", (e) =>
  setMm(e, () => {
    e.get64(B);
    e.c.simd(V.i64x2_splat);
    e.imm64();
    e.c.simd(V.i64x2_splat).simd(V.i8x16_swizzle);
    lowHalf(e.c);
  }),
);
/** General register a = sign bits of the bytes of b. */
export const pmovmskb = quietOp("mmx_pmovmskb", (e) =>
  e.set32(A, () => {
    e.get64(B);
    e.c.simd(V.i64x2_splat).simd(V.i8x16_bitmask).i32(0xff).op(I32.and);
  }),
);
/** pinsrw: word c of a = low word of general register b; pextrw: general register a = word c of b. */
export const pinsrw = quietOp("mmx_pinsrw", (e) => {
  const { c } = e;
  const shift = c.temp(T.i64);
  const value = c.temp(T.i64);
  e.field(C);
  c.i32(4).op(I32.shl).op(I64.extend_i32_u).set(shift);
  e.get32(B);
  c.op(I64.extend_i32_u).i64(0xffff).op(I64.and).get(shift).op(I64.shl);
  e.get64(A);
  c.i64(0xffff).get(shift).op(I64.shl).i64(-1).op(I64.xor).op(I64.and).op(I64.or).set(value);
  setMm(e, () => c.get(value));
  c.release(T.i64, shift);
  c.release(T.i64, value);
});
export const pextrw = quietOp("mmx_pextrw", (e) =>
  e.set32(A, () => {
    const { c } = e;
    e.get64(B);
    e.field(C);
    c.i32(4).op(I32.shl).op(I64.extend_i32_u).op(I64.shr_u).op(I32.wrap_i64).i32(0xffff).op(I32.and);
  }),
);
/** XMM register a = MMX register b, zeros above; and the low half back. */
export const movq2dq = quietOp("movq2dq", (e) =>
  e.setV128(A, () => {
    e.c.simd16(V.const, new Uint8Array(16));
    e.get64(B);
    e.c.lane(V.i64x2_replace_lane, 0);
  }),
);
export const movdq2q = quietOp("movdq2q", (e) =>
  setMm(e, () => {
    e.getV128(B);
    lowHalf(e.c);
  }),
);
