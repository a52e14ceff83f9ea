import {
  ASID,
  BOUNCE,
  BOUNCE_ADDR,
  BOUNCE_SIZE,
  CR3,
  FRAME_FLAGS,
  FRAME_HAS_CODE,
  FRAME_SNAPSHOT,
  JUMP_CACHE,
  JUMP_CACHE_ENTRIES,
  JUMP_CACHE_ENTRY_SIZE,
  MAPPINGS,
  PAGE_SIZE,
  TLB,
  TLB_ENTRIES,
  TLB_ENTRY_SIZE,
  TLB_FILLS,
  TLB_LOG,
  TLB_LOG_ENTRIES,
  TRAP_ADDR,
  TRAP_ERROR,
  TRAP_VECTOR,
} from "../layout.ts";
import { PF_INSTR, PF_PRESENT, PF_USER, PF_WRITE, Trap } from "../trap.ts";
import type { PhysicalMemory } from "./physical.ts";

/** Page-table entry bits (Intel SDM volume 3, section 4.5). */
export const PTE_P = 1;
export const PTE_RW = 2;
export const PTE_US = 4;
export const PTE_A = 0x20;
export const PTE_D = 0x40;
/** In the high word. */
export const PTE_NX_HI = 0x80000000;

/** A debug register that is enabled: kind 0 stops before the instruction there, 1 after writes, 3 after reads and writes. */
export interface DebugPoint {
  readonly index: number;
  readonly address: number;
  readonly length: number;
  readonly kind: number;
}

/**
 * Address translation: walks the page tables, keeps the software TLB and serves the accesses that
 * the TLB cannot answer.
 */
export class Mmu {
  readonly #phys: PhysicalMemory;
  /** The last fault was for an address that is not canonical: #GP, or #SS if the stack segment is meant. */
  nonCanonical = false;
  /** Counts what may have ended the validity of translations or of compiled code. */
  changes = 0;
  /** Addresses whose accesses are noted, and which of them the present instruction has met (bit = index). */
  watched: readonly DebugPoint[] | null = null;
  hits = 0;
  /** Bits taken out of page-table entries for the present instruction: entry, bits, … */
  readonly #hidden: number[] = [];
  /** Result of the last walk that failed: the page-fault error code. */
  #error = 0;

  constructor(phys: PhysicalMemory) {
    this.#phys = phys;
    phys.i32[MAPPINGS >> 2] = 1;
    phys.i32[TLB_FILLS >> 2] = TLB_LOG_ENTRIES + 1;
    this.flush();
  }

  setRoot(pgdFrame: number, asid: number): void {
    const { i32 } = this.#phys;
    i32[CR3 >> 2] = pgdFrame * PAGE_SIZE;
    i32[ASID >> 2] = asid;
    i32[MAPPINGS >> 2]!++;
    this.flush();
  }

  /** Empties the TLB. */
  flush(): void {
    const { i32, u8, view } = this.#phys;
    this.changes++;
    const fills = i32[TLB_FILLS >> 2]!;
    i32[TLB_FILLS >> 2] = 0;
    // No page-aligned address equals -1.
    if (fills > TLB_LOG_ENTRIES) u8.fill(0xff, TLB, TLB + TLB_ENTRIES * TLB_ENTRY_SIZE);
    else
      for (let i = 0; i < fills; i++) {
        const w = (TLB + view.getUint16(TLB_LOG + i * 2, true) * TLB_ENTRY_SIZE) >> 2;
        i32[w] = i32[w + 1] = i32[w + 2] = i32[w + 3] = -1;
      }
  }

  /** Drops one page from the TLB. */
  flushPage(va: number): void {
    this.changes++;
    const vpn = Math.floor(va / PAGE_SIZE);
    const w = (TLB + (vpn & (TLB_ENTRIES - 1)) * TLB_ENTRY_SIZE) >> 2;
    const { i32 } = this.#phys;
    i32[w] = i32[w + 1] = i32[w + 2] = i32[w + 3] = -1;
  }

  /** Drops write permissions that the TLB remembers for a frame (it now holds code, or is shared with a snapshot). */
  protectFrame(frame: number): void {
    const { i32, view } = this.#phys;
    const phys = (frame * PAGE_SIZE) | 0;
    const fills = i32[TLB_FILLS >> 2]!;
    const known = fills <= TLB_LOG_ENTRIES;
    for (let i = 0; i < (known ? fills : TLB_ENTRIES); i++) {
      const w = (TLB + (known ? view.getUint16(TLB_LOG + i * 2, true) : i) * TLB_ENTRY_SIZE) >> 2;
      // The addend is physical minus virtual page address.
      if (i32[w + 2] !== -1 && ((i32[w + 2]! + i32[w + 4]!) | 0) === phys) i32[w + 2] = i32[w + 3] = -1;
    }
  }

