import { PF_INSTR, PF_WRITE } from "@lstar/machine";
import type { MmStruct, Vma } from "../include/linux/mm_types.ts";
import { rlimit } from "../kernel/resource.ts";
import type { Kernel } from "../kernel.ts";
import { COPY_PAGE, countCopy } from "../trace/copies.ts";
import { EFAULT, ENOMEM } from "../uapi/errno.ts";
import { RLIMIT_AS, RLIMIT_MEMLOCK, RLIMIT_STACK } from "../uapi/resource.ts";
import { MMAP_MIN_ADDR, PAGE_SIZE, pageDown, VM_EXEC, VM_GROWSDOWN, VM_LOCKED, VM_READ, VM_SHARED, VM_WRITE } from "./flags.ts";
import { allocPage, allocZeroedPage, zeroPage } from "./pageAlloc.ts";
import { readMappingPage } from "./pageCache.ts";
import {
  forEachPte,
  PTE_ACCESSED,
  PTE_ANON,
  PTE_DIRTY,
  PTE_NX,
  PTE_PRESENT,
  PTE_SHARED,
  PTE_SPECIAL,
  PTE_USER,
  PTE_WRITE,
  pteIndex,
  setPte,
} from "./pageTable.ts";
import { pinsOf } from "./pin.ts";
import { findVma, vmaIndex } from "./vma.ts";

/** What signal the last failed `handleMmFault` asks for. */
export const faultInfo = { sig: 11, code: 1 };
const SEGV_MAPERR = 1;
const SEGV_ACCERR = 2;
const BUS_ADRERR = 2;
const SIGSEGV = 11;
const SIGBUS = 7;
/** Room kept below a stack. */
export const STACK_GUARD = 256 * PAGE_SIZE;
const ACCESS = VM_READ | VM_WRITE | VM_EXEC;

function fail(sig: number, code: number): number {
  faultInfo.sig = sig;
  faultInfo.code = code;
  return -EFAULT;
}

/**
 * Resolves a page fault at `addr`; `error` has the processor's PF_ bits. @returns 0, or -EFAULT with
 * `faultInfo` telling the signal. @linux arch/x86/mm/fault.c do_user_addr_fault
 */
export function handleMmFault(k: Kernel, mm: MmStruct, addr: number, error: number): number {
  const vma = findVma(mm, addr);
  if (!vma) return fail(SIGSEGV, SEGV_MAPERR);
  if (vma.start > addr && (!(vma.flags & VM_GROWSDOWN) || !expandStack(k, mm, vma, addr))) return fail(SIGSEGV, SEGV_MAPERR);
  const write = (error & PF_WRITE) !== 0;
  if (write) {
    if (!(vma.flags & VM_WRITE)) return fail(SIGSEGV, SEGV_ACCERR);
  } else if (error & PF_INSTR) {
    if (!(vma.flags & VM_EXEC)) return fail(SIGSEGV, SEGV_ACCERR);
  } else if (!(vma.flags & ACCESS)) return fail(SIGSEGV, SEGV_ACCERR);
  const r = faultPage(k, mm, vma, pageDown(addr), write);
  // Without memory the access is tried again: the task has been killed, or somebody else was.
  return r === -ENOMEM ? 0 : r;
}

/** @linux mm/vma.c expand_downwards, acct_stack_growth */
function expandStack(k: Kernel, mm: MmStruct, vma: Vma, addr: number): boolean {
  const start = pageDown(addr);
  if (start < MMAP_MIN_ADDR) return false;
  const below = mm.vmas[vmaIndex(mm, addr) - 1];
  // Room for the guard gap, unless the neighbour is itself inaccessible or a stack.
  if (below && below.flags & ACCESS && !(below.flags & VM_GROWSDOWN) && start - below.end < STACK_GUARD) return false;
  const task = k.current;
  if (vma.end - start > rlimit(task, RLIMIT_STACK)) return false;
  const pages = (vma.start - start) / PAGE_SIZE;
  if ((mm.totalVm + pages) * PAGE_SIZE > rlimit(task, RLIMIT_AS)) return false;
  if (vma.flags & VM_LOCKED) {
    if ((mm.lockedVm + pages) * PAGE_SIZE > rlimit(task, RLIMIT_MEMLOCK)) return false;
    mm.lockedVm += pages;
  }
  vma.pgoff -= pages;
  vma.start = start;
  mm.totalVm += pages;
  return true;
}

