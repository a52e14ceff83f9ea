import { FPR, FPU_CW, FPU_SW, FPU_TAG, SCRATCH } from "../layout.ts";
import * as A from "./arithmetic.ts";
import * as V from "./convert.ts";
import {
  C1,
  type Context,
  DE,
  DEFAULT_NAN,
  type F80,
  IE,
  infinity,
  isDenormal,
  isInf,
  isNaN80,
  isSignaling,
  isUnsupported,
  isZero,
  load80,
  lsbExponent,
  OE,
  PE,
  QUIET_BIT,
  SF,
  store80,
  UE,
  ZE,
  zero,
} from "./format.ts";
import * as T from "./transcendental.ts";

/** The x87 unit on the processor's state in linear memory. `exec` runs one instruction. */

/** Operand of a memory form, and the bytes a store writes; then a word: 1 = the store must not happen. */
export const FPU_OPERAND = SCRATCH + 0x40;
export const FPU_SKIP = SCRATCH + 0x60;
const C0 = 0x100;
const C2 = 0x400;
const C3 = 0x4000;
const ES = 0x80;
const BUSY = 0x8000;

const PRECISION = [24, 24, 53, 64];
const ctx: Context = { rc: 0, precision: 64, masks: 63, flags: 0 };
let view: DataView;

const sw = (): number => view.getUint32(FPU_SW, true);
const setSw = (v: number): void => view.setUint32(FPU_SW, v & 0xffff, true);
const top = (): number => (sw() >> 11) & 7;
const reg = (i: number): number => FPR + ((top() + i) & 7) * 16;
const isEmpty = (i: number): boolean => ((view.getUint32(FPU_TAG, true) >> ((top() + i) & 7)) & 1) === 0;
const setTag = (i: number, full: boolean): void => {
  const bit = 1 << ((top() + i) & 7);
  const t = view.getUint32(FPU_TAG, true);
  view.setUint32(FPU_TAG, full ? t | bit : t & ~bit, true);
};
const setTop = (t: number): void => setSw((sw() & ~0x3800) | ((t & 7) << 11));
const st = (i: number): F80 => load80(view, reg(i));
const put = (i: number, v: F80): void => {
  store80(view, reg(i), v);
  setTag(i, true);
};

/** Folds the context's flags into the status word. @returns false if an unmasked IE, DE or ZE stops the instruction. */
function settle(keepC1 = false): boolean {
  let f = ctx.flags;
  // An exception that stops the instruction comes before rounding.
  if (f & ~ctx.masks & (IE | DE | ZE)) f &= f & SF ? ~(OE | UE | PE) : ~(OE | UE | PE | C1);
  ctx.flags = f;
  let s = keepC1 && !(f & SF) ? sw() : sw() & ~C1;
  s |= f & (C1 | 0x7f);
  if (s & ~ctx.masks & 63) s |= ES | BUSY;
  setSw(s);
  return (f & ~ctx.masks & (IE | DE | ZE)) === 0;
}

function stackUnderflow(): boolean {
  // It comes before whatever the other operand has raised.
  ctx.flags = IE | SF;
  return settle();
}

function push(v: F80): void {
  if (!isEmpty(7)) {
    ctx.flags = IE | SF | C1;
    if (!settle()) return;
    setTop(top() - 1);
    put(0, DEFAULT_NAN);
    return;
  }
  // A denormal is loaded even if that exception is unmasked.
  settle();
  if (ctx.flags & IE & ~ctx.masks) return;
  setTop(top() - 1);
  put(0, v);
}
function pop(): void {
  setTag(0, false);
  setTop(top() + 1);
}

type Binary = (a: F80, b: F80, c: Context) => F80;
const BINARY: Record<string, Binary> = {
  add: A.add,
  mul: A.mul,
  sub: A.sub,
  subr: (a, b, c) => A.sub(b, a, c),
  div: A.div,
  divr: (a, b, c) => A.div(b, a, c),
};

/** dst = dst op src with registers. */
function arith(op: Binary, dst: number, src: number, popAfter: boolean): void {
  if (isEmpty(dst) || isEmpty(src)) {
    if (stackUnderflow()) {
      put(dst, DEFAULT_NAN);
      if (popAfter) pop();
    }
    return;
  }
  const r = op(st(dst), st(src), ctx);
  if (settle()) {
    put(dst, r);
    if (popAfter) pop();
  }
}
function arithMemory(op: Binary, v: F80): void {
  if (isEmpty(0)) {
    if (stackUnderflow()) put(0, DEFAULT_NAN);
    return;
  }
  const r = op(st(0), v, ctx);
  if (settle()) put(0, r);
}

