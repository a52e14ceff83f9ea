import { CONST_POOL, FPR, FPU_CW, FPU_DP, FPU_IP, FPU_OP, FPU_SW, FPU_TAG, MXCSR, XMM } from "../../../layout.ts";

/** Where ops put a guest's FXSAVE or XSAVE area while it is worked on. */
export const IMAGE = CONST_POOL + 0x2000;
export const FXSAVE_SIZE = 512;
/** Legacy area and header; nothing follows since XCR0 is x87 and SSE only. */
export const XSAVE_SIZE = 576;
const XCR0 = 3;
const X87 = 1;
const SSE = 2;
const XSTATE_BV = IMAGE + 512;
const XCOMP_BV = IMAGE + 520;
const MXCSR_MASK = 0xffff;

/** Which instruction works on the image. */
export const FXSAVE = 0;
export const XSAVE = 1;
export const XSAVEC = 2;
export const FXRSTOR = 3;
export const XRSTOR = 4;

/** Layout: Intel SDM volume 1, table 10-2. */
function saveX87(v: DataView): void {
  const sw = v.getInt32(FPU_SW, true);
  v.setUint16(IMAGE, v.getInt32(FPU_CW, true), true);
  v.setUint16(IMAGE + 2, sw, true);
  v.setUint16(IMAGE + 4, v.getUint8(FPU_TAG), true);
  v.setUint16(IMAGE + 6, v.getInt32(FPU_OP, true), true);
  for (let i = 0; i < 8; i += 4) {
    v.setInt32(IMAGE + 8 + i, v.getInt32(FPU_IP + i, true), true);
    v.setInt32(IMAGE + 16 + i, v.getInt32(FPU_DP + i, true), true);
  }
  for (let i = 0; i < 8; i++) {
    const from = FPR + ((((sw >> 11) & 7) + i) & 7) * 16;
    const to = IMAGE + 32 + i * 16;
    for (let o = 0; o < 8; o += 4) v.setInt32(to + o, v.getInt32(from + o, true), true);
    v.setInt32(to + 8, v.getUint16(from + 8, true), true);
    v.setInt32(to + 12, 0, true);
  }
}

function saveSse(v: DataView): void {
  v.setInt32(IMAGE + 24, v.getInt32(MXCSR, true), true);
  v.setInt32(IMAGE + 28, MXCSR_MASK, true);
  for (let i = 0; i < 256; i += 4) v.setInt32(IMAGE + 160 + i, v.getInt32(XMM + i, true), true);
}

/** Loads the x87 state from the image, or its initial state. */
function restoreX87(v: DataView, initial: boolean): void {
  const sw = initial ? 0 : v.getUint16(IMAGE + 2, true);
  v.setInt32(FPU_CW, initial ? 0x37f : (v.getUint16(IMAGE, true) & 0x1f7f) | 0x40, true);
  v.setInt32(FPU_SW, sw, true);
  v.setInt32(FPU_TAG, initial ? 0 : v.getUint8(IMAGE + 4), true);
  v.setInt32(FPU_OP, initial ? 0 : v.getUint16(IMAGE + 6, true) & 0x7ff, true);
  for (let i = 0; i < 8; i += 4) {
    v.setInt32(FPU_IP + i, initial ? 0 : v.getInt32(IMAGE + 8 + i, true), true);
    v.setInt32(FPU_DP + i, initial ? 0 : v.getInt32(IMAGE + 16 + i, true), true);
  }
  for (let i = 0; i < 8; i++) {
    const to = FPR + ((((sw >> 11) & 7) + i) & 7) * 16;
    const from = IMAGE + 32 + i * 16;
    for (let o = 0; o < 8; o += 4) v.setInt32(to + o, initial ? 0 : v.getInt32(from + o, true), true);
    v.setInt32(to + 8, initial ? 0 : v.getUint16(from + 8, true), true);
    v.setInt32(to + 12, 0, true);
  }
}

function restoreXmm(v: DataView, initial: boolean): void {
  for (let i = 0; i < 256; i += 4) v.setInt32(XMM + i, initial ? 0 : v.getInt32(IMAGE + 160 + i, true), true);
}

const zeroFrom = (v: DataView, from: number, to: number): boolean => {
  for (let at = from; at < to; at += 4) if (v.getInt32(at, true) !== 0) return false;
  return true;
};

/** xrstor (Intel SDM volume 1, section 13.8). @returns 1 if #GP is due; then nothing has changed. */
function restoreExtended(v: DataView, requested: number): number {
  const present = v.getInt32(XSTATE_BV, true);
  const compact = v.getInt32(XCOMP_BV + 4, true) < 0;
  if (present & ~XCR0 || v.getInt32(XSTATE_BV + 4, true) !== 0) return 1;
  if (compact) {
    const layout = v.getInt32(XCOMP_BV, true);
    if (layout & ~XCR0 || v.getInt32(XCOMP_BV + 4, true) << 1 !== 0 || present & ~layout) return 1;
    if (!zeroFrom(v, IMAGE + 528, IMAGE + XSAVE_SIZE)) return 1;
  } else if (!zeroFrom(v, XCOMP_BV, IMAGE + 536)) return 1;
  if (requested & SSE) {
    // The standard form loads MXCSR whether or not the XMM registers are in the image.
    const fromImage = !compact || (present & SSE) !== 0;
    const mxcsr = fromImage ? v.getInt32(IMAGE + 24, true) : 0x1f80;
    if (mxcsr & ~MXCSR_MASK) return 1;
    v.setInt32(MXCSR, mxcsr, true);
    restoreXmm(v, !(present & SSE));
  }
  if (requested & X87) restoreX87(v, !(present & X87));
  return 0;
}

/** Works on the image for one instruction; `requested` is EAX. @returns 1 if #GP is due. */
export function stateImage(v: DataView, kind: number, requested: number): number {
  const components = requested & XCR0;
  switch (kind) {
    case FXSAVE:
      saveX87(v);
      saveSse(v);
      return 0;
    case XSAVE:
    case XSAVEC:
      if (components & X87) saveX87(v);
      if (components & SSE) saveSse(v);
      if (kind === XSAVE) v.setInt32(XSTATE_BV, v.getInt32(XSTATE_BV, true) | components, true);
      else {
        v.setInt32(XSTATE_BV, components, true);
        v.setInt32(XSTATE_BV + 4, 0, true);
        v.setInt32(XCOMP_BV, components, true);
        v.setUint32(XCOMP_BV + 4, 0x80000000, true);
      }
      return 0;
    case FXRSTOR:
      if (v.getInt32(IMAGE + 24, true) & ~MXCSR_MASK) return 1;
      restoreX87(v, false);
      v.setInt32(MXCSR, v.getInt32(IMAGE + 24, true), true);
      restoreXmm(v, false);
      return 0;
    default:
      return restoreExtended(v, components);
  }
}
