import {
  BRANCH_COUNT,
  BRANCH_NEXT_RIP,
  BRANCH_NEXT_TIMES,
  BRANCH_TAKEN_RIP,
  BRANCH_TAKEN_TIMES,
  type BranchDef,
  isBranch,
  type OpDef,
} from "../ir/op.ts";
import { call, callRegister, jumpRegister, ret } from "../ir/ops/control.ts";
import { IR_CACHE, IR_SIDE } from "../layout.ts";
import { HEADER_RIP, HEADER_SIZE } from "../lift/header.ts";

const HIGH = 4294967296;

export interface DecodedOp {
  def: OpDef;
  pc: number;
  a: number;
  b: number;
  c: number;
  immLo: number;
  immHi: number;
  rip: number;
  nextRip: number;
  /** Instructions of the block before this one. */
  index: number;
}

/** A translated block as the compiler sees it. */
export interface DecodedBlock {
  /** First op. */
  pc: number;
  rip: number;
  ops: DecodedOp[];
  branch: BranchDef;
  /** Instructions. */
  count: number;
  taken: number;
  next: number;
  /** How many times the interpreter went to either. */
  takenTimes: number;
  nextTimes: number;
}

/** Reads blocks' IR back out of the cache. `defOf`: op definition by number at a pc. */
export class IrReader {
  readonly #view: DataView;
  readonly #defOf: (pc: number) => OpDef;
  constructor(view: DataView, defOf: (pc: number) => OpDef) {
    this.#view = view;
    this.#defOf = defOf;
  }
  #rip(at: number): number {
    return this.#view.getUint32(at + 4, true) * HIGH + this.#view.getUint32(at, true);
  }
  block(pc: number): DecodedBlock {
    const v = this.#view;
    const start = this.#rip(pc - HEADER_SIZE + HEADER_RIP);
    const ops: DecodedOp[] = [];
    for (let at = pc; ; at += 16) {
      const def = this.#defOf(at);
      const side = IR_SIDE + ((at - IR_CACHE) >> 1);
      const rip = start + v.getUint16(side, true);
      ops.push({
        def,
        pc: at,
        a: v.getUint16(at + 2, true),
        b: v.getUint16(at + 4, true),
        c: v.getUint16(at + 6, true),
        immLo: v.getInt32(at + 8, true),
        immHi: v.getInt32(at + 12, true),
        rip,
        nextRip: rip + v.getUint8(side + 3),
        index: v.getUint8(side + 2),
      });
      if (isBranch(def)) {
        return {
          pc,
          rip: start,
          ops,
          branch: def,
          count: v.getInt32(at + BRANCH_COUNT, true),
          taken: this.#rip(at + BRANCH_TAKEN_RIP),
          next: this.#rip(at + BRANCH_NEXT_RIP),
          takenTimes: v.getUint32(at + BRANCH_TAKEN_TIMES, true),
          nextTimes: v.getUint32(at + BRANCH_NEXT_TIMES, true),
        };
      }
    }
  }
}

export const isCall = (b: DecodedBlock): boolean => b.branch === call || b.branch === callRegister;
export const isReturn = (b: DecodedBlock): boolean => b.branch === ret;
/** Does a block jump to a computed place, as switch statements do? */
export const jumpsAnywhere = (b: DecodedBlock): boolean => b.branch === jumpRegister;
