import {
  BIAS,
  bitLength,
  C1,
  type Context,
  DE,
  DEFAULT_NAN,
  EXP_MAX,
  type F80,
  IE,
  INT_BIT,
  isDenormal,
  isInf,
  isNaN80,
  isSignaling,
  isUnsupported,
  isZero,
  lsbExponent,
  OE,
  PE,
  QUIET_BIT,
  roundPack,
  roundShift,
  UE,
  zero,
} from "./format.ts";

/** An integer, exactly. */
export function fromInt(n: bigint): F80 {
  if (n === 0n) return zero(0);
  const m = n < 0n ? -n : n;
  const bits = bitLength(m);
  return { sign: n < 0n ? 1 : 0, exp: bits - 1 + BIAS, mant: m << BigInt(64 - bits) };
}

/** From binary32 or binary64 bits; a signaling NaN raises IE and becomes quiet, a denormal DE. An `operand` of arithmetic keeps its signaling NaN: the operation decides. */
export function fromIeee(bits: bigint, wide: boolean, ctx: Context, operand = false): F80 {
  const fracBits = wide ? 52 : 23;
  const expMax = wide ? 2047 : 255;
  const bias = wide ? 1023 : 127;
  const frac = bits & ((1n << BigInt(fracBits)) - 1n);
  const exp = Number(bits >> BigInt(fracBits)) & expMax;
  const sign = Number(bits >> BigInt(wide ? 63 : 31)) & 1;
  if (exp === expMax) {
    const v = { sign, exp: EXP_MAX, mant: INT_BIT | (frac << BigInt(63 - fracBits)) };
    if (!operand && frac !== 0n && (v.mant & QUIET_BIT) === 0n) {
      ctx.flags |= IE;
      v.mant |= QUIET_BIT;
    }
    return v;
  }
  if (exp === 0) {
    if (frac === 0n) return zero(sign);
    ctx.flags |= DE;
    return roundPack(sign, frac, 1 - bias - fracBits, { ...ctx, precision: 64, flags: 0 });
  }
  return { sign, exp: exp - bias + BIAS, mant: INT_BIT | (frac << BigInt(63 - fracBits)) };
}

/** To binary32 or binary64 bits, rounded by rc. */
export function toIeee(a: F80, wide: boolean, ctx: Context): bigint {
  const fracBits = wide ? 52 : 23;
  const expMax = wide ? 2047 : 255;
  const bias = wide ? 1023 : 127;
  const signBit = BigInt(a.sign) << BigInt(wide ? 63 : 31);
  const inf = BigInt(expMax) << BigInt(fracBits);
  const quiet = 1n << BigInt(fracBits - 1);
  if (isUnsupported(a)) {
    ctx.flags |= IE;
    return (1n << BigInt(wide ? 63 : 31)) | inf | quiet;
  }
  if (isNaN80(a)) {
    if (isSignaling(a)) ctx.flags |= IE;
    return signBit | inf | quiet | ((a.mant >> BigInt(63 - fracBits)) & ((1n << BigInt(fracBits)) - 1n));
  }
  if (isInf(a)) return signBit | inf;
  if (isZero(a)) return signBit;
  const p = fracBits + 1;
  const emin = 1 - bias;
  const e = lsbExponent(a);
  const top = e + bitLength(a.mant) - 1;
  let tiny = top < emin;
  if (tiny) {
    const r = roundShift(a.mant, top - (p - 1) - e, a.sign, ctx.rc);
    if (bitLength(r.m) > p && top + 1 >= emin) tiny = false;
  }
  if (tiny && !(ctx.masks & UE)) {
    // Unmasked underflow: memory is not written.
    ctx.flags |= UE;
    return 0n;
  }
  const q = Math.max(top, emin) - (p - 1);
  const r = roundShift(a.mant, q - e, a.sign, ctx.rc);
  if (r.inexact) {
    ctx.flags |= PE | (r.up ? C1 : 0);
    if (tiny) ctx.flags |= UE;
  }
  const bits = bitLength(r.m);
  const top2 = q + bits - 1;
  if (r.m === 0n) return signBit;
  if (top2 < emin) return signBit | r.m;
  if (top2 > bias) {
    if (!(ctx.masks & OE)) {
      ctx.flags = (ctx.flags & ~(PE | C1)) | OE;
      return 0n;
    }
    ctx.flags |= OE | PE;
    const toInf = ctx.rc === 0 || (ctx.rc === 1 && a.sign === 1) || (ctx.rc === 2 && a.sign === 0);
    if (toInf) ctx.flags |= C1;
    else ctx.flags &= ~C1;
    return signBit | (toInf ? inf : inf - 1n);
  }
  const m = bits > p ? r.m >> 1n : r.m;
  return signBit | (BigInt(top2 + bias) << BigInt(fracBits)) | (m & ((1n << BigInt(fracBits)) - 1n));
}

