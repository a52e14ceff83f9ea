import { type MmStruct, Vma } from "../include/linux/mm_types.ts";
import type { Kernel } from "../kernel.ts";
import { EAGAIN, EFAULT, EINVAL, ENOMEM, EPERM } from "../uapi/errno.ts";
import { MREMAP_DONTUNMAP, MREMAP_FIXED, MREMAP_MAYMOVE } from "../uapi/mman.ts";
import { PAGE_SIZE, pageUp, TASK_SIZE, VM_LOCKED, VM_SHARED, VM_WRITE } from "./flags.ts";
import { doMunmap, getUnmappedArea, isolate, MAX_MAP_COUNT, mayExpand, mayLock, populate, sealed } from "./mmap.ts";
import { forEachPte, pteIndex } from "./pageTable.ts";
import { UNMOVABLE } from "./protect.ts";
import { insertVma, mergeVmas, vmaAt, vmaIndex } from "./vma.ts";

/** Moves page-table entries to another place. False if no memory is left for tables. @linux mm/mremap.c move_page_tables */
function moveEntries(k: Kernel, mm: MmStruct, from: number, to: number, len: number): boolean {
  const { phys } = k.machine;
  let ok = true;
  forEachPte(k, mm.pgd, from, from + len, (index, va) => {
    if (!ok) return;
    const target = pteIndex(k, mm.pgd, to + (va - from), mm);
    if (target === 0) {
      ok = false;
      return;
    }
    const { u32 } = phys;
    u32[target] = u32[index]!;
    u32[target + 1] = u32[index + 1]!;
    u32[index] = 0;
    u32[index + 1] = 0;
  });
  k.machine.flushTlb();
  return ok;
}

/** @linux mm/mremap.c mremap */
export function doMremap(k: Kernel, mm: MmStruct, addr: number, oldLen: number, newLen: number, flags: number, newAddr: number): number {
  if (flags & ~(MREMAP_FIXED | MREMAP_MAYMOVE | MREMAP_DONTUNMAP)) return -EINVAL;
  if (flags & MREMAP_FIXED && !(flags & MREMAP_MAYMOVE)) return -EINVAL;
  if (flags & MREMAP_DONTUNMAP && (!(flags & MREMAP_MAYMOVE) || oldLen !== newLen)) return -EINVAL;
  if (addr % PAGE_SIZE !== 0) return -EINVAL;
  oldLen = pageUp(oldLen);
  newLen = pageUp(newLen);
  if (newLen === 0 || newLen > TASK_SIZE) return -EINVAL;
  let vma = vmaAt(mm, addr);
  if (!vma) return -EFAULT;
  if (sealed(mm, addr, addr + Math.max(oldLen, 1))) return -EPERM;
  const fixed = (flags & MREMAP_FIXED) !== 0;
  if (fixed || flags & MREMAP_DONTUNMAP) {
    if (newAddr % PAGE_SIZE !== 0) return -EINVAL;
    if (newAddr > TASK_SIZE - newLen) return -EINVAL;
    if (addr + oldLen > newAddr && newAddr + newLen > addr) return -EINVAL;
    if (fixed) {
      const r = doMunmap(k, mm, newAddr, newLen);
      if (r < 0) return r;
    }
    if (oldLen > newLen) {
      const r = doMunmap(k, mm, addr + newLen, oldLen - newLen);
      if (r < 0) return r;
      oldLen = newLen;
    }
    vma = vmaAt(mm, addr);
    if (!vma) return -EFAULT;
    const check = resizable(k, mm, vma, addr, oldLen, newLen);
    if (check < 0) return check;
    const target = fixed ? newAddr : getUnmappedArea(mm, newAddr, newLen, 0);
    if (target < 0) return target;
    return moveVma(k, mm, addr, oldLen, newLen, target, (flags & MREMAP_DONTUNMAP) !== 0);
  }
  if (oldLen >= newLen) {
    if (oldLen > newLen) {
      const r = doMunmap(k, mm, addr + newLen, oldLen - newLen);
      if (r < 0) return r;
    }
    return addr;
  }
  const check = resizable(k, mm, vma, addr, oldLen, newLen);
  if (check < 0) return check;
  if (oldLen === vma.end - addr) {
    // At the area's end: it may simply grow.
    const next = mm.vmas[vmaIndex(mm, vma.end)];
    const end = addr + newLen;
    if (end <= TASK_SIZE && (!next || next.start >= end)) {
      const before = vma.end;
      mm.totalVm += (end - vma.end) / PAGE_SIZE;
      if (vma.flags & VM_LOCKED) mm.lockedVm += (end - vma.end) / PAGE_SIZE;
      vma.end = end;
      const i = mm.vmas.indexOf(vma);
      mergeVmas(k, mm, i, i + 1);
      if (vma.flags & VM_LOCKED) populate(k, mm, before, end);
      return addr;
    }
  }
  if (!(flags & MREMAP_MAYMOVE)) return -ENOMEM;
  const target = getUnmappedArea(mm, 0, newLen, 0);
  if (target < 0) return target;
  return moveVma(k, mm, addr, oldLen, newLen, target, false);
}

/** @linux mm/mremap.c vma_to_resize */
function resizable(k: Kernel, mm: MmStruct, vma: Vma, addr: number, oldLen: number, newLen: number): number {
  if (oldLen === 0 && !(vma.flags & VM_SHARED)) return -EINVAL;
  if (oldLen > vma.end - addr) return -EFAULT;
  if (newLen === oldLen) return 0;
  if (vma.flags & UNMOVABLE) return -EFAULT;
  const pages = (newLen - oldLen) / PAGE_SIZE;
  if (vma.flags & VM_LOCKED && !mayLock(k, mm, pages)) return -EAGAIN;
  if (!mayExpand(k, mm, pages, (vma.flags & (VM_WRITE | VM_SHARED)) === VM_WRITE)) return -ENOMEM;
  if (pages > k.machine.phys.limitFrames) return -ENOMEM;
  return 0;
}

/** @linux mm/mremap.c move_vma */
function moveVma(k: Kernel, mm: MmStruct, addr: number, oldLen: number, newLen: number, target: number, keep: boolean): number {
  // Three areas more may come of it.
  if (mm.vmas.length >= MAX_MAP_COUNT - 3) return -ENOMEM;
  const i = oldLen > 0 ? isolate(k, mm, addr, addr + oldLen) : vmaIndex(mm, addr);
  const vma = mm.vmas[i]!;
  const copy = new Vma(target, target + newLen, vma.flags);
  copy.file = vma.file;
  copy.ops = vma.ops;
  copy.name = vma.name;
  copy.policy = vma.policy;
  copy.anon = vma.anon;
  copy.pgoff = vma.file ? vma.pgoff + (addr - vma.start) / PAGE_SIZE : target / PAGE_SIZE;
  insertVma(k, mm, copy);
  if (vma.flags & VM_LOCKED) mm.lockedVm += newLen / PAGE_SIZE;
  if (oldLen > 0) {
    if (!moveEntries(k, mm, addr, target, oldLen)) return -ENOMEM;
    if (!keep) doMunmap(k, mm, addr, oldLen);
  }
  const at = mm.vmas.indexOf(copy);
  mergeVmas(k, mm, at, at + 1);
  if (copy.flags & VM_LOCKED) populate(k, mm, target, target + newLen);
  return target;
}
