import {
  type Context,
  DE,
  DEFAULT_NAN,
  EXP_MAX,
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

/** Operands that decide the result before any arithmetic: unsupported encodings and NaNs. Null: go on. */
function special(a: F80, b: F80, ctx: Context): F80 | null {
  if (isUnsupported(a) || isUnsupported(b)) return invalid(ctx);
  if (isNaN80(a) || isNaN80(b)) {
    // NaNs come before denormals.
    ctx.flags &= ~DE;
    return propagateNaN(a, b, ctx);
  }
  return null;
}
function invalid(ctx: Context): F80 {
  ctx.flags = (ctx.flags & ~DE) | IE;
  return DEFAULT_NAN;
}
function denormals(a: F80, b: F80, ctx: Context): void {
  if (isDenormal(a) || isDenormal(b)) ctx.flags |= DE;
}

export function add(a: F80, b: F80, ctx: Context): F80 {
  const s = special(a, b, ctx);
  if (s) return s;
  if (isInf(a) && isInf(b) && a.sign !== b.sign) return invalid(ctx);
  denormals(a, b, ctx);
  if (isInf(a)) return infinity(a.sign);
  if (isInf(b)) return infinity(b.sign);
  if (isZero(a) && isZero(b)) return zero(a.sign === b.sign ? a.sign : ctx.rc === 1 ? 1 : 0);
  let ea = lsbExponent(a);
  let eb = lsbExponent(b);
  let ma = a.mant;
  let mb = b.mant;
  // Far apart: the smaller one only counts as a sticky bit.
  if (!isZero(a) && !isZero(b)) {
    if (ea - eb > 200) {
      mb = 1n;
      eb = ea - 200;
    } else if (eb - ea > 200) {
      ma = 1n;
      ea = eb - 200;
    }
  } else if (isZero(a)) ea = eb;
  else eb = ea;
  const e = Math.min(ea, eb);
  ma <<= BigInt(ea - e);
  mb <<= BigInt(eb - e);
  const sum = (a.sign ? -ma : ma) + (b.sign ? -mb : mb);
  if (sum === 0n) return zero(ctx.rc === 1 ? 1 : 0);
  return roundPack(sum < 0n ? 1 : 0, sum < 0n ? -sum : sum, e, ctx);
}

export function sub(a: F80, b: F80, ctx: Context): F80 {
  return isNaN80(b) ? add(a, b, ctx) : add(a, { sign: b.sign ^ 1, exp: b.exp, mant: b.mant }, ctx);
}

export function mul(a: F80, b: F80, ctx: Context): F80 {
  const s = special(a, b, ctx);
  if (s) return s;
  const sign = a.sign ^ b.sign;
  if ((isInf(a) && isZero(b)) || (isZero(a) && isInf(b))) return invalid(ctx);
  denormals(a, b, ctx);
  if (isInf(a) || isInf(b)) return infinity(sign);
  if (isZero(a) || isZero(b)) return zero(sign);
  return roundPack(sign, a.mant * b.mant, lsbExponent(a) + lsbExponent(b), ctx);
}

export function div(a: F80, b: F80, ctx: Context): F80 {
  const s = special(a, b, ctx);
  if (s) return s;
  const sign = a.sign ^ b.sign;
  if ((isInf(a) && isInf(b)) || (isZero(a) && isZero(b))) return invalid(ctx);
  if (isInf(a)) {
    denormals(a, b, ctx);
    return infinity(sign);
  }
  if (isZero(b)) {
    // Division by zero comes before denormals.
    ctx.flags = (ctx.flags & ~DE) | ZE;
    return infinity(sign);
  }
  denormals(a, b, ctx);
  if (isInf(b) || isZero(a)) return zero(sign);
  const n = a.mant << 140n;
  let q = (n / b.mant) << 1n;
  if (n % b.mant !== 0n) q |= 1n;
  return roundPack(sign, q, lsbExponent(a) - lsbExponent(b) - 141, ctx);
}

/** Largest s with s*s <= n. */
export function isqrt(n: bigint): bigint {
  if (n < 2n) return n;
  let x = 1n << BigInt((n.toString(2).length + 1) >> 1);
  for (;;) {
    const y = (x + n / x) >> 1n;
    if (y >= x) return x;
    x = y;
  }
}

export function sqrt(a: F80, ctx: Context): F80 {
  if (isUnsupported(a)) return invalid(ctx);
  if (isNaN80(a)) return propagateNaN(a, null, ctx);
  if (isZero(a)) return a;
  if (a.sign) return invalid(ctx);
  if (isInf(a)) return a;
  if (isDenormal(a)) ctx.flags |= DE;
  let e = lsbExponent(a);
  let m = a.mant << 140n;
  e -= 140;
  if (e & 1) {
    m <<= 1n;
    e -= 1;
  }
  let r = isqrt(m);
  const exact = r * r === m;
  r = (r << 1n) | (exact ? 0n : 1n);
  return roundPack(0, r, e / 2 - 1, ctx);
}

/** Relation for fcom and kin: -1 less, 0 equal, 1 greater, 2 unordered. `quiet`: fucom, no IE for quiet NaNs. */
export function compare(a: F80, b: F80, quiet: boolean, ctx: Context): number {
  if (isUnsupported(a) || isUnsupported(b)) {
    ctx.flags = (ctx.flags & ~DE) | IE;
    return 2;
  }
  if (isNaN80(a) || isNaN80(b)) {
    ctx.flags &= ~DE;
    const before = ctx.flags;
    propagateNaN(a, b, ctx);
    if (!quiet) ctx.flags = before | IE;
    return 2;
  }
  denormals(a, b, ctx);
  if (isZero(a) && isZero(b)) return 0;
  if (a.sign !== b.sign) return a.sign ? -1 : 1;
  const ea = a.exp || (a.mant ? 1 : 0);
  const eb = b.exp || (b.mant ? 1 : 0);
  let r: number;
  if (a.exp === EXP_MAX || b.exp === EXP_MAX) r = a.exp === b.exp ? 0 : a.exp === EXP_MAX ? 1 : -1;
  else if (isZero(a)) r = -1;
  else if (isZero(b)) r = 1;
  else if (ea !== eb) r = ea > eb ? 1 : -1;
  else r = a.mant === b.mant ? 0 : a.mant > b.mant ? 1 : -1;
  return a.sign ? -r : r;
}

/** fprem (truncating) and fprem1 (to nearest). `cond`: C0, C3, C1 as the quotient's low bits, C2 if the reduction is incomplete; -1 if there is no quotient. */
export function remainder(a: F80, b: F80, nearest: boolean, ctx: Context): { value: F80; cond: number } {
  const s = special(a, b, ctx);
  if (s) return { value: s, cond: -1 };
  if (isInf(a) || isZero(b)) return { value: invalid(ctx), cond: -1 };
  denormals(a, b, ctx);
  // A pseudo-denormal comes out as the normal number it equals.
  if (isZero(a) || isInf(b)) return { value: a.exp === 0 && a.mant >> 63n ? { ...a, exp: 1 } : a, cond: 0 };
  const ea = lsbExponent(a);
  const eb = lsbExponent(b);
  const wide: Context = { ...ctx, precision: 64 };
  const topA = ea + a.mant.toString(2).length;
  const topB = eb + b.mant.toString(2).length;
  const d = topA - topB;
  if (d < 64) {
    const e = Math.min(ea, eb);
    const na = a.mant << BigInt(ea - e);
    const nb = b.mant << BigInt(eb - e);
    let q = na / nb;
    let r = na - q * nb;
    let sign = a.sign;
    if (nearest && (r * 2n > nb || (r * 2n === nb && (q & 1n) === 1n))) {
      q += 1n;
      r -= nb;
    }
    if (r < 0n) {
      r = -r;
      sign ^= 1;
    }
    const value = r === 0n ? zero(a.sign) : roundPack(sign, r, e, wide);
    ctx.flags |= wide.flags;
    const cond = (q & 4n ? 0x100 : 0) | (q & 2n ? 0x4000 : 0) | (q & 1n ? 0x200 : 0);
    return { value, cond };
  }
  const n = (d & 31) | 32;
  const shift = d - n;
  // q = trunc(a / (b * 2^shift)), r = a - q * b * 2^shift
  const e = Math.min(ea, eb + shift);
  const na = a.mant << BigInt(ea - e);
  const nb = b.mant << BigInt(eb + shift - e);
  const r = na % nb;
  const value = r === 0n ? zero(a.sign) : roundPack(a.sign, r, e, wide);
  ctx.flags |= wide.flags;
  return { value, cond: 0x400 };
}

/** fscale: a * 2^trunc(b). */
export function scale(a: F80, b: F80, ctx: Context): F80 {
  const s = special(a, b, ctx);
  if (s) return s;
  if (isInf(b)) {
    if (b.sign ? isInf(a) : isZero(a)) return invalid(ctx);
    denormals(a, b, ctx);
    return b.sign ? zero(a.sign) : infinity(a.sign);
  }
  denormals(a, b, ctx);
  if (isInf(a) || isZero(a)) return a;
  const eb = lsbExponent(b);
  let n = 0;
  if (!isZero(b)) {
    const limit = 65536;
    const whole = eb >= 0 ? (eb > 20 ? 1n << 40n : b.mant << BigInt(eb)) : b.mant >> BigInt(-eb);
    n = whole > BigInt(limit) ? limit : Number(whole);
    if (b.sign) n = -n;
  }
  const wide: Context = { ...ctx, precision: 64 };
  const r = roundPack(a.sign, a.mant, lsbExponent(a) + n, wide);
  ctx.flags |= wide.flags;
  return r;
}