function setCompare(rel: number): void {
  const bits = rel === 2 ? C0 | C2 | C3 : rel === 0 ? C3 : rel < 0 ? C0 : 0;
  setSw((sw() & ~(C0 | C2 | C3)) | bits);
}
function compareWith(b: F80 | null, quiet: boolean, pops: number): void {
  let rel = 2;
  if (isEmpty(0) || b === null) ctx.flags = IE | SF;
  else rel = A.compare(st(0), b, quiet, ctx);
  // The condition codes are set even if an unmasked exception stops the pop.
  const go = settle();
  setCompare(rel);
  if (!go) return;
  for (let i = 0; i < pops; i++) pop();
}
/** fcomi and fucomi: @returns ZF, PF, CF in RFLAGS positions, or -1 if flags stay. */
function compareFlags(i: number, quiet: boolean, popAfter: boolean): number {
  let rel = 2;
  if (isEmpty(0) || isEmpty(i)) ctx.flags |= IE | SF;
  else rel = A.compare(st(0), st(i), quiet, ctx);
  // As with fcom, the flags are set even if an unmasked exception stops the pop.
  if (settle(true) && popAfter) pop();
  return rel === 2 ? 0x45 : rel === 0 ? 0x40 : rel < 0 ? 1 : 0;
}

function unary(op: (a: F80, c: Context) => F80): void {
  if (isEmpty(0)) {
    if (stackUnderflow()) put(0, DEFAULT_NAN);
    return;
  }
  const r = op(st(0), ctx);
  if (settle()) put(0, r);
}

function ieee32(operand = true): F80 {
  return V.fromIeee(BigInt(view.getUint32(FPU_OPERAND, true)), false, ctx, operand);
}
function ieee64(operand = true): F80 {
  return V.fromIeee(view.getBigUint64(FPU_OPERAND, true), true, ctx, operand);
}
const int16 = (): F80 => V.fromInt(BigInt(view.getInt16(FPU_OPERAND, true)));
const int32 = (): F80 => V.fromInt(BigInt(view.getInt32(FPU_OPERAND, true)));

/** Computes what a store writes, into FPU_OPERAND, and whether it happens. Pops are done by `commit`. */
let pending = 0;
function store(kind: string): void {
  let ok: boolean;
  const empty = isEmpty(0);
  if (empty) ctx.flags |= IE | SF;
  const v = empty ? DEFAULT_NAN : st(0);
  if (kind === "f32") view.setUint32(FPU_OPERAND, Number(V.toIeee(v, false, ctx)), true);
  else if (kind === "f64") view.setBigUint64(FPU_OPERAND, V.toIeee(v, true, ctx), true);
  else if (kind === "f80") store80(view, FPU_OPERAND, v);
  else if (kind === "bcd") {
    const b = V.toBcd(v, ctx);
    for (let i = 0; i < 10; i++) view.setUint8(FPU_OPERAND + i, b[i]!);
  } else {
    const truncate = kind.startsWith("t");
    const bits = Number(kind.slice(1));
    view.setBigInt64(FPU_OPERAND, V.toInt(v, bits, truncate ? 3 : ctx.rc, ctx), true);
  }
  // An unmasked invalid operation, or an overflow that cannot be stored, leaves memory alone.
  const stops = kind === "f32" || kind === "f64" ? 0x1f : 5;
  ok = (ctx.flags & ~ctx.masks & stops) === 0;
  pending = ctx.flags | (ok ? 0x10000 : 0);
  if (!ok && ctx.flags & IE & ~ctx.masks) ok = false;
  view.setUint32(FPU_SKIP, ok ? 0 : 1, true);
}
/** After the store: the flags become visible and the register is popped. */
function commit(popAfter: boolean): void {
  ctx.flags = pending & 0xffff;
  settle();
  if (popAfter && pending & 0x10000) pop();
}

