import type { Kernel } from "../kernel.ts";
import { stateClass } from "../state.ts";
import { COPY_ZERO, countCopy } from "../trace/copies.ts";
import { PAGE_SIZE } from "./flags.ts";
import { outOfMemory } from "./oomKill.ts";
import type { AddressSpace } from "./pageCache.ts";

/** What the page allocator keeps: files whose cached pages can be read again, and the page of zeros. */
class PageAllocator {
  reclaimable = new Set<AddressSpace>();
  zeroFrame = 0;
}
stateClass(PageAllocator);

function allocator(k: Kernel): PageAllocator {
  let a = k.subsystems.get("pageAllocator") as PageAllocator | undefined;
  if (!a) {
    a = new PageAllocator();
    k.subsystems.set("pageAllocator", a);
  }
  return a;
}

/**
 * A frame with undefined contents and one reference. When memory is used up, clean pages of files go
 * first, then a process is killed; so 0 (no memory) only comes back when nothing more can be given
 * up or the current task is the one that was killed.
 * @linux mm/page_alloc.c __alloc_pages_slowpath
 */
export function allocPage(k: Kernel): number {
  const { phys } = k.machine;
  for (;;) {
    const frame = phys.alloc();
    if (frame !== 0) return frame;
    if (shrinkPageCache(k)) continue;
    if (!outOfMemory(k)) return 0;
  }
}

/** The same, filled with zeros. */
export function allocZeroedPage(k: Kernel): number {
  const frame = allocPage(k);
  if (frame !== 0) zeroUserSegment(k, frame, 0, PAGE_SIZE);
  return frame;
}

/** Sets bytes [from, to) of a frame to zero. @linux include/linux/highmem.h zero_user_segment */
export function zeroUserSegment(k: Kernel, frame: number, from: number, to: number): void {
  k.machine.phys.u8.fill(0, frame * PAGE_SIZE + from, frame * PAGE_SIZE + to);
  countCopy(k, COPY_ZERO, to - from);
}

/** The page of zeros that stands for untouched memory that is read; 0 without memory. It is mapped read-only and not counted as resident. */
export function zeroPage(k: Kernel): number {
  const a = allocator(k);
  if (a.zeroFrame === 0) a.zeroFrame = allocZeroedPage(k);
  return a.zeroFrame;
}

/** From now on the file's pages may be dropped when memory is short: they can be read again. */
export function addReclaimable(k: Kernel, mapping: AddressSpace): void {
  allocator(k).reclaimable.add(mapping);
}

/** Pages of files in the cache that could be read again. */
export function fileCachePages(k: Kernel): number {
  let n = 0;
  for (const mapping of allocator(k).reclaimable) n += mapping.pages.size;
  return n;
}

/** Drops clean pages that nobody else uses; true if any memory came of it. @linux mm/vmscan.c shrink_folio_list */
function shrinkPageCache(k: Kernel): boolean {
  const { phys } = k.machine;
  let dropped = false;
  const { reclaimable } = allocator(k);
  for (const mapping of reclaimable) {
    const { pages, dirty } = mapping;
    let gone = 0;
    for (const [index, frame] of pages) {
      if (phys.refs(frame) !== 1 || dirty?.has(index)) continue;
      pages.delete(index);
      phys.put(frame);
      gone++;
    }
    if (gone > 0) mapping.ops.unreserve?.(k, mapping, gone);
    if (pages.size === 0) reclaimable.delete(mapping);
    dropped ||= gone > 0;
  }
  return dropped;
}
