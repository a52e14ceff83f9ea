import type { Emitter, Field } from "../ir/emitter.ts";
import { carryFlag, carryOf, condition, conditionOf, materializeFlags, STATUS, statusFlags, statusOf } from "../ir/flags.ts";
import type { Helper } from "../ir/helper.ts";
import {
  ADDR,
  CC_AUX,
  CC_OP,
  CC_RES,
  CC_SRC,
  FRAMES_START,
  FS_BASE,
  GPR,
  GS_BASE,
  RFLAGS,
  TEMP,
  TLB,
  TLB_ENTRIES,
  TRAP_ERROR,
  TRAP_VECTOR,
  ZERO,
} from "../layout.ts";
import type { Code } from "../wasm/code.ts";
import { F32, F64, I32, I64, T, V } from "../wasm/opcodes.ts";

/** Words of the CPU state that compiled code keeps in locals: general registers, temporaries, lazy flags, segment bases. */
function isCached64(addr: number): boolean {
  const a = addr & ~7;
  return (
    (a >= GPR && a < GPR + 128) ||
    (a >= TEMP && a <= ADDR) ||
    a === CC_RES ||
    a === CC_SRC ||
    a === CC_AUX ||
    a === FS_BASE ||
    a === GS_BASE
  );
}
const isCached32 = (addr: number): boolean => addr === CC_OP || addr === RFLAGS;

/** What a compiled region needs from its module. */
export interface RegionFunctions {
  readSlow: number;
  writeSlow: number;
  commitBounce: number;
  /** Function index of a support function of the interpreter's module. */
  helper(h: Helper): number;
}

/**
 * The registers of a region: locals, loaded on entry, stored on exit those that anything in the region
 * writes. Declared while a first pass over the ops finds out which they are.
 */
