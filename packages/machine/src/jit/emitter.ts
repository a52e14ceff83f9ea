import type { Emitter, Field } from "../ir/emitter.ts";
import {
  allFlags,
  CC_FLOAT,
  CC_SUB,
  CF,
  carry,
  carryFlag,
  carryOf,
  condition,
  conditionOf,
  materializeFlags,
  OF,
  OVER_VALUE,
  PF,
  SF,
  type SizeLog,
  STATUS,
  statusFlags,
  statusOf,
  ZF,
} from "../ir/flags.ts";
import type { Helper } from "../ir/helper.ts";
import { CONDITION_OF, knowsCondition, pushCondition } from "../ir/ops/conditions.ts";
import { emitMulHigh, mulHigh, mulHighSigned } from "../ir/ops/multiply.ts";
import { CC_AUX, CC_OP, CC_RES, CC_SRC, MXCSR, RFLAGS, TRAP_ERROR, TRAP_VECTOR, XMM, ZERO } from "../layout.ts";
import type { Code } from "../wasm/code.ts";
import { F32, F64, I32, I64, T, V } from "../wasm/opcodes.ts";
import { emitCompareDoubles, emitPackedDouble, emitScalarDouble, type PackedConstants, setSpan } from "./float.ts";
import { conditionFromStatus, floatCondition, type Knowledge, type KnownFlags, UNKNOWN_FLAGS } from "./knowledge.ts";
import type { PageLocals, ProbeFunctions } from "./pages.ts";
import { isCached32, isCached64, isXmm, type RegisterLocals, XMM_END, type XmmLocal } from "./registers.ts";

/** Ways out of a region in the middle of a block. */
export interface RegionExits {
  /** An exception at the present instruction. */
  fault(op: OpOperands): void;
  /** On to the interpreter with the present instruction, or with the next one. */
  here(op: OpOperands): void;
  after(op: OpOperands): void;
}

/** What a compiled region needs from its module. */
export interface RegionFunctions extends ProbeFunctions {
  /** Index of the function that serves a system call. */
  syscall: number;
  /** Function index of a support function of the interpreter's module. */
  helper(h: Helper): number;
}

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

/** The compiler's side of `Emitter`. */
export class RegionEmitter implements Emitter {
  readonly c: Code;
  readonly registers: RegisterLocals;
  readonly pages: PageLocals;
  readonly #f: RegionFunctions;
  readonly #exits: RegionExits;
  /** Local that holds what the low bits of a result may reach if MXCSR is settled: see float.ts. */
  readonly #span: number;
  readonly #packed: PackedConstants;
  /** What is known here about the values in registers. */
  known: Knowledge;
  /** The present op. */
  op!: OpOperands;
  /** The op runs between a flush and a reload: all its registers are in memory. */
  memoryOnly = false;
  /** Set when the op handles registers in memory: they are flushed before it and loaded after it. */
  usesMemory = false;

