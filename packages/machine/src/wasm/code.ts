import { Ctl, T } from "./opcodes.ts";

/** A type usable for a local: one of T.i32, T.i64, T.f32, T.f64, T.v128. */
export type ValType = number;

const scratch = new DataView(new ArrayBuffer(8));

/**
 * The body of one WebAssembly function under construction: a growing byte buffer and its locals.
 * Instructions are appended in stack order; every method returns `this` so that a sequence reads
 * like the text format: `c.get(x).get(y).op(I64.add).set(z)`.
 */
export class Code {
  bytes = new Uint8Array(256);
  length = 0;
  /** Types of the declared locals after the parameters, in order. */
  readonly locals: ValType[] = [];
  /** Branch hints: offset of an `if` or `br_if`, and whether its condition is likely to hold. */
  hints: [at: number, likely: boolean][] = [];
  /** Current nesting of block/loop/if: the label of the function body is depth 0. */
  depth = 0;
  readonly #params: number;
  /** Where a `local.set` ends that was appended last, where it starts, and its local; -1 = there is none. */
  #setEnd = -1;
  #setStart = 0;
  #setLocal = 0;
  readonly #free = new Map<ValType, number[]>();

  constructor(params: readonly ValType[] = []) {
    this.#params = params.length;
  }

  /** Appends one raw byte. */
  byte(b: number): this {
    if (this.length === this.bytes.length) {
      const grown = new Uint8Array(this.length * 2);
      grown.set(this.bytes);
      this.bytes = grown;
    }
    this.bytes[this.length++] = b;
    return this;
  }

  /** The present length, to truncate to: what comes before stays as it is. */
  mark(): number {
    this.#setEnd = -1;
    return this.length;
  }

  /** Takes back all that was appended after a mark. */
  truncate(length: number): void {
    this.length = length;
    this.#setEnd = -1;
    while (this.hints.length > 0 && this.hints[this.hints.length - 1]![0] >= length) this.hints.pop();
  }

  /** The `if` or `br_if` that follows most often sees a condition that is not zero … */
  likely(): this {
    this.hints.push([this.length, true]);
    return this;
  }
  /** … or zero. Engines that know branch hints keep the other way out of the fast path's way. */
  unlikely(): this {
    this.hints.push([this.length, false]);
    return this;
  }

  /** Appends an unsigned LEB128 number, 0 … 2^32-1. */
  u32(n: number): this {
    n >>>= 0;
    while (n >= 0x80) {
      this.byte((n & 0x7f) | 0x80);
      n >>>= 7;
    }
    return this.byte(n);
  }

  /** Declares a local of the given type and returns its index. */
  local(type: ValType): number {
    this.locals.push(type);
    return this.#params + this.locals.length - 1;
  }

  /** A scratch local: taken from those released, or new. Give it back with `release`. */
  temp(type: ValType): number {
    return this.#free.get(type)?.pop() ?? this.local(type);
  }

  /** Gives a scratch local back for reuse by a later `temp` of the same type. */
  release(type: ValType, index: number): void {
    const list = this.#free.get(type);
    if (list) list.push(index);
    else this.#free.set(type, [index]);
  }

  /** An instruction without immediates (I32.add, F64.sqrt, Ctl.drop, …). */
  op(opcode: number): this {
    return this.byte(opcode);
  }

  /** A load or store: natural alignment is not promised (align = 0); `offset` is a constant byte offset. */
  mem(opcode: number, offset = 0): this {
    return this.byte(opcode).byte(0).u32(offset);
  }

  /** A SIMD instruction without immediates. */
  simd(opcode: number): this {
    return this.byte(0xfd).u32(opcode);
  }

  /** A SIMD load or store (V.load, V.store, V.load64_zero, …). */
  simdMem(opcode: number, offset = 0): this {
    return this.simd(opcode).byte(0).u32(offset);
  }

  /** A SIMD lane load or store: memory immediate, then lane. */
  simdMemLane(opcode: number, lane: number, offset = 0): this {
    return this.simdMem(opcode, offset).byte(lane);
  }

  /** A SIMD instruction with a lane immediate. */
  lane(opcode: number, lane: number): this {
    return this.simd(opcode).byte(lane);
  }

  /** i8x16.shuffle or v128.const: 16 immediate bytes. */
  simd16(opcode: number, bytes: ArrayLike<number>): this {
    this.simd(opcode);
    for (let i = 0; i < 16; i++) this.byte(bytes[i]!);
    return this;
  }