/** Rounds to an integral value (frndint). */
export function roundToInt(a: F80, ctx: Context): F80 {
  if (isUnsupported(a)) {
    ctx.flags |= IE;
    return DEFAULT_NAN;
  }
  if (isNaN80(a)) {
    if (isSignaling(a)) ctx.flags |= IE;
    return { ...a, mant: a.mant | QUIET_BIT };
  }
  if (isInf(a) || isZero(a)) return a;
  if (isDenormal(a)) ctx.flags |= DE;
  const e = lsbExponent(a);
  if (e >= 0) return a;
  const r = roundShift(a.mant, Math.min(-e, 80), a.sign, ctx.rc);
  if (r.inexact) ctx.flags |= PE | (r.up ? C1 : 0);
  const v = fromInt(r.m);
  return { ...v, sign: a.sign };
}

/** To a signed integer of `bits`; out of range raises IE and gives the integer indefinite. `rc` may be forced (fisttp). */
export function toInt(a: F80, bits: number, rc: number, ctx: Context): bigint {
  const indefinite = -(1n << BigInt(bits - 1));
  if (isUnsupported(a) || isNaN80(a) || isInf(a)) {
    ctx.flags |= IE;
    return indefinite;
  }
  if (isZero(a)) return 0n;
  const e = lsbExponent(a);
  if (e > 0) {
    ctx.flags |= IE;
    return indefinite;
  }
  const r = roundShift(a.mant, Math.min(-e, 80), a.sign, rc);
  const v = a.sign ? -r.m : r.m;
  if (v < indefinite || v >= -indefinite) {
    ctx.flags |= IE;
    return indefinite;
  }
  if (r.inexact) ctx.flags |= PE | (r.up ? C1 : 0);
  return v;
}

/** Packed BCD of 18 digits at `at`. */
export function loadBcd(view: DataView, at: number): F80 {
  let n = 0n;
  for (let i = 8; i >= 0; i--) {
    const b = view.getUint8(at + i);
    n = n * 100n + BigInt((b >> 4) * 10 + (b & 15));
  }
  const v = fromInt(n);
  return { ...v, sign: view.getUint8(at + 9) >> 7 };
}

/** @returns ten bytes; out of range gives the BCD indefinite. */
export function toBcd(a: F80, ctx: Context): Uint8Array {
  const out = new Uint8Array(10);
  const before = ctx.flags;
  const v = toInt(a, 64, ctx.rc, ctx);
  const m = v < 0n ? -v : v;
  if (ctx.flags & IE & ~before || m >= 10n ** 18n) {
    ctx.flags = before | IE;
    out.set([0, 0, 0, 0, 0, 0, 0, 0xc0, 0xff, 0xff]);
    return out;
  }
  let rest = m;
  for (let i = 0; i < 9; i++) {
    const two = Number(rest % 100n);
    rest /= 100n;
    out[i] = (Math.floor(two / 10) << 4) | (two % 10);
  }
  out[9] = a.sign << 7;
  return out;
}
