import type { Field } from "../ir/emitter.ts";
import { materializeFlags } from "../ir/flags.ts";
import { type Helper, helpers, type Upcall, upcalls } from "../ir/helper.ts";
import {
  BRANCH_COUNT,
  BRANCH_NEXT,
  BRANCH_NEXT_RIP,
  BRANCH_TAKEN,
  BRANCH_TAKEN_RIP,
  BRANCH_TAKEN_TIMES,
  type BranchDef,
  isBranch,
  type OpDef,
  opDefs,
} from "../ir/op.ts";
import { ret } from "../ir/ops/control.ts";
import { observe } from "../ir/ops/observe.ts";
import { readTsc } from "../ir/ops/system.ts";
import { probeTlb } from "../jit/pages.ts";
import {
  AFTER_CHUNK,
  ASID,
  AT_REGION,
  BUDGET,
  ENDED_IN_REGION,
  EXACT_END,
  IN_REGION,
  JUMP_CACHE,
  JUMP_CACHE_ENTRIES,
  MAPPINGS,
  PATCH_SLOT,
  REGION_MAPPINGS,
  RESUMED,
  RESUMED_BUDGET,
  RIP,
  TLB,
  TRAP_PC,
} from "../layout.ts";
import { HEADER_ENTRY, HEADER_PLAIN, HEADER_PROFILE, HEADER_RIP, HEADER_SIZE } from "../lift/header.ts";
import { defineMisses } from "../mmu/walk.ts";
import { Trap } from "../trap.ts";
import { Code } from "../wasm/code.ts";
import { ModuleBuilder } from "../wasm/module.ts";
import { Ctl, I32, I64, T } from "../wasm/opcodes.ts";
import { InterpEmitter, type InterpFunctions } from "./emitter.ts";
import { PooledCode } from "./pooledCode.ts";

/** Longest basic block. `run` starts a block only when the budget covers it. */
export const BLOCK_MAX = 64;
/** What `run` returns when an op raised an exception: its vector is in TRAP_VECTOR, the op in TRAP_PC. */
export const EXIT_FAULT = 0x200;
/** What `run` returns at a compiled region whose pages must be looked up again; the block's op is in TRAP_PC. */
export const EXIT_MAPPINGS = 0x201;
/** What a region's function returns when it has done nothing: the block must be interpreted. */
export const REFUSED = -1;
/** What it returns at a check of the budget that failed; RIP is where to go on. */
export const SHORT = -2;
/**
 * What the machine's `syscall` returns: go on behind the instruction, all translations and compiled code being as before;
 * go on at RIP, wherever that is; or a trap's code to leave with.
 */
export const SYSCALL_SAME = 0;
export const SYSCALL_ELSEWHERE = 1;
/** A region that refuses with less budget than this does so because of the budget. */
export const SHORT_BUDGET = 4096;

/**
 * Numbers of ops in the IR cache: hot ones first (cases of the dispatch loop), then the op that
 * enters a compiled region, then cold ones (slots of the table).
 */
export interface OpNumbers {
  numberOf: Uint16Array;
  hot: OpDef[];
  cold: OpDef[];
}

export function numberOps(): OpNumbers {
  const hot = opDefs.filter((d) => !d.cold);
  const cold = opDefs.filter((d) => d.cold);
  const numberOf = new Uint16Array(opDefs.length);
  hot.forEach((d, i) => {
    numberOf[d.id] = i;
  });
  cold.forEach((d, i) => {
    numberOf[d.id] = hot.length + 1 + i;
  });
  return { numberOf, hot, cold };
}

/** Fields an op uses more than once: worth a local. */
function repeatedFields(def: OpDef, f: InterpFunctions): Field[] {
  const e = new InterpEmitter(new Code([T.i32]), 0, f, () => {});
  def.emit(e);
  return ([0, 1, 2] as const).filter((i) => e.uses[i] > 1);
}

/**
 * Builds the interpreter's module. Exports `run` (pc) → exit code and `materialize`. Imports
 * the memory, the table of cold ops, the MMU's slow paths and the upcalls.
 */