function examine(): void {
  const a = st(0);
  let bits = a.sign ? C1 : 0;
  if (isEmpty(0)) bits |= C0 | C3;
  else if (isUnsupported(a)) bits |= 0;
  else if (isNaN80(a)) bits |= C0;
  else if (isInf(a)) bits |= C0 | C2;
  else if (isZero(a)) bits |= C3;
  else if (isDenormal(a)) bits |= C2 | C3;
  else bits |= C2;
  setSw((sw() & ~(C0 | C1 | C2 | C3)) | bits);
}

function extract(): void {
  if (isEmpty(0) || !isEmpty(7)) {
    ctx.flags |= IE | SF | (isEmpty(0) ? 0 : C1);
    if (!settle()) return;
    put(0, DEFAULT_NAN);
    setTop(top() - 1);
    put(0, DEFAULT_NAN);
    return;
  }
  const a = st(0);
  let significand = a;
  let exponent: F80;
  if (isUnsupported(a)) {
    ctx.flags |= IE;
    significand = exponent = DEFAULT_NAN;
  } else if (isNaN80(a)) {
    if (isSignaling(a)) ctx.flags |= IE;
    significand = exponent = { ...a, mant: a.mant | QUIET_BIT };
  } else if (isInf(a)) exponent = infinity(0);
  else if (isZero(a)) {
    ctx.flags |= ZE;
    exponent = infinity(1);
  } else {
    if (isDenormal(a)) ctx.flags |= DE;
    const bits = a.mant.toString(2).length;
    exponent = V.fromInt(BigInt(lsbExponent(a) + bits - 1));
    significand = { sign: a.sign, exp: 16383, mant: a.mant << BigInt(64 - bits) };
  }
  if (!settle()) return;
  put(0, exponent);
  setTop(top() - 1);
  put(0, significand);
}

function trig(want: "sin" | "cos" | "both" | "tan"): void {
  const pushes = want === "both" || want === "tan";
  if (isEmpty(0) || (pushes && !isEmpty(7))) {
    ctx.flags |= IE | SF | (isEmpty(0) ? 0 : C1);
    if (!settle()) return;
    put(0, DEFAULT_NAN);
    if (pushes) {
      setTop(top() - 1);
      put(0, DEFAULT_NAN);
    }
    setSw(sw() & ~C2);
    return;
  }
  const a = st(0);
  const r = T.sinCos(a, want, ctx);
  if (r.outOfRange) {
    setSw((sw() & ~C1) | C2);
    return;
  }
  if (!settle()) return;
  setSw(sw() & ~C2);
  put(0, want === "cos" ? r.cos : want === "tan" ? r.tan : r.sin);
  if (!pushes) return;
  const nan = isNaN80(r.sin) && want === "both";
  setTop(top() - 1);
  put(0, want === "both" ? (nan ? r.sin : r.cos) : isNaN80(r.tan) ? r.tan : V.fromInt(1n));
}

/** fpatan, fyl2x, fyl2xp1: ST(1) = f(ST0, ST1), pop. */
function binaryPop(op: (st0: F80, st1: F80, c: Context) => F80): void {
  if (isEmpty(0) || isEmpty(1)) {
    if (stackUnderflow()) {
      put(1, DEFAULT_NAN);
      pop();
    }
    return;
  }
  const r = op(st(0), st(1), ctx);
  if (settle()) {
    put(1, r);
    pop();
  }
}
function partialRemainder(nearest: boolean): void {
  if (isEmpty(0) || isEmpty(1)) {
    if (stackUnderflow()) put(0, DEFAULT_NAN);
    setSw(sw() & ~C2);
    return;
  }
  const r = A.remainder(st(0), st(1), nearest, ctx);
  if (!settle()) {
    setSw(sw() & ~C2);
    return;
  }
  put(0, r.value);
  setSw(r.cond < 0 ? sw() & ~(C1 | C2) : (sw() & ~(C0 | C1 | C2 | C3)) | r.cond);
}

