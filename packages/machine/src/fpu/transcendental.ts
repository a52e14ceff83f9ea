import { fromInt } from "./convert.ts";
import {
  bitLength,
  type Context,
  DE,
  DEFAULT_NAN,
  type F80,
  IE,
  infinity,
  isDenormal,
  isInf,
  isNaN80,
  isUnsupported,
  isZero,
  lsbExponent,
  propagateNaN,
  roundPack,
  ZE,
  zero,
} from "./format.ts";

/**
 * fsin, fcos, fptan, fpatan, f2xm1, fyl2x, fyl2xp1 by fixed-point arithmetic with enough guard bits that
 * the rounded result is the nearest but for cases within 2^-60 of a tie.
 */
const GUARD = 200;

/** pi/2 * 2^67: the 66 significant bits that x87 units reduce angles by (Intel SDM volume 1, section 8.3.8). */
const HALF_PI = 0xc90fdaa22168c234cn;

/** Fixed-point pi * 2^bits, by Machin's formula. */
const piCache = new Map<number, bigint>();
function pi(bits: number): bigint {
  const known = piCache.get(bits);
  if (known !== undefined) return known;
  const p = BigInt(bits + 16);
  const arctanInverse = (n: bigint): bigint => {
    let term = (1n << p) / n;
    let sum = term;
    const n2 = n * n;
    for (let k = 3n; term !== 0n; k += 2n) {
      term = -term / n2;
      sum += term / k;
    }
    return sum;
  };
  const v = (4n * (4n * arctanInverse(5n) - arctanInverse(239n))) >> 16n;
  piCache.set(bits, v);
  return v;
}

const ln2Cache = new Map<number, bigint>();
/** ln 2 * 2^bits. */
function ln2(bits: number): bigint {
  const known = ln2Cache.get(bits);
  if (known !== undefined) return known;
  const v = atanhSeries(1n << BigInt(bits), 3n << BigInt(bits), bits) * 2n;
  ln2Cache.set(bits, v);
  return v;
}

/** atanh(n/d) * 2^bits for |n/d| <= 1/3. */
function atanhSeries(n: bigint, d: bigint, bits: number): bigint {
  const p = BigInt(bits);
  const z = (n << p) / d;
  const z2 = (z * z) >> p;
  let term = z;
  let sum = z;
  for (let k = 3n; term !== 0n && term !== -1n; k += 2n) {
    term = (term * z2) >> p;
    sum += term / k;
  }
  return sum;
}

/** a as fixed point with `bits` fraction bits. */
function fixed(a: F80, bits: number): bigint {
  const s = lsbExponent(a) + bits;
  const m = s >= 0 ? a.mant << BigInt(s) : a.mant >> BigInt(-s);
  return a.sign ? -m : m;
}
const topOf = (a: F80): number => lsbExponent(a) + bitLength(a.mant) - 1;

/** Rounds an inexact fixed-point result to 64 bits. */
function result(v: bigint, bits: number, ctx: Context): F80 {
  const m = v < 0n ? -v : v;
  const wide: Context = { ...ctx, precision: 64 };
  // One sticky bit: the true value is never exactly representable.
  const r = roundPack(v < 0n ? 1 : 0, (m << 1n) | 1n, -bits - 1, wide);
  ctx.flags |= wide.flags;
  return r;
}

/** x nudged by less than its last bit: for functions that equal their argument to 64 bits. */
function almost(a: F80, away: boolean, ctx: Context): F80 {
  const wide: Context = { ...ctx, precision: 64 };
  const r = roundPack(a.sign, (a.mant << 20n) + (away ? 1n : -1n), lsbExponent(a) - 20, wide);
  ctx.flags |= wide.flags;
  return r;
}

function check(a: F80, ctx: Context): F80 | null {
  if (isUnsupported(a)) {
    ctx.flags |= IE;
    return DEFAULT_NAN;
  }
  if (isNaN80(a)) return propagateNaN(a, null, ctx);
  return null;
}
function invalid(ctx: Context): F80 {
  ctx.flags |= IE;
  return DEFAULT_NAN;
}