/**
 * Makes the page at `va` accessible as the area allows. @returns 0, -ENOMEM, or -EFAULT with
 * `faultInfo` telling the signal. @linux mm/memory.c handle_pte_fault
 */
export function faultPage(k: Kernel, mm: MmStruct, vma: Vma, va: number, write: boolean): number {
  const { phys } = k.machine;
  const index = pteIndex(k, mm.pgd, va, mm);
  if (index === 0) return -ENOMEM;
  k.current.minFlt++;
  const pte = phys.u32[index]!;
  if (pte & PTE_PRESENT) {
    // Present, so the access was refused: a write to a page that is shared, or a stale translation.
    if (write && !(pte & PTE_WRITE)) return writeProtected(k, mm, vma, va, index, pte);
    k.machine.flushTlbPage(va);
    return 0;
  }
  if (!vma.file && !vma.ops?.fault) return anonymousPage(k, mm, vma, index, write);
  return filePage(k, mm, vma, va, index, write);
}

function noteRss(mm: MmStruct): void {
  const rss = mm.rssAnon + mm.rssFile + mm.rssShmem;
  if (rss > mm.maxRss) mm.maxRss = rss;
}

/** Counts a page of the area's file that is mapped now. */
export function addFileRss(mm: MmStruct, vma: Vma): void {
  if (vma.file?.inode.mapping?.inMemory) mm.rssShmem++;
  else mm.rssFile++;
}

/** Counts a page out whose entry was `pte`. */
export function dropRss(mm: MmStruct, vma: Vma, pte: number): void {
  if (pte & PTE_ANON) mm.rssAnon--;
  else if (pte & PTE_SPECIAL) return;
  else if (vma.file?.inode.mapping?.inMemory) mm.rssShmem--;
  else mm.rssFile--;
}

/** First touch of anonymous memory. @linux mm/memory.c do_anonymous_page */
function anonymousPage(k: Kernel, mm: MmStruct, vma: Vma, index: number, write: boolean): number {
  const nx = !(vma.flags & VM_EXEC);
  if (!write) {
    const zero = zeroPage(k);
    if (zero === 0) return -ENOMEM;
    k.machine.phys.get(zero);
    setPte(k, index, zero, PTE_PRESENT | PTE_USER | PTE_SPECIAL | PTE_ACCESSED, nx);
    return 0;
  }
  const frame = allocZeroedPage(k);
  if (frame === 0) return -ENOMEM;
  setPte(k, index, frame, PTE_PRESENT | PTE_USER | PTE_WRITE | PTE_ANON | PTE_ACCESSED | PTE_DIRTY, nx);
  mm.rssAnon++;
  noteRss(mm);
  return 0;
}

/** First touch of a file's page. @linux mm/memory.c do_fault */
function filePage(k: Kernel, mm: MmStruct, vma: Vma, va: number, index: number, write: boolean): number {
  const { phys } = k.machine;
  const shared = (vma.flags & VM_SHARED) !== 0;
  const nx = !(vma.flags & VM_EXEC);
  const pgoff = vma.pgoff + (va - vma.start) / PAGE_SIZE;
  let frame: number;
  if (vma.ops?.fault) {
    frame = vma.ops.fault(k, vma, pgoff, write);
    if (frame < 0) return frame === -ENOMEM ? frame : fail(SIGBUS, BUS_ADRERR);
  } else {
    const { mapping, size } = vma.file!.inode;
    if (!mapping || pgoff * PAGE_SIZE >= size) return fail(SIGBUS, BUS_ADRERR);
    frame = readMappingPage(k, mapping, pgoff);
    if (frame < 0) return frame === -ENOMEM ? frame : fail(SIGBUS, BUS_ADRERR);
    phys.get(frame);
  }
  if (write && !shared) {
    // Straight to a private copy.
    const copy = copyOf(k, frame);
    phys.put(frame);
    if (copy === 0) return -ENOMEM;
    setPte(k, index, copy, PTE_PRESENT | PTE_USER | PTE_WRITE | PTE_ANON | PTE_ACCESSED | PTE_DIRTY, nx);
    mm.rssAnon++;
  } else {
    let flags = PTE_PRESENT | PTE_USER | PTE_ACCESSED;
    if (shared) {
      flags |= PTE_SHARED;
      // A shared page starts read-only so that the first write can be noticed.
      if (write) {
        flags |= PTE_WRITE | PTE_DIRTY;
        vma.file?.inode.mapping?.markMapped(k, pgoff);
      }
    }
    setPte(k, index, frame, flags, nx);
    addFileRss(mm, vma);
  }
  noteRss(mm);
  return 0;
}