export function buildInterpreter(ops: OpNumbers, memory: { initial: number; maximum: number }): Uint8Array<ArrayBuffer> {
  const m = new ModuleBuilder();
  m.importMemory("env", "memory", memory.initial, memory.maximum);
  m.importTable("env", "ops", Math.max(1, ops.cold.length));
  m.importTable("env", "regions", 1);
  const readSlow = m.importFunc("env", "readSlow", [T.i32, T.i32, T.i32, T.i32], [T.i32]);
  const writeSlow = m.importFunc("env", "writeSlow", [T.i32, T.i32, T.i32], [T.i32]);
  const commitBounce = m.importFunc("env", "commitBounce", [], []);
  const syscall = m.importFunc("env", "syscall", [], [T.i32]);
  const upcallFuncs = upcalls.map((u) => m.importFunc("upcall", u.name, u.params, u.results));
  const helperFuncs = helpers.map((h) => m.declare(h.name, h.params, h.results));
  const callIn = (c: Code) => (h: Helper | Upcall) => {
    c.call("build" in h ? helperFuncs[h.id]! : upcallFuncs[h.id]!);
  };
  helpers.forEach((h, i) => {
    const c = new Code(h.params);
    h.build(c, callIn(c));
    m.body(helperFuncs[i]!, c);
  });
  const misses = defineMisses(m, readSlow, writeSlow);
  const f: InterpFunctions = { ...misses, commitBounce, helper: (h) => helperFuncs[h.id]! };

  const coldType = m.type([T.i32], [T.i32]);
  const coldFuncs = ops.cold.map((def) =>
    m.func(def.name, [T.i32], [T.i32], (c) => {
      const e = new InterpEmitter(c, 0, f, () => {
        c.i32(EXIT_FAULT).ret();
      });
      for (const i of repeatedFields(def, f)) e.cache(i, c.local(T.i32));
      def.emit(e);
      c.i32(0);
    }),
  );
  if (coldFuncs.length > 0) m.elements(0, coldFuncs);

  const run = m.declare("run", [T.i32], [T.i32]);
  m.body(run, dispatchLoop(ops, f, coldType, syscall));
  m.exportFunc("run", run);
  exportProbes(m, misses.readSlow, misses.writeSlow);
  m.exportFunc("materialize", helperFuncs[materializeFlags.id]!);
  // Compiled regions call the same support functions.
  helpers.forEach((h, i) => {
    m.exportFunc(`helper${h.id}`, helperFuncs[i]!);
  });
  return m.build();
}

