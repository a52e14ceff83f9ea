import { gpr } from "../../../layout.ts";
import { Ctl, I32, I64, T, V } from "../../../wasm/opcodes.ts";
import { A, B, C, type Emitter } from "../../emitter.ts";
import { CF, OF, SF, setStatus, ZF } from "../../flags.ts";
import { defineHelper, defineUpcall } from "../../helper.ts";
import { defineColdOp, type OpDef } from "../../op.ts";
import { LANES_A, LANES_B, LANES_R } from "./mxcsr.ts";

/** Comparisons of the string instructions: imm bits 2 and 3 (Intel SDM volume 1, section 14.9 "aggregation"). */
const EQUAL_ANY = 0;
const RANGES = 1;
const EQUAL_EACH = 2;

/** Number of valid elements: up to the first zero, or the absolute value of a register, at most n. */
function implicitLength(get: (i: number) => number, n: number): number {
  let i = 0;
  while (i < n && get(i) !== 0) i++;
  return i;
}

/**
 * Compares the strings at LANES_A and LANES_B. `lengthA`, `lengthB`: valid elements, -1 = up to a zero.
 * @returns the result bits (16), then the flags in the upper half.
 */
export function compareStrings(view: DataView, imm: number, lengthA: number, lengthB: number): number {
  const words = (imm & 1) !== 0;
  const signed = (imm & 2) !== 0;
  const n = words ? 8 : 16;
  const read =
    (base: number) =>
    (i: number): number =>
      words
        ? signed
          ? view.getInt16(base + 2 * i, true)
          : view.getUint16(base + 2 * i, true)
        : signed
          ? view.getInt8(base + i)
          : view.getUint8(base + i);
  const a = read(LANES_A);
  const b = read(LANES_B);
  const la = lengthA < 0 ? implicitLength(a, n) : lengthA;
  const lb = lengthB < 0 ? implicitLength(b, n) : lengthB;
  const aggregation = (imm >> 2) & 3;
  let bits = 0;
  for (let j = 0; j < n; j++) {
    let hit: boolean;
    if (aggregation === EQUAL_ANY) {
      hit = false;
      for (let i = 0; i < la && j < lb; i++) hit ||= a(i) === b(j);
    } else if (aggregation === RANGES) {
      hit = false;
      for (let i = 0; i + 1 < la && j < lb; i += 2) hit ||= a(i) <= b(j) && b(j) <= a(i + 1);
    } else if (aggregation === EQUAL_EACH) {
      hit = j < la && j < lb ? a(j) === b(j) : j >= la && j >= lb;
    } else {
      // Equal ordered: the first string is found at position j, as far as the register reaches.
      hit = true;
      for (let i = 0; i < la && i + j < n; i++) hit &&= i + j < lb && a(i) === b(i + j);
    }
    if (hit) bits |= 1 << j;
  }
  const polarity = (imm >> 4) & 3;
  if (polarity === 1) bits = ~bits & ((1 << n) - 1);
  else if (polarity === 3) bits ^= (1 << lb) - 1;
  const flags = (bits !== 0 ? CF : 0) | (lb < n ? ZF : 0) | (la < n ? SF : 0) | (bits & 1 ? OF : 0);
  if ((imm & 0x40) === 0) {
    view.setUint32(LANES_R, bits, true);
    for (let o = 4; o < 16; o += 4) view.setUint32(LANES_R + o, 0, true);
  } else {
    for (let i = 0; i < 16; i++) view.setUint8(LANES_R + i, (bits >> (words ? i >> 1 : i)) & 1 ? 0xff : 0);
  }
  return bits | (flags << 16);
}

