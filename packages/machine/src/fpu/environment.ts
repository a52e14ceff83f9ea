import { FPR, FPU_CW, FPU_DP, FPU_IMAGE, FPU_IP, FPU_OP, FPU_SW, FPU_TAG, gpr, MXCSR, XMM } from "../layout.ts";
import { Trap } from "../trap.ts";
import { refreshSummary } from "./unit.ts";

/** What `imageUpcallRun` is asked for. Images lie at FPU_IMAGE. */
export const IMAGE = {
  /** Build the 28-byte (or 14-byte) environment; then mask all exceptions (fnstenv). */
  storeEnvironment: 0,
  loadEnvironment: 1,
  /** Build environment and registers (108 or 94 bytes), then fninit. */
  save: 2,
  restore: 3,
  /** FXSAVE image. */
  fxsave: 4,
  fxrstor: 5,
  /** Before XSAVE the old header, after it the image with the new header; the requested components are in a. */
  xsave: 6,
  xsavec: 7,
  xrstor: 8,
} as const;

/** Two-bit tags of the full tag word. @see Intel SDM volume 1, section 8.1.7 */
function fullTag(v: DataView): number {
  const abridged = v.getUint32(FPU_TAG, true);
  let tags = 0;
  for (let i = 0; i < 8; i++) {
    let t = 3;
    if ((abridged >> i) & 1) {
      const at = FPR + i * 16;
      const exp = v.getUint16(at + 8, true) & 0x7fff;
      const hi = v.getUint32(at + 4, true);
      const zero = hi === 0 && v.getUint32(at, true) === 0;
      if (exp === 0) t = zero ? 1 : 2;
      else if (exp === 0x7fff || hi >>> 31 === 0) t = 2;
      else t = 0;
    }
    tags |= t << (2 * i);
  }
  return tags;
}

function putEnvironment(v: DataView, wide: boolean): void {
  const put = (i: number, n: number): void => {
    if (wide) v.setUint32(FPU_IMAGE + i * 4, n >>> 0, true);
    else v.setUint16(FPU_IMAGE + i * 2, n & 0xffff, true);
  };
  const ip = v.getUint32(FPU_IP, true);
  const dp = v.getUint32(FPU_DP, true);
  // The reserved halves of the control, status and tag words read as ones.
  put(0, v.getUint32(FPU_CW, true) | 0xffff0000);
  put(1, v.getUint32(FPU_SW, true) | 0xffff0000);
  put(2, fullTag(v) | 0xffff0000);
  put(3, ip);
  if (wide) {
    put(4, (v.getUint32(FPU_OP, true) & 0x7ff) << 16);
    put(5, dp);
    put(6, 0xffff0000);
  } else {
    put(4, 0);
    put(5, dp);
    put(6, 0);
  }
}

function takeEnvironment(v: DataView, wide: boolean): void {
  const get = (i: number): number => (wide ? v.getUint32(FPU_IMAGE + i * 4, true) : v.getUint16(FPU_IMAGE + i * 2, true));
  v.setUint32(FPU_CW, (get(0) & 0x1f7f) | 0x40, true);
  v.setUint32(FPU_SW, get(1) & 0xffff, true);
  const tags = get(2);
  let abridged = 0;
  for (let i = 0; i < 8; i++) if (((tags >> (2 * i)) & 3) !== 3) abridged |= 1 << i;
  v.setUint32(FPU_TAG, abridged, true);
  v.setUint32(FPU_IP, get(3), true);
  v.setUint32(FPU_IP + 4, 0, true);
  v.setUint32(FPU_OP, wide ? (get(4) >>> 16) & 0x7ff : 0, true);
  v.setUint32(FPU_DP, get(5), true);
  v.setUint32(FPU_DP + 4, 0, true);
  refreshSummary(v);
}

function copyRegisters(v: DataView, offset: number, store: boolean, step: number): void {
  const top = (v.getUint32(FPU_SW, true) >> 11) & 7;
  for (let i = 0; i < 8; i++) {
    const r = FPR + ((top + i) & 7) * 16;
    for (let j = 0; j < 10; j++) {
      if (store) v.setUint8(FPU_IMAGE + offset + i * step + j, v.getUint8(r + j));
      else v.setUint8(r + j, v.getUint8(FPU_IMAGE + offset + i * step + j));
    }
    for (let j = 10; j < step; j++) if (store) v.setUint8(FPU_IMAGE + offset + i * step + j, 0);
  }
}

