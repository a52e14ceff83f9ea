/**
 * The 80-bit extended format (Intel SDM volume 1, section 4.2.2) and rounding into it. Significands are
 * BigInt: x87 code is rare in x86-64 programs (long double), and exactness is what counts here.
 */

/** A finite value is mant * 2^(exp - 16446), exp as stored (0 acts as 1). */
export interface F80 {
  sign: number;
  /** Biased exponent as stored, 0…0x7fff. */
  exp: number;
  /** 64-bit significand with its explicit integer bit. */
  mant: bigint;
}

/** Exception flags of the status word. */
export const IE = 1;
export const DE = 2;
export const ZE = 4;
export const OE = 8;
export const UE = 16;
export const PE = 32;
export const SF = 64;
export const C1 = 0x200;

export const BIAS = 16383;
export const EXP_MAX = 0x7fff;
export const INT_BIT = 1n << 63n;
export const QUIET_BIT = 1n << 62n;
const EMIN = -16382;

/** Control and results of one operation. */
export interface Context {
  /** Rounding control 0 nearest even, 1 down, 2 up, 3 toward zero. */
  rc: number;
  /** Bits of precision: 24, 53 or 64. */
  precision: number;
  /** Masked exceptions (low six bits of the control word). */
  masks: number;
  /** Exceptions raised so far, and C1. */
  flags: number;
}

export const DEFAULT_NAN: F80 = { sign: 1, exp: EXP_MAX, mant: 3n << 62n };
export const zero = (sign: number): F80 => ({ sign, exp: 0, mant: 0n });
export const infinity = (sign: number): F80 => ({ sign, exp: EXP_MAX, mant: INT_BIT });

export const isNaN80 = (a: F80): boolean => a.exp === EXP_MAX && a.mant > INT_BIT;
export const isSignaling = (a: F80): boolean => isNaN80(a) && (a.mant & QUIET_BIT) === 0n;
export const isInf = (a: F80): boolean => a.exp === EXP_MAX && a.mant === INT_BIT;
export const isZero = (a: F80): boolean => a.exp === 0 && a.mant === 0n;
export const isDenormal = (a: F80): boolean => a.exp === 0 && a.mant !== 0n;
/** Encodings that no operation accepts: unnormals, pseudo-infinities, pseudo-NaNs. */
export const isUnsupported = (a: F80): boolean => a.exp !== 0 && (a.mant & INT_BIT) === 0n;

export function bitLength(m: bigint): number {
  if (m < 1n << 53n) {
    const n = Number(m);
    const hi = Math.floor(n / 4294967296);
    return hi ? 64 - Math.clz32(hi) : 32 - Math.clz32(n);
  }
  const hex = m.toString(16);
  return hex.length * 4 - (Math.clz32(Number.parseInt(hex[0]!, 16)) - 28);
}

/** Exponent of the least significant bit. */
export const lsbExponent = (a: F80): number => (a.exp || 1) - BIAS - 63;

/** m with its low `n` bits rounded away. `up`: the magnitude was increased. */
export function roundShift(m: bigint, n: number, sign: number, rc: number): { m: bigint; inexact: boolean; up: boolean } {
  if (n <= 0) return { m: m << BigInt(-n), inexact: false, up: false };
  const s = BigInt(n);
  const rem = m & ((1n << s) - 1n);
  let q = m >> s;
  if (rem === 0n) return { m: q, inexact: false, up: false };
  const half = 1n << (s - 1n);
  const up = rc === 0 ? rem > half || (rem === half && (q & 1n) === 1n) : rc === 1 ? sign === 1 : rc === 2 ? sign === 0 : false;
  if (up) q += 1n;
  return { m: q, inexact: true, up };
}

/**
 * Rounds m * 2^e to the context's precision and the 80-bit range. m may be of any size; sticky bits
 * below must be part of it. @returns the result as stored, with flags set.
 */
