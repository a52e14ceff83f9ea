import { Trap } from "../../../trap.ts";
import { F32, F64, I32, I64, T, V } from "../../../wasm/opcodes.ts";
import { A, B, type Emitter } from "../../emitter.ts";
import type { OpDef } from "../../op.ts";
import type { AddressForm } from "../memory.ts";
import { addressLocal, faultingOp, quietOp } from "./define.ts";

/** Raises #GP unless the address is a multiple of 16 (Intel SDM volume 1, section 11.3). */
function checkAlignment(e: Emitter, va: number): void {
  const { c } = e;
  c.get(va).op(I32.wrap_i64).i32(15).op(I32.and).if();
  e.trap(Trap.GP, 0);
  c.end();
}

function load128(form: AddressForm, aligned: boolean): OpDef {
  return faultingOp(
    `load128${aligned ? "a" : "u"}_${form}`,
    (e) => {
      const { c } = e;
      const va = addressLocal(e, form);
      if (aligned) checkAlignment(e, va);
      const v = c.temp(T.v128);
      e.loadAddress(va, 16);
      c.simdMem(V.load).set(v);
      e.setV128(A, () => c.get(v));
      c.release(T.v128, v);
      c.release(T.i64, va);
    },
    false,
  );
}

function store128(form: AddressForm, aligned: boolean): OpDef {
  return faultingOp(
    `store128${aligned ? "a" : "u"}_${form}`,
    (e) => {
      const { c } = e;
      const va = addressLocal(e, form);
      if (aligned) checkAlignment(e, va);
      e.storeAt(va, 16, (addr) => {
        c.get(addr);
        e.getV128(A);
        c.simdMem(V.store);
      });
      c.release(T.i64, va);
    },
    false,
  );
}

/** Loads or stores by addressing form; where there is none, the address is computed first (see memoryOp). */
export type ByForm = readonly (OpDef | undefined)[];

function byForm(forms: readonly AddressForm[], make: (form: AddressForm) => OpDef): ByForm {
  const out: OpDef[] = [];
  for (const form of forms) out[form] = make(form);
  return out;
}

/** a = 16 bytes of memory; the aligned ones raise #GP on misalignment. */
export const loadUnaligned = byForm([0], (form) => load128(form, false));
export const loadAligned = byForm([0], (form) => load128(form, true));
/** Stores the 16 bytes of a. */
export const storeUnaligned = byForm([0], (form) => store128(form, false));
export const storeAligned = byForm([0], (form) => store128(form, true));

/** Elements of arrays are as frequent as base + displacement. */
const FORMS_32: readonly AddressForm[] = [0, 3];
const FORMS_64: readonly AddressForm[] = [0, 4];

function loadScalar(form: AddressForm, size: 4 | 8): OpDef {
  return faultingOp(
    `load_scalar${size * 8}_${form}`,
    (e) => {
      const { c } = e;
      const va = addressLocal(e, form);
      if (size === 8) {
        const v = c.temp(T.f64);
        e.loadAddress(va, size);
        c.mem(F64.load).set(v);
        e.setF64Zero(A, () => c.get(v));
        c.release(T.f64, v);
      } else {
        const v = c.temp(T.v128);
        e.loadAddress(va, size);
        c.simdMem(V.load32_zero).set(v);
        e.setV128(A, () => c.get(v));
        c.release(T.v128, v);
      }
      c.release(T.i64, va);
    },
    false,
  );
}
/** a = 4 or 8 bytes of memory, zeros above: movss, movsd, movd, movq and scalar operands. */
export const loadScalar32 = byForm(FORMS_32, (form) => loadScalar(form, 4));
export const loadScalar64 = byForm(FORMS_64, (form) => loadScalar(form, 8));

function storeScalar(form: AddressForm, size: 4 | 8, high: boolean): OpDef {
  return faultingOp(
    `store_scalar${size * 8}${high ? "h" : ""}_${form}`,
    (e) => {
      const { c } = e;
      const va = addressLocal(e, form);
      e.storeAt(va, size, (addr) => {
        c.get(addr);
        if (high) {
          e.getV128(A);
          c.lane(V.i64x2_extract_lane, 1).mem(I64.store);
        } else if (size === 8) {
          e.getF64(A);
          c.mem(F64.store);
        } else {
          e.getF32(A);
          c.mem(F32.store);
        }
      });
      c.release(T.i64, va);
    },
    high,
  );
}
/** Stores the low 4 or 8 bytes of a, or its high 8. */
export const storeScalar32 = byForm(FORMS_32, (form) => storeScalar(form, 4, false));
export const storeScalar64 = byForm(FORMS_64, (form) => storeScalar(form, 8, false));
export const storeHigh64 = byForm([0], (form) => storeScalar(form, 8, true));

/** a = b. */
export const mov128 = quietOp("mov128", (e) => e.copyXmm(), false);
/** Low lane of a = low lane of b, the rest stays. */
export const movLow64 = quietOp("mov_low64", (e) => e.setF64(A, () => e.getF64(B)));
export const movLow32 = quietOp("mov_low32", (e) => e.setF32(A, () => e.getF32(B)));
/** a = low 8 bytes of b, zeros above. */
export const movZero64 = quietOp("mov_zero64", (e) => {
  const { c } = e;
  const v = c.temp(T.f64);
  e.getF64(B);
  c.set(v);
  e.setF64Zero(A, () => c.get(v));
  c.release(T.f64, v);
});

/** Fixed byte shuffles of (a, b) into a: bytes 0…15 are a's, 16…31 b's. */
export function shuffleOp(name: string, bytes: readonly number[]): OpDef {
  return quietOp(name, (e) =>
    e.setV128(A, () => {
      e.getV128(A);
      e.getV128(B);
      e.c.simd16(V.i8x16_shuffle, bytes);
    }),
  );
}
/** Bytes of lanes of `size` bytes: lane numbers count through a, then b. */
export function lanes(size: number, ...order: number[]): number[] {
  return order.flatMap((n) => Array.from({ length: size }, (_, i) => n * size + i));
}
export const movLowToHigh = shuffleOp("movlhps", lanes(8, 0, 2));
export const movHighToLow = shuffleOp("movhlps", lanes(8, 3, 1));
export const movddup = shuffleOp("movddup", lanes(8, 2, 2));
export const movsldup = shuffleOp("movsldup", lanes(4, 4, 4, 6, 6));
export const movshdup = shuffleOp("movshdup", lanes(4, 5, 5, 7, 7));

/** XMM register a = general register b, zeros above; and back. */
export const movdToXmm = quietOp("movd_to_xmm", (e) =>
  e.setV128(A, () => {
    e.c.simd16(V.const, new Uint8Array(16));
    e.get32(B);
    e.c.lane(V.i32x4_replace_lane, 0);
  }),
);
export const movqToXmm = quietOp("movq_to_xmm", (e) =>
  e.setF64Zero(A, () => {
    e.get64(B);
    e.c.op(F64.reinterpret_i64);
  }),
);
export const movdFromXmm = quietOp("movd_from_xmm", (e) =>
  e.set32(A, () => {
    e.getF32(B);
    e.c.op(I32.reinterpret_f32);
  }),
);
export const movqFromXmm = quietOp("movq_from_xmm", (e) =>
  e.set64(A, () => {
    e.getF64(B);
    e.c.op(I64.reinterpret_f64);
  }),
);
