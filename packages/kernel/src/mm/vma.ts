import { fput, getFile } from "../fs/file.ts";
import type { MmStruct, Vma } from "../include/linux/mm_types.ts";
import type { Kernel } from "../kernel.ts";
import { VM_SHARED, VM_WRITE } from "./flags.ts";
import { cloneVma } from "./mm.ts";

/** Index of the first area that ends above `addr` (mm.vmas.length if none). */
export function vmaIndex(mm: MmStruct, addr: number): number {
  const { vmas } = mm;
  let lo = 0;
  let hi = vmas.length;
  while (lo < hi) {
    const mid = (lo + hi) >>> 1;
    if (vmas[mid]!.end > addr) hi = mid;
    else lo = mid + 1;
  }
  return lo;
}

/** The first area that ends above `addr`; it may start above it. @linux mm/mmap.c find_vma */
export function findVma(mm: MmStruct, addr: number): Vma | null {
  return mm.vmas[vmaIndex(mm, addr)] ?? null;
}

/** The area that contains `addr`, or null. */
export function vmaAt(mm: MmStruct, addr: number): Vma | null {
  const vma = findVma(mm, addr);
  return vma && vma.start <= addr ? vma : null;
}

/** Takes the references an area holds. */
export function vmaOpen(k: Kernel, vma: Vma): void {
  vma.ops?.open?.(k, vma);
  if (vma.file) {
    getFile(vma.file);
    const m = vma.file.inode.mapping;
    if (m && vma.flags & VM_SHARED && vma.flags & VM_WRITE) m.writableMappings++;
    if (m) m.mappings.add(vma);
  }
}

/** Gives them back. */
export function vmaClose(k: Kernel, vma: Vma): void {
  vma.ops?.close?.(k, vma);
  if (vma.file) {
    const m = vma.file.inode.mapping;
    if (m && vma.flags & VM_SHARED && vma.flags & VM_WRITE) m.writableMappings--;
    if (m) m.mappings.delete(vma);
    fput(k, vma.file);
  }
}

/** Splits the area at `addr` (inside it); returns the index of the upper part. @linux mm/mmap.c split_vma */
export function splitVma(k: Kernel, mm: MmStruct, index: number, addr: number): number {
  const vma = mm.vmas[index]!;
  const upper = cloneVma(vma);
  upper.start = addr;
  upper.pgoff += (addr - vma.start) / 4096;
  vma.end = addr;
  upper.mm = mm;
  vmaOpen(k, upper);
  mm.vmas.splice(index + 1, 0, upper);
  return index + 1;
}

function mergeable(a: Vma, b: Vma): boolean {
  return (
    a.end === b.start &&
    a.flags === b.flags &&
    a.file === b.file &&
    a.ops === b.ops &&
    !a.ops?.close &&
    a.name === b.name &&
    a.policy === b.policy &&
    a.anon === b.anon &&
    (a.file === null || a.pgoff + (a.end - a.start) / 4096 === b.pgoff)
  );
}

/** Merges the areas from index `from` to `to` (inclusive) with their neighbours where they continue each other. @linux mm/mmap.c vma_merge */
export function mergeVmas(k: Kernel, mm: MmStruct, from: number, to: number): void {
  let i = Math.max(1, from);
  let last = Math.min(to + 1, mm.vmas.length - 1);
  while (i <= last) {
    const a = mm.vmas[i - 1]!;
    const b = mm.vmas[i]!;
    if (mergeable(a, b)) {
      a.end = b.end;
      mm.vmas.splice(i, 1);
      vmaClose(k, b);
      last--;
    } else i++;
  }
}

/** Inserts an area in order and takes its references. Returns its index. */
export function insertVma(k: Kernel, mm: MmStruct, vma: Vma): number {
  const i = vmaIndex(mm, vma.start);
  vma.mm = mm;
  mm.vmas.splice(i, 0, vma);
  mm.totalVm += (vma.end - vma.start) / 4096;
  vmaOpen(k, vma);
  return i;
}
