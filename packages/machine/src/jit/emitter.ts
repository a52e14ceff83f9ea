import type { Emitter } from "../ir/emitter.ts";
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
import { CC_AUX, CC_OP, CC_RES, CC_SRC, MXCSR, RFLAGS, TRAP_ERROR, TRAP_VECTOR, XMM } from "../layout.ts";
import type { Code } from "../wasm/code.ts";
import { I32, I64, T } from "../wasm/opcodes.ts";
import { FieldEmitter, type OpOperands } from "./fieldEmitter.ts";
import { emitCompareDoubles, emitPackedDouble, emitScalarDouble, type PackedConstants, setSpan } from "./float.ts";
import { conditionFromStatus, floatCondition, type Knowledge, type KnownFlags, UNKNOWN_FLAGS } from "./knowledge.ts";
import type { PageLocals, ProbeFunctions } from "./pages.ts";
import { isCached32, type RegisterLocals, XMM_END } from "./registers.ts";

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

/** The compiler's side of `Emitter`. */
export class RegionEmitter extends FieldEmitter implements Emitter {
  readonly pages: PageLocals;
  readonly #f: RegionFunctions;
  readonly #exits: RegionExits;
  /** Local that holds what the low bits of a result may reach if MXCSR is settled: see float.ts. */
  readonly #span: number;
  readonly #packed: PackedConstants;

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
    super(c, registers, known);
    this.pages = pages;
    this.#f = f;
    this.#exits = exits;
    this.#span = span;
    this.#packed = packed;
  }
  #fault(): void {
    this.#exits.fault(this.op);
  }

  scalarDouble(op: number, opcode: number): void {
    emitScalarDouble(this, this.#exits, this.#span, op, opcode, (h) => this.#f.helper(h));
  }
  packedDouble(op: number, opcode: number): void {
    emitPackedDouble(this, this.#exits, this.#span, this.#packed, op, opcode, (h) => this.#f.helper(h));
  }
  compareDoubles(): void {
    emitCompareDoubles(this, this.#exits);
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