const compareUpcall = defineUpcall("compareStrings", [T.i32, T.i32, T.i32], [T.i32], (view, imm, la, lb) =>
  compareStrings(view, imm!, la!, lb!),
);
/** (immediate, lengths or -1) → as compareStrings. Bytes that are compared for equality stay in WebAssembly; the rest is rare. */
const compare = defineHelper("sseCompareStrings", [T.i32, T.i32, T.i32], [T.i32], (c, call) => {
  const [imm, la, lb] = [0, 1, 2];
  const a = c.local(T.v128);
  const b = c.local(T.v128);
  const maskA = c.local(T.i32);
  const maskB = c.local(T.i32);
  const bits = c.local(T.i32);
  const found = c.local(T.v128);
  const i = c.local(T.i32);
  c.get(imm).i32(0x41).op(I32.and).get(imm).i32(0x0c).op(I32.and).i32(4).op(I32.eq).op(I32.or).if();
  c.get(imm).get(la).get(lb);
  call(compareUpcall);
  c.ret();
  c.end();
  for (const [v, lanes, length, mask] of [
    [a, LANES_A, la, maskA],
    [b, LANES_B, lb, maskB],
  ] as const) {
    c.i32(0).simdMem(V.load, lanes).set(v);
    c.get(length).i32(0).op(I32.lt_s).if();
    c.get(v).i32(0).simd(V.i8x16_splat).simd(V.i8x16_eq).simd(V.i8x16_bitmask).i32(0x10000).op(I32.or).op(I32.ctz).set(length);
    c.end();
    c.i32(1).get(length).op(I32.shl).i32(1).op(I32.sub).set(mask);
  }
  const aggregated = c.block();
  c.get(imm).i32(0x0c).op(I32.and).i32(8).op(I32.eq).if();
  // Each: equal, or both beyond their ends.
  c.get(a).get(b).simd(V.i8x16_eq).simd(V.i8x16_bitmask).get(maskA).op(I32.and).get(maskB).op(I32.and);
  c.get(maskA).get(maskB).op(I32.or).i32(0xffff).op(I32.xor).op(I32.or).set(bits).br(aggregated);
  c.end();
  c.get(imm).i32(0x0c).op(I32.and).op(I32.eqz).if();
  {
    // Any: one of the first string's bytes.
    const done = c.block();
    const loop = c.loop();
    c.get(i).get(la).op(I32.ge_u).brIf(done);
    c.get(found).get(b).get(i).mem(I32.load8_u, LANES_A).simd(V.i8x16_splat).simd(V.i8x16_eq).simd(V.or).set(found);
    c.get(i).i32(1).op(I32.add).set(i).br(loop);
    c.end();
    c.end();
    c.get(found).simd(V.i8x16_bitmask).get(maskB).op(I32.and).set(bits).br(aggregated);
  }
  c.end();
  {
    // Ordered: the first string at each place, as far as the register reaches.
    c.i32(0xffff).set(bits);
    const loop = c.loop();
    c.get(i).get(la).op(I32.ge_u).brIf(aggregated);
    c.get(b).get(i).mem(I32.load8_u, LANES_A).simd(V.i8x16_splat).simd(V.i8x16_eq).simd(V.i8x16_bitmask).get(maskB).op(I32.and);
    c.get(i).op(I32.shr_u).i32(0xffff).get(i).op(I32.shr_u).i32(0xffff).op(I32.xor).op(I32.or).get(bits).op(I32.and).set(bits);
    c.get(i).i32(1).op(I32.add).set(i).br(loop);
    c.end();
  }
  c.end();
  // Polarity: negated, or negated where the second string is valid.
  c.get(imm).i32(0x10).op(I32.and).if();
  c.get(bits);
  c.i32(0xffff).get(maskB).get(imm).i32(0x20).op(I32.and).op(I32.eqz).op(Ctl.select).op(I32.xor).set(bits);
  c.end();
  c.i32(0).get(bits).op(I64.extend_i32_u).mem(I64.store, LANES_R);
  c.i32(0)
    .i64(0)
    .mem(I64.store, LANES_R + 8);
  // CF, ZF, SF, OF in the upper half.
  c.get(bits).i32(0).op(I32.ne);
  c.get(lb).i32(16).op(I32.lt_u).i32(6).op(I32.shl).op(I32.or);
  c.get(la).i32(16).op(I32.lt_u).i32(7).op(I32.shl).op(I32.or);
  c.get(bits).i32(1).op(I32.and).i32(11).op(I32.shl).op(I32.or);
  c.i32(16).op(I32.shl).get(bits).op(I32.or);
});

/** (register, immediate) → its absolute value, at most the number of elements. */
const explicitLength = defineHelper("sseStringLength", [T.i64, T.i32], [T.i32], (c) => {
  const n = c.local(T.i32);
  c.i32(16).get(1).i32(1).op(I32.and).op(I32.shr_u).set(n);
  c.get(0).i64(0).op(I64.lt_s).if();
  c.i64(0).get(0).op(I64.sub).set(0);
  c.end();
  // The most negative number stays negative; unsigned, it is beyond the limit like other large ones.
  c.get(n).get(0).op(I32.wrap_i64).get(0).get(n).op(I64.extend_i32_u).op(I64.gt_u).op(Ctl.select);
});

type Lengths = "implicit" | "explicit32" | "explicit64";
const RAX = gpr(0);
const RDX = gpr(2);

function pushLength(e: Emitter, lengths: Lengths, reg: number): void {
  const { c } = e;
  if (lengths === "implicit") {
    c.i32(-1);
    return;
  }
  e.cpu64(reg);
  if (lengths === "explicit32") c.op(I64.extend32_s);
  e.immLo();
  e.call(explicitLength);
}

/** a, b: the strings; c: rcx (index) or xmm0 (mask); the immediate is the instruction's. Sets all status flags. */
function stringOp(name: string, lengths: Lengths, index: boolean): OpDef {
  return defineColdOp(name, (e) => {
    const { c } = e;
    const r = c.temp(T.i32);
    c.i32(0);
    e.getV128(A);
    c.simdMem(V.store, LANES_A).i32(0);
    e.getV128(B);
    c.simdMem(V.store, LANES_B);
    e.immLo();
    pushLength(e, lengths, RAX);
    pushLength(e, lengths, RDX);
    e.call(compare);
    c.set(r);
    setStatus(e, () => c.get(r).i32(16).op(I32.shr_u));
    if (index) {
      e.set32(C, () => {
        // The lowest or highest set bit, or the number of elements if there is none.
        c.get(r).i32(0xffff).op(I32.and).tee(r).op(I32.eqz).if(T.i32);
        c.i32(16);
        e.immLo();
        c.i32(1).op(I32.and).op(I32.shr_u);
        c.else();
        c.i32(31).get(r).op(I32.clz).op(I32.sub).get(r).op(I32.ctz);
        e.immLo();
        c.i32(0x40).op(I32.and).op(Ctl.select);
        c.end();
      });
    } else e.setV128(C, () => c.i32(0).simdMem(V.load, LANES_R));
    c.release(T.i32, r);
  });
}

/** By instruction; the explicit-length forms by operand size (32, 64 bits). */
export const pcmpistri = stringOp("pcmpistri", "implicit", true);
export const pcmpistrm = stringOp("pcmpistrm", "implicit", false);
export const pcmpestri = [stringOp("pcmpestri32", "explicit32", true), stringOp("pcmpestri64", "explicit64", true)] as const;
export const pcmpestrm = [stringOp("pcmpestrm32", "explicit32", false), stringOp("pcmpestrm64", "explicit64", false)] as const;