function exchange(i: number): void {
  if (isEmpty(0) || isEmpty(i)) {
    if (!stackUnderflow()) return;
    if (isEmpty(0)) put(0, DEFAULT_NAN);
    if (isEmpty(i)) put(i, DEFAULT_NAN);
  } else setSw(sw() & ~C1);
  const a = st(0);
  const b = st(i);
  store80(view, reg(0), b);
  store80(view, reg(i), a);
}
function loadRegister(i: number): void {
  if (isEmpty(i)) {
    // An empty source comes before a full stack.
    if (!stackUnderflow()) return;
    setTop(top() - 1);
    put(0, DEFAULT_NAN);
    return;
  }
  push(st(i));
}
function storeRegister(i: number, popAfter: boolean): void {
  if (isEmpty(0)) {
    if (!stackUnderflow()) return;
    put(i, DEFAULT_NAN);
  } else {
    const v = st(0);
    settle();
    put(i, v);
  }
  if (popAfter) pop();
}
/** fcmov: empty registers are an error whether or not the condition holds. */
function conditionalMove(i: number, holds: boolean): void {
  if (isEmpty(0) || isEmpty(i)) {
    if (stackUnderflow()) put(0, DEFAULT_NAN);
    return;
  }
  if (holds) put(0, st(i));
}

/** Instructions by name; `i` is the register of ST(i) forms. The result is for fcomi: flags, or -1. */
export type Exec = (i: number) => unknown;
export const instructions: Record<string, Exec> = {
  fld1: () => push(V.fromInt(1n)),
  fldz: () => push(zero(0)),
  fldl2t: () => push(T.constant("l2t", ctx)),
  fldl2e: () => push(T.constant("l2e", ctx)),
  fldpi: () => push(T.constant("pi", ctx)),
  fldlg2: () => push(T.constant("lg2", ctx)),
  fldln2: () => push(T.constant("ln2", ctx)),
  fld32: () => push(ieee32(false)),
  fld64: () => push(ieee64(false)),
  fld80: () => push(load80(view, FPU_OPERAND)),
  fild16: () => push(int16()),
  fild32: () => push(int32()),
  fild64: () => push(V.fromInt(view.getBigInt64(FPU_OPERAND, true))),
  fbld: () => push(V.loadBcd(view, FPU_OPERAND)),
  fldst: loadRegister,
  fxch: exchange,
  fst: (i) => storeRegister(i, false),
  fstp: (i) => storeRegister(i, true),
  fchs: () => unary((a) => ({ ...a, sign: a.sign ^ 1 })),
  fabs: () => unary((a) => ({ ...a, sign: 0 })),
  fsqrt: () => unary(A.sqrt),
  frndint: () => unary(V.roundToInt),
  f2xm1: () => unary(T.f2xm1),
  ftst: () => compareWith(zero(0), false, 0),
  fxam: examine,
  fxtract: extract,
  fscale: () => {
    if (isEmpty(0) || isEmpty(1)) {
      if (stackUnderflow()) put(0, DEFAULT_NAN);
      return;
    }
    const r = A.scale(st(0), st(1), ctx);
    if (settle()) put(0, r);
  },
  fprem: () => partialRemainder(false),
  fprem1: () => partialRemainder(true),
  fyl2x: () => binaryPop(T.fyl2x),
  fyl2xp1: () => binaryPop(T.fyl2xp1),
  fpatan: () => binaryPop((x, y, c) => T.patan(y, x, c)),
  fsin: () => trig("sin"),
  fcos: () => trig("cos"),
  fsincos: () => trig("both"),
  fptan: () => trig("tan"),
  fdecstp: () => setSw((sw() & ~(0x3800 | C1)) | (((top() - 1) & 7) << 11)),
  fincstp: () => setSw((sw() & ~(0x3800 | C1)) | (((top() + 1) & 7) << 11)),
  ffree: (i) => {
    setSw(sw() & ~C1);
    setTag(i, false);
  },
  ffreep: (i) => {
    setSw(sw() & ~C1);
    setTag(i, false);
    pop();
  },
  fnop: () => {},
  fwait: () => {},
  fcom: (i) => compareWith(isEmpty(i) ? null : st(i), false, 0),
  fcomp: (i) => compareWith(isEmpty(i) ? null : st(i), false, 1),
  fcompp: () => compareWith(isEmpty(1) ? null : st(1), false, 2),
  fucom: (i) => compareWith(isEmpty(i) ? null : st(i), true, 0),
  fucomp: (i) => compareWith(isEmpty(i) ? null : st(i), true, 1),
  fucompp: () => compareWith(isEmpty(1) ? null : st(1), true, 2),
  fcomi: (i) => compareFlags(i, false, false),
  fcomip: (i) => compareFlags(i, false, true),
  fucomi: (i) => compareFlags(i, true, false),
  fucomip: (i) => compareFlags(i, true, true),
  fcmov: (i) => conditionalMove(i, true),
  fcmov_not: (i) => conditionalMove(i, false),
  /** D9 D8: a store and pop that does not mind an empty register. */
  fstpnce: (i) => {
    setSw(sw() & ~C1);
    if (!isEmpty(0)) put(i, st(0));
    pop();
  },
  store_f32: () => store("f32"),
  store_f64: () => store("f64"),
  store_f80: () => store("f80"),
  store_bcd: () => store("bcd"),
  store_i16: () => store("i16"),
  store_i32: () => store("i32"),
  store_i64: () => store("i64"),
  store_t16: () => store("t16"),
  store_t32: () => store("t32"),
  store_t64: () => store("t64"),
  fninit: () => {
    view.setUint32(FPU_CW, 0x37f, true);
    setSw(0);
    view.setUint32(FPU_TAG, 0, true);
  },
  fnclex: () => setSw(sw() & 0x7f00),
  /** fldcw, after the word was read: a newly unmasked pending exception shows at the next instruction. */
  fldcw: () => {
    view.setUint32(FPU_CW, (view.getUint16(FPU_OPERAND, true) & 0x1f7f) | 0x40, true);
    refreshSummary(view);
  },
};
for (const name of ["commit", "commit_pop"]) instructions[name] = () => commit(name === "commit_pop");
for (const [name, op] of Object.entries(BINARY)) {
  instructions[`f${name}_st0`] = (i) => arith(op, 0, i, false);
  // With ST(i) as destination the reversed forms swap their names.
  instructions[`f${name}_sti`] = (i) => arith(op, i, 0, false);
  instructions[`f${name}p`] = (i) => arith(op, i, 0, true);
  instructions[`f${name}32`] = () => arithMemory(op, ieee32());
  instructions[`f${name}64`] = () => arithMemory(op, ieee64());
  instructions[`fi${name}16`] = () => arithMemory(op, int16());
  instructions[`fi${name}32`] = () => arithMemory(op, int32());
}
const memoryCompare = (v: F80, pops: number): void => compareWith(v, false, pops);
for (const [suffix, value] of [
  ["32", ieee32],
  ["64", ieee64],
] as const) {
  instructions[`fcom${suffix}`] = () => memoryCompare(value(), 0);
  instructions[`fcomp${suffix}`] = () => memoryCompare(value(), 1);
}
for (const [suffix, value] of [
  ["16", int16],
  ["32", int32],
] as const) {
  instructions[`ficom${suffix}`] = () => memoryCompare(value(), 0);
  instructions[`ficomp${suffix}`] = () => memoryCompare(value(), 1);
}

