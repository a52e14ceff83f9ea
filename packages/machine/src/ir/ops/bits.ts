import { gpr } from "../../layout.ts";
import { I32, I64, T } from "../../wasm/opcodes.ts";
import { A, B, C, type Emitter } from "../emitter.ts";
import { CC_SUB, CF, PF, type SizeLog, setFlags, setStatus, setStatusPart, ZF } from "../flags.ts";
import { defineColdOp, defineOp } from "../op.ts";
import { getZero, setSized } from "./alu.ts";

const SIZES = [0, 1, 2, 3] as const;
export type BitName = "bt" | "bts" | "btr" | "btc";
/** In the order of the ModRM reg field of group 8 from /4. */
export const BIT_ORDER: readonly BitName[] = ["bt", "bts", "btr", "btc"];

function emitBit(e: Emitter, name: BitName, size: SizeLog, offset: () => void): void {
  const { c } = e;
  const v = c.temp(T.i64);
  const n = c.temp(T.i64);
  const cf = c.temp(T.i32);
  offset();
  c.i64((8 << size) - 1)
    .op(I64.and)
    .set(n);
  getZero(e, A, size);
  c.tee(v).get(n).op(I64.shr_u).op(I32.wrap_i64).i32(1).op(I32.and).set(cf);
  if (name !== "bt") {
    c.get(v).i64(1).get(n).op(I64.shl);
    if (name === "bts") c.op(I64.or);
    else if (name === "btc") c.op(I64.xor);
    else c.i64(-1).op(I64.xor).op(I64.and);
    c.set(v);
    setSized(e, A, size, v);
  }
  setStatusPart(e, CF, () => {
    c.get(cf);
  });
}

export interface BitOps {
  rr: ReturnType<typeof defineOp>[];
  ri: ReturnType<typeof defineOp>[];
}
export const bitTest = {} as Record<BitName, BitOps>;
for (const name of BIT_ORDER) {
  bitTest[name] = {
    rr: SIZES.map((size) =>
      defineOp(`${name}${8 << size}_rr`, (e) => emitBit(e, name, size, () => e.get64(B)), { cold: !(name === "bt" && size >= 2) }),
    ),
    ri: SIZES.map((size) => defineOp(`${name}${8 << size}_ri`, (e) => emitBit(e, name, size, () => e.imm64()), { cold: true })),
  };
}

/** a += the byte offset of bit number b (signed) in a bit string of words of 2^c bytes (BT with a memory operand). */
export const bitAddress = [1, 2, 3].map((size) =>
  defineColdOp(`bit_address${8 << size}`, (e) =>
    e.set64(A, () => {
      const { c } = e;
      e.get64(A);
      e.get64(B);
      if (size !== 3) c.op(size === 1 ? I64.extend16_s : I64.extend32_s);
      c.i64(3 + size)
        .op(I64.shr_s)
        .i64(size)
        .op(I64.shl)
        .op(I64.add);
    }),
  ),
);

/** bsf and bsr: a = index of the lowest or highest set bit of b; a is unchanged if b is 0. */
export const bitScan = ([false, true] as const).map((reverse) =>
  [1, 2, 3].map((size) =>
    defineOp(
      `${reverse ? "bsr" : "bsf"}${8 << size}`,
      (e) => {
        const { c } = e;
        const v = c.temp(T.i64);
        const r = c.temp(T.i64);
        const fl = c.temp(T.i32);
        getZero(e, B, size as SizeLog);
        c.tee(v).op(I64.eqz).if();
        c.i32(ZF | PF).set(fl);
        // The upper half is left alone as well.
        c.else();
        if (reverse) c.i64(63).get(v).op(I64.clz).op(I64.sub);
        else c.get(v).op(I64.ctz);
        c.set(r);
        setSized(e, A, size as SizeLog, r);
        c.get(r).op(I32.wrap_i64).op(I32.popcnt).i32(1).op(I32.and).i32(1).op(I32.xor).i32(2).op(I32.shl).set(fl);
        c.end();
        setStatus(e, () => c.get(fl));
      },
      { cold: size < 2 },
    ),
  ),
);
export const popcnt = [1, 2, 3].map((size) =>
  defineColdOp(`popcnt${8 << size}`, (e) => {
    const { c } = e;
    const r = c.temp(T.i64);
    getZero(e, B, size as SizeLog);
    c.op(I64.popcnt).set(r);
    setSized(e, A, size as SizeLog, r);
    setStatus(e, () => c.get(r).op(I64.eqz).i32(6).op(I32.shl));
  }),
);

