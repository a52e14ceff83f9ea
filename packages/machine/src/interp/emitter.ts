import type { Emitter, Field } from "../ir/emitter.ts";
import type { Helper } from "../ir/helper.ts";
import { FRAMES_START, IR_CACHE, IR_SIDE, TLB, TLB_ENTRIES, TRAP_ERROR, TRAP_VECTOR } from "../layout.ts";
import type { Code } from "../wasm/code.ts";
import { F32, F64, I32, I64, T, V } from "../wasm/opcodes.ts";

/** Functions of the interpreter's module that emitted code calls. */
export interface InterpFunctions {
  /** (vaLo, vaHi, size, forWrite) → address or 0. */
  readSlow: number;
  /** (vaLo, vaHi, size) → address or 0. */
  writeSlow: number;
  /** () after a store into the bounce buffer. */
  commitBounce: number;
  helper(h: Helper): number;
}

/**
 * The interpreter's side of `Emitter`: operands are addresses read from the op's fields, registers
 * are words in linear memory.
 */
export class InterpEmitter implements Emitter {
  readonly c: Code;
  readonly #pc: number;
  readonly #f: InterpFunctions;
  /** Locals that hold a field's value, -1 = read it from the op each time. */
  readonly #cached: [number, number, number] = [-1, -1, -1];
  readonly uses: [number, number, number] = [0, 0, 0];
  readonly #fault: () => void;

  /** `fault` writes the code that leaves the op after an exception. */
  constructor(c: Code, pc: number, f: InterpFunctions, fault: () => void) {
    this.c = c;
    this.#pc = pc;
    this.#f = f;
    this.#fault = fault;
  }

  /** Reads a field into a local once, for ops that use it several times. */
  cache(f: Field, local: number): void {
    this.field(f);
    this.c.set(local);
    this.#cached[f] = local;
  }

  address(f: Field): void {
    this.uses[f]++;
    if (this.#cached[f] >= 0) this.c.get(this.#cached[f]);
    else this.c.get(this.#pc).mem(I32.load16_u, 2 + 2 * f);
  }
  field(f: Field): void {
    this.address(f);
  }

  get64(f: Field): void {
    this.address(f);
    this.c.mem(I64.load);
  }
  get32(f: Field): void {
    this.address(f);
    this.c.mem(I32.load);
  }
  get16(f: Field): void {
    this.address(f);
    this.c.mem(I32.load16_u);
  }
  get8(f: Field): void {
    this.address(f);
    this.c.mem(I32.load8_u);
  }
  getV128(f: Field): void {
    this.address(f);
    this.c.simdMem(V.load);
  }
  getF64(f: Field): void {
    this.address(f);
    this.c.mem(F64.load);
  }
  getF32(f: Field): void {
    this.address(f);
    this.c.mem(F32.load);
  }

  set64(f: Field, value: () => void): void {
    this.address(f);
    value();
    this.c.mem(I64.store);
  }
  set32(f: Field, value: () => void): void {
    this.address(f);
    value();
    this.c.op(I64.extend_i32_u).mem(I64.store);
  }
  set16(f: Field, value: () => void): void {
    this.address(f);
    value();
    this.c.mem(I32.store16);
  }
  set8(f: Field, value: () => void): void {
    this.address(f);
    value();
    this.c.mem(I32.store8);
  }
  setV128(f: Field, value: () => void): void {
    this.address(f);
    value();
    this.c.simdMem(V.store);
  }
  setF64(f: Field, value: () => void): void {
    this.address(f);
    value();
    this.c.mem(F64.store);
  }
  setF32(f: Field, value: () => void): void {
    this.address(f);
    value();
    this.c.mem(F32.store);
  }

  setF64Zero(f: Field, value: () => void): void {
    this.address(f);
    value();
    this.c.mem(F64.store);
    this.address(f);
    this.c.i64(0).mem(I64.store, 8);
  }
  copyXmm(): void {
    this.setV128(0, () => this.getV128(1));
  }

  imm64(): void {
    this.c.get(this.#pc).mem(I64.load, 8);
  }
  immLo(): void {
    this.c.get(this.#pc).mem(I32.load, 8);
  }
  immHi(): void {
    this.c.get(this.#pc).mem(I32.load, 12);
  }
  constImm(): null {
    return null;
  }

  cpu64(addr: number): void {
    this.c.i32(0).mem(I64.load, addr);
  }
  cpu32(addr: number): void {
    this.c.i32(0).mem(I32.load, addr);
  }
  setCpu64(addr: number, value: () => void): void {
    this.c.i32(0);
    value();
    this.c.mem(I64.store, addr);
  }
  setCpu32(addr: number, value: () => void): void {
    this.c.i32(0);
    value();
    this.c.mem(I32.store, addr);
  }

  setCpuPart(addr: number, bytes: 1 | 2, value: () => void): void {
    this.c.i32(0);
    value();
    this.c.mem(bytes === 1 ? I32.store8 : I32.store16, addr);
  }

  /** Pushes the TLB entry's offset, and whether its tag at `offset` answers an access of `size` bytes at va. */
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
    // A read-modify-write asks the read tag only if the page may be written without further work.
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
    c.call(this.#f.readSlow).tee(addr);
    c.op(I32.eqz).if();
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
    c.call(this.#f.writeSlow).tee(addr);
    c.op(I32.eqz).if();
    this.#fault();
    c.end();
    c.get(addr);
    c.end();
    c.set(addr);
    store(addr);
    if (size > 1) {
      c.get(addr).i32(FRAMES_START).op(I32.lt_u).if();
      c.call(this.#f.commitBounce);
      c.end();
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

  /** Pushes the side-table entry's address of the current op. */
  #side(): void {
    this.c.get(this.#pc).i32(IR_CACHE).op(I32.sub).i32(1).op(I32.shr_u).i32(IR_SIDE).op(I32.add);
  }
  rip(): void {
    const c = this.c;
    const side = c.temp(T.i32);
    this.#side();
    c.tee(side).mem(I32.load, 4).mem(I64.load).get(side).mem(I64.load16_u).op(I64.add);
    c.release(T.i32, side);
  }
  nextRip(): void {
    const c = this.c;
    const side = c.temp(T.i32);
    this.#side();
    c.tee(side).mem(I32.load, 4).mem(I64.load).get(side).mem(I64.load16_u).op(I64.add).get(side).mem(I64.load8_u, 3).op(I64.add);
    c.release(T.i32, side);
  }

  call(h: Helper): void {
    this.c.call(this.#f.helper(h));
  }
  flush(): void {}
  reload(): void {}
}
