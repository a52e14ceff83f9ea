import type { OpNumbers } from "../interp/module.ts";
import { helpers } from "../ir/helper.ts";
import type { OpDef } from "../ir/op.ts";
import { MAPPINGS, MAX_REGIONS, PAGE_SIZE, REGION_MAPPINGS } from "../layout.ts";
import { HEADER_ENTRY, HEADER_PLAIN, HEADER_PROFILE, HEADER_SIZE } from "../lift/header.ts";
import type { BlockCache } from "../lift/translate.ts";
import type { Mmu } from "../mmu/mmu.ts";
import type { PhysicalMemory } from "../mmu/physical.ts";
import { IrReader } from "./block.ts";
import { CodeView } from "./codeView.ts";
import { writeFloatConstants } from "./float.ts";
import type { SlotKey } from "./pages.ts";
import { borderName, compileRegion } from "./region.ts";
import { selectRegion } from "./select.ts";

/** Samples that must fall into a block before its region is compiled. */
const HOT = 2;
/** Runs of a block after which one sample is enough. */
const MANY = 500_000;
const LIMITS = { nodes: 80, ops: 600, depth: 3, rare: 32, entries: 6 };
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
/** Regions of at most so many ops are copied into others that come to them; larger ones when that has paid. */
const INLINED = 100;
/** Crossings from one region into another, for each op of that one, after which the two are joined: compiling an op again costs as much. */
const JOIN = 10_000;
/** Instructions between looks at the crossings, for each so many regions that are left for others. */
const LOOK = 2_000_000;
const LOOKED_AT = 16;
/** Bytes of WebAssembly that may exist at once; beyond that everything is forgotten and starts afresh. */
const MAX_CODE = 64 * 1024 * 1024;

/** Imports of a region's module. */
export interface RegionImports {
  env: Record<string, WebAssembly.ImportValue>;
  helper: Record<string, WebAssembly.ImportValue>;
}

interface Region {
  slot: number;
  ops: number;
  /** The blocks that enter it, and their op numbers before they were patched. */
  entries: { pc: number; rip: number; replaced: number }[];
  /** Addresses where it may be left for want of budget. */
  checks: Set<number>;
  bytes: number;
  /** Addresses of its blocks. */
  rips: ReadonlySet<number>;
  /** Virtual pages and their frames. */
  pages: Map<number, number>;
  /** Entries that found another mapping. */
  misses: number;
  /** Counters of another page than the last, by address register; empty once it has been judged. */
  counters: Map<SlotKey, WebAssembly.Global>;
  /** Address registers that lead to another page most times; null before it has been judged. */
  roaming: ReadonlySet<SlotKey> | null;
  /** Counters of how often it was left for another region, by the address there. */
  borders: Map<number, WebAssembly.Global>;
  /** Addresses where other regions are entered, of whose code it has a copy all the same. */
  joined: ReadonlySet<number>;
  /** Instructions run when it was compiled. */
  since: number;
}