const MASK8 = [0x00ff00ff, 0x00ff00ff] as const;
/** bswap. For 16 bits the manuals leave the result undefined; processors clear the register's low word. */
export const bswap = [
  defineColdOp("bswap16", (e) => e.set16(A, () => e.c.i32(0))),
  defineOp("bswap32", (e) => {
    const { c } = e;
    e.set32(A, () => {
      e.get32(A);
      c.i32(8).op(I32.rotr).i32(0xff00ff00).op(I32.and);
      e.get32(A);
      c.i32(8).op(I32.rotl).i32(0x00ff00ff).op(I32.and).op(I32.or);
    });
  }),
  defineOp("bswap64", (e) => {
    const { c } = e;
    const v = c.temp(T.i64);
    e.get64(A);
    c.set(v);
    c.get(v)
      .i64(8)
      .op(I64.shr_u)
      .i64Parts(MASK8[0], MASK8[1])
      .op(I64.and)
      .get(v)
      .i64Parts(MASK8[0], MASK8[1])
      .op(I64.and)
      .i64(8)
      .op(I64.shl)
      .op(I64.or)
      .set(v);
    c.get(v)
      .i64(16)
      .op(I64.shr_u)
      .i64Parts(0xffff, 0xffff)
      .op(I64.and)
      .get(v)
      .i64Parts(0xffff, 0xffff)
      .op(I64.and)
      .i64(16)
      .op(I64.shl)
      .op(I64.or)
      .set(v);
    e.set64(A, () => c.get(v).i64(32).op(I64.rotr));
  }),
];

const RAX = gpr(0);
/**
 * cmpxchg with destination a and source b: if the accumulator equals a then a = b, else the
 * accumulator = a. Flags of the comparison.
 */
export const cmpxchg = SIZES.map((size) =>
  defineOp(
    `cmpxchg${8 << size}`,
    (e) => {
      const { c } = e;
      const dst = c.temp(T.i64);
      const acc = c.temp(T.i64);
      const v = c.temp(T.i64);
      getZero(e, A, size);
      c.set(dst);
      e.cpu64(RAX);
      if (size !== 3) c.i64(2 ** (8 << size) - 1).op(I64.and);
      c.set(acc);
      setFlags(
        e,
        CC_SUB,
        size,
        () => c.get(acc).get(dst).op(I64.sub),
        () => c.get(dst),
      );
      c.get(acc).get(dst).op(I64.eq).if();
      e.get64(B);
      c.set(v);
      setSized(e, A, size, v);
      c.else();
      if (size === 3) e.setCpu64(RAX, () => c.get(dst));
      else if (size === 2) {
        e.setCpu64(RAX, () => c.get(dst));
      } else e.setCpuPart(RAX, size === 1 ? 2 : 1, () => c.get(dst).op(I32.wrap_i64));
      c.end();
    },
    { cold: size < 2 },
  ),
);

/** cmpxchg8b (b = 0) and cmpxchg16b at the address in a. */
function emitWide(e: Emitter, wide: boolean): void {
  const { c } = e;
  const va = c.temp(T.i64);
  const lo = c.temp(T.i64);
  const hi = c.temp(T.i64);
  const fl = c.temp(T.i32);
  const addr = c.temp(T.i32);
  e.get64(A);
  c.set(va);
  if (wide) {
    c.get(va).i64(15).op(I64.and).i64(0).op(I64.ne).if();
    e.trap(13);
    c.end();
  }
  e.loadAddress(va, wide ? 16 : 8, true);
  c.tee(addr)
    .mem(wide ? I64.load : I64.load32_u)
    .set(lo);
  c.get(addr)
    .mem(wide ? I64.load : I64.load32_u, wide ? 8 : 4)
    .set(hi);
  const reg = (n: number): void => {
    e.cpu64(gpr(n));
    if (!wide) c.i64(0xffffffff).op(I64.and);
  };
  reg(0);
  c.get(lo).op(I64.eq);
  reg(2);
  c.get(hi).op(I64.eq).op(I32.and).set(fl);
  e.storeAt(va, wide ? 16 : 8, (at) => {
    const op = wide ? I64.store : I64.store32;
    const off = wide ? 8 : 4;
    c.get(at);
    reg(3);
    c.get(lo).get(fl).op(0x1b).mem(op);
    c.get(at);
    reg(1);
    c.get(hi).get(fl).op(0x1b).mem(op, off);
  });
  c.get(fl).op(I32.eqz).if();
  e.setCpu64(gpr(0), () => c.get(lo));
  e.setCpu64(gpr(2), () => c.get(hi));
  c.end();
  setStatusPart(e, ZF, () => {
    c.get(fl).i32(6).op(I32.shl);
  });
}
export const cmpxchg8b = defineColdOp("cmpxchg8b", (e) => emitWide(e, false));
export const cmpxchg16b = defineColdOp("cmpxchg16b", (e) => emitWide(e, true));
export { C };
