import { exitAio } from "../fs/aioRing.ts";
import { fput, getFile } from "../fs/file.ts";
import { MmStruct, Vma } from "../include/linux/mm_types.ts";
import type { Kernel } from "../kernel.ts";
import { stateClass } from "../state.ts";
import { ENOMEM } from "../uapi/errno.ts";
import { VM_DONTCOPY, VM_LOCKED, VM_SHARED, VM_WIPEONFORK } from "./flags.ts";
import { addFileRss, zapRange } from "./memory.ts";
import { allocZeroedPage } from "./pageAlloc.ts";
import { forEachPte, freePageTables, PTE_ANON, PTE_SPECIAL, PTE_WRITE, pteIndex } from "./pageTable.ts";
import { pinsOf } from "./pin.ts";
import { vmaClose, vmaOpen } from "./vma.ts";

/** End of the lower half of the address space, which the top-level table's first entries cover. */
const USER_END = 2 ** 47;

/** A new, empty address space, or null if no memory is left for its page table. @linux kernel/fork.c mm_alloc */
export function mmAlloc(k: Kernel): MmStruct | null {
  const pgd = allocZeroedPage(k);
  if (pgd === 0) return null;
  const mm = new MmStruct();
  mm.pgd = pgd;
  mm.asid = nextAsid(k);
  return mm;
}

/** Address-space ids are never reused: translated code is tagged with them. */
class AsidCounter {
  next = 1;
}
stateClass(AsidCounter);

function nextAsid(k: Kernel): number {
  let state = k.subsystems.get("asid") as AsidCounter | undefined;
  if (!state) {
    state = new AsidCounter();
    k.subsystems.set("asid", state);
  }
  return state.next++;
}

/** Switches the processor to an address space. */
export function activateMm(k: Kernel, mm: MmStruct): void {
  k.machine.setAddressSpace(mm.pgd, mm.asid);
}

/** Gives back one use; the last one unmaps everything. @linux kernel/fork.c mmput */
export function mmput(k: Kernel, mm: MmStruct): void {
  if (--mm.users > 0) return;
  if (mm.aio.length > 0) exitAio(k, mm);
  exitMmap(k, mm);
}

/** @linux mm/mmap.c exit_mmap */
function exitMmap(k: Kernel, mm: MmStruct): void {
  for (const vma of mm.vmas) {
    zapRange(k, mm, vma, vma.start, vma.end);
    vmaClose(k, vma);
  }
  mm.vmas = [];
  freePageTables(k, mm, 0, USER_END, 0, USER_END);
  k.machine.phys.put(mm.pgd);
  mm.pgd = 0;
  if (mm.exeFile) {
    mm.exeFile.inode.writecount++;
    fput(k, mm.exeFile);
    mm.exeFile = null;
  }
}

/**
 * A copy-on-write copy for fork: private pages become read-only on both sides. @returns the copy,
 * or -ENOMEM. @linux kernel/fork.c dup_mm
 */
export function dupMm(k: Kernel, old: MmStruct): MmStruct | number {
  const mm = mmAlloc(k);
  if (!mm) return -ENOMEM;
  const { pgd, asid } = mm;
  Object.assign(mm, old);
  mm.pgd = pgd;
  mm.asid = asid;
  mm.users = 1;
  mm.vmas = [];
  mm.aio = [];
  mm.auxv = old.auxv.slice();
  mm.pgtables = mm.totalVm = mm.lockedVm = mm.rssAnon = mm.rssFile = mm.rssShmem = 0;
  mm.defFlags &= ~VM_LOCKED;
  if (mm.exeFile) {
    // Each address space denies writing to its program.
    getFile(mm.exeFile);
    mm.exeFile.inode.writecount--;
  }
  for (const vma of old.vmas) {
    if (vma.flags & VM_DONTCOPY) continue;
    const copy = cloneVma(vma);
    copy.flags &= ~VM_LOCKED;
    copy.mm = mm;
    vmaOpen(k, copy);
    mm.vmas.push(copy);
    mm.totalVm += (copy.end - copy.start) / 4096;
    copy.anon = 0;
    if (vma.flags & VM_WIPEONFORK) continue;
    const before = mm.rssAnon;
    if (!copyPageRange(k, old, mm, vma)) {
      mmput(k, mm);
      k.machine.flushTlb();
      return -ENOMEM;
    }
    if (mm.rssAnon > before || vma.anon !== 0) copy.anon = mm.vmas.length;
  }
  // The parent's writable entries are read-only now.
  k.machine.flushTlb();
  return mm;
}

export function cloneVma(vma: Vma): Vma {
  const copy = new Vma(vma.start, vma.end, vma.flags);
  copy.file = vma.file;
  copy.pgoff = vma.pgoff;
  copy.ops = vma.ops;
  copy.name = vma.name;
  copy.policy = vma.policy;
  copy.regionOff = vma.regionOff;
  copy.anon = vma.anon;
  return copy;
}

/** A page that the kernel has pinned stays the parent's: the child gets a copy now. @linux mm/memory.c copy_present_page */
function copyPinned(k: Kernel, to: MmStruct, va: number, from: number): boolean {
  const { phys } = k.machine;
  const copy = allocZeroedPage(k);
  const index = copy === 0 ? 0 : pteIndex(k, to.pgd, va, to);
  if (index === 0) {
    if (copy !== 0) phys.put(copy);
    return false;
  }
  const { u32 } = phys;
  const entry = u32[from]!;
  const at = (entry >>> 12) * 4096;
  phys.u8.copyWithin(copy * 4096, at, at + 4096);
  u32[index] = ((entry & 0xfff & ~PTE_WRITE) | (copy << 12)) >>> 0;
  u32[index + 1] = u32[from + 1]!;
  to.rssAnon++;
  return true;
}

/**
 * Copies the page-table entries that faulting would not bring back: pages of a file that were never
 * written privately are found again. False if no memory is left for tables.
 * @linux mm/memory.c copy_page_range
 */
function copyPageRange(k: Kernel, from: MmStruct, to: MmStruct, vma: Vma): boolean {
  const { phys } = k.machine;
  if (vma.flags & VM_SHARED && vma.file) return true;
  let table = -1;
  let target = 0;
  let ok = true;
  forEachPte(k, from.pgd, vma.start, vma.end, (index, va) => {
    if (!ok) return;
    const lo = phys.u32[index]!;
    if (vma.file && !(lo & PTE_ANON)) return;
    if (lo & PTE_ANON && pinsOf(k, lo >>> 12) > 0) {
      ok = copyPinned(k, to, va, index);
      table = -1;
      return;
    }
    // Both tables are walked in step; 1024 words are one table.
    if (index >>> 10 !== table) {
      target = pteIndex(k, to.pgd, va, to);
      if (target === 0) {
        ok = false;
        return;
      }
      table = index >>> 10;
      target -= index & 1023;
    }
    const at = target + (index & 1023);
    const { u32 } = phys;
    const entry = (lo & ~PTE_WRITE) >>> 0;
    u32[index] = entry;
    phys.get(lo >>> 12);
    u32[at] = entry;
    u32[at + 1] = u32[index + 1]!;
    if (lo & PTE_ANON) to.rssAnon++;
    else if (!(lo & PTE_SPECIAL)) addFileRss(to, vma);
  });
  return ok;
}