  /** Before an instruction: lets its accesses to watched pages take the slow way, where they are noted. */
  beginWatch(points: readonly DebugPoint[]): void {
    this.watched = points;
    this.hits = 0;
    const { u32 } = this.#phys;
    for (const p of points) {
      if (p.kind === 0) continue;
      this.flushPage(p.address);
      const slot = this.#slot(p.address);
      const pte = slot < 0 ? 0 : u32[slot]!;
      // Without these bits the quick walk does not serve an access.
      if ((pte & (PTE_A | PTE_D)) === 0) continue;
      this.#hidden.push(slot, pte & (PTE_A | PTE_D));
      u32[slot] = (pte & ~(PTE_A | PTE_D)) >>> 0;
    }
  }

  /** The instruction is over. */
  endWatch(): void {
    this.watched = null;
    const { u32 } = this.#phys;
    for (let bits = this.#hidden.pop(); bits !== undefined; bits = this.#hidden.pop()) u32[this.#hidden.pop() as number]! |= bits;
  }

  /** Where the entry of a page is in the page tables, as an index of words; -1 if there is none. */
  #slot(va: number): number {
    const { u32 } = this.#phys;
    let table = u32[CR3 >> 2]!;
    for (const unit of [2 ** 39, 2 ** 30, 2 ** 21]) {
      const entry = u32[(table >>> 2) + (Math.floor(va / unit) % 512) * 2]!;
      if (!(entry & PTE_P)) return -1;
      table = (entry & 0xfffff000) >>> 0;
    }
    const slot = (table >>> 2) + (Math.floor(va / PAGE_SIZE) % 512) * 2;
    return u32[slot]! & PTE_P ? slot : -1;
  }