function initialise(v: DataView): void {
  v.setUint32(FPU_CW, 0x37f, true);
  v.setUint32(FPU_SW, 0, true);
  v.setUint32(FPU_TAG, 0, true);
  v.setUint32(FPU_OP, 0, true);
  for (const at of [FPU_IP, FPU_DP]) {
    v.setUint32(at, 0, true);
    v.setUint32(at + 4, 0, true);
  }
}

function storeX87(v: DataView, rex: boolean): void {
  v.setUint16(FPU_IMAGE, v.getUint32(FPU_CW, true), true);
  v.setUint16(FPU_IMAGE + 2, v.getUint32(FPU_SW, true), true);
  v.setUint16(FPU_IMAGE + 4, v.getUint32(FPU_TAG, true) & 0xff, true);
  v.setUint16(FPU_IMAGE + 6, v.getUint32(FPU_OP, true), true);
  for (const [at, to] of [
    [FPU_IP, 8],
    [FPU_DP, 16],
  ] as const) {
    v.setUint32(FPU_IMAGE + to, v.getUint32(at, true), true);
    v.setUint32(FPU_IMAGE + to + 4, rex ? v.getUint32(at + 4, true) : 0, true);
  }
  copyRegisters(v, 32, true, 16);
}
function storeMxcsr(v: DataView): void {
  v.setUint32(FPU_IMAGE + 24, v.getUint32(MXCSR, true), true);
  v.setUint32(FPU_IMAGE + 28, 0xffff, true);
}
function copyXmm(v: DataView, store: boolean): void {
  for (let i = 0; i < 256; i++) {
    if (store) v.setUint8(FPU_IMAGE + 160 + i, v.getUint8(XMM + i));
    else v.setUint8(XMM + i, v.getUint8(FPU_IMAGE + 160 + i));
  }
}
function loadX87(v: DataView): void {
  v.setUint32(FPU_CW, (v.getUint16(FPU_IMAGE, true) & 0x1f7f) | 0x40, true);
  v.setUint32(FPU_SW, v.getUint16(FPU_IMAGE + 2, true), true);
  v.setUint32(FPU_TAG, v.getUint8(FPU_IMAGE + 4), true);
  v.setUint32(FPU_OP, v.getUint16(FPU_IMAGE + 6, true) & 0x7ff, true);
  for (let i = 0; i < 8; i++) {
    v.setUint8(FPU_IP + i, v.getUint8(FPU_IMAGE + 8 + i));
    v.setUint8(FPU_DP + i, v.getUint8(FPU_IMAGE + 16 + i));
  }
  copyRegisters(v, 32, false, 16);
  refreshSummary(v);
}

const RAX = gpr(0);

/** The components that a XSAVE or XRSTOR names: edx:eax and XCR0. */
const requested = (v: DataView): number => v.getUint32(RAX, true) & 3;

/** Is the x87 (bit 0) or SSE (bit 1) state other than its initial configuration? */
function inUse(v: DataView): number {
  let bits = 0;
  const x87 =
    v.getUint32(FPU_CW, true) !== 0x37f ||
    v.getUint32(FPU_SW, true) !== 0 ||
    v.getUint32(FPU_TAG, true) !== 0 ||
    v.getUint32(FPU_IP, true) !== 0 ||
    v.getUint32(FPU_DP, true) !== 0;
  if (x87) bits |= 1;
  for (let i = 0; i < 256; i += 4)
    if (v.getUint32(XMM + i, true) !== 0) {
      bits |= 2;
      break;
    }
  return bits;
}

