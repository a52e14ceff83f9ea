import type { Field } from "../ir/emitter.ts";
import { ZERO } from "../layout.ts";
import type { Code } from "../wasm/code.ts";
import { F32, F64, I32, I64, T, V } from "../wasm/opcodes.ts";
import type { Knowledge } from "./knowledge.ts";
import { isCached32, isCached64, isXmm, type RegisterLocals, type XmmLocal } from "./registers.ts";

/** One op being compiled: its operands and immediate are constants. */
export interface OpOperands {
  a: number;
  b: number;
  c: number;
  immLo: number;
  immHi: number;
  /** What the address of a memory operand hangs on, for remembering its page; "" = nothing in particular. */
  key: string;
  /** IR pointer, and instructions of the block before this one. */
  pc: number;
  index: number;
  /** Address of the instruction and of the next one. */
  rip: number;
  nextRip: number;
}

/** An op's registers and constants in compiled code: registers are locals, but for ops that handle them in memory. */
export class FieldEmitter {
  readonly c: Code;
  readonly registers: RegisterLocals;
  /** What is known here about the values in registers. */
  known: Knowledge;
  /** The present op. */
  op!: OpOperands;
  /** The op runs between a flush and a reload: all its registers are in memory. */
  memoryOnly = false;
  /** Set when the op handles registers in memory: they are flushed before it and loaded after it. */
  usesMemory = false;

  constructor(c: Code, registers: RegisterLocals, known: Knowledge) {
    this.c = c;
    this.registers = registers;
    this.known = known;
  }

  protected cached(addr: number): boolean {
    return !this.memoryOnly && isCached64(addr);
  }
  protected addr(f: Field): number {
    return f === 0 ? this.op.a : f === 1 ? this.op.b : this.op.c;
  }
  /** Pushes the cached 64-bit register that contains `addr`, shifted so that the byte at `addr` is lowest. */
  protected push64(addr: number): void {
    const { c } = this;
    if (addr === ZERO) {
      c.i64(0);
      return;
    }
    c.get(this.registers.of(addr & ~7, true));
    if (addr & 7) c.i64((addr & 7) * 8).op(I64.shr_u);
  }

