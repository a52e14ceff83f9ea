import type { OpNumbers } from "../interp/module.ts";
import { helpers } from "../ir/helper.ts";
import type { OpDef } from "../ir/op.ts";
import { MAPPINGS, MAX_REGIONS, PAGE_SIZE, REGION_MAPPINGS } from "../layout.ts";
import { HEADER_ENTRY, HEADER_PLAIN, HEADER_PROFILE, HEADER_SIZE } from "../lift/header.ts";
import type { BlockCache } from "../lift/translate.ts";
import type { Mmu } from "../mmu/mmu.ts";
import type { PhysicalMemory } from "../mmu/physical.ts";
import { type DecodedBlock, IrReader } from "./block.ts";
import { writeFloatConstants } from "./float.ts";
import type { SlotKey } from "./pages.ts";
import { compileRegion } from "./region.ts";
import { selectRegion } from "./select.ts";
import { memoryTargets, type ProgramState } from "./targets.ts";

/** Samples that must fall into a block before its region is compiled. */
const HOT = 2;
const LIMITS = { nodes: 80, ops: 600, depth: 3, rare: 32 };
/** A region that finds other mappings more often than this is given up. */
const MAX_MISSES = 1000;
/**
 * Instructions that must have been run for each op compiled: compiling an op takes as long as interpreting
 * so many, about, and a program that ends soon should not have been compiled for its future.
 */
const PRICE = 8000;
/** Large regions wait until the program has run for a while: the compiler itself is slow when it is new. */
const SMALL = 64;
const WAIT = 16_000_000;
/** Instructions run after which it is judged which of a new region's pages are worth remembering. */
const TRIAL = 6_000_000;
/** One miss in so many instructions is too often. */
const OFTEN = 64;
/** Entries of a region. */
const MAX_ENTRIES = 8;
/** A computed jump is given at most this many targets. */
const MAX_TARGETS = 256;
const HIGH = 4294967296;
/** Bytes of WebAssembly that may exist at once; beyond that everything is forgotten and starts afresh. */
const MAX_CODE = 64 * 1024 * 1024;

/** Imports of a region's module. */
export interface RegionImports {
  env: Record<string, WebAssembly.ImportValue>;
  helper: Record<string, WebAssembly.ImportValue>;
}

interface Region {
  slot: number;
  /** The blocks that enter it, and their op numbers before they were patched. */
  entries: { pc: number; rip: number; replaced: number }[];
  /** Addresses where it may be left for want of budget. */
  checks: Set<number>;
  bytes: number;
  /** Virtual pages and their frames. */
  pages: Map<number, number>;
  /** Entries that found another mapping. */
  misses: number;
  /** Counters of another page than the last, by address register; empty once it has been judged. */
  counters: Map<SlotKey, WebAssembly.Global>;
  /** Address registers that lead to another page most times; null before it has been judged. */
  roaming: ReadonlySet<SlotKey> | null;
  /** Instructions run when it was compiled. */
  since: number;
}

/** Finds hot code by sampling, compiles regions, and patches their first blocks so that the interpreter enters them. */
export class Regions {
  readonly #phys: PhysicalMemory;
  readonly #mmu: Mmu;
  readonly #blocks: BlockCache;
  readonly #numbers: OpNumbers;
  readonly #table: WebAssembly.Table;
  readonly #imports: RegionImports;
  /** Regions by the block that enters them. */
  readonly #byPc = new Map<number, Region>();
  readonly #byFrame = new Map<number, Set<Region>>();
  /** Virtual pages of regions over several pages. */
  readonly #pages = new Set<number>();
  /** Blocks that have been compiled, or cannot be. */
  readonly #tried = new Set<number>();
  readonly #resumes = new Map<number, number>();
  readonly #samples = new Map<number, number>();
  /** Regions that have not been judged. */
  readonly #young = new Set<Region>();
  #free: number[] = [];
  #next = 1;
  #count = 0;
  /** Statistics: regions compiled so far, the time it took (ms), regions and bytes of WebAssembly that exist. */
  compiled = 0;
  compileTime = 0;
  bytes = 0;
  get count(): number {
    return this.#count;
  }

