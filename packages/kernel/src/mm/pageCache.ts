import type { File, Inode } from "../include/linux/fs.ts";
import type { Vma } from "../include/linux/mm_types.ts";
import { currentTime } from "../kernel/time/timekeeping.ts";
import type { Kernel } from "../kernel.ts";
import type { IovIter } from "../lib/iovIter.ts";
import { stateClass } from "../state.ts";
import { EFAULT, ENODEV, ENOMEM } from "../uapi/errno.ts";
import { PAGE_SIZE } from "./flags.ts";
import { dropRss } from "./memory.ts";
import { addReclaimable, allocPage, allocZeroedPage, zeroUserSegment } from "./pageAlloc.ts";
import { forEachPte, PTE_ANON } from "./pageTable.ts";

/** What a file system does behind the page cache; static tables (struct address_space_operations). */
export interface AddressSpaceOperations {
  /** Fills a fresh frame with the file's bytes at page `index` (zeros where there is nothing). 0 or -errno. Absent: pages not in the cache are holes of zeros. */
  readPage?(k: Kernel, mapping: AddressSpace, index: number, frame: number): number;
  /** Asked before a page is added by a write: 0, or -ENOSPC. */
  reserve?(k: Kernel, mapping: AddressSpace): number;
  /** Told how many pages went away. */
  unreserve?(k: Kernel, mapping: AddressSpace, pages: number): void;
}

/** struct address_space: the pages of a file that are in memory, each holding a reference to its frame. */
export class AddressSpace {
  host: Inode;
  pages = new Map<number, number>();
  ops: AddressSpaceOperations;
  /** Areas that map the file, and how many of them may write it. */
  mappings = new Set<Vma>();
  writableMappings = 0;
  /** Bytes that readPage may be asked for: what was cut off once does not come back when the file grows again. */
  backed = Number.POSITIVE_INFINITY;
  /** Pages that differ from what readPage gives. Null where there is nothing behind the cache. */
  dirty: Set<number> | null;
  /** Pages written through mappings, for files whose changes go elsewhere as well. */
  writeback: Set<number> | null = null;
  constructor(host: Inode, ops: AddressSpaceOperations) {
    this.host = host;
    this.ops = ops;
    this.dirty = ops.readPage ? new Set() : null;
  }
  /** The cache is all there is of the file, as in tmpfs: its pages count as shared memory. */
  get inMemory(): boolean {
    return this.ops.readPage === undefined;
  }
  markDirty(index: number): void {
    this.dirty?.add(index);
  }
  /** A page is about to be written through a mapping. @linux mm/memory.c fault_dirty_shared_page */
  markMapped(k: Kernel, index: number): void {
    this.host.mtime = this.host.ctime = currentTime(k);
    this.dirty?.add(index);
    this.writeback?.add(index);
  }
}
stateClass(AddressSpace);

/** The cached frame of a page, or 0. No reference is taken. */
export function findGetPage(_k: Kernel, mapping: AddressSpace, index: number): number {
  return mapping.pages.get(index) ?? 0;
}

/**
 * The frame of a page, read or made if it is not cached. No reference is taken: the cache holds one.
 * @returns frame or -errno.
 * @linux mm/filemap.c read_cache_folio
 */
export function readMappingPage(k: Kernel, mapping: AddressSpace, index: number): number {
  const known = mapping.pages.get(index);
  if (known !== undefined) return known;
  const { phys } = k.machine;
  if (mapping.ops.reserve) {
    const r = mapping.ops.reserve(k, mapping);
    if (r < 0) return r;
  }
  const read = mapping.ops.readPage && index * PAGE_SIZE < mapping.backed;
  const frame = read ? allocPage(k) : allocZeroedPage(k);
  if (frame === 0) {
    mapping.ops.unreserve?.(k, mapping, 1);
    return -ENOMEM;
  }
  if (read) {
    const r = mapping.ops.readPage!(k, mapping, index, frame);
    if (r < 0) {
      phys.put(frame);
      mapping.ops.unreserve?.(k, mapping, 1);
      return r;
    }
    addReclaimable(k, mapping);
    const valid = mapping.backed - index * PAGE_SIZE;
    if (valid < PAGE_SIZE) zeroUserSegment(k, frame, valid, PAGE_SIZE);
  }
  mapping.pages.set(index, frame);
  return frame;
}

