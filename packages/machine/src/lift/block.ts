import type { Insn } from "../decode/insn.ts";
import { BRANCH_SIZE, type BranchDef, type OpDef } from "../ir/op.ts";
import { add64 } from "../ir/ops/alu.ts";
import { endBlock as endBlockOp, jump, raise, raiseFetch } from "../ir/ops/control.ts";
import { type AddressForm, lea, lea32 } from "../ir/ops/memory.ts";
import { ADDR, FS_BASE, GS_BASE, gpr, IR_CACHE, IR_SIDE, ZERO } from "../layout.ts";
import { flagEffectOf } from "./flagEffect.ts";
import { HEADER_SIZE } from "./header.ts";
import type { Lifter } from "./lifter.ts";

/** How the effective address of the current instruction can be reached by a load or store op. */
export interface AddressOperands {
  form: AddressForm;
  base: number;
  index: number;
  disp: number;
}

/** Writes the IR of one block at a time into the IR cache; the Lifter that lift functions see. */
export class BlockBuilder implements Lifter {
  insn: Insn;
  rip = 0;
  nextRip = 0;
  /** Set by the lift functions: the block ends after the current instruction. */
  ended = false;
  /** Instructions lifted before the current one. */
  count = 0;
  /** Lazy-flags kind and size that are known to hold here (kind * 4 + size), -1 = unknown. */
  ccKnown = -1;
  /** Next free byte of the IR cache. */
  at = 0;
  #u16: Uint16Array;
  #i32: Int32Array;
  #u8: Uint8Array;
  #header = 0;
  #branchAt = 0;
  readonly #numberOf: Uint16Array;
  /** Address of the last op whose flags nobody has seen yet, and its silent twin; 0 = none. */
  #pendingFlags = 0;
  #pendingSilent = 0;
  readonly #address: AddressOperands = { form: 0, base: ZERO, index: ZERO, disp: 0 };

  constructor(buffer: ArrayBuffer, insn: Insn, numberOf: Uint16Array) {
    this.#u16 = new Uint16Array(buffer);
    this.#i32 = new Int32Array(buffer);
    this.#u8 = new Uint8Array(buffer);
    this.insn = insn;
    this.#numberOf = numberOf;
  }

  /** The memory has grown: its old buffer is detached. */
  rebind(buffer: ArrayBuffer): void {
    this.#u16 = new Uint16Array(buffer);
    this.#i32 = new Int32Array(buffer);
    this.#u8 = new Uint8Array(buffer);
  }

  /** Starts a block whose header is at `header`. */
  begin(header: number): void {
    this.#header = header;
    this.at = header + HEADER_SIZE;
    this.count = 0;
    this.ended = false;
    this.ccKnown = -1;
    this.#pendingFlags = 0;
    this.#branchAt = 0;
  }

  get isMemory(): boolean {
    return this.insn.hasModrm !== 0 && this.insn.mod !== 3;
  }

