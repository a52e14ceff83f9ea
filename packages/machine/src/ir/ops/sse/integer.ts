import { I32, I64, T, V } from "../../../wasm/opcodes.ts";
import { A, B, C, type Emitter } from "../../emitter.ts";
import type { OpDef } from "../../op.ts";
import { quietOp } from "./define.ts";
import { integerTable, shiftByCount, shiftTable, unpackBytes, unpackTable, type VectorEmit } from "./integerTable.ts";
import { shuffleOp } from "./move.ts";

/** The few integer operations that string functions and register clearing use all the time. */
const HOT = new Set(["pxor", "por", "pand", "pcmpeqb", "pminub", "psubb"]);

/** Declares a = emit(a, b) on whole XMM registers. */
export function vectorOp(name: string, emit: VectorEmit, cold = true): OpDef {
  return quietOp(
    name,
    (e) => {
      const { c } = e;
      const a = c.temp(T.v128);
      const b = c.temp(T.v128);
      e.getV128(A);
      c.set(a);
      e.getV128(B);
      c.set(b);
      e.setV128(A, () => emit(c, a, b));
      c.release(T.v128, a);
      c.release(T.v128, b);
    },
    cold,
  );
}

/** Ops in the order of integerTable. */
export const integerOps = integerTable.map((r) => vectorOp(r.name, r.emit, !HOT.has(r.name)));
export const unpackOps = unpackTable.map(([, name, size, high]) => shuffleOp(name, unpackBytes(size, high, 16)));

/** Shifts of a by the low 64 bits of b, and by the small number c (already below the lane width). */
export const shiftOps = shiftTable.map(([, , name, bits, opcode, arithmetic]) => ({
  bits,
  arithmetic,
  byRegister: quietOp(name, (e) => {
    const { c } = e;
    const a = c.temp(T.v128);
    const count = c.temp(T.i64);
    e.getV128(A);
    c.set(a);
    e.getF64(B);
    c.op(I64.reinterpret_f64).set(count);
    e.setV128(A, () => shiftByCount(c, bits, opcode, arithmetic, a, count));
    c.release(T.v128, a);
    c.release(T.i64, count);
  }),
  byImmediate: quietOp(`${name}_imm`, (e) =>
    e.setV128(A, () => {
      e.getV128(A);
      e.field(C);
      e.c.simd(opcode);
    }),
  ),
}));

/** a = 0. */
export const clear128 = quietOp("clear128", (e) => e.setF64Zero(A, () => e.c.f64(0)), false);

const IOTA = Array.from({ length: 16 }, (_, i) => i);

/** Pushes v128 local `v` moved down by the small number c minus `less` bytes (up if negative); bytes from outside are zero. */
function moveBytes(e: Emitter, push: () => void, sign: 1 | -1, less: number): void {
  const { c } = e;
  // Indices of 16 and more, negative ones among them, select zero.
  push();
  c.simd16(V.const, less === 0 ? IOTA : IOTA.map((i) => (i - less) & 0xff));
  e.field(C);
  c.simd(V.i8x16_splat)
    .simd(sign > 0 ? V.i8x16_add : V.i8x16_sub)
    .simd(V.i8x16_swizzle);
}
/** a shifted by c bytes, c <= 16. */
export const pslldq = quietOp("pslldq", (e) => e.setV128(A, () => moveBytes(e, () => e.getV128(A), -1, 0)));
export const psrldq = quietOp("psrldq", (e) => e.setV128(A, () => moveBytes(e, () => e.getV128(A), 1, 0)));
/** a = the 32 bytes a:b (b low) shifted right by c bytes, c <= 32, low half. */
export const palignr = quietOp("palignr", (e) =>
  e.setV128(A, () => {
    moveBytes(e, () => e.getV128(B), 1, 0);
    moveBytes(e, () => e.getV128(A), 1, 16);
    e.c.simd(V.or);
  }),
);

/** Byte shuffle by register: selectors with bit 7 give zero, others count modulo 16. */
export const pshufb = vectorOp("pshufb", (c, a, b) => {
  c.get(a).get(b).i32(0x8f).simd(V.i8x16_splat).simd(V.and).simd(V.i8x16_swizzle);
});

/** General register a = sign bits of the lanes of b. */
const mask = (name: string, opcode: number, cold: boolean): OpDef =>
  quietOp(
    name,
    (e) =>
      e.set32(A, () => {
        e.getV128(B);
        e.c.simd(opcode);
      }),
    cold,
  );
export const pmovmskb = mask("pmovmskb", V.i8x16_bitmask, false);
export const movmskps = mask("movmskps", V.i32x4_bitmask, true);
export const movmskpd = mask("movmskpd", V.i64x2_bitmask, true);

/** Lanes of c bytes offset: general register (or temporary) b into XMM register a at byte offset c. */
const insert = (name: string, store: number, wide: boolean): OpDef =>
  quietOp(name, (e) => {
    const { c } = e;
    e.flush();
    e.address(A);
    e.field(C);
    c.op(I32.add);
    if (wide) e.get64(B);
    else e.get32(B);
    c.mem(store);
    e.reload();
  });
export const insert8 = insert("pinsrb", I32.store8, false);
export const insert16 = insert("pinsrw", I32.store16, false);
export const insert32 = insert("pinsrd", I32.store, false);
export const insert64 = insert("pinsrq", I64.store, true);
/** General register (or temporary) a = lane of XMM register b at byte offset c, zero-extended. */
const extract = (name: string, load: number): OpDef =>
  quietOp(name, (e) => {
    const { c } = e;
    e.set64(A, () => {
      e.address(B);
      e.field(C);
      c.op(I32.add).mem(load);
    });
  });
export const extract8 = extract("pextrb", I64.load8_u);
export const extract16 = extract("pextrw", I64.load16_u);
export const extract32 = extract("pextrd", I64.load32_u);
export const extract64 = extract("pextrq", I64.load);