/** read() through the page cache. Bytes read, or -errno if none. @linux mm/filemap.c filemap_read */
export function genericFileReadIter(k: Kernel, file: File, to: IovIter, pos: number): number {
  const { inode } = file;
  const mapping = inode.mapping!;
  let done = 0;
  while (to.count > 0 && pos + done < inode.size) {
    const at = pos + done;
    const index = Math.floor(at / PAGE_SIZE);
    const offset = at % PAGE_SIZE;
    const n = Math.min(PAGE_SIZE - offset, to.count, inode.size - at);
    let copied: number;
    if (!mapping.ops.readPage && !mapping.pages.has(index)) copied = to.zero(k, n);
    else {
      const frame = readMappingPage(k, mapping, index);
      if (frame < 0) return done || frame;
      copied = to.copyPhysTo(k, frame * PAGE_SIZE + offset, n);
    }
    done += copied;
    if (copied < n) return done || -EFAULT;
  }
  return done;
}

/**
 * write() through the page cache: extends the file, updates its times. Bytes written, or -errno if
 * none. @linux mm/filemap.c generic_perform_write
 */
export function genericFileWriteIter(k: Kernel, file: File, from: IovIter, pos: number): number {
  const { inode } = file;
  const mapping = inode.mapping!;
  let done = 0;
  let error = 0;
  if (pos > inode.size) pagecacheIsizeExtended(k, mapping, inode.size);
  while (from.count > 0) {
    const at = pos + done;
    const index = Math.floor(at / PAGE_SIZE);
    const offset = at % PAGE_SIZE;
    const n = Math.min(PAGE_SIZE - offset, from.count);
    const frame = readMappingPage(k, mapping, index);
    if (frame < 0) {
      error = frame;
      break;
    }
    k.machine.phys.willWrite(frame);
    const copied = from.copyPhysFrom(k, frame * PAGE_SIZE + offset, n);
    done += copied;
    if (copied > 0) mapping.markDirty(index);
    if (pos + done > inode.size) inode.size = pos + done;
    if (copied < n) {
      error = -EFAULT;
      break;
    }
  }
  if (done > 0) {
    inode.blocks = mapping.pages.size * 8;
    const now = currentTime(k);
    inode.mtime = now;
    inode.ctime = now;
  }
  return done || error;
}

/** Removes the present pages of a file's range from all address spaces. @linux mm/memory.c unmap_mapping_range */
export function unmapMappingRange(k: Kernel, mapping: AddressSpace, startIndex: number, endIndex: number, evenCows = true): void {
  const { phys } = k.machine;
  for (const vma of mapping.mappings) {
    const mm = vma.mm;
    if (!mm) continue;
    const from = vma.start + Math.max(0, startIndex - vma.pgoff) * PAGE_SIZE;
    const to = Math.min(vma.end, vma.start + (endIndex - vma.pgoff) * PAGE_SIZE);
    if (from >= to) continue;
    forEachPte(k, mm.pgd, from, to, (i) => {
      const pte = phys.u32[i]!;
      if (pte & PTE_ANON && !evenCows) return;
      phys.u32[i] = 0;
      phys.u32[i + 1] = 0;
      dropRss(mm, vma, pte);
      phys.put(pte >>> 12);
    });
    if (k.activeMm === mm) k.machine.flushTlb();
  }
}