  address(f: Field): void {
    this.usesMemory = true;
    this.c.i32(this.addr(f));
  }
  field(f: Field): void {
    this.c.i32(this.addr(f));
  }
  get64(f: Field): void {
    const a = this.addr(f);
    if (this.cached(a) || a === ZERO) this.push64(a);
    else this.c.i32(0).mem(I64.load, a);
  }
  get32(f: Field): void {
    const a = this.addr(f);
    if (this.cached(a) || a === ZERO) {
      this.push64(a);
      this.c.op(I32.wrap_i64);
    } else this.c.i32(0).mem(I32.load, a);
  }
  get16(f: Field): void {
    const a = this.addr(f);
    if (this.cached(a) || a === ZERO) {
      this.push64(a);
      this.c.op(I32.wrap_i64).i32(0xffff).op(I32.and);
    } else this.c.i32(0).mem(I32.load16_u, a);
  }
  get8(f: Field): void {
    const a = this.addr(f);
    if (this.cached(a) || a === ZERO) {
      this.push64(a);
      this.c.op(I32.wrap_i64).i32(0xff).op(I32.and);
    } else this.c.i32(0).mem(I32.load8_u, a);
  }
  #xmm(f: Field, scalar: boolean): XmmLocal | null {
    const a = this.addr(f);
    if (this.memoryOnly) return null;
    if (!isXmm(a)) {
      this.usesMemory = true;
      return null;
    }
    this.registers.use(a, scalar);
    return this.registers.xmm(a);
  }
  getV128(f: Field): void {
    const { c } = this;
    const x = this.#xmm(f, false);
    if (!x) c.i32(0).simdMem(V.load, this.addr(f));
    else if (x.whole >= 0) c.get(x.whole);
    else c.get(x.low).simd(V.f64x2_splat).get(x.high).lane(V.i64x2_replace_lane, 1);
  }
  getF64(f: Field): void {
    const { c } = this;
    const x = this.#xmm(f, true);
    if (!x) c.i32(0).mem(F64.load, this.addr(f));
    else if (x.whole >= 0) c.get(x.whole).lane(V.f64x2_extract_lane, 0);
    else c.get(x.low);
  }
  getF32(f: Field): void {
    const { c } = this;
    const x = this.#xmm(f, false);
    if (!x) c.i32(0).mem(F32.load, this.addr(f));
    else if (x.whole >= 0) c.get(x.whole).lane(V.f32x4_extract_lane, 0);
    else c.get(x.low).op(I64.reinterpret_f64).op(I32.wrap_i64).op(F32.reinterpret_i32);
  }

  protected write(addr: number): number {
    this.registers.written.add(addr & ~7);
    return this.registers.of(addr & ~7, true);
  }
  set64(f: Field, value: () => void): void {
    const a = this.addr(f);
    if (this.cached(a)) {
      value();
      this.c.set(this.write(a));
    } else {
      this.c.i32(0);
      value();
      this.c.mem(I64.store, a);
    }
  }
  set32(f: Field, value: () => void): void {
    const a = this.addr(f);
    if (this.cached(a)) {
      value();
      this.c.op(I64.extend_i32_u).set(this.write(a));
    } else {
      this.c.i32(0);
      value();
      this.c.op(I64.extend_i32_u).mem(I64.store, a);
    }
  }
  /** Replaces the low bits of a register, from bit `shift` on. */
  #insert(a: number, value: () => void, mask: number): void {
    const { c } = this;
    const shift = (a & 7) * 8;
    const l = this.write(a);
    const clear = mask * 2 ** shift;
    c.get(l)
      .i64Parts(~(clear | 0), ~(Math.floor(clear / 4294967296) | 0))
      .op(I64.and);
    value();
    c.op(I64.extend_i32_u).i64(mask).op(I64.and);
    if (shift) c.i64(shift).op(I64.shl);
    c.op(I64.or).set(l);
  }
  set16(f: Field, value: () => void): void {
    const a = this.addr(f);
    if (this.cached(a)) this.#insert(a, value, 0xffff);
    else {
      this.c.i32(0);
      value();
      this.c.mem(I32.store16, a);
    }
  }
  set8(f: Field, value: () => void): void {
    const a = this.addr(f);
    if (this.cached(a)) this.#insert(a, value, 0xff);
    else {
      this.c.i32(0);
      value();
      this.c.mem(I32.store8, a);
    }
  }
  #written(f: Field, ordinary = false): void {
    const a = this.addr(f);
    this.registers.written.add(a);
    this.known.ordinary.set(a, ordinary);
    this.known.ordinary.set(a + 1, false);
  }
  setV128(f: Field, value: () => void): void {
    const { c } = this;
    const x = this.#xmm(f, false);
    if (!x) {
      c.i32(0);
      value();
      c.simdMem(V.store, this.addr(f));
      return;
    }
    value();
    this.#written(f);
    if (x.whole >= 0) c.set(x.whole);
    else {
      const t = c.temp(T.v128);
      c.tee(t).lane(V.f64x2_extract_lane, 0).set(x.low);
      c.get(t).lane(V.i64x2_extract_lane, 1).set(x.high);
      c.release(T.v128, t);
    }
  }
  setF64(f: Field, value: () => void): void {
    const { c } = this;
    const x = this.#xmm(f, true);
    if (!x) {
      c.i32(0);
      value();
      c.mem(F64.store, this.addr(f));
    } else if (x.whole >= 0) {
      c.get(x.whole);
      value();
      c.lane(V.f64x2_replace_lane, 0).set(x.whole);
      this.#written(f);
    } else {
      value();
      c.set(x.low);
      this.#written(f);
    }
  }
  setF64Zero(f: Field, value: () => void): void {
    const { c } = this;
    const x = this.#xmm(f, true);
    if (!x) {
      const a = this.addr(f);
      c.i32(0);
      value();
      c.mem(F64.store, a);
      c.i32(0)
        .i64(0)
        .mem(I64.store, a + 8);
    } else if (x.whole >= 0) {
      c.simd16(V.const, new Uint8Array(16));
      value();
      c.lane(V.f64x2_replace_lane, 0).set(x.whole);
      this.#written(f);
    } else {
      value();
      c.set(x.low).i64(0).set(x.high);
      this.#written(f);
    }
  }
  copyXmm(): void {
    const b = this.#xmm(1, true);
    const a = this.#xmm(0, true);
    const { c } = this;
    if (a && b && a.low >= 0 && b.low >= 0) {
      const is = this.isOrdinary(1);
      const pair = this.isOrdinaryPair(1);
      c.get(b.low).set(a.low).get(b.high).set(a.high);
      this.#written(0, is);
      this.known.ordinary.set(this.addr(0) + 1, pair);
    } else {
      const is = this.isOrdinary(1);
      const pair = this.isOrdinaryPair(1);
      this.setV128(0, () => this.getV128(1));
      if (this.memoryOnly) return;
      this.known.ordinary.set(this.addr(0), is).set(this.addr(0) + 1, pair);
    }
  }
  setF32(f: Field, value: () => void): void {
    const { c } = this;
    const x = this.#xmm(f, false);
    if (!x) {
      c.i32(0);
      value();
      c.mem(F32.store, this.addr(f));
    } else if (x.whole >= 0) {
      c.get(x.whole);
      value();
      c.lane(V.f32x4_replace_lane, 0).set(x.whole);
      this.#written(f);
    } else {
      c.get(x.low).op(I64.reinterpret_f64).i64Parts(0, -1).op(I64.and);
      value();
      c.op(I32.reinterpret_f32).op(I64.extend_i32_u).op(I64.or).op(F64.reinterpret_i64).set(x.low);
      this.#written(f);
    }
  }

  imm64(): void {
    this.c.i64Parts(this.op.immLo, this.op.immHi);
  }
  immLo(): void {
    this.c.i32(this.op.immLo);
  }
  immHi(): void {
    this.c.i32(this.op.immHi);
  }
  constImm(): { lo: number; hi: number } {
    return { lo: this.op.immLo, hi: this.op.immHi };
  }

  cpu64(addr: number): void {
    if (this.cached(addr)) this.push64(addr);
    else this.c.i32(0).mem(I64.load, addr);
  }
  cpu32(addr: number): void {
    if (!this.memoryOnly && isCached32(addr)) this.c.get(this.registers.of(addr, false));
    else if (this.cached(addr)) {
      this.push64(addr);
      this.c.op(I32.wrap_i64);
    } else this.c.i32(0).mem(I32.load, addr);
  }
  setCpu64(addr: number, value: () => void): void {
    if (this.cached(addr)) {
      value();
      this.c.set(this.write(addr));
      return;
    }
    this.c.i32(0);
    value();
    this.c.mem(I64.store, addr);
  }
  setCpuPart(addr: number, bytes: 1 | 2, value: () => void): void {
    if (this.cached(addr)) this.#insert(addr, value, bytes === 1 ? 0xff : 0xffff);
    else {
      this.c.i32(0);
      value();
      this.c.mem(bytes === 1 ? I32.store8 : I32.store16, addr);
    }
  }

  /** Is the low double of an XMM register known not to be a denormal? */
  isOrdinary(f: Field): boolean {
    return this.known.ordinary.get(this.addr(f)) === true;
  }
  /** The same for both doubles of a register. */
  isOrdinaryPair(f: Field): boolean {
    return this.known.ordinary.get(this.addr(f) + 1) === true;
  }
  noteOrdinaryPair(f: Field): void {
    this.known.ordinary.set(this.addr(f), true).set(this.addr(f) + 1, true);
  }
  /** The low double of a register is not a denormal from here on. */
  noteOrdinary(f: Field): void {
    this.known.ordinary.set(this.addr(f), true);
  }
}
