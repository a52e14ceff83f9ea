import { EXIT_FAULT, REFUSED, SHORT, SYSCALL_ELSEWHERE } from "../interp/module.ts";
import { helpers } from "../ir/helper.ts";
import { type BranchDef, isBranch } from "../ir/op.ts";
import { jumpCondition, setCondition } from "../ir/ops/conditions.ts";
import { readTsc } from "../ir/ops/system.ts";
import { BUDGET, RIP, TRAP_PC } from "../layout.ts";
import { Trap } from "../trap.ts";
import { Code } from "../wasm/code.ts";
import { ModuleBuilder } from "../wasm/module.ts";
import { Ctl, I32, I64, T } from "../wasm/opcodes.ts";
import { AddressKeys } from "./addressKeys.ts";
import type { DecodedOp } from "./block.ts";
import { RegionEmitter, type RegionExits, type RegionFunctions } from "./emitter.ts";
import { isDenormal, PackedConstants, setSpan } from "./float.ts";
import { edge } from "./flow.ts";
import { type Knowledge, type KnownFlags, propagate, UNKNOWN_FLAGS } from "./knowledge.ts";
import { PageLocals, PageUses, type SlotKey } from "./pages.ts";
import { RegisterLocals } from "./registers.ts";
import type { RegionNode } from "./select.ts";
import { isNode, type Shape, shapeOf } from "./shape.ts";

/** Where a region starts, and what its entries are. */
export interface RegionPlace {
  /** Virtual and physical address of the first block. */
  rip: number;
  phys: number;
  /** Nodes that the region may be entered at; the first one is node 0. */
  entries: number[];
  /** Address registers whose pages are not worth remembering; null = that is to be counted. */
  roaming: ReadonlySet<SlotKey> | null;
}

/** A compiled region. */
export interface CompiledRegion {
  bytes: Uint8Array<ArrayBuffer>;
  /** Nodes where the budget is checked: the region may be left and resumed there. */
  checks: number[];
  /** Exported globals that count misses. */
  counters: SlotKey[];
  /** Addresses where other regions are entered; globals exported as `borderName` count how often. */
  borders: number[];
}

/** The export that counts how often a region was left for the one at an address. */
export const borderName = (rip: number): string => `to:${rip.toString(16)}`;

/** What the first pass over the code found out for the second one. */
interface Findings {
  registers: RegisterLocals;
  uses: PageUses;
  /** There are operations on two doubles. */
  packed: boolean;
  /** What is known where each node starts. */
  flags: KnownFlags[];
  ordinary: Set<number>[];
}

/**
 * Compiles a region: one function (number of the entry) → exit code, where 0 means "go on at RIP". Registers live in
 * locals from entry to exit. Budget for the longest way to the next check must be there at the
 * entry and at the head of each loop; else the region is left and the interpreter counts to the end.
 */
export function compileRegion(nodes: RegionNode[], place: RegionPlace): CompiledRegion {
  const m = new ModuleBuilder();
  m.importMemory("env", "memory", 1, 65536);
  const probe = (name: string): number => m.importFunc("env", name, [T.i64, T.i32], [T.i32]);
  const fixed = {
    probeRead: probe("probeRead"),
    probeWrite: probe("probeWrite"),
    probeModify: probe("probeModify"),
    commitBounce: m.importFunc("env", "commitBounce", [], []),
    syscall: m.importFunc("env", "syscall", [], [T.i32]),
  };
  // Which support functions and registers the region uses is found by a first pass.
  const used = new Map<number, number>();
  const shape = shapeOf(nodes, place.entries);
  const counters: SlotKey[] = [];
  const counter = (key: SlotKey): number => {
    if (place.roaming) return -1;
    const global = m.globalI32(0);
    m.exportGlobal(key, global);
    counters.push(key);
    return global;
  };
  const borders = new Map<number, number>();
  const border = (rip: number): number => {
    let global = borders.get(rip);
    if (global === undefined) {
      global = m.globalI32(0);
      m.exportGlobal(borderName(rip), global);
      borders.set(rip, global);
    }
    return global;
  };
  const first = new RegionBuilder(nodes, shape, place, { ...fixed, helper: (h) => used.set(h.id, 0).size }, null, counter, border);
  first.build();
  for (const id of used.keys()) used.set(id, m.importFunc("helper", String(id), helpers[id]!.params, helpers[id]!.results));
  const second = new RegionBuilder(nodes, shape, place, { ...fixed, helper: (h) => used.get(h.id)! }, first.findings(), counter, border);
  second.build();
  const run = m.declare("region", [T.i32], [T.i32]);
  m.body(run, second.c);
  m.exportFunc("region", run);
  return { bytes: m.build(), checks: [...shape.checks].filter((n) => n < nodes.length), counters, borders: [...borders.keys()] };
}