/** Drops the cached pages of [startIndex, endIndex). */
export function dropPages(k: Kernel, mapping: AddressSpace, startIndex: number, endIndex: number): void {
  let dropped = 0;
  const drop = (index: number, frame: number): void => {
    mapping.pages.delete(index);
    mapping.dirty?.delete(index);
    k.machine.phys.put(frame);
    dropped++;
  };
  if (endIndex - startIndex > mapping.pages.size) {
    for (const [index, frame] of mapping.pages) if (index >= startIndex && index < endIndex) drop(index, frame);
  } else {
    for (let i = startIndex; i < endIndex; i++) {
      const frame = mapping.pages.get(i);
      if (frame !== undefined) drop(i, frame);
    }
  }
  if (dropped > 0) mapping.ops.unreserve?.(k, mapping, dropped);
  mapping.host.blocks = mapping.pages.size * 8;
}

/** Zeroes [start, end) of a file's bytes, freeing whole pages. @linux mm/shmem.c shmem_fallocate (hole punching) */
export function zeroRange(k: Kernel, mapping: AddressSpace, start: number, end: number): void {
  const first = Math.ceil(start / PAGE_SIZE);
  const last = Math.floor(end / PAGE_SIZE);
  const partial = (from: number, to: number): void => {
    if (from >= to) return;
    const index = Math.floor(from / PAGE_SIZE);
    const frame =
      mapping.ops.readPage && index * PAGE_SIZE < mapping.host.size ? readMappingPage(k, mapping, index) : mapping.pages.get(index);
    if (frame === undefined || frame < 0) return;
    mapping.markDirty(index);
    k.machine.phys.willWrite(frame);
    zeroUserSegment(k, frame, from % PAGE_SIZE, (from % PAGE_SIZE) + (to - from));
  };
  if (first > last) {
    partial(start, end);
    return;
  }
  partial(start, Math.min(end, first * PAGE_SIZE));
  if (last * PAGE_SIZE >= start) partial(last * PAGE_SIZE, end);
  if (first < last) {
    unmapMappingRange(k, mapping, first, last);
    dropPages(k, mapping, first, last);
    // What is read from elsewhere would come back: zeros must stay.
    if (mapping.ops.readPage)
      zeroPages(k, mapping, first, Math.min(last, Math.ceil(Math.min(mapping.backed, mapping.host.size) / PAGE_SIZE)));
  }
}

/** Puts pages of zeros into the cache; as many as there is room for. */
function zeroPages(k: Kernel, mapping: AddressSpace, first: number, last: number): void {
  for (let index = first; index < last; index++) {
    if (mapping.ops.reserve && mapping.ops.reserve(k, mapping) < 0) return;
    const frame = allocZeroedPage(k);
    if (frame === 0) return;
    mapping.pages.set(index, frame);
    mapping.markDirty(index);
  }
}

/** After a file shrank or grew to `newSize`: pages beyond go, the tail of the last one becomes zero. @linux mm/truncate.c truncate_pagecache */
export function truncatePagecache(k: Kernel, mapping: AddressSpace, newSize: number): void {
  const first = Math.ceil(newSize / PAGE_SIZE);
  mapping.backed = Math.min(mapping.backed, newSize);
  unmapMappingRange(k, mapping, first, 2 ** 40);
  dropPages(k, mapping, first, 2 ** 40);
  pagecacheIsizeExtended(k, mapping, newSize);
}

/** Zeroes what lies behind byte `size` in its page: a mapping may have left something there, which must not show once the file grows. @linux mm/truncate.c pagecache_isize_extended */
export function pagecacheIsizeExtended(k: Kernel, mapping: AddressSpace, size: number): void {
  const tail = size % PAGE_SIZE;
  if (tail === 0) return;
  const frame = mapping.pages.get(Math.floor(size / PAGE_SIZE));
  if (frame === undefined) return;
  k.machine.phys.willWrite(frame);
  zeroUserSegment(k, frame, tail, PAGE_SIZE);
}

/** mmap of files that live in the page cache. @linux mm/filemap.c generic_file_mmap */
export function genericFileMmap(_k: Kernel, file: File, _vma: Vma): number {
  return file.inode.mapping ? 0 : -ENODEV;
}
