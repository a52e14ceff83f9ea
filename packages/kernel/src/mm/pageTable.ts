import type { MmStruct } from "../include/linux/mm_types.ts";
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

/** Index of the entry for `va`, 0 if it has no table. With an `owner` missing tables are made for it; then 0 means that no memory is left. */
export function pteIndex(k: Kernel, pgd: number, va: number, owner: MmStruct | false): number {
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
    if (!owner) return 0;
    const frame = allocZeroedPage(k);
    if (frame === 0) return 0;
    owner.pgtables++;
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

/** Bytes that one entry of a table covers: of the lowest (a page), the next, … and of the top one. */
const SPAN = [0x1000, 0x200000, 0x40000000, 0x8000000000] as const;

/**
 * Frees the tables that served [start, end) and lie within [floor, ceiling), where nothing is mapped
 * any more.
 * @linux mm/memory.c free_pgd_range
 */
export function freePageTables(k: Kernel, mm: MmStruct, start: number, end: number, floor: number, ceiling: number): void {
  freeBelow(k, mm, mm.pgd, 3, 0, start, end, floor, ceiling);
}

function freeBelow(
  k: Kernel,
  mm: MmStruct,
  table: number,
  level: number,
  base: number,
  start: number,
  end: number,
  floor: number,
  ceiling: number,
): void {
  const { u32 } = k.machine.phys;
  const span = SPAN[level as 1 | 2 | 3];
  const last = Math.min(511, Math.floor((end - 1 - base) / span));
  for (let i = Math.max(0, Math.floor((start - base) / span)); i <= last; i++) {
    const at = table * 1024 + i * 2;
    const entry = u32[at]!;
    if (!(entry & PTE_PRESENT)) continue;
    const from = base + i * span;
    if (level > 1) freeBelow(k, mm, entry >>> 12, level - 1, from, start, end, floor, ceiling);
    if (from < floor || from + span > ceiling) continue;
    u32[at] = 0;
    u32[at + 1] = 0;
    k.machine.phys.put(entry >>> 12);
    mm.pgtables--;
  }
}

/** Writes an entry: frame, low flag bits and NX. */
export function setPte(k: Kernel, index: number, frame: number, flags: number, nx: boolean): void {
  const { u32 } = k.machine.phys;
  u32[index] = ((frame << 12) | flags) >>> 0;
  u32[index + 1] = nx ? PTE_NX : 0;
}