/** ES and B follow the unmasked exceptions. */
export function refreshSummary(v: DataView): void {
  const status = v.getUint32(FPU_SW, true);
  const masks = v.getUint32(FPU_CW, true);
  v.setUint32(FPU_SW, status & ~masks & 63 ? status | ES | BUSY : status & ~(ES | BUSY), true);
}

const names = Object.keys(instructions);
const table = names.map((n) => instructions[n]!);
/** Number of an instruction for `exec`. */
export const instructionNumber = (name: string): number => {
  const n = names.indexOf(name);
  if (n < 0) throw new Error(`no x87 instruction ${name}`);
  return n;
};
const COMMIT = new Set([names.indexOf("commit"), names.indexOf("commit_pop")]);
const NO_WAIT = new Set(["fninit", "fnclex"].map((n) => names.indexOf(n)));

/** Runs instruction `n` on the state in `v`. @returns -2: a pending exception (#MF) instead; -1 nothing; else fcomi's flags. */
export function exec(v: DataView, n: number, i: number): number {
  view = v;
  if (v.getUint32(FPU_SW, true) & ES && !NO_WAIT.has(n) && !COMMIT.has(n)) return -2;
  const cw = v.getUint32(FPU_CW, true);
  ctx.rc = (cw >> 10) & 3;
  ctx.precision = PRECISION[(cw >> 8) & 3]!;
  ctx.masks = cw & 63;
  ctx.flags = 0;
  const r = table[n]!(i);
  return typeof r === "number" ? r : -1;
}