const NONE: ReadonlySet<SlotKey> = new Set();

class RegionBuilder {
  readonly c = new Code([T.i32]);
  readonly #nodes: RegionNode[];
  readonly #shape: Shape;
  readonly #place: RegionPlace;
  readonly #f: RegionFunctions;
  readonly #registers: RegisterLocals;
  readonly #pages: PageLocals;
  readonly #uses: PageUses;
  readonly #findings: Findings | null;
  readonly #border: (rip: number) => number;
  readonly #budget: number;
  readonly #pc: number;
  readonly #rip: number;
  readonly #status: number;
  readonly #flag: number;
  readonly #span: number;
  readonly #packed: PackedConstants;
  readonly #first: number;
  readonly #labels = new Map<number, number>();
  /** Wasm labels of the nodes that can be jumped to here: start of a loop, or end of a block. */
  readonly #loops = new Map<number, number>();
  readonly #ends = new Map<number, number>();
  #exit = 0;
  #fault = 0;
  #refuse = 0;
  /** Knowledge where each node ends. */
  readonly #after: Knowledge[] = [];

  constructor(
    nodes: RegionNode[],
    shape: Shape,
    place: RegionPlace,
    f: RegionFunctions,
    findings: Findings | null,
    counter: (key: SlotKey) => number,
    border: (rip: number) => number,
  ) {
    const { c } = this;
    this.#border = border;
    this.#nodes = nodes;
    this.#shape = shape;
    this.#place = place;
    this.#f = f;
    this.#findings = findings;
    this.#registers = new RegisterLocals(c, findings?.registers ?? null);
    this.#uses = findings?.uses ?? new PageUses();
    const ops = nodes.reduce((sum, n) => sum + n.block.ops.length, 0);
    this.#pages = new PageLocals(c, f, this.#uses, ops, findings ? (place.roaming ?? NONE) : null, counter);
    this.#budget = c.local(T.i32);
    this.#pc = c.local(T.i32);
    this.#rip = c.local(T.i64);
    this.#status = c.local(T.i32);
    this.#flag = c.local(T.i32);
    this.#span = c.local(T.i64);
    this.#packed = new PackedConstants(c, findings?.packed ?? false);
    this.#first = c.local(T.i64);
  }

