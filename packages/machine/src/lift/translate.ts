import { DECODE_NEED_MORE, DECODE_TOO_LONG, decode } from "../decode/decode.ts";
import { Insn } from "../decode/insn.ts";
import { BLOCK_MAX } from "../interp/module.ts";
import { observe } from "../ir/ops/observe.ts";
import { FRAME_FLAGS, FRAME_HAS_CODE, IR_CACHE, IR_CACHE_END, PAGE_SIZE } from "../layout.ts";
import type { Mmu } from "../mmu/mmu.ts";
import type { PhysicalMemory } from "../mmu/physical.ts";
import { Trap } from "../trap.ts";
import { BlockBuilder } from "./block.ts";
import {
  BLOCK_CROSSES,
  HEADER_ENTRY,
  HEADER_FLAGS,
  HEADER_LINK,
  HEADER_NEXT,
  HEADER_PHYS,
  HEADER_RIP,
  HEADER_SECOND,
  HEADER_SIZE,
} from "./header.ts";
import { liftOf } from "./lifter.ts";

/** The longest block needs at most this much of the IR cache (ops of an instruction: under 48). */
const BLOCK_ROOM = HEADER_SIZE + BLOCK_MAX * 16 * 48;
/** Room kept at the start of the IR cache for blocks that are used once. */
export const SCRATCH_SIZE = 16384;
const ARENA_START = IR_CACHE + SCRATCH_SIZE;
/** decode's buffer for an instruction that lies in two pages. */
const STRADDLE = 32;

/** Buckets of the table of blocks: about as many as blocks fit in the IR cache. */
const BUCKETS = 65536;
/** Spreads addresses over the buckets (2^32 divided by the golden ratio). */
const SPREAD = 0x9e3779b1;
/** Both addresses count: each process may have the same page somewhere else. */
const bucketOf = (lo: number, pa: number): number => Math.imul(lo ^ Math.imul(pa, SPREAD), SPREAD) >>> 16;

/** What `BlockCache.find` gives when the bytes at rip cannot be fetched. */
export const FETCH_FAULT = 0;

/** Looks at instructions before they run. */
export interface Observer {
  /** The instruction at rip is translated, after `index` others of its block. @returns a number for `before`, or -1: it is not to be told of */
  prepare(insn: Insn, rip: number, index: number): number;
  /** The instruction with that number is next; the registers are in the machine's `cpu`, except rip. It may fault, and come again. */
  before(number: number): void;
}

/** Translated blocks by physical and virtual address, in the IR cache. */
export class BlockCache {
  readonly #phys: PhysicalMemory;
  readonly #mmu: Mmu;
  readonly #builder: BlockBuilder;
  readonly #insn = new Insn();
  readonly #straddle = new Uint8Array(STRADDLE);
  /** First op of the newest block in each bucket, 0 = none; others of the same bucket follow by HEADER_NEXT. */
  readonly #buckets = new Int32Array(BUCKETS);
  /** First op of the newest block in a frame. */
  #frames = new Map<number, number>();
  /** Blocks that go on into a frame. */
  #reaching = new Map<number, number[]>();
  #next = ARENA_START;
  /** Told when a frame's blocks, or all blocks (0), are forgotten. */
  onDrop: (frame: number) => void = () => {};
  /** Addresses at which blocks end and none is kept, so that the machine sees each arrival there; null = none. */
  stops: ReadonlySet<number> | null = null;
  /** Is told of instructions; to be set through Machine.setObserver. */
  observer: Observer | null = null;
  /** Counts whole flushes, for statistics. */
  flushes = 0;
  translated = 0;

  constructor(phys: PhysicalMemory, mmu: Mmu, numberOf: Uint16Array) {
    this.#phys = phys;
    this.#mmu = mmu;
    this.#builder = new BlockBuilder(phys.u8.buffer, this.#insn, numberOf);
  }

  rebind(): void {
    this.#builder.rebind(this.#phys.u8.buffer);
  }

  /** The translated block at an address, or 0; never translates. */
  find(rip: number, pa: number): number {
    const { i32 } = this.#phys;
    const lo = rip | 0;
    const hi = Math.floor(rip / 4294967296) | 0;
    let pc = this.#buckets[bucketOf(lo, pa)]!;
    while (pc !== 0) {
      const h = (pc - HEADER_SIZE) >> 2;
      if (
        i32[h] === lo &&
        i32[h + 1] === hi &&
        i32[h + 2] === (pa | 0) &&
        (!this.crosses(pc) || this.#secondFrame(rip) === i32[h + (HEADER_SECOND >> 2)])
      )
        return pc;
      pc = i32[h + (HEADER_NEXT >> 2)]!;
    }
    return 0;
  }

  /** Frame of the page after the one at rip, -1 if it cannot be fetched. */
  #secondFrame(rip: number): number {
    const pa = this.#mmu.walk((Math.floor(rip / PAGE_SIZE) + 1) * PAGE_SIZE, false, true);
    return pa < 0 ? -1 : Math.floor(pa / PAGE_SIZE);
  }

