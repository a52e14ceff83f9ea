import { PF_INSTR, PF_WRITE } from "@lstar/machine";
import type { MmStruct, Vma } from "../include/linux/mm_types.ts";
import { rlimit } from "../kernel/resource.ts";
import type { Kernel } from "../kernel.ts";
import { EFAULT } from "../uapi/errno.ts";
import { RLIMIT_STACK } from "../uapi/resource.ts";
import { PAGE_SIZE, pageDown, VM_EXEC, VM_GROWSDOWN, VM_READ, VM_SHARED, VM_WRITE } from "./flags.ts";
import { outOfMemory } from "./oomKill.ts";
import { readMappingPage } from "./pageCache.ts";
import {
  forEachPte,
  PTE_ACCESSED,
  PTE_ANON,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_SHARED,
  PTE_USER,
  PTE_WRITE,
  pteIndex,
  setPte,
} from "./pageTable.ts";
import { findVma } from "./vma.ts";

/** What signal the last failed `handleMmFault` asks for. */
export const faultInfo = { sig: 11, code: 1 };
const SEGV_MAPERR = 1;
const SEGV_ACCERR = 2;
const BUS_ADRERR = 2;
const SIGSEGV = 11;
const SIGBUS = 7;
/** Pages kept free below a stack. */
const STACK_GUARD = 256 * PAGE_SIZE;

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
  let vma = findVma(mm, addr);
  if (!vma) return fail(SIGSEGV, SEGV_MAPERR);
  if (vma.start > addr) {
    if (!(vma.flags & VM_GROWSDOWN) || !expandStack(k, mm, vma, addr)) return fail(SIGSEGV, SEGV_MAPERR);
    vma = findVma(mm, addr);
    if (!vma) return fail(SIGSEGV, SEGV_MAPERR);
  }
  const write = (error & PF_WRITE) !== 0;
  if (write) {
    if (!(vma.flags & VM_WRITE)) return fail(SIGSEGV, SEGV_ACCERR);
  } else if (error & PF_INSTR) {
    if (!(vma.flags & VM_EXEC)) return fail(SIGSEGV, SEGV_ACCERR);
  } else if (!(vma.flags & (VM_READ | VM_EXEC | VM_WRITE))) return fail(SIGSEGV, SEGV_ACCERR);
  return faultPage(k, mm, vma, pageDown(addr), write);
}

/** @linux mm/mmap.c expand_downwards */
function expandStack(k: Kernel, mm: MmStruct, vma: Vma, addr: number): boolean {
  const start = pageDown(addr);
  const task = k.current;
  const size = vma.end - start;
  if (size > rlimit(task, RLIMIT_STACK)) return false;
  const i = mm.vmas.indexOf(vma);
  const below = mm.vmas[i - 1];
  // Room for the guard gap, unless the neighbour is itself inaccessible.
  if (below && below.flags & (VM_READ | VM_WRITE | VM_EXEC) && start - below.end < STACK_GUARD) return false;
  if (start < 65536) return false;
  const pages = (vma.start - start) / PAGE_SIZE;
  vma.pgoff -= pages;
  vma.start = start;
  mm.totalVm += pages;
  return true;
}

/** Makes the page at `va` accessible as the area allows. @linux mm/memory.c handle_pte_fault */
export function faultPage(k: Kernel, mm: MmStruct, vma: Vma, va: number, write: boolean): number {
  const { phys } = k.machine;
  const index = pteIndex(k, mm.pgd, va, true);
  if (index === 0) return noMemory(k);
  const pte = phys.u32[index]!;
  const nx = !(vma.flags & VM_EXEC);
  k.current.minFlt++;
  if (pte & PTE_PRESENT) {
    // Present, so the access was refused: a write to a page that is shared, or a stale translation.
    if (write && !(pte & PTE_WRITE)) return writeProtected(k, mm, vma, va, index, pte);
    k.machine.flushTlbPage(va);
    return 0;
  }
  const shared = (vma.flags & VM_SHARED) !== 0;
  if (!vma.file && !vma.ops?.fault) return anonymousPage(k, mm, vma, index, nx);
  const pgoff = vma.pgoff + (va - vma.start) / PAGE_SIZE;
  let frame: number;
  let owned = false;
  if (vma.ops?.fault) {
    frame = vma.ops.fault(k, vma, pgoff, write);
    if (frame < 0) return fail(SIGBUS, BUS_ADRERR);
    owned = true;
  } else {
    const { mapping, size } = vma.file!.inode;
    if (!mapping || pgoff * PAGE_SIZE >= size) return fail(SIGBUS, BUS_ADRERR);
    frame = readMappingPage(k, mapping, pgoff);
    if (frame < 0) return frame === -12 ? noMemory(k) : fail(SIGBUS, BUS_ADRERR);
  }
  if (write && !shared) {
    // Straight to a private copy.
    const copy = phys.alloc();
    if (copy === 0) return noMemory(k);
    phys.u8.copyWithin(copy * PAGE_SIZE, frame * PAGE_SIZE, frame * PAGE_SIZE + PAGE_SIZE);
    if (owned) phys.put(frame);
    setPte(k, index, copy, PTE_PRESENT | PTE_USER | PTE_WRITE | PTE_ANON | PTE_ACCESSED | PTE_DIRTY, nx);
    mm.rssAnon++;
  } else {
    if (!owned) phys.get(frame);
    let flags = PTE_PRESENT | PTE_USER | PTE_ACCESSED;
    if (shared) {
      flags |= PTE_SHARED;
      // A shared writable page starts read-only so that the first write can be noticed.
      if (write) flags |= PTE_WRITE | PTE_DIRTY;
    }
    setPte(k, index, frame, flags, nx);
    mm.rssFile++;
    if (write) vma.file?.inode.mapping?.markDirty(pgoff);
  }
  k.machine.flushTlbPage(va);
  noteRss(mm);
  return 0;
}