export class RegisterLocals {
  readonly #c: Code;
  readonly #locals = new Map<number, number>();
  readonly written = new Set<number>();
  constructor(c: Code) {
    this.#c = c;
  }
  /** Local of a 64-bit word at an aligned address, or of a 32-bit word. */
  of(addr: number, wide: boolean): number {
    let l = this.#locals.get(addr);
    if (l === undefined) {
      l = this.#c.local(wide ? T.i64 : T.i32);
      this.#locals.set(addr, l);
    }
    return l;
  }
  /** Addresses of all of them so far, and whether they are 64 bits wide. */
  declared(): [number, boolean][] {
    return [...this.#locals.keys()].map((addr) => [addr, !isCached32(addr)]);
  }
  /** Loads all of them from the CPU state. */
  load(c: Code): void {
    for (const [addr, l] of this.#locals)
      c.i32(0)
        .mem(isCached32(addr) ? I32.load : I64.load, addr)
        .set(l);
  }
  /** Stores what the region may have changed. */
  store(c: Code): void {
    for (const [addr, l] of this.#locals)
      if (this.written.has(addr))
        c.i32(0)
          .get(l)
          .mem(isCached32(addr) ? I32.store : I64.store, addr);
  }
}

/** One op being compiled: its operands and immediate are constants. */
export interface OpOperands {
  a: number;
  b: number;
  c: number;
  immLo: number;
  immHi: number;
  /** Address of the instruction and of the next one. */
  rip: number;
  nextRip: number;
}

/** The compiler's side of `Emitter`. */
export class RegionEmitter implements Emitter {
  readonly c: Code;
  readonly registers: RegisterLocals;
  readonly #f: RegionFunctions;
  readonly #fault: () => void;
  /** The present op. */
  op!: OpOperands;
  /** The op runs between a flush and a reload: all its registers are in memory. */
  memoryOnly = false;
  /** Set when the op handles registers in memory: they are flushed before it and loaded after it. */
  usesMemory = false;

  constructor(c: Code, registers: RegisterLocals, f: RegionFunctions, fault: () => void) {
    this.c = c;
    this.registers = registers;
    this.#f = f;
    this.#fault = fault;
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
  // Vector registers stay in memory: their ops come and go through it.
  getV128(f: Field): void {
    this.c.i32(0).simdMem(V.load, this.#addr(f));
  }
  getF64(f: Field): void {
    this.c.i32(0).mem(F64.load, this.#addr(f));
  }
  getF32(f: Field): void {
    this.c.i32(0).mem(F32.load, this.#addr(f));
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
  setV128(f: Field, value: () => void): void {
    this.c.i32(0);
    value();
    this.c.simdMem(V.store, this.#addr(f));
  }
  setF64(f: Field, value: () => void): void {
    this.c.i32(0);
    value();
    this.c.mem(F64.store, this.#addr(f));
  }
  setF32(f: Field, value: () => void): void {
    this.c.i32(0);
    value();
    this.c.mem(F32.store, this.#addr(f));
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
    if (!this.memoryOnly && isCached32(addr)) {
      value();
      this.registers.written.add(addr);
      this.c.set(this.registers.of(addr, false));
      return;
    }
    this.c.i32(0);
    value();
    this.c.mem(I32.store, addr);
  }

  setCpuPart(addr: number, bytes: 1 | 2, value: () => void): void {
    if (this.#cached(addr)) this.#insert(addr, value, bytes === 1 ? 0xff : 0xffff);
    else {
      this.c.i32(0);
      value();
      this.c.mem(bytes === 1 ? I32.store8 : I32.store16, addr);
    }
  }

  #probe(va: number, size: number, tagOffset: number, entry: number): void {
    const c = this.c;
    c.get(va)
      .op(I32.wrap_i64)
      .i32(7)
      .op(I32.shr_u)
      .i32((TLB_ENTRIES - 1) << 5)
      .op(I32.and)
      .tee(entry);
    c.mem(I64.load, TLB + tagOffset);
    c.get(va);
    if (size > 1) c.i64(size - 1).op(I64.add);
    c.i64(-4096).op(I64.and).op(I64.eq);
  }
  loadAddress(va: number, size: number, forWrite = false): void {
    const c = this.c;
    const entry = c.temp(T.i32);
    const addr = c.temp(T.i32);
    this.#probe(va, size, forWrite ? 8 : 0, entry);
    c.if(T.i32);
    c.get(va)
      .op(I32.wrap_i64)
      .get(entry)
      .mem(I32.load, TLB + 16)
      .op(I32.add);
    c.else();
    c.get(va)
      .op(I32.wrap_i64)
      .get(va)
      .i64(32)
      .op(I64.shr_u)
      .op(I32.wrap_i64)
      .i32(size)
      .i32(forWrite ? 1 : 0);
    c.call(this.#f.readSlow).tee(addr).op(I32.eqz).if();
    this.#fault();
    c.end();
    c.get(addr);
    c.end();
    c.release(T.i32, entry);
    c.release(T.i32, addr);
  }
  storeAt(va: number, size: number, store: (addr: number) => void): void {
    const c = this.c;
    const entry = c.temp(T.i32);
    const addr = c.temp(T.i32);
    this.#probe(va, size, 8, entry);
    c.if(T.i32);
    c.get(va)
      .op(I32.wrap_i64)
      .get(entry)
      .mem(I32.load, TLB + 16)
      .op(I32.add);
    c.else();
    c.get(va).op(I32.wrap_i64).get(va).i64(32).op(I64.shr_u).op(I32.wrap_i64).i32(size);
    c.call(this.#f.writeSlow).tee(addr).op(I32.eqz).if();
    this.#fault();
    c.end();
    c.get(addr);
    c.end();
    c.set(addr);
    store(addr);
    if (size > 1) {
      c.get(addr).i32(FRAMES_START).op(I32.lt_u).if();
      c.call(this.#f.commitBounce).end();
    }
    c.release(T.i32, entry);
    c.release(T.i32, addr);
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
      this.#flagState();
      c.call(this.#f.helper(carryOf));
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