  constructor(
    c: Code,
    registers: RegisterLocals,
    pages: PageLocals,
    f: RegionFunctions,
    exits: RegionExits,
    span: number,
    packed: PackedConstants,
    known: Knowledge,
  ) {
    this.c = c;
    this.registers = registers;
    this.pages = pages;
    this.#f = f;
    this.#exits = exits;
    this.#span = span;
    this.#packed = packed;
    this.known = known;
  }
  #fault(): void {
    this.#exits.fault(this.op);
  }

  #cached(addr: number): boolean {
    return !this.memoryOnly && isCached64(addr);
  }
  #addr(f: Field): number {
    return f === 0 ? this.op.a : f === 1 ? this.op.b : this.op.c;
  }
  /** Pushes the cached 64-bit register that contains `addr`, shifted so that the byte at `addr` is lowest. */
  #push64(addr: number): void {
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
    this.c.i32(this.#addr(f));
  }
  field(f: Field): void {
    this.c.i32(this.#addr(f));
  }
  get64(f: Field): void {
    const a = this.#addr(f);
    if (this.#cached(a) || a === ZERO) this.#push64(a);
    else this.c.i32(0).mem(I64.load, a);
  }
  get32(f: Field): void {
    const a = this.#addr(f);
    if (this.#cached(a) || a === ZERO) {
      this.#push64(a);
      this.c.op(I32.wrap_i64);
    } else this.c.i32(0).mem(I32.load, a);
  }
  get16(f: Field): void {
    const a = this.#addr(f);
    if (this.#cached(a) || a === ZERO) {
      this.#push64(a);
      this.c.op(I32.wrap_i64).i32(0xffff).op(I32.and);
    } else this.c.i32(0).mem(I32.load16_u, a);
  }
  get8(f: Field): void {
    const a = this.#addr(f);
    if (this.#cached(a) || a === ZERO) {
      this.#push64(a);
      this.c.op(I32.wrap_i64).i32(0xff).op(I32.and);
    } else this.c.i32(0).mem(I32.load8_u, a);
  }
  #xmm(f: Field, scalar: boolean): XmmLocal | null {
    const a = this.#addr(f);
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
    if (!x) c.i32(0).simdMem(V.load, this.#addr(f));
    else if (x.whole >= 0) c.get(x.whole);
    else c.get(x.low).simd(V.f64x2_splat).get(x.high).lane(V.i64x2_replace_lane, 1);
  }
  getF64(f: Field): void {
    const { c } = this;
    const x = this.#xmm(f, true);
    if (!x) c.i32(0).mem(F64.load, this.#addr(f));
    else if (x.whole >= 0) c.get(x.whole).lane(V.f64x2_extract_lane, 0);
    else c.get(x.low);
  }
  getF32(f: Field): void {
    const { c } = this;
    const x = this.#xmm(f, false);
    if (!x) c.i32(0).mem(F32.load, this.#addr(f));
    else if (x.whole >= 0) c.get(x.whole).lane(V.f32x4_extract_lane, 0);
    else c.get(x.low).op(I64.reinterpret_f64).op(I32.wrap_i64).op(F32.reinterpret_i32);
  }

  #write(addr: number): number {
    this.registers.written.add(addr & ~7);
    return this.registers.of(addr & ~7, true);
  }
  set64(f: Field, value: () => void): void {
    const a = this.#addr(f);
    if (this.#cached(a)) {
      value();
      this.c.set(this.#write(a));
    } else {
      this.c.i32(0);
      value();
      this.c.mem(I64.store, a);
    }
  }
  set32(f: Field, value: () => void): void {
    const a = this.#addr(f);
    if (this.#cached(a)) {
      value();
      this.c.op(I64.extend_i32_u).set(this.#write(a));
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
    const l = this.#write(a);
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
    const a = this.#addr(f);
    if (this.#cached(a)) this.#insert(a, value, 0xffff);
    else {
      this.c.i32(0);
      value();
      this.c.mem(I32.store16, a);
    }
  }
  set8(f: Field, value: () => void): void {
    const a = this.#addr(f);
    if (this.#cached(a)) this.#insert(a, value, 0xff);
    else {
      this.c.i32(0);
      value();
      this.c.mem(I32.store8, a);
    }
  }
  #written(f: Field, ordinary = false): void {
    const a = this.#addr(f);
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
      c.simdMem(V.store, this.#addr(f));
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
      c.mem(F64.store, this.#addr(f));
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
      const a = this.#addr(f);
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
      this.known.ordinary.set(this.#addr(0) + 1, pair);
    } else {
      const is = this.isOrdinary(1);
      const pair = this.isOrdinaryPair(1);
      this.setV128(0, () => this.getV128(1));
      if (this.memoryOnly) return;
      this.known.ordinary.set(this.#addr(0), is).set(this.#addr(0) + 1, pair);
    }
  }
  setF32(f: Field, value: () => void): void {
    const { c } = this;
    const x = this.#xmm(f, false);
    if (!x) {
      c.i32(0);
      value();
      c.mem(F32.store, this.#addr(f));
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

  /** Is the low double of an XMM register known not to be a denormal? */
  isOrdinary(f: Field): boolean {
    return this.known.ordinary.get(this.#addr(f)) === true;
  }
  scalarDouble(op: number, opcode: number): void {
    emitScalarDouble(this, this.#exits, this.#span, op, opcode, (h) => this.#f.helper(h));
  }
  /** The same for both doubles of a register. */
  isOrdinaryPair(f: Field): boolean {
    return this.known.ordinary.get(this.#addr(f) + 1) === true;
  }
  noteOrdinaryPair(f: Field): void {
    this.known.ordinary.set(this.#addr(f), true).set(this.#addr(f) + 1, true);
  }
  packedDouble(op: number, opcode: number): void {
    emitPackedDouble(this, this.#exits, this.#span, this.#packed, op, opcode, (h) => this.#f.helper(h));
  }
  compareDoubles(): void {
    emitCompareDoubles(this, this.#exits);
  }
  /** The low double of a register is not a denormal from here on. */
  noteOrdinary(f: Field): void {
    this.known.ordinary.set(this.#addr(f), true);
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
    if (this.#cached(addr)) this.#push64(addr);
    else this.c.i32(0).mem(I64.load, addr);
  }
  cpu32(addr: number): void {
    if (!this.memoryOnly && isCached32(addr)) this.c.get(this.registers.of(addr, false));
    else if (this.#cached(addr)) {
      this.#push64(addr);
      this.c.op(I32.wrap_i64);
    } else this.c.i32(0).mem(I32.load, addr);
  }
  setCpu64(addr: number, value: () => void): void {
    if (this.#cached(addr)) {
      value();
      this.c.set(this.#write(addr));
      return;
    }
    this.c.i32(0);
    value();
    this.c.mem(I64.store, addr);
  }
  setCpu32(addr: number, value: () => void): void {
    if (addr === CC_OP) {
      this.known.flags = UNKNOWN_FLAGS;
      this.known.untouched = false;
    }
    if (!this.memoryOnly && isCached32(addr)) {
      value();
      this.registers.written.add(addr);
      this.c.set(this.registers.of(addr, false));
      return;
    }
    this.c.i32(0);
    value();
    this.c.mem(I32.store, addr);
    if (addr === MXCSR) {
      setSpan(this.c, this.#span);
      this.#packed.settle(this.#span);
    }
  }

  setCpuPart(addr: number, bytes: 1 | 2, value: () => void): void {
    if (this.#cached(addr)) this.#insert(addr, value, bytes === 1 ? 0xff : 0xffff);
    else {
      this.c.i32(0);
      value();
      this.c.mem(bytes === 1 ? I32.store8 : I32.store16, addr);
    }
  }

  /** Pages are remembered for plain accesses of registers' sizes. */
  #key(size: number): string {
    return size <= 16 && (size & (size - 1)) === 0 ? this.op.key : "";
  }
  loadAddress(va: number, size: number, forWrite = false): void {
    this.pages.read(va, size, this.#key(size), forWrite, () => this.#fault());
  }
  storeAt(va: number, size: number, store: (addr: number) => void): void {
    this.pages.write(va, size, this.#key(size), store, () => this.#fault());
  }

  trap(vector: number, errorCode = 0): void {
    this.setCpu32(TRAP_VECTOR, () => this.c.i32(vector));
    this.setCpu32(TRAP_ERROR, () => this.c.i32(errorCode));
    this.#fault();
  }
  trapRaised(): void {
    this.#fault();
  }
  rip(): void {
    this.c.i64(this.op.rip);
  }
  nextRip(): void {
    this.c.i64(this.op.nextRip);
  }

  noteFlags(kind: number, size: SizeLog, over: number): void {
    const { known } = this;
    if (this.c.depth !== this.#depth) {
      // Written on one way through the op only.
      known.flags = this.#before = UNKNOWN_FLAGS;
      return;
    }
    if (kind >= 0) known.flags = { kind, size, over: 0, first: known.first };
    else known.flags = { ...this.#before, over: this.#before.over | over, first: -1 };
    known.first = -1;
  }
  /** The flags before the present op, for those that change only a part of them. */
  #before: KnownFlags = UNKNOWN_FLAGS;
  /** Nesting of the code where the present op starts. */
  #depth = 0;
  /** Starts an op. */
  begin(op: OpOperands): void {
    this.op = op;
    this.#before = this.known.flags;
    this.#depth = this.c.depth;
    this.known.first = -1;
  }
  /** After an op that may have changed any register in memory. */
  forget(): void {
    for (let addr = XMM; addr < XMM_END; addr += 16) this.known.ordinary.set(addr, false).set(addr + 1, false);
  }
  noteFirst(value: () => void): void {
    if (this.memoryOnly) return;
    const l = this.known.firstLocal;
    value();
    this.c.set(l);
    this.known.first = l;
  }
  pushFirst(): boolean {
    const { flags } = this.known;
    const l = flags.kind === CC_SUB ? flags.first : -1;
    if (this.memoryOnly || l < 0) return false;
    this.c.get(l);
    return true;
  }
  #flagWords(): [number, number, number] {
    const { registers } = this;
    return [registers.of(CC_RES, true), registers.of(CC_SRC, true), registers.of(CC_AUX, true)];
  }

  /** Pushes condition code 0…15 if what set the flags is known; else nothing, and false. */
  condition(code: number): boolean {
    if (this.memoryOnly) return false;
    const { c, known } = this;
    const { kind, size, over } = known.flags;
    const needs = [OF, CF, ZF, CF | ZF, SF, PF, SF | OF, SF | OF | ZF][code >> 1]!;
    if ((over & needs) === needs) {
      const status = c.temp(T.i32);
      this.cpu32(CC_OP);
      c.i32(OVER_VALUE).op(I32.shr_u).set(status);
      conditionFromStatus(c, code, status);
      c.release(T.i32, status);
      return true;
    }
    if (over & needs || kind < 1) return false;
    const cc = CONDITION_OF[code];
    if (kind === CC_FLOAT) {
      const [r, s] = this.#flagWords();
      floatCondition(c, code, r, s);
      return true;
    }
    if (cc && knowsCondition(kind, cc)) {
      pushCondition(this, kind, size, cc);
      return true;
    }
    const [r, s, x] = this.#flagWords();
    if (code >> 1 === 1) {
      carry(c, kind, size, r, s, x);
      if (code & 1) c.op(I32.eqz);
      return true;
    }
    const d = c.temp(T.i64);
    const status = c.temp(T.i32);
    allFlags(c, kind, size, r, s, x, d);
    c.set(status);
    conditionFromStatus(c, code, status);
    c.release(T.i64, d);
    c.release(T.i32, status);
    return true;
  }

  /** Pushes the lazy-flags state as the pure flag functions take it. */
  #flagState(): void {
    this.cpu32(CC_OP);
    this.cpu64(CC_RES);
    this.cpu64(CC_SRC);
    this.cpu64(CC_AUX);
    this.cpu32(RFLAGS);
  }
  call(h: Helper): void {
    const { c } = this;
    if (this.memoryOnly) c.call(this.#f.helper(h));
    else if (h === carryFlag) {
      const { kind, size, over } = this.known.flags;
      if (kind >= 1 && (over & CF) === 0) {
        const [r, s, x] = this.#flagWords();
        carry(c, kind, size, r, s, x);
      } else {
        this.#flagState();
        c.call(this.#f.helper(carryOf));
      }
    } else if (h === statusFlags) {
      this.#flagState();
      c.call(this.#f.helper(statusOf));
    } else if (h === condition) {
      this.#flagState();
      c.call(this.#f.helper(statusOf));
      c.call(this.#f.helper(conditionOf));
    } else if (h === materializeFlags) {
      this.setCpu32(RFLAGS, () => {
        this.cpu32(RFLAGS);
        c.i32(~STATUS).op(I32.and);
        this.#flagState();
        c.call(this.#f.helper(statusOf)).op(I32.or).i32(2).op(I32.or);
      });
      this.setCpu32(CC_OP, () => c.i32(0));
      this.cpu32(RFLAGS);
    } else if (h === mulHigh || h === mulHighSigned) {
      // Written out: it disappears where nobody looks at the flags.
      const a = c.temp(T.i64);
      const b = c.temp(T.i64);
      c.set(b).set(a);
      emitMulHigh(c, a, b);
      if (h === mulHighSigned) {
        c.get(a).i64(63).op(I64.shr_s).get(b).op(I64.and).op(I64.sub);
        c.get(b).i64(63).op(I64.shr_s).get(a).op(I64.and).op(I64.sub);
      }
      c.release(T.i64, a);
      c.release(T.i64, b);
    } else {
      // Other support functions get what they need as arguments, or are called between flush and reload.
      c.call(this.#f.helper(h));
    }
  }
  flush(): void {
    this.usesMemory = true;
  }
  reload(): void {
    this.usesMemory = true;
  }
}