/** What is known from an earlier compilation of a region. */
interface Earlier {
  /** Addresses of further entries. */
  more: readonly number[];
  roaming: ReadonlySet<SlotKey> | null;
  joined: ReadonlySet<number>;
}
const NOTHING: Earlier = { more: [], roaming: null, joined: new Set() };

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
  /** Regions that are left for others, and the instructions run when they were looked at last. */
  readonly #bordering = new Set<Region>();
  #looked = 0;
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
      if (roaming.length > 0) this.#again(region, { ...region, more: [], roaming: new Set(roaming) });
    }
    if (this.#run - this.#looked < LOOK * (1 + this.#bordering.size / LOOKED_AT)) return;
    this.#looked = this.#run;
    for (const region of [...this.#bordering]) this.#join(region);
  }

  /** Compiles a region together with those that it has been left for too often. */
  #join(region: Region): void {
    let joined: Set<number> | null = null;
    for (const [rip, times] of region.borders) {
      if ((times.value as number) < JOIN * INLINED) continue;
      const pa = this.#mmu.walk(rip, false, true);
      const other = pa < 0 ? undefined : this.#byPc.get(this.#blocks.find(rip, pa));
      if (other && (times.value as number) < JOIN * other.ops) continue;
      joined ??= new Set(region.joined);
      joined.add(rip);
      for (const further of other?.joined ?? []) joined.add(further);
    }
    if (joined && !this.#again(region, { ...region, more: [], joined })) this.#bordering.delete(region);
  }

  /** Compiles a region anew, knowing more. @returns false if its start is not where it was */
  #again(region: Region, earlier: Earlier): boolean {
    const rips = region.entries.map((e) => e.rip);
    const { pc, rip } = region.entries[0]!;
    const at = this.#mmu.walk(rip, false, true);
    if (at < 0 || this.#blocks.find(rip, at) !== pc) return false;
    this.#remove(region);
    this.#compile(pc, rip, at, { ...earlier, more: [...rips.slice(1), ...earlier.more] });
    return true;
  }

  /** Is there a block at `rip` in the region that the block at `pc` enters? */
  contains(pc: number, rip: number): boolean {
    return this.#byPc.get(pc)?.rips.has(rip) ?? false;
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
    if (this.#tried.has(pc)) return;
    if (n < HOT) {
      const { takenTimes, nextTimes } = new IrReader(this.#phys.view, (at) => this.#definition(at)).block(pc);
      if (takenTimes + nextTimes < MANY) return;
    }
    this.#compile(pc, rip, pa);
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
        if (this.#again(region, { ...region, more: [rip] })) return;
      }
    this.#compile(pc, rip, pa);
  }

  #definition(pc: number): OpDef {
    const raw = this.#phys.view.getUint16(pc, true);
    const n = raw === this.#enter ? this.#byPc.get(pc)!.entries.find((e) => e.pc === pc)!.replaced : raw;
    const { hot, cold } = this.#numbers;
    return n < hot.length ? hot[n]! : cold[n - hot.length - 1]!;
  }

  /** Compiles what can be reached from a block; `earlier`: it is compiled again. */
  #compile(start: number, rip: number, pa: number, earlier: Earlier | null = null): void {
    const { more, roaming, joined } = earlier ?? NOTHING;
    const began = performance.now();
    const reader = new IrReader(this.#phys.view, (pc) => this.#definition(pc));
    const code = new CodeView(this.#phys, this.#mmu, this.#blocks, reader);
    const { nodes, entries: returns } = selectRegion(
      reader.block(start),
      (target) => code.find(target),
      (b) => code.targets(b),
      LIMITS,
      {
        apart: (b) => b.pc !== start && !joined.has(b.rip) && (this.#byPc.get(b.pc)?.ops ?? 0) > INLINED,
        mayEnter: (b) => this.#blocks.mayChain(b.pc) && !this.#byPc.has(b.pc),
      },
    );
    const ops = nodes.reduce((sum, n) => sum + n.block.ops.length, 0);
    const price = PRICE * ops;
    if (price + (ops > SMALL ? WAIT : 0) > this.#credit && !earlier) {
      // Not yet: what is really hot will be met again.
      this.#samples.set(start, 0);
      this.#resumes.set(start, 0);
      return;
    }
    this.#credit = Math.max(0, this.#credit - price);
    this.#tried.add(start);
    // What is only reached by returns must be entered there; others have what room is left.
    const entries = [...new Set([0, ...returns])];
    for (const target of more) {
      const n = nodes.findIndex((node) => node.block.rip === target);
      if (n > 0 && entries.length < MAX_ENTRIES && !entries.includes(n) && !this.#byPc.has(nodes[n]!.block.pc)) entries.push(n);
    }
    const plains = entries.map((n) => {
      const { rip: at } = nodes[n]!.block;
      return this.#blocks.again(at, code.physical(at));
    });
    if (plains.includes(0)) return;
    if (this.bytes > MAX_CODE || (this.#free.length === 0 && this.#next >= MAX_REGIONS)) {
      this.#blocks.flush();
      return;
    }
    const { bytes, checks, counters, borders } = compileRegion(nodes, { rip, phys: pa, entries, roaming });
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
      ops,
      entries: entries.map((n) => {
        const { pc, rip: at } = nodes[n]!.block;
        return { pc, rip: at, replaced: view.getUint16(pc, true) };
      }),
      checks: new Set(checks.map((n) => nodes[n]!.block.rip)),
      bytes: bytes.length,
      rips: new Set(nodes.map((n) => n.block.rip)),
      pages: new Map(),
      misses: 0,
      counters: new Map(counters.map((key) => [key, instance.exports[key] as WebAssembly.Global])),
      borders: new Map(borders.map((to) => [to, instance.exports[borderName(to)] as WebAssembly.Global])),
      roaming,
      joined,
      since: this.#run,
    };
    if (borders.length > 0) this.#bordering.add(region);
    if (counters.length > 0) this.#young.add(region);
    for (const n of nodes) {
      const page = Math.floor(n.block.rip / PAGE_SIZE);
      region.pages.set(page, code.frameOf(page));
      if (this.#blocks.crosses(n.block.pc)) region.pages.set(page + 1, code.frameOf(page + 1));
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
    this.#bordering.delete(region);
    this.#count--;
    this.#table.set(region.slot, null);
    this.#free.push(region.slot);
    this.bytes -= region.bytes;
  }
}