  #note(lo: number, hi: number, size: number, write: boolean): void {
    const va = (hi >>> 0) * 4294967296 + (lo >>> 0);
    for (const p of this.watched as readonly DebugPoint[]) {
      if (p.kind !== 0 && (write || p.kind === 3) && va < p.address + p.length && va + size > p.address) this.hits |= 1 << p.index;
    }
  }

  /** The same where it happens again and again: a TLB whose log is full is emptied, so that the next times are quick. */
  protectOften(frame: number): void {
    if (this.#phys.i32[TLB_FILLS >> 2]! > TLB_LOG_ENTRIES) this.flush();
    else this.protectFrame(frame);
  }

  flushJumpCache(): void {
    this.changes++;
    this.#phys.u8.fill(0, JUMP_CACHE, JUMP_CACHE + JUMP_CACHE_ENTRIES * JUMP_CACHE_ENTRY_SIZE);
  }

  /**
   * Walks the page tables for a user access. @returns the physical address (unsigned), or -1 with the
   * error code kept for `raisePageFault`. Sets accessed and dirty bits.
   */
  walk(va: number, write: boolean, fetch = false): number {
    const phys = this.#phys;
    const { u32 } = phys;
    const lo = va | 0;
    const hi = Math.floor(va / 4294967296);
    const user = PF_USER | (write ? PF_WRITE : 0) | (fetch ? PF_INSTR : 0);
    this.#error = user;
    const i4 = (hi >>> 7) & 511;
    const i3 = ((hi << 2) | (lo >>> 30)) & 511;
    const i2 = (lo >>> 21) & 511;
    const i1 = (lo >>> 12) & 511;
    let table = u32[CR3 >> 2]! >>> 2;
    const e4 = u32[table + i4 * 2]!;
    if (!(e4 & PTE_P)) return -1;
    table = (e4 & 0xfffff000) >>> 2;
    const e3 = u32[table + i3 * 2]!;
    if (!(e3 & PTE_P)) return -1;
    table = (e3 & 0xfffff000) >>> 2;
    const e2 = u32[table + i2 * 2]!;
    if (!(e2 & PTE_P)) return -1;
    const slot = ((e2 & 0xfffff000) >>> 2) + i1 * 2;
    const pte = u32[slot]!;
    if (!(pte & PTE_P)) return -1;
    if (!(pte & PTE_US) || (write && !(pte & PTE_RW)) || (fetch && u32[slot + 1]! & PTE_NX_HI)) {
      this.#error = user | PF_PRESENT;
      return -1;
    }
    const want = PTE_A | (write ? PTE_D : 0);
    if ((pte & want) !== want) u32[slot] = pte | want;
    if (write) phys.u8[FRAME_FLAGS + (pte >>> 12)]! &= ~FRAME_SNAPSHOT;
    return ((pte & 0xfffff000) >>> 0) + (lo & 0xfff);
  }

  /** Fills the TLB entry of a page after a successful walk. */
  #fill(va: number, pa: number, write: boolean): void {
    const { i32, u8, view } = this.#phys;
    const lo = va | 0;
    const hi = Math.floor(va / 4294967296) | 0;
    const index = (lo >>> 12) & (TLB_ENTRIES - 1);
    const w = (TLB + index * TLB_ENTRY_SIZE) >> 2;
    const fills = i32[TLB_FILLS >> 2]!;
    if (fills < TLB_LOG_ENTRIES) view.setUint16(TLB_LOG + fills * 2, index, true);
    if (fills <= TLB_LOG_ENTRIES) i32[TLB_FILLS >> 2] = fills + 1;
    const page = lo & ~0xfff;
    const same = i32[w] === page && i32[w + 1] === hi;
    i32[w] = page;
    i32[w + 1] = hi;
    i32[w + 4] = ((pa & ~0xfff) - page) | 0;
    if (write && u8[FRAME_FLAGS + Math.floor(pa / PAGE_SIZE)] === 0) {
      i32[w + 2] = page;
      i32[w + 3] = hi;
    } else if (!same) i32[w + 2] = i32[w + 3] = -1;
  }

  /** Records #PF, or #GP for an address that is not canonical. */
  raisePageFault(lo: number, hi: number): void {
    const { i32 } = this.#phys;
    this.nonCanonical = (hi << 16) >> 16 !== hi && hi >>> 15 !== 0;
    if (this.nonCanonical) {
      i32[TRAP_VECTOR >> 2] = Trap.GP;
      i32[TRAP_ERROR >> 2] = 0;
    } else {
      i32[TRAP_VECTOR >> 2] = Trap.PF;
      i32[TRAP_ERROR >> 2] = this.#error;
    }
    i32[TRAP_ADDR >> 2] = lo;
    i32[(TRAP_ADDR >> 2) + 1] = hi;
  }

  /** The same for an instruction fetch that `walk` has just refused, or whose address is not a user address. */
  raiseFetchFault(lo: number, hi: number): void {
    if (hi >>> 15 !== 0) this.#error = PF_USER | PF_INSTR;
    this.raisePageFault(lo, hi);
  }

  /** Walks for an address given as halves; kernel-half and non-canonical addresses fail. */
  #walkParts(lo: number, hi: number, write: boolean): number {
    if (hi >>> 15 !== 0) {
      this.#error = PF_USER | (write ? PF_WRITE : 0);
      return -1;
    }
    return this.walk((hi >>> 0) * 4294967296 + (lo >>> 0), write);
  }

  /** A load that the TLB could not answer: the address to read from, or 0 after raising a fault. */
  readSlow = (lo: number, hi: number, size: number, forWrite: number): number => {
    const write = forWrite !== 0;
    if (this.watched !== null) this.#note(lo, hi, size, write);
    const pa = this.#walkParts(lo, hi, write);
    if (pa < 0) {
      this.raisePageFault(lo, hi);
      return 0;
    }
    const left = PAGE_SIZE - (lo & 0xfff);
    const va = hi * 4294967296 + (lo >>> 0);
    if (write && this.#codeWrite(pa)) return 0;
    this.#fill(va, pa, write);
    if (size <= left) return pa | 0;
    const pb = this.#second(va + left, write);
    if (pb < 0) return 0;
    if (write && this.#codeWrite(pb)) return 0;
    const { u8 } = this.#phys;
    u8.copyWithin(BOUNCE, pa, pa + left);
    u8.copyWithin(BOUNCE + left, pb, pb + size - left);
    return BOUNCE;
  };

  #second(va: number, write: boolean): number {
    const hi = Math.floor(va / 4294967296) | 0;
    const pa = this.#walkParts(va | 0, hi, write);
    if (pa < 0) this.raisePageFault(va | 0, hi);
    return pa;
  }

  /** True (with Trap.CODE_WRITE recorded) if the frame holds translated code, which must go first. */
  #codeWrite(pa: number): boolean {
    const frame = Math.floor(pa / PAGE_SIZE);
    const { u8, i32 } = this.#phys;
    if (!(u8[FRAME_FLAGS + frame]! & FRAME_HAS_CODE)) return false;
    i32[TRAP_VECTOR >> 2] = Trap.CODE_WRITE;
    i32[TRAP_ADDR >> 2] = frame;
    return true;
  }

  /** A store that the TLB could not answer: the address to write to (the bounce buffer if it crosses pages), or 0. */
  writeSlow = (lo: number, hi: number, size: number): number => {
    if (this.watched !== null) this.#note(lo, hi, size, true);
    const pa = this.#walkParts(lo, hi, true);
    if (pa < 0) {
      this.raisePageFault(lo, hi);
      return 0;
    }
    if (this.#codeWrite(pa)) return 0;
    const left = PAGE_SIZE - (lo & 0xfff);
    const va = hi * 4294967296 + (lo >>> 0);
    this.#fill(va, pa, true);
    if (size <= left) return pa | 0;
    const pb = this.#second(va + left, true);
    if (pb < 0 || this.#codeWrite(pb)) return 0;
    const { i32 } = this.#phys;
    i32[BOUNCE_ADDR >> 2] = pa | 0;
    i32[(BOUNCE_ADDR >> 2) + 1] = pb | 0;
    i32[BOUNCE_SIZE >> 2] = size;
    return BOUNCE;
  };

  /** Distributes a store from the bounce buffer to the two pages. */
  commitBounce = (): void => {
    const { u8, u32 } = this.#phys;
    const pa = u32[BOUNCE_ADDR >> 2]!;
    const pb = u32[(BOUNCE_ADDR >> 2) + 1]!;
    const size = u32[BOUNCE_SIZE >> 2]!;
    const left = PAGE_SIZE - (pa & 0xfff);
    u8.copyWithin(pa, BOUNCE, BOUNCE + left);
    u8.copyWithin(pb, BOUNCE + left, BOUNCE + size);
  };
}