  /** Virtual address and op address of the blocks in a frame, newest first. */
  *inFrame(frame: number): Generator<[rip: number, pc: number]> {
    const { i32 } = this.#phys;
    let pc = this.#frames.get(frame) ?? 0;
    while (pc !== 0) {
      const h = (pc - HEADER_SIZE) >> 2;
      yield [(i32[h + 1]! >>> 0) * 4294967296 + (i32[h]! >>> 0), pc];
      pc = i32[h + (HEADER_LINK >> 2)]!;
    }
  }

  /** Op address of the block that starts at a virtual address whose bytes lie at `pa`; translates it if it is new. */
  at(rip: number, pa: number): number {
    if (this.stops?.has(rip)) return this.once(rip, pa, 1);
    const pc = this.find(rip, pa);
    if (pc !== 0) return pc;
    if (this.#next + BLOCK_ROOM > IR_CACHE_END) this.flush();
    return this.#translate(rip, pa);
  }

  /** A second translation of a block, which nothing leads to; 0 if there is no room. */
  again(rip: number, pa: number): number {
    if (this.#next + BLOCK_ROOM > IR_CACHE_END) return 0;
    const header = this.#next;
    const { crosses, faults } = this.#build(header, rip, pa, BLOCK_MAX);
    if (crosses || faults) return 0;
    this.#next = (this.#builder.at + 15) & ~15;
    return header + HEADER_SIZE;
  }

  #flagsOf(pc: number): number {
    return this.#phys.view.getUint16(pc - HEADER_SIZE + HEADER_FLAGS, true);
  }
  /** Does the block lie in two pages? */
  crosses(pc: number): boolean {
    return (this.#flagsOf(pc) & BLOCK_CROSSES) !== 0;
  }
  /** May branches go straight to this block? Not if it is a scratch block or lies in two pages. */
  mayChain(pc: number): boolean {
    return pc >= ARENA_START && !this.crosses(pc);
  }

  #translate(rip: number, pa: number): number {
    const header = this.#next;
    const { crosses, faults } = this.#build(header, rip, pa, BLOCK_MAX);
    // It is only true until the kernel maps the missing page: not kept.
    if (faults) return this.once(rip, pa, 1);
    const pc = header + HEADER_SIZE;
    const { i32, view } = this.#phys;
    const frame = Math.floor(pa / PAGE_SIZE);
    this.#next = (this.#builder.at + 15) & ~15;
    view.setUint16(header + HEADER_FLAGS, crosses ? BLOCK_CROSSES : 0, true);
    const bucket = bucketOf(rip | 0, pa);
    i32[(header + HEADER_NEXT) >> 2] = this.#buckets[bucket]!;
    this.#buckets[bucket] = pc;
    i32[(header + HEADER_LINK) >> 2] = this.#frames.get(frame) ?? 0;
    this.#frames.set(frame, pc);
    this.#holdsCode(frame);
    if (crosses) {
      const second = this.#secondFrame(rip);
      i32[(header + HEADER_SECOND) >> 2] = second;
      const others = this.#reaching.get(second);
      if (others) others.push(pc);
      else this.#reaching.set(second, [pc]);
      this.#holdsCode(second);
    }
    this.translated++;
    return pc;
  }

  #holdsCode(frame: number): void {
    const { u8 } = this.#phys;
    if (u8[FRAME_FLAGS + frame]! & FRAME_HAS_CODE) return;
    u8[FRAME_FLAGS + frame]! |= FRAME_HAS_CODE;
    this.#mmu.protectFrame(frame);
  }

  /** Translates `max` instructions at rip into the scratch area: used for stepping, never found again. */
  once(rip: number, pa: number, max: number): number {
    this.#build(IR_CACHE, rip, pa, max);
    return IR_CACHE + HEADER_SIZE;
  }