function dispatchLoop(ops: OpNumbers, f: InterpFunctions, coldType: number, syscall: number): Code {
  const c = new PooledCode([T.i32]);
  const pc = 0;
  const budget = c.local(T.i32);
  const rip = c.local(T.i64);
  const slot = c.local(T.i32);
  const entry = c.local(T.i32);
  const status = c.local(T.i32);
  const fields = [c.local(T.i32), c.local(T.i32), c.local(T.i32)] as const;
  c.startPooling();

  c.i32(0).mem(I32.load, BUDGET).set(budget);
  const fault = c.block();
  const out = c.block();
  const loop = c.loop();
  // A branch arrives at `lookup` with rip set and `slot` the chain field to fill (or 0).
  const lookup = c.block();
  const next = c.block();
  const cold = c.block();
  const labels: number[] = [];
  for (let i = 0; i <= ops.hot.length; i++) labels.unshift(c.block());
  labels.push(cold);
  c.get(pc).mem(I32.load16_u).brTable(labels);
  for (const def of ops.hot) {
    c.end();
    const e = new InterpEmitter(c, pc, f, () => {
      c.br(fault);
    });
    for (const i of repeatedFields(def, f)) e.cache(i, fields[i]!);
    if (isBranch(def)) emitBranch(c, def, e, { pc, budget, rip, slot, loop, lookup, out, status, syscall });
    else if (def === observe) {
      // Whoever observes may ask how far the run is, and end it.
      c.i32(0).get(budget).mem(I32.store, BUDGET);
      def.emit(e);
      c.i32(0).mem(I32.load, BUDGET).set(budget);
      c.br(next);
    } else {
      def.emit(e);
      c.br(next);
    }
    c.endOp();
  }
  c.end(); // enter a region: its slot is in the header
  {
    const header = (offset: number): number => HEADER_SIZE - offset;
    c.get(pc).i32(header(HEADER_PROFILE)).op(I32.sub).mem(I32.load).set(entry);
    // Its pages must still be where they were.
    c.get(entry).i32(2).op(I32.shl).mem(I32.load, REGION_MAPPINGS).tee(status).if();
    c.get(status).i32(0).mem(I32.load, MAPPINGS).op(I32.ne).if();
    c.i32(0).get(pc).mem(I32.store, TRAP_PC);
    c.i32(0);
    c.get(pc).i32(header(HEADER_RIP)).op(I32.sub).mem(I64.load).mem(I64.store, RIP);
    c.i32(EXIT_MAPPINGS).set(status).br(out);
    c.end();
    c.end();
    c.i32(0).get(budget).mem(I32.store, BUDGET);
    c.i32(0).mem(I32.load, RESUMED).if();
    c.i32(0).get(budget).mem(I32.store, RESUMED_BUDGET);
    c.i32(0).i32(0).mem(I32.store, RESUMED);
    c.end();
    c.get(pc).i32(header(HEADER_ENTRY)).op(I32.sub).mem(I32.load16_u);
    c.get(entry).callIndirect(coldType, 1).set(status);
    c.i32(0).mem(I32.load, BUDGET).set(budget);
    c.get(status).i32(REFUSED).op(I32.eq).if();
    c.i32(0).mem(I32.load, TRAP_PC).set(pc);
    // Within a run the chunk may as well end here; at its end the block is interpreted, if the budget covers it.
    c.i32(0)
      .mem(I32.load, AFTER_CHUNK)
      .i32(0)
      .op(I32.gt_s)
      .get(budget)
      .i32(SHORT_BUDGET)
      .op(I32.lt_s)
      .op(I32.and)
      .i32(0)
      .mem(I32.load, EXACT_END)
      .op(I32.eqz)
      .op(I32.and)
      .tee(entry)
      .get(budget)
      .i32(BLOCK_MAX)
      .op(I32.lt_s)
      .op(I32.or)
      .if();
    c.i32(0).get(entry).i32(AT_REGION).op(I32.mul).mem(I32.store, ENDED_IN_REGION);
    c.i32(0);
    c.get(pc).i32(header(HEADER_RIP)).op(I32.sub).mem(I64.load).mem(I64.store, RIP);
    c.i32(Trap.BUDGET).set(status).br(out);
    c.end();
    c.get(pc).i32(header(HEADER_PLAIN)).op(I32.sub).mem(I32.load).set(pc).br(loop);
    c.end();
    c.get(status).i32(SHORT).op(I32.eq).if();
    c.i32(0).set(status);
    c.i32(0).mem(I32.load, AFTER_CHUNK).i32(0).op(I32.gt_s).if();
    c.i32(0).i32(IN_REGION).mem(I32.store, ENDED_IN_REGION);
    c.i32(Trap.BUDGET).set(status).br(out);
    c.end();
    c.end();
    c.get(status).brIf(out);
    c.i32(0).mem(I64.load, RIP).set(rip);
    c.i32(0).set(slot).br(lookup);
  }
  c.end(); // cold
  c.get(pc)
    .get(pc)
    .mem(I32.load16_u)
    .i32(ops.hot.length + 1)
    .op(I32.sub)
    .callIndirect(coldType);
  c.tee(status).brIf(fault);
  c.end(); // next
  c.get(pc).i32(16).op(I32.add).set(pc).br(loop);
  c.end(); // lookup
  {
    const c2 = c;
    c2.i32(0).get(rip).mem(I64.store, RIP);
    c2.i32(Trap.BUDGET).set(status);
    c2.get(budget).i32(BLOCK_MAX).op(I32.lt_s).brIf(out);
    // Jump cache: { i64 rip, i32 asid, i32 pc }.
    c2.get(rip)
      .get(rip)
      .i64(13)
      .op(I64.shr_u)
      .op(I64.xor)
      .op(I32.wrap_i64)
      .i32(JUMP_CACHE_ENTRIES - 1)
      .op(I32.and)
      .i32(4)
      .op(I32.shl)
      .tee(entry);
    c2.mem(I64.load, JUMP_CACHE).get(rip).op(I64.eq);
    c2.get(entry)
      .mem(I32.load, JUMP_CACHE + 8)
      .i32(0)
      .mem(I32.load, ASID)
      .op(I32.eq)
      .op(I32.and);
    c2.if();
    c2.get(entry)
      .mem(I32.load, JUMP_CACHE + 12)
      .set(pc)
      .br(loop);
    c2.end();
    c2.i32(0).get(slot).mem(I32.store, PATCH_SLOT);
    c2.i32(Trap.TRANSLATE).set(status).br(out);
  }
  c.end(); // loop
  c.end(); // out: status is set, RIP is stored
  c.i32(0).get(budget).mem(I32.store, BUDGET).get(status).ret();
  c.end(); // fault
  c.i32(0).get(budget).mem(I32.store, BUDGET);
  c.i32(0).get(pc).mem(I32.store, TRAP_PC).i32(EXIT_FAULT);
  return c;
}

