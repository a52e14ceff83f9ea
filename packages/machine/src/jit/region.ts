import { BLOCK_MAX, EXIT_FAULT } from "../interp/module.ts";
import { helpers } from "../ir/helper.ts";
import { BRANCH_COUNT, BRANCH_NEXT_RIP, BRANCH_TAKEN_RIP, type BranchDef, isBranch, type OpDef } from "../ir/op.ts";
import { call, callRegister, jumpRegister, ret } from "../ir/ops/control.ts";
import { BUDGET, IR_CACHE, IR_SIDE, RIP, TRAP_PC } from "../layout.ts";
import { HEADER_RIP, HEADER_SIZE } from "../lift/header.ts";
import { Code } from "../wasm/code.ts";
import { ModuleBuilder } from "../wasm/module.ts";
import { I32, I64, T } from "../wasm/opcodes.ts";
import { RegionEmitter, type RegionFunctions, RegisterLocals } from "./emitter.ts";

const HIGH = 4294967296;
/** A return compares its target with at most this many calls of its region. */
const MAX_RETURN_SITES = 8;

/** A translated block as the compiler sees it. */
export interface RegionBlock {
  /** First op. */
  pc: number;
  rip: number;
}

interface DecodedOp {
  def: OpDef;
  pc: number;
  a: number;
  b: number;
  c: number;
  immLo: number;
  immHi: number;
  rip: number;
  nextRip: number;
}
interface DecodedBlock extends RegionBlock {
  ops: DecodedOp[];
  branch: BranchDef;
  count: number;
  taken: number;
  next: number;
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
        };
      }
    }
  }
}

const isCall = (b: DecodedBlock): boolean => b.branch === call || b.branch === callRegister;

/** Does a block jump to a computed place, as switch statements do? */
export const jumpsAnywhere = (b: DecodedBlock): boolean => b.branch === jumpRegister;

/** Where a block may go directly; for a call, also where it is expected to return. */
export function successors(b: DecodedBlock): number[] {
  switch (b.branch.branch) {
    case "jump":
      return b.branch === call ? [b.taken, b.next] : [b.taken];
    case "indirect":
      return b.branch === callRegister ? [b.next] : [];
    case "cond":
      return [b.taken, b.next];
    default:
      return [];
  }
}

/**
 * Compiles a region: one function (entry block number) → exit code, where 0 means "go on at RIP".
 * Registers live in locals from entry to exit. A block runs only if the budget covers it, as in
 * the interpreter, so that both count alike.
 */
export function compileRegion(blocks: DecodedBlock[]): Uint8Array<ArrayBuffer> {
  const m = new ModuleBuilder();
  m.importMemory("env", "memory", 1, 65536);
  const readSlow = m.importFunc("env", "readSlow", [T.i32, T.i32, T.i32, T.i32], [T.i32]);
  const writeSlow = m.importFunc("env", "writeSlow", [T.i32, T.i32, T.i32], [T.i32]);
  const commitBounce = m.importFunc("env", "commitBounce", [], []);
  // Which support functions and registers the region uses is found by a first pass.
  const used = new Map<number, number>();
  const find = {
    readSlow,
    writeSlow,
    commitBounce,
    helper: (h: { id: number }) => {
      used.set(h.id, 0);
      return 0;
    },
  };
  const first = build(blocks, find, 0);
  for (const id of used.keys()) used.set(id, m.importFunc("helper", String(id), helpers[id]!.params, helpers[id]!.results));
  const f: RegionFunctions = { readSlow, writeSlow, commitBounce, helper: (h) => used.get(h.id)! };
  const blockAt = m.func("blockAt", [T.i32], [T.i32], (c) => blockTable(c, blocks));
  const second = build(blocks, f, blockAt, first.written, first.registers);
  const run = m.declare("region", [T.i32], [T.i32]);
  m.body(run, second.code);
  m.exportFunc("region", run);
  return m.build();
}

interface Built {
  code: Code;
  written: Set<number>;
  registers: RegisterLocals;
}

/** (offset in the page) → number of the region's block that starts there, or -1. */
function blockTable(c: Code, blocks: DecodedBlock[]): void {
  const offsets = blocks.map((b) => b.rip % 4096);
  const low = Math.min(...offsets);
  const high = Math.max(...offsets);
  const none = c.block();
  const labels: number[] = [];
  for (let i = 0; i < blocks.length; i++) labels.unshift(c.block());
  const table = new Array<number>(high - low + 1).fill(none);
  offsets.forEach((o, i) => {
    table[o - low] = labels[i]!;
  });
  c.get(0)
    .i32(low)
    .op(I32.sub)
    .brTable([...table, none]);
  for (let i = 0; i < blocks.length; i++) c.end().i32(i).ret();
  c.end().i32(-1);
}