/** A new frame with the contents of another, or 0. */
function copyOf(k: Kernel, frame: number): number {
  const copy = allocPage(k);
  if (copy !== 0) {
    k.machine.phys.u8.copyWithin(copy * PAGE_SIZE, frame * PAGE_SIZE, frame * PAGE_SIZE + PAGE_SIZE);
    countCopy(k, COPY_PAGE, PAGE_SIZE);
  }
  return copy;
}

/** @linux mm/memory.c do_wp_page */
function writeProtected(k: Kernel, mm: MmStruct, vma: Vma, va: number, index: number, pte: number): number {
  const { phys } = k.machine;
  const frame = pte >>> 12;
  if (vma.flags & VM_SHARED) {
    phys.u32[index] = (pte | PTE_WRITE | PTE_DIRTY | PTE_ACCESSED) >>> 0;
    vma.file?.inode.mapping?.markMapped(k, vma.pgoff + (va - vma.start) / PAGE_SIZE);
  } else if (pte & PTE_ANON && phys.refs(frame) - pinsOf(k, frame) === 1) {
    phys.u32[index] = (pte | PTE_WRITE | PTE_DIRTY | PTE_ACCESSED) >>> 0;
  } else {
    const copy = pte & PTE_SPECIAL ? allocZeroedPage(k) : copyOf(k, frame);
    if (copy === 0) return -ENOMEM;
    setPte(k, index, copy, PTE_PRESENT | PTE_USER | PTE_WRITE | PTE_ANON | PTE_ACCESSED | PTE_DIRTY, !(vma.flags & VM_EXEC));
    dropRss(mm, vma, pte);
    mm.rssAnon++;
    phys.put(frame);
    noteRss(mm);
  }
  k.machine.flushTlbPage(va);
  return 0;
}

/** Drops the pages of [start, end) of an area. @linux mm/memory.c zap_page_range_single */
export function zapRange(k: Kernel, mm: MmStruct, vma: Vma, start: number, end: number): void {
  const { phys } = k.machine;
  let any = false;
  forEachPte(k, mm.pgd, start, end, (index) => {
    const pte = phys.u32[index]!;
    phys.u32[index] = 0;
    phys.u32[index + 1] = 0;
    dropRss(mm, vma, pte);
    phys.put(pte >>> 12);
    any = true;
  });
  if (any && k.activeMm === mm) k.machine.flushTlb();
}

/** Applies new protection flags to the present pages of a range. @linux mm/mprotect.c change_protection */
export function changeProtection(k: Kernel, mm: MmStruct, vma: Vma, start: number, end: number): void {
  const { phys } = k.machine;
  const access = (vma.flags & ACCESS) !== 0;
  const writable = (vma.flags & VM_WRITE) !== 0;
  const nx = vma.flags & VM_EXEC ? 0 : PTE_NX;
  let any = false;
  forEachPte(k, mm.pgd, start, end, (index) => {
    let pte = phys.u32[index]!;
    pte = access ? pte | PTE_USER : pte & ~PTE_USER;
    // Writing is given back by the next fault, which knows whether the frame is shared.
    if (!writable) pte &= ~PTE_WRITE;
    phys.u32[index] = pte >>> 0;
    phys.u32[index + 1] = nx;
    any = true;
  });
  if (any && k.activeMm === mm) k.machine.flushTlb();
}