/** (va, size) → address or 0 after raising a fault: guest memory accesses of compiled regions. */
function exportProbes(m: ModuleBuilder, readSlow: number, writeSlow: number): void {
  for (const [name, tag, slow, extra] of [
    ["probeRead", 0, readSlow, 0],
    ["probeModify", 8, readSlow, 1],
    ["probeWrite", 8, writeSlow, -1],
  ] as const) {
    const func = m.func(name, [T.i64, T.i32], [T.i32], (c) => {
      const entry = c.local(T.i32);
      probeTlb(c, 0, () => c.get(1).i32(1).op(I32.sub).op(I64.extend_i32_u), tag, entry);
      c.if();
      c.get(0)
        .op(I32.wrap_i64)
        .get(entry)
        .mem(I32.load, TLB + 16)
        .op(I32.add)
        .ret();
      c.end();
      c.get(0).op(I32.wrap_i64).get(0).i64(32).op(I64.shr_u).op(I32.wrap_i64).get(1);
      if (extra >= 0) c.i32(extra);
      c.call(slow);
    });
    m.exportFunc(name, func);
  }
}

interface Registers {
  pc: number;
  budget: number;
  rip: number;
  slot: number;
  loop: number;
  lookup: number;
  out: number;
  status: number;
  /** Index of the function that serves a system call. */
  syscall: number;
}

function emitBranch(c: Code, def: BranchDef, e: InterpEmitter, r: Registers): void {
  const { pc, budget, rip, slot, loop, lookup, out, status } = r;
  const count = (): void => {
    c.get(budget).get(pc).mem(I32.load, BRANCH_COUNT).op(I32.sub).set(budget);
  };
  /** Counts the way that is gone, for the compiler: `from` holds the op, or the chain field's distance from the first one more. */
  const times = (from: number, offset: number): void => {
    c.get(from).get(from).mem(I32.load, offset).i32(1).op(I32.add).mem(I32.store, offset);
  };
  const chained = (): void => {
    times(slot, BRANCH_TAKEN_TIMES - BRANCH_TAKEN);
    // slot holds the address of the chain field; go there if it is filled and the budget lasts.
    const target = c.temp(T.i32);
    c.get(slot).mem(I32.load).tee(target).i32(0).get(budget).i32(BLOCK_MAX).op(I32.ge_s).op(Ctl.select);
    c.tee(target).if();
    c.get(target).set(pc).br(loop);
    c.end();
  };
  switch (def.branch) {
    case "jump":
      def.emit(e);
      count();
      c.get(pc).i32(BRANCH_TAKEN).op(I32.add).set(slot);
      chained();
      c.get(pc).mem(I64.load, BRANCH_TAKEN_RIP).set(rip).br(lookup);
      break;
    case "cond": {
      const taken = c.temp(T.i32);
      def.emit(e);
      c.op(I32.eqz).i32(2).op(I32.shl).set(taken);
      count();
      c.get(pc).get(taken).op(I32.add).i32(BRANCH_TAKEN).op(I32.add).set(slot);
      chained();
      c.get(pc).get(taken).i32(1).op(I32.shl).op(I32.add).mem(I64.load, BRANCH_TAKEN_RIP).set(rip).br(lookup);
      break;
    }
    case "indirect":
      def.emit(e);
      c.set(rip);
      // The compiler expects it to go the same way again. Returns go where their calls were.
      if (def !== ret) c.get(pc).get(rip).mem(I64.store, BRANCH_TAKEN_RIP);
      count();
      times(pc, BRANCH_TAKEN_TIMES);
      c.i32(0).set(slot).br(lookup);
      break;
    case "exit":
      def.emit(e);
      count();
      times(pc, BRANCH_TAKEN_TIMES);
      c.i32(0).get(pc).mem(I64.load, BRANCH_NEXT_RIP).mem(I64.store, RIP);
      if (def.trap === Trap.SYSCALL) {
        c.i32(0).get(budget).mem(I32.store, BUDGET);
        c.call(r.syscall).set(status);
        c.i32(0).mem(I32.load, BUDGET).set(budget);
        c.get(status).i32(SYSCALL_ELSEWHERE).op(I32.gt_s).brIf(out);
        c.i32(0).mem(I64.load, RIP).set(rip);
        c.i32(0).set(slot).br(lookup);
        break;
      }
      if (def.trap === Trap.RDTSC || def.trap === Trap.RDTSCP) {
        readTsc(e, budget, def.trap === Trap.RDTSCP, () => c.i32(def.trap).set(status).br(out));
        c.i32(0).mem(I64.load, RIP).set(rip);
        c.i32(0).set(slot).br(lookup);
        break;
      }
      c.i32(def.trap).set(status).br(out);
      break;
  }
}

export { BRANCH_NEXT };