  constructor(phys: PhysicalMemory, mmu: Mmu, blocks: BlockCache, numbers: OpNumbers, table: WebAssembly.Table, imports: RegionImports) {
    this.#phys = phys;
    this.#mmu = mmu;
    this.#blocks = blocks;
    this.#numbers = numbers;
    this.#table = table;
    this.#imports = imports;
    writeFloatConstants(phys.view);
    blocks.onDrop = (frame) => this.#drop(frame);
  }

  /** Imports for regions out of the interpreter's exports. */
  static helperImports(exports: WebAssembly.Exports): Record<string, WebAssembly.ImportValue> {
    const out: Record<string, WebAssembly.ImportValue> = {};
    for (const h of helpers) out[String(h.id)] = exports[`helper${h.id}`] as WebAssembly.ImportValue;
    return out;
  }

  get #enter(): number {
    return this.#numbers.hot.length;
  }

  /** What has been run so far and not been spent on compiling, in instructions. */
  #credit = 0;
  #run = 0;
  #total = 0;
  /** Takes note of the instructions run so far. After a seek in time they may be fewer than before. */
  earn(total: number): void {
    const instructions = Math.max(0, total - this.#total);
    this.#total = total;
    this.#credit += instructions;
    this.#run += instructions;
  }

  /** Compiles again, without what remembers pages in vain, the regions that have been tried for long enough. Called between chunks. */
  judge(): void {
    for (const region of this.#young) {
      const run = this.#run - region.since;
      if (run < TRIAL) continue;
      this.#young.delete(region);
      const roaming = [...region.counters].filter(([, n]) => (n.value as number) > run / OFTEN).map(([key]) => key);
      region.counters.clear();
      if (roaming.length > 0) this.#again(region, [], new Set(roaming));
    }
  }

  /** Compiles a region anew, with more entries or fewer remembered pages. @returns false if its start is not where it was */
  #again(region: Region, entries: number[], roaming: ReadonlySet<SlotKey> | null): boolean {
    const rips = region.entries.map((e) => e.rip);
    const { pc, rip } = region.entries[0]!;
    const at = this.#mmu.walk(rip, false, true);
    if (at < 0 || this.#blocks.find(rip, at) !== pc) return false;
    this.#remove(region);
    this.#compile(pc, rip, at, [...rips.slice(1), ...entries], roaming, true);
    return true;
  }

  /** The program was found running at `rip`. `follow`: or after it, if that is an instruction in two pages. */
  sample(rip: number, follow = true): void {
    const pa = this.#mmu.walk(rip, false, true);
    if (pa < 0) return;
    const pc = this.#blocks.find(rip, pa);
    if (pc !== 0 && follow && this.#blocks.crosses(pc)) {
      // No region can start here, but chunks end before such blocks more often than anywhere else.
      const { branch, taken, next } = new IrReader(this.#phys.view, (at) => this.#definition(at)).block(pc);
      this.sample(branch.branch === "jump" ? taken : next, false);
      return;
    }
    if (pc === 0 || !this.#blocks.mayChain(pc) || this.#phys.view.getUint16(pc, true) === this.#enter) return;
    const n = (this.#samples.get(pc) ?? 0) + 1;
    this.#samples.set(pc, n);
    if (n >= HOT && !this.#tried.has(pc)) this.#compile(pc, rip, pa);
  }

  /** Execution went on at `rip`, where a region had been left, and took long to come back into one: that region gets an entry there. `onlyEntry`: nothing is compiled if there is no such region. */
  resume(rip: number, onlyEntry: boolean): void {
    const pa = this.#mmu.walk(rip, false, true);
    const pc = pa < 0 ? 0 : this.#blocks.find(rip, pa);
    if (pc === 0 || !this.#blocks.mayChain(pc) || this.#byPc.has(pc)) return;
    const among = this.#byFrame.get(Math.floor(pa / PAGE_SIZE));
    if (onlyEntry && ![...(among ?? [])].some((r) => r.checks.has(rip))) return;
    const n = (this.#resumes.get(pc) ?? 0) + 1;
    this.#resumes.set(pc, n);
    if (n !== HOT) return;
    for (const region of among ?? [])
      if (region.checks.has(rip) && region.entries.length < MAX_ENTRIES) {
        if (this.#again(region, [rip], region.roaming)) return;
      }
    this.#compile(pc, rip, pa);
  }

  #definition(pc: number): OpDef {
    const raw = this.#phys.view.getUint16(pc, true);
    const n = raw === this.#enter ? this.#byPc.get(pc)!.entries.find((e) => e.pc === pc)!.replaced : raw;
    const { hot, cold } = this.#numbers;
    return n < hot.length ? hot[n]! : cold[n - hot.length - 1]!;
  }

  /** Compiles what can be reached from a block; `more`: addresses of further entries; `paid`: it was compiled before. */
  #compile(
    start: number,
    rip: number,
    pa: number,
    more: readonly number[] = [],
    roaming: ReadonlySet<SlotKey> | null = null,
    paid = false,
  ): void {
    const began = performance.now();
    const reader = new IrReader(this.#phys.view, (pc) => this.#definition(pc));
    const pages = new Map<number, number>();
    const frameOf = (page: number): number => {
      let frame = pages.get(page);
      if (frame === undefined) {
        const at = this.#mmu.walk(page * PAGE_SIZE, false, true);
        frame = at < 0 ? 0 : Math.floor(at / PAGE_SIZE);
        pages.set(page, frame);
      }
      return frame;
    };
    const known = new Map<number, DecodedBlock | null>();
    const find = (target: number): DecodedBlock | null => {
      let block = known.get(target);
      if (block === undefined) {
        const frame = target < 0x800000000000 ? frameOf(Math.floor(target / PAGE_SIZE)) : 0;
        const pc = frame === 0 ? 0 : this.#blocks.find(target, frame * PAGE_SIZE + (target % PAGE_SIZE));
        block = pc !== 0 ? reader.block(pc) : null;
        known.set(target, block);
      }
      return block;
    };
    const { view: memory } = this.#phys;
    const place = (va: number, size: number): number =>
      va < 0 || va >= 0x800000000000 || va % PAGE_SIZE > PAGE_SIZE - size ? -1 : this.#mmu.walk(va, false);
    const word = (at: number): number => memory.getUint32(at + 4, true) * HIGH + memory.getUint32(at, true);
    const state: ProgramState = {
      read64: (va) => {
        const at = place(va, 8);
        return at < 0 ? null : word(at);
      },
      read32: (va) => {
        const at = place(va, 4);
        return at < 0 ? null : memory.getInt32(at, true);
      },
      register: word,
    };
    /** If nothing else is known: whatever of its page has been run may be a switch's target. */
    const targets = (b: DecodedBlock): number[] => {
      const exact = memoryTargets(b, state);
      if (exact) return exact.slice(0, MAX_TARGETS);
      const page = Math.floor(b.rip / PAGE_SIZE);
      const out: number[] = b.taken === 0 ? [] : [b.taken];
      for (const [target] of this.#blocks.inFrame(frameOf(page)))
        if (Math.floor(target / PAGE_SIZE) === page && out.length < MAX_TARGETS) out.push(target);
      return out;
    };
    const nodes = selectRegion(reader.block(start), find, targets, LIMITS);
    const ops = nodes.reduce((sum, n) => sum + n.block.ops.length, 0);
    const price = PRICE * ops;
    if (price + (ops > SMALL ? WAIT : 0) > this.#credit && !paid) {
      // Not yet: what is really hot will be met again.
      this.#samples.set(start, 0);
      this.#resumes.set(start, 0);
      return;
    }
    this.#credit = Math.max(0, this.#credit - price);
    this.#tried.add(start);
    const entries = [0];
    for (const target of more) {
      const n = nodes.findIndex((node) => node.block.rip === target);
      if (n > 0 && !this.#byPc.has(nodes[n]!.block.pc)) entries.push(n);
    }
    const plains = entries.map((n) => {
      const { rip: at } = nodes[n]!.block;
      return this.#blocks.again(at, frameOf(Math.floor(at / PAGE_SIZE)) * PAGE_SIZE + (at % PAGE_SIZE));
    });
    if (plains.includes(0)) return;
    if (this.bytes > MAX_CODE || (this.#free.length === 0 && this.#next >= MAX_REGIONS)) {
      this.#blocks.flush();
      return;
    }
    const { bytes, checks, counters } = compileRegion(nodes, { rip, phys: pa, entries, roaming });
    let instance: WebAssembly.Instance;
    try {
      instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), this.#imports as unknown as WebAssembly.Imports);
    } catch {
      // Beyond what the host takes: the block stays interpreted.
      return;
    }
    const slot = this.#free.pop() ?? this.#next++;
    if (slot >= this.#table.length) this.#table.grow(Math.max(16, this.#table.length));
    this.#table.set(slot, instance.exports.region as () => number);
    const { view, i32 } = this.#phys;
    const region: Region = {
      slot,
      entries: entries.map((n) => {
        const { pc, rip: at } = nodes[n]!.block;
        return { pc, rip: at, replaced: view.getUint16(pc, true) };
      }),
      checks: new Set(checks.map((n) => nodes[n]!.block.rip)),
      bytes: bytes.length,
      pages: new Map(),
      misses: 0,
      counters: new Map(counters.map((key) => [key, instance.exports[key] as WebAssembly.Global])),
      roaming,
      since: this.#run,
    };
    if (counters.length > 0) this.#young.add(region);
    for (const n of nodes) {
      const page = Math.floor(n.block.rip / PAGE_SIZE);
      region.pages.set(page, frameOf(page));
      if (this.#blocks.crosses(n.block.pc)) region.pages.set(page + 1, frameOf(page + 1));
    }
    for (const frame of region.pages.values()) {
      let set = this.#byFrame.get(frame);
      if (!set) this.#byFrame.set(frame, (set = new Set()));
      set.add(region);
    }
    if (region.pages.size > 1) for (const page of region.pages.keys()) this.#pages.add(page);
    i32[(REGION_MAPPINGS >> 2) + slot] = region.pages.size > 1 ? i32[MAPPINGS >> 2]! : 0;
    region.entries.forEach(({ pc }, i) => {
      const header = pc - HEADER_SIZE;
      view.setUint16(pc, this.#enter, true);
      view.setUint32(header + HEADER_PROFILE, slot, true);
      view.setUint32(header + HEADER_PLAIN, plains[i]!, true);
      view.setUint16(header + HEADER_ENTRY, i, true);
      this.#byPc.set(pc, region);
    });
    this.bytes += bytes.length;
    this.#count++;
    this.compiled++;
    this.compileTime += performance.now() - began;
  }

  /** The mapping of a page has changed. */
  pageChanged(va: number): void {
    if (this.#pages.has(Math.floor(va / PAGE_SIZE))) this.#phys.i32[MAPPINGS >> 2]!++;
  }

  /**
   * The region that a block enters was compiled for an older state of the address space: looks whether its
   * pages are still the same. @returns 0 if it may be entered, else the block to run instead.
   */
  check(pc: number): number {
    const region = this.#byPc.get(pc);
    if (!region) return 0;
    const { i32, view } = this.#phys;
    for (const [page, frame] of region.pages) {
      const pa = this.#mmu.walk(page * PAGE_SIZE, false, true);
      if (pa >= 0 && Math.floor(pa / PAGE_SIZE) === frame) continue;
      const plain = view.getUint32(pc - HEADER_SIZE + HEADER_PLAIN, true);
      // Address spaces that share only a part of it, or a part that is gone: not worth keeping.
      if (++region.misses > MAX_MISSES) this.#remove(region);
      return plain;
    }
    i32[(REGION_MAPPINGS >> 2) + region.slot] = i32[MAPPINGS >> 2]!;
    return 0;
  }

  /** Blocks of a frame (0: all) are gone, and with them the regions that they are part of. */
  #drop(frame: number): void {
    if (frame === 0) {
      for (const region of new Set(this.#byPc.values())) this.#remove(region);
      this.#resumes.clear();
      this.#tried.clear();
      this.#samples.clear();
      this.#pages.clear();
      return;
    }
    for (const region of [...(this.#byFrame.get(frame) ?? [])]) this.#remove(region);
  }

  #remove(region: Region): void {
    const { view } = this.#phys;
    // The block itself may live on, in another frame than the one that changed.
    for (const { pc, replaced } of region.entries) {
      view.setUint16(pc, replaced, true);
      this.#byPc.delete(pc);
      if (region.misses <= MAX_MISSES) this.#tried.delete(pc);
    }
    for (const frame of region.pages.values()) {
      const set = this.#byFrame.get(frame);
      set?.delete(region);
      if (set?.size === 0) this.#byFrame.delete(frame);
    }
    this.#young.delete(region);
    this.#count--;
    this.#table.set(region.slot, null);
    this.#free.push(region.slot);
    this.bytes -= region.bytes;
  }
}