  /** An instruction behind the 0xfc prefix; memory.copy and memory.fill get their memory indices. */
  fc(opcode: number): this {
    this.byte(0xfc).u32(opcode);
    if (opcode === 10) this.byte(0).byte(0);
    if (opcode === 11) this.byte(0);
    return this;
  }

  /** local.get; behind a local.set of the same local, both become a local.tee. */
  get(local: number): this {
    if (this.#setEnd === this.length && this.#setLocal === local) {
      this.bytes[this.#setStart] = Ctl.local_tee;
      this.#setEnd = -1;
      return this;
    }
    return this.byte(Ctl.local_get).u32(local);
  }
  set(local: number): this {
    this.#setStart = this.length;
    this.#setLocal = local;
    this.byte(Ctl.local_set).u32(local);
    this.#setEnd = this.length;
    return this;
  }
  tee(local: number): this {
    return this.byte(Ctl.local_tee).u32(local);
  }
  globalGet(index: number): this {
    return this.byte(Ctl.global_get).u32(index);
  }
  globalSet(index: number): this {
    return this.byte(Ctl.global_set).u32(index);
  }

  /** i32.const; any JavaScript number, taken modulo 2^32. */
  i32(n: number): this {
    this.byte(0x41);
    n |= 0;
    for (;;) {
      const b = n & 0x7f;
      n >>= 7;
      if ((n === 0 && !(b & 0x40)) || (n === -1 && b & 0x40)) return this.byte(b);
      this.byte(b | 0x80);
    }
  }

  /** i64.const from a safe integer (|n| <= 2^53). */
  i64(n: number): this {
    return this.i64Parts(n | 0, Math.floor(n / 4294967296) | 0);
  }

  /** i64.const from its low and high 32 bits. */
  i64Parts(lo: number, hi: number): this {
    this.byte(0x42);
    lo |= 0;
    hi |= 0;
    for (;;) {
      const b = lo & 0x7f;
      lo = (lo >>> 7) | (hi << 25);
      hi >>= 7;
      if ((lo === 0 && hi === 0 && !(b & 0x40)) || (lo === -1 && hi === -1 && b & 0x40)) return this.byte(b);
      this.byte(b | 0x80);
    }
  }

  /** f64.const. */
  f64(n: number): this {
    scratch.setFloat64(0, n, true);
    this.byte(0x44);
    for (let i = 0; i < 8; i++) this.byte(scratch.getUint8(i));
    return this;
  }

  /** f32.const. */
  f32(n: number): this {
    scratch.setFloat32(0, n, true);
    this.byte(0x43);
    for (let i = 0; i < 4; i++) this.byte(scratch.getUint8(i));
    return this;
  }

  /** block; `type` is T.empty, a value type, or (>= 0) a type index. Returns the label: see `br`. */
  block(type: number = T.empty): number {
    return this.#open(Ctl.block, type);
  }
  loop(type: number = T.empty): number {
    return this.#open(Ctl.loop, type);
  }
  if(type: number = T.empty): number {
    return this.#open(Ctl.if, type);
  }
  else(): this {
    return this.byte(Ctl.else);
  }
  end(): this {
    this.depth--;
    return this.byte(Ctl.end);
  }
  #open(opcode: number, type: number): number {
    this.byte(opcode).byte(type);
    return ++this.depth;
  }

  /** Branches to a label returned by block/loop/if (start of a loop, end of the others); 0 returns from the function. */
  br(label: number): this {
    return this.byte(Ctl.br).u32(this.depth - label);
  }
  brIf(label: number): this {
    return this.byte(Ctl.br_if).u32(this.depth - label);
  }
  /** br_table over labels; the last one is the default. */
  brTable(labels: readonly number[]): this {
    this.byte(Ctl.br_table).u32(labels.length - 1);
    for (const l of labels) this.u32(this.depth - l);
    return this;
  }

  call(func: number): this {
    return this.byte(Ctl.call).u32(func);
  }
  callIndirect(type: number, table = 0): this {
    return this.byte(Ctl.call_indirect).u32(type).u32(table);
  }
  returnCall(func: number): this {
    return this.byte(Ctl.return_call).u32(func);
  }
  returnCallIndirect(type: number, table = 0): this {
    return this.byte(Ctl.return_call_indirect).u32(type).u32(table);
  }
  ret(): this {
    return this.byte(Ctl.return);
  }
}