  op(def: OpDef, a = 0, b = 0, c = 0, immLo = 0, immHi = immLo >> 31): void {
    const at = this.at;
    const h = at >> 1;
    const effect = flagEffectOf(def);
    if (effect.full) {
      // Nobody can have seen the flags of the pending op: it need not compute them.
      if (this.#pendingFlags && !effect.reads) this.#u16[this.#pendingFlags >> 1] = this.#pendingSilent;
      this.#pendingFlags = effect.silent ? at : 0;
      this.#pendingSilent = effect.silent ? this.#numberOf[effect.silent.id]! : 0;
      this.ccKnown = effect.cc;
    } else if (effect.reads || effect.visible) this.#pendingFlags = 0;
    if (effect.clobbers) this.ccKnown = -1;
    this.#u16[h] = this.#numberOf[def.id]!;
    this.#u16[h + 1] = a;
    this.#u16[h + 2] = b;
    this.#u16[h + 3] = c;
    this.#i32[(at >> 2) + 2] = immLo;
    this.#i32[(at >> 2) + 3] = immHi;
    const side = IR_SIDE + ((at - IR_CACHE) >> 1);
    this.#u16[side >> 1] = this.rip - this.#startRip;
    this.#u8[side + 2] = this.count;
    this.#u8[side + 3] = this.nextRip - this.rip;
    this.#i32[(side >> 2) + 1] = this.#header;
    this.at = at + 16;
  }
  #startRip = 0;
  startAt(rip: number): void {
    this.#startRip = rip;
  }

  /** Appends the block-ending op: where it goes when taken, and the next instruction. */
  branch(def: BranchDef, taken: number, a = 0, b = 0, c = 0, immLo = 0, immHi = immLo >> 31): void {
    const at = this.at;
    this.op(def, a, b, c, immLo, immHi);
    const w = at >> 2;
    this.#i32[w + 4] = 0;
    this.#i32[w + 5] = 0;
    this.#i32[w + 6] = this.count + 1;
    this.#i32[w + 7] = this.#header;
    this.#setRip(w + 8, taken);
    this.#setRip(w + 10, this.nextRip);
    this.#i32[w + 12] = 0;
    this.#i32[w + 13] = 0;
    this.#branchAt = at;
    this.at = at + BRANCH_SIZE;
    this.ended = true;
  }
  #setRip(w: number, rip: number): void {
    this.#i32[w] = rip | 0;
    this.#i32[w + 1] = Math.floor(rip / 4294967296) | 0;
  }

  /** Ends a block that fell through (page end, length limit) after `count` instructions, with a plain jump to `rip`. */
  finish(rip: number): void {
    if (this.#branchAt) return;
    this.rip = this.nextRip = rip;
    this.count--;
    this.branch(jump, rip);
    this.count++;
  }

  trap(vector: number, errorCode = 0): void {
    this.op(raise, vector, errorCode);
    this.branch(endBlockOp, this.nextRip);
  }

  /** Raises the fault of fetching the byte at `address`, the next page's first. */
  fetchFault(address: number): void {
    this.op(raiseFetch, 0, 0, 0, address | 0, Math.floor(address / 4294967296) | 0);
    this.branch(endBlockOp, this.nextRip);
  }

  endBlock(): void {
    if (!this.#branchAt) this.branch(endBlockOp, this.nextRip);
  }

  /**
   * Operands for a load or store op. What does not fit the forms (segment bases, 32-bit addresses)
   * is computed into ADDR first.
   */
  operands(): AddressOperands {
    const { insn } = this;
    const o = this.#address;
    const base = insn.base < 0 ? ZERO : insn.base === 16 ? ZERO : gpr(insn.base);
    const plain = insn.base !== 16 && insn.seg === 0 && !insn.addr32;
    if (plain) {
      o.base = base;
      o.disp = insn.disp;
      if (insn.index < 0) {
        o.form = 0;
        o.index = ZERO;
      } else {
        o.form = (insn.scale + 1) as AddressForm;
        o.index = gpr(insn.index);
      }
      return o;
    }
    this.address();
    o.form = 0;
    o.base = ADDR;
    o.index = ZERO;
    o.disp = 0;
    return o;
  }

  address(): number {
    const { insn } = this;
    if (insn.base === 16) {
      let target = this.nextRip + insn.disp;
      if (insn.addr32) target %= 4294967296;
      this.op(movImmediate(), ADDR, 0, 0, target | 0, Math.floor(target / 4294967296) | 0);
    } else {
      const base = insn.base < 0 ? ZERO : gpr(insn.base);
      const form = insn.index < 0 ? 0 : insn.scale + 1;
      const index = insn.index < 0 ? ZERO : gpr(insn.index);
      this.op((insn.addr32 ? lea32 : lea)[form]!, ADDR, base, index, insn.disp);
    }
    if (insn.seg === 4) this.op(add64, ADDR, ADDR, FS_BASE);
    else if (insn.seg === 5) this.op(add64, ADDR, ADDR, GS_BASE);
    return ADDR;
  }
}

let movImm: OpDef | null = null;
function movImmediate(): OpDef {
  if (!movImm) throw new Error("lift families are not loaded");
  return movImm;
}
/** Set by the move family (avoids an import cycle). */
export function useMovImmediate(def: OpDef): void {
  movImm = def;
}