  #build(header: number, rip: number, pa: number, max: number): { crosses: boolean; faults: boolean } {
    const b = this.#builder;
    const insn = this.#insn;
    const { u8 } = this.#phys;
    b.begin(header);
    b.startAt(rip);
    b.rip = rip;
    let at = pa;
    const end = (pa & ~0xfff) + PAGE_SIZE;
    const limit = end >>> 0 === 0 ? 4294967296 : end >>> 0;
    let crosses = false;
    let faults = false;
    while (!b.ended && b.count < max && at < limit) {
      if (this.stops !== null && b.count > 0 && this.stops.has(b.rip)) break;
      let length = decode(u8, at, limit, insn);
      if (length === DECODE_NEED_MORE) {
        // The instruction goes on in the next page: it makes a block of its own.
        if (b.count > 0) break;
        length = this.#decodeAcross(at, limit, b.rip);
        if (length === DECODE_NEED_MORE) {
          // The next page cannot be fetched: the fault belongs to its first byte.
          this.#liftFetchFault(limit - at);
          faults = true;
          break;
        }
        crosses = true;
      }
      if (length <= 0) {
        b.nextRip = b.rip + 1;
        b.trap(length === DECODE_TOO_LONG ? Trap.GP : Trap.UD);
        b.count++;
        break;
      }
      b.nextRip = b.rip + length;
      if (this.observer !== null) {
        const number = this.observer.prepare(insn, b.rip, b.count);
        if (number >= 0) b.op(observe, 0, 0, 0, number, 0);
      }
      const lift = liftOf(insn.row);
      if (lift) lift(b);
      else b.trap(Trap.UD);
      b.count++;
      b.rip = b.nextRip;
      at += length;
      if (crosses) break;
    }
    b.finish(b.rip);
    const { view, i32 } = this.#phys;
    i32[(header + HEADER_RIP) >> 2] = rip | 0;
    i32[((header + HEADER_RIP) >> 2) + 1] = Math.floor(rip / 4294967296) | 0;
    i32[(header + HEADER_PHYS) >> 2] = pa | 0;
    view.setUint16(header + HEADER_ENTRY, 0, true);
    return { crosses, faults };
  }

  /** Does the instruction at rip address memory through rsp or rbp (the stack segment)? */
  addressesStack(rip: number): boolean {
    const pa = this.#mmu.walk(rip, false, true);
    if (pa < 0) return false;
    const insn = this.#insn;
    const limit = (pa & ~0xfff) + PAGE_SIZE;
    let length = decode(this.#phys.u8, pa, limit >>> 0, insn);
    if (length === DECODE_NEED_MORE) length = this.#decodeAcross(pa, limit >>> 0, rip);
    if (length <= 0 || insn.seg !== 0) return false;
    if (insn.hasModrm && insn.mod !== 3 && (insn.base === 4 || insn.base === 5)) return true;
    const { map, opcode } = insn;
    // Instructions that use the stack by themselves.
    if (map === 0)
      return (opcode >= 0x50 && opcode < 0x60) || [0x68, 0x6a, 0x8f, 0x9c, 0x9d, 0xc2, 0xc3, 0xc8, 0xc9, 0xe8].includes(opcode);
    return false;
  }

  #decodeAcross(at: number, limit: number, rip: number): number {
    const here = limit - at;
    const buffer = this.#straddle;
    const { u8 } = this.#phys;
    buffer.fill(0);
    buffer.set(u8.subarray(at, limit));
    const pb = this.#mmu.walk(rip + here, false, true);
    if (pb < 0) return DECODE_NEED_MORE;
    buffer.set(u8.subarray(pb, pb + 15), here);
    return decode(buffer, 0, here + 15, this.#insn);
  }

  /** A block that raises the instruction-fetch fault of the page after it. */
  #liftFetchFault(bytes: number): void {
    const b = this.#builder;
    b.nextRip = b.rip + bytes;
    b.fetchFault(b.rip + bytes);
    b.count++;
  }

  /** Forgets all blocks of a frame, because its bytes change. */
  dropFrame(frame: number): void {
    const { i32, u8 } = this.#phys;
    let pc = this.#frames.get(frame) ?? 0;
    u8[FRAME_FLAGS + frame]! &= ~FRAME_HAS_CODE;
    const reaching = this.#reaching.get(frame);
    if (pc === 0 && !reaching) return;
    // No address is found there any more.
    for (const block of reaching ?? []) i32[((block - HEADER_SIZE + HEADER_RIP) >> 2) + 1] = -1;
    this.#reaching.delete(frame);
    while (pc !== 0) {
      const h = (pc - HEADER_SIZE) >> 2;
      this.#unlink(pc);
      pc = i32[h + 3]!;
    }
    this.#frames.delete(frame);
    this.onDrop(frame);
    this.#mmu.flushJumpCache();
  }

  /** Takes a block out of its bucket. */
  #unlink(pc: number): void {
    const { i32 } = this.#phys;
    const h = (pc - HEADER_SIZE) >> 2;
    const next = i32[h + (HEADER_NEXT >> 2)]!;
    const bucket = bucketOf(i32[h]!, i32[h + 2]!);
    let at = this.#buckets[bucket]!;
    if (at === pc) {
      this.#buckets[bucket] = next;
      return;
    }
    while (at !== 0) {
      const link = (at - HEADER_SIZE + HEADER_NEXT) >> 2;
      at = i32[link]!;
      if (at === pc) i32[link] = next;
    }
  }

  /** Forgets everything. */
  flush(): void {
    const { u8 } = this.#phys;
    for (const frame of this.#frames.keys()) u8[FRAME_FLAGS + frame]! &= ~FRAME_HAS_CODE;
    for (const frame of this.#reaching.keys()) u8[FRAME_FLAGS + frame]! &= ~FRAME_HAS_CODE;
    this.#reaching.clear();
    this.#buckets.fill(0);
    this.#frames.clear();
    this.#next = ARENA_START;
    this.#mmu.flushJumpCache();
    this.flushes++;
    this.onDrop(0);
  }
}