export function roundPack(sign: number, m: bigint, e: number, ctx: Context): F80 {
  if (m === 0n) return zero(sign);
  const p = ctx.precision;
  const top = e + bitLength(m) - 1;
  let tiny = top < EMIN;
  if (tiny) {
    // After rounding to an unbounded exponent it may not be tiny.
    const r = roundShift(m, top - (p - 1) - e, sign, ctx.rc);
    if (bitLength(r.m) > p && top + 1 >= EMIN) tiny = false;
  }
  if (tiny && !(ctx.masks & UE)) {
    // Unmasked underflow gives the normal result with its exponent raised.
    const r = roundShift(m, top - (p - 1) - e, sign, ctx.rc);
    ctx.flags |= UE | (r.inexact ? PE : 0) | (r.up ? C1 : 0);
    if (top + 24576 + BIAS <= 0) {
      ctx.flags = (ctx.flags & ~C1) | PE;
      return zero(sign);
    }
    return normal(sign, r.m, top - (p - 1) + 24576);
  }
  const q = Math.max(top, EMIN) - (p - 1);
  const r = roundShift(m, q - e, sign, ctx.rc);
  if (r.inexact) {
    ctx.flags |= PE | (r.up ? C1 : 0);
    if (tiny) ctx.flags |= UE;
  }
  if (r.m === 0n) return zero(sign);
  const top2 = q + bitLength(r.m) - 1;
  if (top2 < EMIN) return { sign, exp: 0, mant: r.m << BigInt(q - (EMIN - 63)) };
  if (top2 + BIAS >= EXP_MAX) {
    if (!(ctx.masks & OE)) {
      ctx.flags |= OE;
      const scaled = normal(sign, r.m, q - 24576);
      if (scaled.exp < EXP_MAX) return scaled;
      ctx.flags |= PE | C1;
      return infinity(sign);
    }
    ctx.flags |= OE | PE;
    const toInf = ctx.rc === 0 || (ctx.rc === 1 && sign === 1) || (ctx.rc === 2 && sign === 0);
    if (toInf) {
      ctx.flags |= C1;
      return infinity(sign);
    }
    ctx.flags &= ~C1;
    return { sign, exp: EXP_MAX - 1, mant: ((1n << BigInt(p)) - 1n) << BigInt(64 - p) };
  }
  return normal(sign, r.m, q);
}

/** m * 2^e as a normal number; m of at most 64 bits. */
function normal(sign: number, m: bigint, e: number): F80 {
  const bits = bitLength(m);
  return { sign, exp: e + bits - 1 + BIAS, mant: m << BigInt(64 - bits) };
}

/** Rounding to full precision whatever the precision control says. */
export function fullPrecision(ctx: Context): Context {
  return { ...ctx, precision: 64, flags: 0 };
}

export function load80(view: DataView, at: number): F80 {
  const se = view.getUint16(at + 8, true);
  return { sign: se >> 15, exp: se & 0x7fff, mant: view.getBigUint64(at, true) };
}

export function store80(view: DataView, at: number, v: F80): void {
  view.setBigUint64(at, v.mant, true);
  view.setUint16(at + 8, (v.sign << 15) | v.exp, true);
}

/** The one NaN of one or two operands that an operation hands on, made quiet. */
export function propagateNaN(a: F80, b: F80 | null, ctx: Context): F80 {
  const quiet = (x: F80): F80 => ({ sign: x.sign, exp: EXP_MAX, mant: x.mant | QUIET_BIT });
  if (isSignaling(a) || (b && isSignaling(b))) ctx.flags |= IE;
  if (!b || !isNaN80(b)) return quiet(a);
  if (!isNaN80(a)) return quiet(b);
  // Of a quiet and a signaling one the quiet wins; else the larger significand; else the positive.
  if (isSignaling(a) !== isSignaling(b)) return isSignaling(a) ? quiet(b) : quiet(a);
  if (a.mant !== b.mant) return quiet(a.mant > b.mant ? a : b);
  return quiet(a.sign === 0 ? a : b);
}
