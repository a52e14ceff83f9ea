import type { OpNumbers } from "../interp/module.ts";
import { helpers } from "../ir/helper.ts";
import type { OpDef } from "../ir/op.ts";
import { PAGE_SIZE } from "../layout.ts";
import { HEADER_PROFILE, HEADER_SIZE } from "../lift/header.ts";
import type { BlockCache } from "../lift/translate.ts";
import type { Mmu } from "../mmu/mmu.ts";
import type { PhysicalMemory } from "../mmu/physical.ts";
import { compileRegion, IrReader, jumpsAnywhere, successors } from "./region.ts";

/** Samples that must fall into a block before its region is compiled. */
const HOT = 2;
const MAX_BLOCKS = 120;
const MAX_OPS = 1200;
/** Regions that may exist at once; beyond that everything is forgotten and starts afresh. */
const MAX_REGIONS = 4000;

/** Imports of a region's module. */
export interface RegionImports {
  env: Record<string, WebAssembly.ImportValue>;
  helper: Record<string, WebAssembly.ImportValue>;
}

/** Finds hot code by sampling, compiles regions, and patches their blocks so that the interpreter enters them. */
export class Regions {
  readonly #phys: PhysicalMemory;
  readonly #mmu: Mmu;
  readonly #blocks: BlockCache;
  readonly #numbers: OpNumbers;
  readonly #table: WebAssembly.Table;
  readonly #imports: RegionImports;
  /** Op numbers that the enter op has replaced, by pc. */
  readonly #replaced = new Map<number, number>();
  readonly #samples = new Map<number, number>();
  /** Slots of the table and patched blocks by frame. */
  readonly #byFrame = new Map<number, { slots: number[]; pcs: number[] }>();
  #free: number[] = [];
  #next = 0;
  /** Statistics. */
  compiled = 0;
  compileTime = 0;

  constructor(phys: PhysicalMemory, mmu: Mmu, blocks: BlockCache, numbers: OpNumbers, table: WebAssembly.Table, imports: RegionImports) {
    this.#phys = phys;
    this.#mmu = mmu;
    this.#blocks = blocks;
    this.#numbers = numbers;
    this.#table = table;
    this.#imports = imports;
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

  /** The program was found running at `rip`. */
  sample(rip: number): void {
    const pa = this.#mmu.walk(rip, false, true);
    if (pa < 0) return;
    const pc = this.#blocks.find(rip, pa);
    if (pc === 0 || !this.#blocks.mayChain(pc) || this.#phys.view.getUint16(pc, true) === this.#enter) return;
    const n = (this.#samples.get(pc) ?? 0) + 1;
    this.#samples.set(pc, n);
    if (n >= HOT) this.#compile(pc, rip, pa);
  }

  #definition(pc: number): OpDef {
    const raw = this.#phys.view.getUint16(pc, true);
    const n = raw === this.#enter ? this.#replaced.get(pc)! : raw;
    const { hot, cold } = this.#numbers;
    return n < hot.length ? hot[n]! : cold[n - hot.length - 1]!;
  }

  /** Compiles the blocks that can be reached from one by direct branches within its page. */
  #compile(start: number, rip: number, pa: number): void {
    const began = performance.now();
    const page = rip - (rip % PAGE_SIZE);
    const frame = Math.floor(pa / PAGE_SIZE);
    const reader = new IrReader(this.#phys.view, (pc) => this.#definition(pc));
    const first = reader.block(start);
    const region = [first];
    const seen = new Set([rip]);
    let ops = first.ops.length;
    const add = (target: number, pc: number): void => {
      if (seen.has(target) || region.length >= MAX_BLOCKS || ops >= MAX_OPS) return;
      seen.add(target);
      if (pc === 0 || !this.#blocks.mayChain(pc)) return;
      const block = reader.block(pc);
      region.push(block);
      ops += block.ops.length;
    };
    for (let i = 0; i < region.length; i++) {
      const block = region[i]!;
      for (const target of successors(block)) {
        if (target < page || target >= page + PAGE_SIZE) continue;
        add(target, this.#blocks.find(target, frame * PAGE_SIZE + (target - page)));
      }
      // A switch: whatever of this page has been run may be a target.
      if (!jumpsAnywhere(block)) continue;
      for (const [target, pc] of this.#blocks.inFrame(frame)) if (target - (target % PAGE_SIZE) === page) add(target, pc);
    }
    const module = new WebAssembly.Module(compileRegion(region));
    const instance = new WebAssembly.Instance(module, this.#imports as unknown as WebAssembly.Imports);
    if (this.#next >= MAX_REGIONS && this.#free.length === 0) {
      this.#blocks.flush();
      return;
    }
    const slot = this.#free.pop() ?? this.#next++;
    if (slot >= this.#table.length) this.#table.grow(Math.max(16, this.#table.length));
    this.#table.set(slot, instance.exports.region as (entry: number) => number);
    let owned = this.#byFrame.get(frame);
    if (!owned) {
      owned = { slots: [], pcs: [] };
      this.#byFrame.set(frame, owned);
    }
    owned.slots.push(slot);
    const { view } = this.#phys;
    region.forEach((block, i) => {
      if (view.getUint16(block.pc, true) === this.#enter) return;
      this.#replaced.set(block.pc, view.getUint16(block.pc, true));
      view.setUint16(block.pc, this.#enter, true);
      view.setUint32(block.pc - HEADER_SIZE + HEADER_PROFILE, slot * 256 + i, true);
      owned.pcs.push(block.pc);
    });
    this.compiled++;
    this.compileTime += performance.now() - began;
  }

  /** Blocks of a frame (0: all) are gone, and with them the regions. */
  #drop(frame: number): void {
    if (frame === 0) {
      for (const { slots } of this.#byFrame.values()) for (const s of slots) this.#release(s);
      this.#byFrame.clear();
      this.#replaced.clear();
      this.#samples.clear();
      return;
    }
    const owned = this.#byFrame.get(frame);
    if (!owned) return;
    for (const s of owned.slots) this.#release(s);
    for (const pc of owned.pcs) this.#replaced.delete(pc);
    this.#byFrame.delete(frame);
  }
  #release(slot: number): void {
    this.#table.set(slot, null);
    this.#free.push(slot);
  }
}