function noteRss(mm: MmStruct): void {
  const rss = mm.rssAnon + mm.rssFile + mm.rssShmem;
  if (rss > mm.maxRss) mm.maxRss = rss;
}

function anonymousPage(k: Kernel, mm: MmStruct, vma: Vma, index: number, nx: boolean): number {
  const frame = k.machine.phys.allocZeroed();
  if (frame === 0) return noMemory(k);
  const write = vma.flags & VM_WRITE ? PTE_WRITE : 0;
  setPte(k, index, frame, PTE_PRESENT | PTE_USER | PTE_ANON | PTE_ACCESSED | write, nx);
  mm.rssAnon++;
  noteRss(mm);
  return 0;
}

/** @linux mm/memory.c do_wp_page */
function writeProtected(k: Kernel, mm: MmStruct, vma: Vma, va: number, index: number, pte: number): number {
  const { phys } = k.machine;
  const frame = pte >>> 12;
  if (vma.flags & VM_SHARED) {
    phys.u32[index] = (pte | PTE_WRITE | PTE_DIRTY | PTE_ACCESSED) >>> 0;
    vma.file?.inode.mapping?.markDirty(vma.pgoff + (va - vma.start) / PAGE_SIZE);
  } else if (pte & PTE_ANON && phys.refs(frame) === 1) {
    phys.u32[index] = (pte | PTE_WRITE | PTE_DIRTY | PTE_ACCESSED) >>> 0;
  } else {
    const copy = phys.alloc();
    if (copy === 0) return noMemory(k);
    phys.u8.copyWithin(copy * PAGE_SIZE, frame * PAGE_SIZE, frame * PAGE_SIZE + PAGE_SIZE);
    setPte(k, index, copy, PTE_PRESENT | PTE_USER | PTE_WRITE | PTE_ANON | PTE_ACCESSED | PTE_DIRTY, !(vma.flags & VM_EXEC));
    if (!(pte & PTE_ANON)) {
      mm.rssFile--;
      mm.rssAnon++;
    }
    phys.put(frame);
  }
  k.machine.flushTlbPage(va);
  return 0;
}

/** Physical memory is used up: a task is killed; the fault is retried or ends with the task. */
function noMemory(k: Kernel): number {
  outOfMemory(k);
  return 0;
}

/** Drops the pages of [start, end) of an area. @linux mm/memory.c zap_page_range_single */
export function zapRange(k: Kernel, mm: MmStruct, vma: Vma, start: number, end: number): void {
  const { phys } = k.machine;
  forEachPte(k, mm.pgd, start, end, (index) => {
    const pte = phys.u32[index]!;
    phys.u32[index] = 0;
    phys.u32[index + 1] = 0;
    if (pte & PTE_ANON) mm.rssAnon--;
    else mm.rssFile--;
    phys.put(pte >>> 12);
  });
  if (k.activeMm === mm) k.machine.flushTlb();
  void vma;
}

/** Applies new protection flags to the present pages of a range. @linux mm/mprotect.c change_protection */
export function changeProtection(k: Kernel, mm: MmStruct, vma: Vma, start: number, end: number): void {
  const { phys } = k.machine;
  const access = (vma.flags & (VM_READ | VM_WRITE | VM_EXEC)) !== 0;
  const writable = (vma.flags & VM_WRITE) !== 0;
  forEachPte(k, mm.pgd, start, end, (index) => {
    let pte = phys.u32[index]!;
    pte = access ? pte | PTE_USER : pte & ~PTE_USER;
    // Writing is given back by the next fault, which knows whether the frame is shared.
    if (!writable) pte &= ~PTE_WRITE;
    phys.u32[index] = pte >>> 0;
    phys.u32[index + 1] = vma.flags & VM_EXEC ? 0 : 0x80000000;
  });
  if (k.activeMm === mm) k.machine.flushTlb();
}
