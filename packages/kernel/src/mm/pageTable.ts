import type { Kernel } from "../kernel.ts";
import { allocZeroedPage } from "./pageAlloc.ts";

/**
 * The four levels of x86-64 page tables, in frames. A page-table entry is addressed by the index of
 * its low word in `phys.u32`.
 */
export const PTE_PRESENT = 1;
export const PTE_WRITE = 2;
export const PTE_USER = 4;
export const PTE_ACCESSED = 0x20;
export const PTE_DIRTY = 0x40;
/** Software: the frame is anonymous memory (counts as RssAnon). */
export const PTE_ANON = 0x200;
/** Software: a shared mapping of the page cache, whose dirtiness belongs to the file. */
export const PTE_SHARED = 0x400;
/** Software: the shared page of zeros, which is not counted as resident. */
export const PTE_SPECIAL = 0x800;
/** In the high word: not executable. */
export const PTE_NX = 0x80000000;

const TABLE = PTE_PRESENT | PTE_WRITE | PTE_USER;

/** Index of the entry for `va`; with `alloc` missing tables are made. 0 if there is none (or no memory is left). */
export function pteIndex(k: Kernel, pgd: number, va: number, alloc: boolean): number {
  const { phys } = k.machine;
  const hi = Math.floor(va / 4294967296);
  const lo = va | 0;
  let table = pgd;
  for (let level = 0; level < 3; level++) {
    const i = level === 0 ? (hi >>> 7) & 511 : level === 1 ? ((hi << 2) | (lo >>> 30)) & 511 : (lo >>> 21) & 511;
    const at = table * 1024 + i * 2;
    const entry = phys.u32[at]!;
    if (entry & PTE_PRESENT) {
      table = entry >>> 12;
      continue;
    }
    if (!alloc) return 0;
    const frame = allocZeroedPage(k);
    if (frame === 0) return 0;
    phys.u32[at] = ((frame << 12) | TABLE) >>> 0;
    phys.u32[at + 1] = 0;
    table = frame;
  }
  return table * 1024 + ((lo >>> 12) & 511) * 2;
}

/** Visits the present entries of [start, end): `visit(index, va)`. Skips absent tables as a whole. */
export function forEachPte(k: Kernel, pgd: number, start: number, end: number, visit: (index: number, va: number) => void): void {
  const { phys } = k.machine;
  let va = start;
  while (va < end) {
    const index = pteIndex(k, pgd, va, false);
    if (index === 0) {
      va = nextTable(k, pgd, va);
      continue;
    }
    // The rest of this table at once.
    const stop = Math.min(end, va - (va % 0x200000) + 0x200000);
    for (let i = index; va < stop; va += 4096, i += 2) if (phys.u32[i]! & PTE_PRESENT) visit(i, va);
  }
}

/** The first address after `va` that an absent table does not cover. */
function nextTable(k: Kernel, pgd: number, va: number): number {
  const { u32 } = k.machine.phys;
  const hi = Math.floor(va / 4294967296);
  const lo = va | 0;
  const e4 = u32[pgd * 1024 + ((hi >>> 7) & 511) * 2]!;
  const up = (size: number): number => va - (va % size) + size;
  if (!(e4 & PTE_PRESENT)) return up(0x8000000000);
  const e3 = u32[(e4 >>> 12) * 1024 + (((hi << 2) | (lo >>> 30)) & 511) * 2]!;
  if (!(e3 & PTE_PRESENT)) return up(0x40000000);
  return up(0x200000);
}

/** Frees the tables themselves (all entries must be gone) including the top one. */
export function freePageTables(k: Kernel, pgd: number): void {
  const { phys } = k.machine;
  for (let a = 0; a < 512; a++) {
    const e4 = phys.u32[pgd * 1024 + a * 2]!;
    if (!(e4 & PTE_PRESENT)) continue;
    const t3 = e4 >>> 12;
    for (let b = 0; b < 512; b++) {
      const e3 = phys.u32[t3 * 1024 + b * 2]!;
      if (!(e3 & PTE_PRESENT)) continue;
      const t2 = e3 >>> 12;
      for (let c = 0; c < 512; c++) {
        const e2 = phys.u32[t2 * 1024 + c * 2]!;
        if (e2 & PTE_PRESENT) phys.put(e2 >>> 12);
      }
      phys.put(t2);
    }
    phys.put(t3);
  }
  phys.put(pgd);
}

/** Writes an entry: frame, low flag bits and NX. */
export function setPte(k: Kernel, index: number, frame: number, flags: number, nx: boolean): void {
  const { u32 } = k.machine.phys;
  u32[index] = ((frame << 12) | flags) >>> 0;
  u32[index + 1] = nx ? PTE_NX : 0;
}