/** sin and cos of a reduced argument r (|r| <= pi/4), by Taylor series. */
function sinCosSeries(r: bigint, bits: number): [bigint, bigint] {
  const p = BigInt(bits);
  const r2 = (r * r) >> p;
  let term = r;
  let sin = r;
  for (let k = 2n; term !== 0n && term !== -1n; k += 2n) {
    term = -((term * r2) >> p) / (k * (k + 1n));
    sin += term;
  }
  term = 1n << p;
  let cos = term;
  for (let k = 1n; term !== 0n && term !== -1n; k += 2n) {
    term = -((term * r2) >> p) / (k * (k + 1n));
    cos += term;
  }
  return [sin, cos];
}

export interface SinCos {
  sin: F80;
  cos: F80;
  tan: F80;
  /** The argument is beyond 2^63: nothing is done, C2 is set. */
  outOfRange: boolean;
}

/** Sine, cosine and tangent of an angle; only the wanted ones are rounded. */
export function sinCos(a: F80, want: "sin" | "cos" | "both" | "tan", ctx: Context): SinCos {
  const out: SinCos = { sin: zero(0), cos: zero(0), tan: zero(0), outOfRange: false };
  const nan = check(a, ctx) ?? (isInf(a) ? invalid(ctx) : null);
  if (nan) {
    out.sin = out.cos = out.tan = nan;
    return out;
  }
  if (isZero(a)) {
    out.sin = out.tan = a;
    out.cos = fromInt(1n);
    return out;
  }
  const top = topOf(a);
  if (top >= 63) {
    out.outOfRange = true;
    return out;
  }
  if (isDenormal(a)) ctx.flags |= DE;
  if (top < -80) {
    if (want === "sin" || want === "both") out.sin = almost(a, false, ctx);
    if (want === "tan") out.tan = almost(a, true, ctx);
    if (want === "cos" || want === "both") out.cos = almost(fromInt(1n), false, ctx);
    return out;
  }
  const bits = GUARD + Math.max(0, top) + Math.max(0, -top);
  const x = fixed(a, bits);
  const ax = x < 0n ? -x : x;
  // The processor reduces by pi/2 cut to 68 bits; so do we, or results of large angles would differ.
  const half = HALF_PI << BigInt(bits - 67);
  const q = (ax + (half >> 1n)) / half;
  const r = ax - q * half;
  const [s, c] = sinCosSeries(r, bits);
  const quadrant = Number(q & 3n);
  let sin = quadrant === 0 ? s : quadrant === 1 ? c : quadrant === 2 ? -s : -c;
  const cos = quadrant === 0 ? c : quadrant === 1 ? -s : quadrant === 2 ? -c : s;
  if (x < 0n) sin = -sin;
  if (want === "sin" || want === "both") out.sin = result(sin, bits, ctx);
  if (want === "cos" || want === "both") out.cos = result(cos, bits, ctx);
  if (want === "tan") out.tan = result((sin << BigInt(bits)) / cos, bits, ctx);
  return out;
}

/** atan(n/d) * 2^bits for 0 <= n <= d. */
function atanRatio(n: bigint, d: bigint, bits: number): bigint {
  // Halve the angle three times: z -> z / (1 + sqrt(1 + z^2)).
  const p = BigInt(bits);
  let z = (n << p) / d;
  for (let i = 0; i < 3; i++) z = (z << p) / ((1n << p) + isqrtFixed((1n << (2n * p)) + z * z));
  const z2 = (z * z) >> p;
  let term = z;
  let sum = z;
  for (let k = 3n; term !== 0n && term !== -1n; k += 2n) {
    term = -((term * z2) >> p);
    sum += term / k;
  }
  return sum * 8n;
}
function isqrtFixed(n: bigint): bigint {
  let x = 1n << BigInt((bitLength(n) + 1) >> 1);
  for (;;) {
    const y = (x + n / x) >> 1n;
    if (y >= x) return x;
    x = y;
  }
}