  build(): void {
    const { c } = this;
    c.i32(0).mem(I32.load, BUDGET).set(this.#budget);
    this.#registers.load(c, false);
    this.#startPages();
    setSpan(c, this.#span);
    this.#packed.load(this.#span);
    const leave = c.block();
    this.#refuse = c.block();
    this.#fault = c.block();
    this.#exit = c.block();
    if (this.#findings) {
      // The code relies on it: see float.ts.
      for (const [, low] of this.#registers.scalars()) {
        isDenormal(c, low);
        c.if();
        this.#refuseEntry();
        c.end();
      }
    }
    const { root, graph } = this.#shape;
    if (graph[root]!.dispatch) this.#enter(root);
    this.#tree(root);
    c.end(); // exit: rip and status are set
    c.i32(0).get(this.#rip).mem(I64.store, RIP);
    c.br(leave);
    c.end(); // fault: pc is set
    c.i32(0).get(this.#pc).mem(I32.store, TRAP_PC);
    c.i32(EXIT_FAULT).set(this.#status).br(leave);
    c.end(); // refuse: pc is set
    c.i32(0).get(this.#pc).mem(I32.store, TRAP_PC);
    c.i32(REFUSED).set(this.#status);
    c.end(); // leave
    this.#registers.store(c, false);
    c.i32(0).get(this.#budget).mem(I32.store, BUDGET);
    c.get(this.#status);
  }

  #startPages(): void {
    const { rip, phys } = this.#place;
    this.#pages.start(rip - (rip % 4096), phys - (phys % 4096));
  }

  /** A node and what it dominates: Ramsey, "Beyond Relooper". */
  #tree(v: number): void {
    const { flow } = this.#shape;
    const { c } = this;
    const loop = flow.heads.has(v);
    if (loop) this.#loops.set(v, c.loop());
    const merges = flow.children[v]!.filter((w) => flow.merges.has(w) || this.#shape.graph[v]!.dispatch);
    for (const w of [...merges].reverse()) this.#ends.set(w, c.block());
    this.#node(v);
    for (const w of merges) {
      c.end();
      this.#ends.delete(w);
      this.#tree(w);
    }
    if (loop) {
      c.end();
      this.#loops.delete(v);
    }
  }

  /** Goes to an address that is a node or another region. */
  #goTo(from: number, rip: number, to: number): void {
    if (isNode(to)) this.#follow(from, to);
    else {
      const global = this.#border(rip);
      this.c.globalGet(global).i32(1).op(I32.add).globalSet(global);
      this.#leave(rip);
    }
  }

  /** Goes along an edge. */
  #follow(from: number, to: number): void {
    const { c } = this;
    const { detours, graph, flow } = this.#shape;
    // Dispatchers on the way are told where to go on.
    const start = detours.get(edge(from, to)) ?? to;
    for (let next = start; next !== to; ) {
      const on = detours.get(edge(next, to)) ?? to;
      c.i32(graph[next]!.succs.indexOf(on)).set(this.#label(next));
      next = on;
    }
    if (flow.place[start]! <= flow.place[from]!) c.br(this.#loops.get(start)!);
    else {
      const end = this.#ends.get(start);
      if (end !== undefined) c.br(end);
      else this.#tree(start);
    }
  }
  #label(dispatcher: number): number {
    let l = this.#labels.get(dispatcher);
    if (l === undefined) {
      l = this.c.local(T.i32);
      this.#labels.set(dispatcher, l);
    }
    return l;
  }

  /** Sets the labels of the dispatchers on the way to the entry in parameter 0. */
  #enter(root: number): void {
    const { c } = this;
    const { detours, graph } = this.#shape;
    const labels: number[] = [];
    const { entries } = this.#place;
    const known = c.block();
    for (let i = 0; i < entries.length; i++) labels.unshift(c.block());
    c.get(0).brTable([...labels, labels[0]!]);
    for (const to of entries) {
      c.end();
      for (let next = root; next !== to; ) {
        const on = detours.get(edge(next, to)) ?? to;
        c.i32(graph[next]!.succs.indexOf(on)).set(this.#label(next));
        next = on;
      }
      c.br(known);
    }
    c.end();
  }
  /** Has the block that was entered interpreted. */
  #refuseEntry(): void {
    const { c } = this;
    const { entries } = this.#place;
    entries.forEach((n, i) => {
      c.get(0).i32(i).op(I32.eq).if();
      c.i32(this.#nodes[n]!.block.pc).set(this.#pc).br(this.#refuse);
      c.end();
    });
    c.i32(this.#nodes[0]!.block.pc).set(this.#pc).br(this.#refuse);
  }

  #leave(rip: number): void {
    this.c.i64(rip).set(this.#rip).br(this.#exit);
  }

  #node(v: number): void {
    const { c } = this;
    const node = this.#nodes[v];
    if (!node) {
      this.#dispatch(v);
      return;
    }
    const { block } = node;
    this.#pages.nesting = this.#shape.flow.nesting[v]!;
    if (this.#shape.checks.has(v)) {
      c.get(this.#budget).i32(this.#shape.reach[v]!).op(I32.lt_s).unlikely().if();
      const entry = this.#place.entries.find((n) => this.#nodes[n]!.block.rip === block.rip);
      if (entry !== undefined) c.i32(this.#nodes[entry]!.block.pc).set(this.#pc).br(this.#refuse);
      else {
        c.i32(SHORT).set(this.#status);
        this.#leave(block.rip);
      }
      c.end();
    }
    const known: Knowledge = {
      flags: this.#findings?.flags[v] ?? UNKNOWN_FLAGS,
      untouched: true,
      ordinary: new Map([...(this.#findings?.ordinary[v] ?? [])].map((a) => [a, true])),
      firstLocal: this.#first,
      first: -1,
    };
    this.#after[v] = known;
    const keys = new AddressKeys();
    const e = new RegionEmitter(c, this.#registers, this.#pages, this.#f, this.#exits(), this.#span, this.#packed, known);
    for (const op of block.ops) {
      const operands = { ...op, key: keys.of(op) };
      if (isBranch(op.def)) {
        e.begin(operands);
        this.#branch(v, op.def, e);
      } else this.#op(op, operands, e);
    }
  }

  #op(op: DecodedOp, operands: DecodedOp & { key: string }, e: RegionEmitter): void {
    const { c } = this;
    const start = c.mark();
    const { flags, ordinary } = e.known;
    e.known.ordinary = new Map(ordinary);
    e.usesMemory = false;
    e.begin(operands);
    if (op.def === setCondition) {
      const before = c.mark();
      let inline = true;
      e.set64(0, () => {
        inline = e.condition(op.c);
        if (inline) c.op(I64.extend_i32_u);
      });
      if (inline) return;
      c.truncate(before);
    }
    op.def.emit(e);
    if (!e.usesMemory) return;
    // Once more, between a flush and a reload.
    c.truncate(start);
    e.known.flags = flags;
    this.#registers.store(c, true);
    e.memoryOnly = true;
    e.begin(operands);
    op.def.emit(e);
    e.memoryOnly = false;
    e.usesMemory = false;
    this.#registers.load(c, true);
    setSpan(c, this.#span);
    this.#packed.settle(this.#span);
    e.forget();
  }

  #exits(): RegionExits {
    const { c } = this;
    const elsewhere = (rip: number, done: number): void => {
      // At one of the region's own entries the interpreter would come straight back.
      const entry = this.#place.entries.find((n) => this.#nodes[n]!.block.rip === rip);
      if (entry !== undefined) {
        c.i32(this.#nodes[entry]!.block.pc).set(this.#pc).br(this.#refuse);
        return;
      }
      if (done > 0) c.get(this.#budget).i32(done).op(I32.sub).set(this.#budget);
      this.#leave(rip);
    };
    return {
      fault: (op) => {
        c.i32(op.pc).set(this.#pc).br(this.#fault);
      },
      here: (op) => elsewhere(op.rip, op.index),
      after: (op) => {
        c.get(this.#budget)
          .i32(op.index + 1)
          .op(I32.sub)
          .set(this.#budget);
        this.#leave(op.nextRip);
      },
    };
  }

  #dispatch(v: number): void {
    const { c } = this;
    const { succs } = this.#shape.graph[v]!;
    const { flow } = this.#shape;
    const labels = succs.map((s) => (flow.place[s]! <= flow.place[v]! ? this.#loops.get(s)! : this.#ends.get(s)!));
    c.get(this.#label(v)).brTable([...labels, labels[0]!]);
  }

  #branch(v: number, def: BranchDef, e: RegionEmitter): void {
    const { c } = this;
    const { block, to } = this.#nodes[v]!;
    const count = (): void => {
      c.get(this.#budget).i32(block.count).op(I32.sub).set(this.#budget);
    };
    const goTo = (target: number): void => {
      const n = to.get(target);
      if (n === undefined) this.#leave(target);
      else this.#goTo(v, target, n);
    };
    switch (def.branch) {
      case "jump":
        def.emit(e);
        count();
        goTo(block.taken);
        break;
      case "cond": {
        if (def !== jumpCondition || !e.condition(e.op.c)) def.emit(e);
        c.set(this.#flag);
        count();
        if (block.taken === block.next) {
          goTo(block.taken);
          break;
        }
        c.get(this.#flag);
        // Ways out of the region are the rare ones.
        if (!to.has(block.taken)) c.unlikely();
        else if (!to.has(block.next)) c.likely();
        c.if();
        goTo(block.taken);
        c.end();
        goTo(block.next);
        break;
      }
      case "indirect":
        def.emit(e);
        c.set(this.#rip);
        count();
        this.#indirect(v);
        break;
      case "exit":
        def.emit(e);
        count();
        if (def.trap === Trap.SYSCALL) {
          this.#syscall(v, e);
          break;
        }
        if (def.trap === Trap.RDTSC || def.trap === Trap.RDTSCP) {
          readTsc(e, this.#budget, def.trap === Trap.RDTSCP, () => this.#trap(block.next, def.trap));
          goTo(block.next);
          break;
        }
        this.#trap(block.next, def.trap);
        break;
    }
  }

  #trap(next: number, code: number): void {
    const { c } = this;
    c.i64(next).set(this.#rip);
    c.i32(code).set(this.#status).br(this.#exit);
  }

  /** The kernel serves a system call with all registers in memory; mostly the program then goes on behind it. */
  #syscall(v: number, e: RegionEmitter): void {
    const { c } = this;
    const { block, to } = this.#nodes[v]!;
    this.#registers.store(c, false);
    c.i32(0).get(this.#budget).mem(I32.store, BUDGET);
    c.i32(0).i64(block.next).mem(I64.store, RIP);
    c.call(this.#f.syscall).set(this.#status);
    const next = to.get(block.next);
    const leave = (): void => {
      c.i32(0).get(this.#status).get(this.#status).i32(SYSCALL_ELSEWHERE).op(I32.le_s).op(Ctl.select).ret();
    };
    if (next === undefined || !isNode(next)) {
      leave();
      return;
    }
    c.get(this.#status).unlikely().if();
    leave();
    c.end();
    this.#registers.load(c, false);
    for (const [, low] of this.#registers.scalars()) {
      isDenormal(c, low);
      c.if();
      c.i32(0).ret();
      c.end();
    }
    c.i32(0).mem(I32.load, BUDGET).set(this.#budget);
    this.#startPages();
    setSpan(c, this.#span);
    this.#packed.load(this.#span);
    e.forget();
    e.known.flags = UNKNOWN_FLAGS;
    e.known.untouched = false;
    this.#follow(v, next);
  }

  /** Goes to the address in `rip`, if it is one of those expected. */
  #indirect(v: number): void {
    const { c } = this;
    const { to } = this.#nodes[v]!;
    const targets = [...to].sort((a, b) => a[0] - b[0]);
    const search = (from: number, end: number): void => {
      if (end - from <= 3) {
        for (const [rip, n] of targets.slice(from, end)) {
          c.get(this.#rip).i64(rip).op(I64.eq).if();
          this.#goTo(v, rip, n);
          c.end();
        }
        return;
      }
      const middle = (from + end) >> 1;
      c.get(this.#rip).i64(targets[middle]![0]).op(I64.lt_u).if();
      search(from, middle);
      c.else();
      search(middle, end);
      c.end();
    };
    search(0, targets.length);
    c.br(this.#exit);
  }

  /** After the first pass: its registers, and what is known where each node starts. */
  findings(): Findings {
    const { graph, flow } = this.#shape;
    const registers = this.#registers;
    const all = new Set<number>();
    for (const [addr, u] of registers.uses) if (u.scalar > u.vector) all.add(addr);
    const { flags, ordinary } = propagate(graph, flow.order, this.#shape.root, this.#after, all);
    return {
      registers,
      uses: this.#uses,
      packed: this.#packed.used,
      flags,
      ordinary,
    };
  }
}