function build(blocks: DecodedBlock[], f: RegionFunctions, blockAt: number, written?: Set<number>, known?: RegisterLocals): Built {
  const c = new Code([T.i32]);
  const registers = new RegisterLocals(c);
  // The same registers in the same order as the first pass found them, so that entry loads them all.
  if (known) for (const [addr, wide] of known.declared()) registers.of(addr, wide);
  if (written) for (const addr of written) registers.written.add(addr);
  const entry = 0;
  const budget = c.local(T.i32);
  const pc = c.local(T.i32);
  const rip = c.local(T.i64);
  const status = c.local(T.i32);
  const flag = c.local(T.i32);
  c.i32(0).mem(I32.load, BUDGET).set(budget);
  registers.load(c);
  const page = blocks[0]!.rip - (blocks[0]!.rip % 4096);
  const index = new Map(blocks.map((b, i) => [b.rip, i]));
  const returnSites = blocks
    .filter((b) => isCall(b) && index.has(b.next))
    .map((b) => b.next)
    .slice(0, MAX_RETURN_SITES);

  const leave = c.block();
  const fault = c.block();
  const exit = c.block();
  const loop = c.loop();
  const labels: number[] = [];
  for (let i = 0; i < blocks.length; i++) labels.unshift(c.block());
  c.get(entry).brTable([...labels, labels[0]!]);
  /** Goes to a constant address: a block of the region, or out. */
  const goTo = (target: number): void => {
    const i = index.get(target);
    if (i === undefined) {
      c.i64(target).set(rip).br(exit);
      return;
    }
    // Not enough budget for another block: leave, and say where.
    c.get(budget).i32(BLOCK_MAX).op(I32.lt_s).if();
    c.i64(target).set(rip).br(exit);
    c.end();
    c.i32(i).set(entry).br(loop);
  };
  blocks.forEach((b) => {
    c.end();
    for (const op of b.ops) {
      const start = c.length;
      const e = new RegionEmitter(c, registers, f, () => {
        c.i32(op.pc).set(pc).br(fault);
      });
      e.op = op;
      if (!isBranch(op.def)) {
        op.def.emit(e);
        if (e.usesMemory) {
          // Once more, between a flush and a reload.
          c.length = start;
          registers.store(c);
          const again = new RegionEmitter(c, registers, f, () => {
            c.i32(op.pc).set(pc).br(fault);
          });
          again.op = op;
          again.memoryOnly = true;
          op.def.emit(again);
          registers.load(c);
        }
        continue;
      }
      emitBranchOp(c, b, op.def, e);
    }
  });
  function emitBranchOp(code: Code, b: DecodedBlock, def: BranchDef, e: RegionEmitter): void {
    const count = (): void => {
      code.get(budget).i32(b.count).op(I32.sub).set(budget);
    };
    switch (def.branch) {
      case "jump":
        def.emit(e);
        count();
        goTo(b.taken);
        break;
      case "cond":
        def.emit(e);
        code.set(flag);
        count();
        code.get(flag).if();
        goTo(b.taken);
        code.end();
        goTo(b.next);
        break;
      case "indirect":
        def.emit(e);
        code.set(rip);
        count();
        if (def === ret) {
          // Returns to a call of this region stay in it.
          for (const site of returnSites) {
            code.get(rip).i64(site).op(I64.eq).if();
            goTo(site);
            code.end();
          }
        }
        // Other targets in the page are found through a table.
        code.get(rip).i64(-4096).op(I64.and).i64(page).op(I64.eq).if();
        code.get(rip).op(I32.wrap_i64).i32(0xfff).op(I32.and).call(blockAt).tee(flag).i32(0).op(I32.ge_s);
        code.get(budget).i32(BLOCK_MAX).op(I32.ge_s).op(I32.and).if();
        code.get(flag).set(entry).br(loop);
        code.end();
        code.end();
        code.br(exit);
        break;
      case "exit":
        def.emit(e);
        count();
        code.i64(b.next).set(rip);
        code.i32(def.trap).set(status).br(exit);
        break;
    }
  }
  c.end(); // loop
  c.end(); // exit: rip and status are set
  c.i32(0).get(rip).mem(I64.store, RIP);
  c.br(leave);
  c.end(); // fault: pc is set
  c.i32(0).get(pc).mem(I32.store, TRAP_PC);
  c.i32(EXIT_FAULT).set(status);
  c.end(); // leave
  registers.store(c);
  c.i32(0).get(budget).mem(I32.store, BUDGET);
  c.get(status);
  return { code: c, written: registers.written, registers };
}
