import { T, V } from "../../../wasm/opcodes.ts";
import { A, B, type Emitter } from "../../emitter.ts";
import { quietOp } from "./define.ts";

const BYTE_OF_LANE = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3];
const BYTE_IN_LANE = [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3];

/** Pushes byte selectors for four lanes whose first bytes are the bytes of the i32 that `push` leaves. */
function laneSelectors(e: Emitter, push: () => void): void {
  const { c } = e;
  push();
  c.simd(V.i32x4_splat).simd16(V.const, BYTE_OF_LANE).simd(V.i8x16_swizzle).simd16(V.const, BYTE_IN_LANE).simd(V.i8x16_add);
}

/** First bytes of lanes as the shuffle ops' immediate; 0x80 for a lane that becomes zero. */
export function packSelectors(first: readonly number[]): number {
  return first.reduce((v, b, i) => v | (b << (8 * i)), 0);
}

const bytesOf = (v: number): number[] => [0, 8, 16, 24].map((s) => (v >>> s) & 0xff);

/** a = four 32-bit lanes of b; byte i of the immediate is the first byte of lane i's source. */
export const shuffleLanes = quietOp("shuffle_lanes", (e) => {
  const known = e.constImm();
  e.setV128(A, () => {
    if (known) {
      const bytes = bytesOf(known.lo).flatMap((b) => [b, b + 1, b + 2, b + 3]);
      e.getV128(B);
      e.getV128(B);
      e.c.simd16(V.i8x16_shuffle, bytes);
    } else {
      e.getV128(B);
      laneSelectors(e, () => e.immLo());
      e.c.simd(V.i8x16_swizzle);
    }
  });
});

/** a = lanes of a (selectors: low half of the immediate) or'ed with lanes of b (high half); 0x80 selects zero. */
export const shuffleTwo = quietOp("shuffle_two", (e) => {
  const { c } = e;
  const v = c.temp(T.v128);
  e.getV128(A);
  laneSelectors(e, () => e.immLo());
  c.simd(V.i8x16_swizzle);
  e.getV128(B);
  laneSelectors(e, () => e.immHi());
  c.simd(V.i8x16_swizzle).simd(V.or).set(v);
  e.setV128(A, () => c.get(v));
  c.release(T.v128, v);
});

const IDENTITY = Array.from({ length: 16 }, (_, i) => i);

/** a = b with eight bytes of the low or high half chosen by the immediate's eight selectors, the other half copied. */
export const shuffleHalf = ([0, 1] as const).map((half) =>
  quietOp(`shuffle_half${half}`, (e) =>
    e.setV128(A, () => {
      e.getV128(B);
      e.c.simd16(V.const, IDENTITY);
      e.imm64();
      e.c.lane(V.i64x2_replace_lane, half).simd(V.i8x16_swizzle);
    }),
  ),
);

/** a = 16-bit lanes of b where the byte of the immediate is 0xff, of a where it is 0. */
export const blendWords = quietOp("blend_words", (e) =>
  e.setV128(A, () => {
    e.getV128(B);
    e.getV128(A);
    e.imm64();
    e.c.simd(V.i64x2_splat).simd(V.i16x8_extend_low_i8x16_s).simd(V.bitselect);
  }),
);