/** fpatan: the angle of (x, y). */
export function patan(y: F80, x: F80, ctx: Context): F80 {
  if (isUnsupported(x) || isUnsupported(y)) return invalid(ctx);
  if (isNaN80(x) || isNaN80(y)) return propagateNaN(x, y, ctx);
  if (isDenormal(x) || isDenormal(y)) ctx.flags |= DE;
  const P = 300;
  const piTimes = (num: bigint, den: bigint, sign: number): F80 => result(sign ? -((pi(P) * num) / den) : (pi(P) * num) / den, P, ctx);
  if (isInf(y)) {
    if (isInf(x)) return piTimes(x.sign ? 3n : 1n, 4n, y.sign);
    return piTimes(1n, 2n, y.sign);
  }
  if (isInf(x)) return x.sign ? piTimes(1n, 1n, y.sign) : zero(y.sign);
  if (isZero(y)) return x.sign ? piTimes(1n, 1n, y.sign) : zero(y.sign);
  if (isZero(x)) return piTimes(1n, 2n, y.sign);
  const d = topOf(y) - topOf(x);
  if (d > 100) return piTimes(1n, 2n, y.sign);
  const e = Math.min(lsbExponent(x), lsbExponent(y));
  if (d < -100) {
    if (x.sign) return piTimes(1n, 1n, y.sign);
    // y/x, a little less.
    const wide: Context = { ...ctx, precision: 64 };
    const q = (y.mant << 200n) / x.mant;
    const r = roundPack(y.sign, (q << 1n) - 1n, lsbExponent(y) - lsbExponent(x) - 201, wide);
    ctx.flags |= wide.flags;
    return r;
  }
  const bits = GUARD + Math.max(0, -d);
  const my = y.mant << BigInt(lsbExponent(y) - e);
  const mx = x.mant << BigInt(lsbExponent(x) - e);
  let v = my <= mx ? atanRatio(my, mx, bits) : (pi(bits) >> 1n) - atanRatio(mx, my, bits);
  if (x.sign) v = pi(bits) - v;
  return result(y.sign ? -v : v, bits, ctx);
}

/** 2^a - 1 for |a| <= 1. */
export function f2xm1(a: F80, ctx: Context): F80 {
  const nan = check(a, ctx);
  if (nan) return nan;
  if (isInf(a)) return a.sign ? { ...fromInt(1n), sign: 1 } : a;
  if (isZero(a)) return a;
  if (isDenormal(a)) ctx.flags |= DE;
  const top = topOf(a);
  // Outside its range the result is undefined; processors return the argument.
  if (top >= 1 || (top === 0 && a.mant !== 1n << 63n)) return a;
  if (top === 0) return a.sign ? { sign: 1, exp: 16382, mant: 1n << 63n } : fromInt(1n);
  const bits = GUARD + Math.max(0, -top);
  const p = BigInt(bits);
  const t = (fixed(a, bits) * ln2(bits)) >> p;
  let term = t;
  let sum = t;
  for (let k = 2n; term !== 0n && term !== -1n; k++) {
    term = ((term * t) >> p) / k;
    sum += term;
  }
  return result(sum, bits, ctx);
}

/** log2 of m * 2^e as fixed point. */
function log2Fixed(m: bigint, e: number, bits: number): bigint {
  const len = bitLength(m);
  let k = e + len - 1;
  let n = m;
  let d = 1n << BigInt(len - 1);
  // The mantissa between 3/4 and 3/2, so that the series converges and values near 1 keep their precision.
  if (n * 2n > d * 3n) {
    d <<= 1n;
    k++;
  }
  const ln = atanhSeries(n - d, n + d, bits) * 2n;
  n = (ln << BigInt(bits)) / ln2(bits);
  return (BigInt(k) << BigInt(bits)) + n;
}

/** y * l * 2^-bits rounded, where l is an inexact logarithm. */
function timesLog(y: F80, l: bigint, bits: number, exact: boolean, ctx: Context): F80 {
  const sign = y.sign ^ (l < 0n ? 1 : 0);
  const m = l < 0n ? -l : l;
  const wide: Context = { ...ctx, precision: 64 };
  const r = roundPack(sign, ((y.mant * m) << 1n) | (exact ? 0n : 1n), lsbExponent(y) - bits - 1, wide);
  ctx.flags |= wide.flags;
  return r;
}