function xrstor(v: DataView): number {
  const header = FPU_IMAGE + 512;
  const bv = v.getUint32(header, true);
  const bvHi = v.getUint32(header + 4, true);
  const comp = v.getUint32(header + 8, true);
  const compHi = v.getUint32(header + 12, true);
  const compacted = compHi >>> 31 === 1;
  if (bv & ~3 || bvHi) return Trap.GP;
  if (compacted ? comp & ~3 || compHi !== 0x80000000 || bv & ~comp : comp || compHi) return Trap.GP;
  for (let i = 16; i < (compacted ? 64 : 24); i += 4) if (v.getUint32(header + i, true)) return Trap.GP;
  const rfbm = requested(v);
  const live = compacted ? comp : 3;
  if (rfbm & 2 || (!compacted && rfbm & 2)) {
    const mxcsr = v.getUint32(FPU_IMAGE + 24, true);
    const takes = compacted ? (bv & 2) !== 0 : true;
    if (takes && mxcsr & ~0xffff) return Trap.GP;
    if (takes) v.setUint32(MXCSR, mxcsr, true);
    else v.setUint32(MXCSR, 0x1f80, true);
    if (bv & live & 2) copyXmm(v, false);
    else for (let i = 0; i < 256; i += 4) v.setUint32(XMM + i, 0, true);
  }
  if (rfbm & 1) {
    if (bv & live & 1) loadX87(v);
    else {
      initialise(v);
      for (let i = 0; i < 128; i += 4) v.setUint32(FPR + i, 0, true);
    }
  }
  return 0;
}

/** One step of the save and restore instructions. @returns 0 or the vector of an exception. */
export function imageUpcallRun(v: DataView, kind: number, a: number, b: number): number {
  void a;
  const pending = (v.getUint32(FPU_SW, true) & 0x80) !== 0;
  switch (kind) {
    case IMAGE.storeEnvironment:
      putEnvironment(v, b !== 0);
      return 0;
    case IMAGE.loadEnvironment:
      if (pending) return Trap.MF;
      takeEnvironment(v, b !== 0);
      return 0;
    case IMAGE.save:
      putEnvironment(v, b !== 0);
      copyRegisters(v, b !== 0 ? 28 : 14, true, 10);
      return 0;
    case IMAGE.restore:
      if (pending) return Trap.MF;
      takeEnvironment(v, b !== 0);
      copyRegisters(v, b !== 0 ? 28 : 14, false, 10);
      return 0;
    case IMAGE.fxsave:
      for (let i = 416; i < 512; i += 4) v.setUint32(FPU_IMAGE + i, 0, true);
      storeX87(v, b !== 0);
      storeMxcsr(v);
      copyXmm(v, true);
      return 0;
    case IMAGE.fxrstor: {
      const mxcsr = v.getUint32(FPU_IMAGE + 24, true);
      if (mxcsr & ~0xffff) return Trap.GP;
      loadX87(v);
      v.setUint32(MXCSR, mxcsr, true);
      copyXmm(v, false);
      return 0;
    }
    case IMAGE.xsave: {
      // The image was loaded first: what is not asked for keeps its bytes.
      const rfbm = requested(v);
      if (rfbm & 1) storeX87(v, b !== 0);
      if (rfbm & 2) {
        storeMxcsr(v);
        copyXmm(v, true);
      }
      const old = v.getUint32(FPU_IMAGE + 512, true);
      v.setUint32(FPU_IMAGE + 512, (old & ~rfbm) | (inUse(v) & rfbm), true);
      return 0;
    }
    case IMAGE.xsavec: {
      const rfbm = requested(v);
      const used = inUse(v) & rfbm;
      if (used & 1) storeX87(v, b !== 0);
      if (used & 2) {
        storeMxcsr(v);
        copyXmm(v, true);
      }
      for (let i = 0; i < 64; i += 4) v.setUint32(FPU_IMAGE + 512 + i, 0, true);
      v.setUint32(FPU_IMAGE + 512, used, true);
      v.setUint32(FPU_IMAGE + 520, rfbm, true);
      v.setUint32(FPU_IMAGE + 524, 0x80000000, true);
      return 0;
    }
    case IMAGE.xrstor:
      return xrstor(v);
    case 9:
      // fnstenv masks all exceptions once the environment is stored; fnsave initialises.
      v.setUint32(FPU_CW, v.getUint32(FPU_CW, true) | 63, true);
      refreshSummary(v);
      return 0;
    case 10:
      initialise(v);
      return 0;
    default:
      return 0;
  }
}