/** y * log2(x). */
export function fyl2x(x: F80, y: F80, ctx: Context): F80 {
  if (isUnsupported(x) || isUnsupported(y)) return invalid(ctx);
  if (isNaN80(x) || isNaN80(y)) return propagateNaN(x, y, ctx);
  if (x.sign && !isZero(x)) return invalid(ctx);
  const one = x.exp === 16383 && x.mant === 1n << 63n;
  if (isZero(x)) {
    if (isZero(y)) return invalid(ctx);
    if (isInf(y)) return infinity(y.sign ^ 1);
    ctx.flags |= ZE;
    return infinity(y.sign ^ 1);
  }
  const negative = x.exp < 16383;
  if (isInf(y)) {
    if (one) return invalid(ctx);
    if (isDenormal(x)) ctx.flags |= DE;
    return infinity(y.sign ^ (negative ? 1 : 0));
  }
  if (isInf(x) && isZero(y)) return invalid(ctx);
  if (isDenormal(x) || isDenormal(y)) ctx.flags |= DE;
  if (isInf(x)) return infinity(y.sign);
  if (isZero(y)) return zero(y.sign ^ (negative ? 1 : 0));
  if (one) return zero(y.sign);
  const bits = GUARD + 80;
  const l = log2Fixed(x.mant, lsbExponent(x), bits);
  const exact = (x.mant & (x.mant - 1n)) === 0n;
  return timesLog(y, l, bits, exact, ctx);
}

/** y * log2(x + 1), for |x| below 1 - sqrt(1/2). */
export function fyl2xp1(x: F80, y: F80, ctx: Context): F80 {
  if (isUnsupported(x) || isUnsupported(y)) return invalid(ctx);
  if (isNaN80(x) || isNaN80(y)) return propagateNaN(x, y, ctx);
  if (isInf(y) && isZero(x)) return invalid(ctx);
  if (isInf(x) && (x.sign || isZero(y))) return invalid(ctx);
  if (isDenormal(x) || isDenormal(y)) ctx.flags |= DE;
  if (isInf(x)) return infinity(y.sign);
  if (isInf(y)) return infinity(y.sign ^ x.sign);
  if (isZero(x) || isZero(y)) return zero(x.sign ^ y.sign);
  const top = topOf(x);
  // Outside its range the result is undefined; the processor hands the argument on.
  if (x.sign && top >= 0) return x;
  const bits = GUARD + 80 + Math.max(0, -top);
  if (top < -200) {
    // x / ln 2
    const l = (1n << BigInt(2 * 300)) / ln2(300);
    const wide: Context = { ...ctx, precision: 64 };
    const r = roundPack(x.sign ^ y.sign, ((x.mant * y.mant * l) << 1n) | 1n, lsbExponent(x) + lsbExponent(y) - 301, wide);
    ctx.flags |= wide.flags;
    return r;
  }
  const e = Math.min(0, lsbExponent(x));
  const m = (1n << BigInt(-e)) + (x.sign ? -(x.mant << BigInt(lsbExponent(x) - e)) : x.mant << BigInt(lsbExponent(x) - e));
  return timesLog(y, log2Fixed(m, e, bits), bits, false, ctx);
}

/** The constants of fldl2t, fldl2e, fldpi, fldlg2, fldln2, rounded by rc. */
export function constant(which: "l2t" | "l2e" | "pi" | "lg2" | "ln2", ctx: Context): F80 {
  const bits = 256;
  const p = BigInt(bits);
  const one = 1n << p;
  const v =
    which === "pi"
      ? pi(bits)
      : which === "ln2"
        ? ln2(bits)
        : which === "l2e"
          ? (one << p) / ln2(bits)
          : which === "l2t"
            ? log2Fixed(10n, 0, bits)
            : (one << p) / log2Fixed(10n, 0, bits);
  // Loading a constant is never inexact.
  return roundPack(0, (v << 1n) | 1n, -bits - 1, { ...ctx, precision: 64, flags: 0 });
}
