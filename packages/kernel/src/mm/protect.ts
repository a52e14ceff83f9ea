import type { MmStruct } from "../include/linux/mm_types.ts";
import { capable } from "../kernel/capability.ts";
import { rlimit } from "../kernel/resource.ts";
import type { Kernel } from "../kernel.ts";
import { CAP_IPC_LOCK } from "../uapi/capability.ts";
import { EACCES, EAGAIN, EBUSY, EFAULT, EINVAL, EIO, ENOMEM, EPERM } from "../uapi/errno.ts";
import {
  MADV_COLD,
  MADV_DODUMP,
  MADV_DOFORK,
  MADV_DONTDUMP,
  MADV_DONTFORK,
  MADV_DONTNEED,
  MADV_DONTNEED_LOCKED,
  MADV_FREE,
  MADV_HUGEPAGE,
  MADV_KEEPONFORK,
  MADV_MERGEABLE,
  MADV_NOHUGEPAGE,
  MADV_NORMAL,
  MADV_PAGEOUT,
  MADV_POPULATE_READ,
  MADV_POPULATE_WRITE,
  MADV_RANDOM,
  MADV_REMOVE,
  MADV_SEQUENTIAL,
  MADV_UNMERGEABLE,
  MADV_WILLNEED,
  MADV_WIPEONFORK,
  MS_ASYNC,
  MS_INVALIDATE,
  MS_SYNC,
  PROT_EXEC,
  PROT_GROWSDOWN,
  PROT_GROWSUP,
  PROT_READ,
  PROT_WRITE,
} from "../uapi/mman.ts";
import { RLIMIT_MEMLOCK } from "../uapi/resource.ts";
import {
  PAGE_SIZE,
  pageAlign64,
  pageUp,
  TASK_SIZE,
  VM_DONTCOPY,
  VM_DONTDUMP,
  VM_DONTEXPAND,
  VM_EXEC,
  VM_GROWSDOWN,
  VM_IO,
  VM_LOCKED,
  VM_LOCKONFAULT,
  VM_MAYWRITE,
  VM_PFNMAP,
  VM_RAND_READ,
  VM_READ,
  VM_SEALED,
  VM_SEQ_READ,
  VM_SHARED,
  VM_WIPEONFORK,
  VM_WRITE,
} from "./flags.ts";
import { changeProtection, faultPage, zapRange } from "./memory.ts";
import { isolate, mayExpandData, populate } from "./mmap.ts";
import { zeroRange } from "./pageCache.ts";
import { PTE_PRESENT, pteIndex } from "./pageTable.ts";
import { mergeVmas, vmaAt, vmaIndex } from "./vma.ts";

const ACCESS = VM_READ | VM_WRITE | VM_EXEC;
const READ_IMPLIES_EXEC = 0x0400000;

/** The end of what is mapped from `start` on without a hole, at most `end`. */
function coveredEnd(mm: MmStruct, start: number, end: number): number {
  for (let i = vmaIndex(mm, start); start < end; i++) {
    const v = mm.vmas[i];
    if (!v || v.start > start) return start;
    start = v.end;
  }
  return end;
}

/** @linux mm/mprotect.c do_mprotect_pkey */
export function doMprotect(k: Kernel, mm: MmStruct, start: number, len: number, prot: number): number {
  const grows = prot & (PROT_GROWSDOWN | PROT_GROWSUP);
  prot &= ~grows;
  if (grows === (PROT_GROWSDOWN | PROT_GROWSUP)) return -EINVAL;
  if (start % PAGE_SIZE !== 0) return -EINVAL;
  if (len === 0) return 0;
  const end = start + pageAlign64(len);
  // A length that overflows ends where it begins.
  if (end <= start) return -ENOMEM;
  if (prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC | 8)) return -EINVAL;
  if (grows & PROT_GROWSUP) return -EINVAL;
  if (grows & PROT_GROWSDOWN) {
    const v = vmaAt(mm, start);
    if (!v) return -ENOMEM;
    if (!(v.flags & VM_GROWSDOWN)) return -EINVAL;
    start = v.start;
  }
  let flags = (prot & PROT_READ ? VM_READ : 0) | (prot & PROT_WRITE ? VM_WRITE : 0) | (prot & PROT_EXEC ? VM_EXEC : 0);
  if (k.current.personality & READ_IMPLIES_EXEC && prot & PROT_READ) flags |= VM_EXEC;
  // Areas before a hole or a refusal are changed all the same.
  let error = 0;
  let at = start;
  let i = vmaIndex(mm, start);
  const first = i;
  while (at < end) {
    const v = mm.vmas[i];
    if (!v || v.start > at) {
      error = -ENOMEM;
      break;
    }
    // VM_MAY* lie four bits above the VM_ ones.
    if (flags & ~(v.flags >> 4) & ACCESS) {
      error = -EACCES;
      break;
    }
    const stop = Math.min(end, v.end);
    if (v.flags & VM_SEALED) {
      error = -EPERM;
      break;
    }
    if ((v.flags & ACCESS) !== flags) {
      const was = (v.flags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN)) === VM_WRITE;
      const pages = (stop - at) / PAGE_SIZE;
      // Private memory that becomes writable counts as data.
      if (flags & VM_WRITE && !was && !(v.flags & (VM_SHARED | VM_GROWSDOWN)) && !mayExpandData(k, mm, pages)) {
        error = -ENOMEM;
        break;
      }
      i = isolate(k, mm, at, stop);
      const part = mm.vmas[i]!;
      part.flags = (part.flags & ~ACCESS) | flags;
      changeProtection(k, mm, part, at, stop);
    }
    at = stop;
    i++;
  }
  mergeVmas(k, mm, first, i);
  return error;
}

/** Advice that only changes area flags: [flags to set, flags to clear]. */
function adviceFlags(advice: number): [number, number] | null {
  switch (advice) {
    case MADV_NORMAL:
      return [0, VM_RAND_READ | VM_SEQ_READ];
    case MADV_RANDOM:
      return [VM_RAND_READ, VM_SEQ_READ];
    case MADV_SEQUENTIAL:
      return [VM_SEQ_READ, VM_RAND_READ];
    case MADV_DONTFORK:
      return [VM_DONTCOPY, 0];
    case MADV_DOFORK:
      return [0, VM_DONTCOPY];
    case MADV_WIPEONFORK:
      return [VM_WIPEONFORK, 0];
    case MADV_KEEPONFORK:
      return [0, VM_WIPEONFORK];
    case MADV_DONTDUMP:
      return [VM_DONTDUMP, 0];
    case MADV_DODUMP:
      return [0, VM_DONTDUMP];
    case MADV_HUGEPAGE:
    case MADV_NOHUGEPAGE:
    case MADV_MERGEABLE:
    case MADV_UNMERGEABLE:
    case MADV_COLD:
    case MADV_PAGEOUT:
      return [0, 0];
    default:
      return null;
  }
}

/** Advice that throws contents away. @linux mm/madvise.c is_discard */
function discards(advice: number): boolean {
  return (
    advice === MADV_FREE ||
    advice === MADV_DONTNEED ||
    advice === MADV_DONTNEED_LOCKED ||
    advice === MADV_REMOVE ||
    advice === MADV_DONTFORK ||
    advice === MADV_WIPEONFORK
  );
}

/** @linux mm/madvise.c do_madvise */
export function doMadvise(k: Kernel, mm: MmStruct, start: number, len: number, advice: number): number {
  const known = [MADV_WILLNEED, MADV_DONTNEED, MADV_DONTNEED_LOCKED, MADV_FREE, MADV_REMOVE, MADV_POPULATE_READ, MADV_POPULATE_WRITE];
  const flags = adviceFlags(advice);
  if (!flags && !known.includes(advice)) return -EINVAL;
  if (start % PAGE_SIZE !== 0) return -EINVAL;
  const length = pageAlign64(len);
  if (len !== 0 && length === 0) return -EINVAL;
  const end = start + length;
  if (end > 2 ** 64) return -EINVAL;
  if (length === 0) return 0;
  if (advice === MADV_POPULATE_READ || advice === MADV_POPULATE_WRITE)
    return madvisePopulate(k, mm, start, end, advice === MADV_POPULATE_WRITE);
  let error = 0;
  let at = start;
  for (let i = vmaIndex(mm, start); at < end; i++) {
    const v = mm.vmas[i];
    if (!v || v.start >= end) {
      error = -ENOMEM;
      break;
    }
    if (v.start > at) {
      error = -ENOMEM;
      at = v.start;
    }
    const stop = Math.min(end, v.end);
    // What a seal protects against is losing contents that could not be written.
    if (discards(advice) && v.flags & VM_SEALED && !v.file && !(v.flags & VM_WRITE)) return -EPERM;
    if (flags) {
      if (advice === MADV_WIPEONFORK && (v.file || v.flags & VM_SHARED)) return -EINVAL;
      if ((advice === MADV_COLD || advice === MADV_PAGEOUT) && v.flags & (VM_LOCKED | VM_PFNMAP)) return -EINVAL;
      const next = (v.flags & ~flags[1]) | flags[0];
      if (next !== v.flags) {
        i = isolate(k, mm, at, stop);
        mm.vmas[i]!.flags = next;
      }
    } else if (advice === MADV_DONTNEED || advice === MADV_DONTNEED_LOCKED || advice === MADV_FREE) {
      if (v.flags & (VM_PFNMAP | (advice === MADV_DONTNEED_LOCKED ? 0 : VM_LOCKED))) return -EINVAL;
      if (advice === MADV_FREE && (v.file || v.flags & VM_SHARED)) return -EINVAL;
      zapRange(k, mm, v, at, stop);
    } else if (advice === MADV_REMOVE) {
      if (v.flags & VM_LOCKED) return -EINVAL;
      if (!v.file?.inode.mapping) return -EINVAL;
      if ((v.flags & (VM_SHARED | VM_MAYWRITE)) !== (VM_SHARED | VM_MAYWRITE)) return -EACCES;
      const from = v.pgoff * PAGE_SIZE + (at - v.start);
      zeroRange(k, v.file.inode.mapping, from, from + (stop - at));
    }
    at = stop;
  }
  mergeVmas(k, mm, Math.max(0, vmaIndex(mm, start) - 1), vmaIndex(mm, end));
  return error;
}

function madvisePopulate(k: Kernel, mm: MmStruct, start: number, end: number, write: boolean): number {
  for (let va = start; va < end; va += PAGE_SIZE) {
    const v = vmaAt(mm, va);
    if (!v) return -ENOMEM;
    if (v.flags & (VM_PFNMAP | VM_IO)) return -EINVAL;
    if (write ? !(v.flags & VM_WRITE) : !(v.flags & VM_READ)) return -EINVAL;
    if (faultPage(k, mm, v, va, write) < 0) return -EFAULT;
  }
  return 0;
}

/** Sets or clears VM_LOCKED on a range, up to the first hole. @linux mm/mlock.c do_mlock, apply_vma_lock_flags */
export function doMlock(k: Kernel, mm: MmStruct, start: number, len: number, lock: number): number {
  const offset = start % PAGE_SIZE;
  start -= offset;
  const length = pageAlign64(len + offset);
  const end = start + length;
  if (lock) {
    const limit = rlimit(k.current, RLIMIT_MEMLOCK);
    const privileged = capable(k, CAP_IPC_LOCK);
    if (limit === 0 && !privileged) return -EPERM;
    let pages = mm.lockedVm + length / PAGE_SIZE;
    // What is locked already does not count twice.
    if (pages * PAGE_SIZE > limit) pages -= lockedPages(mm, start, end);
    if (pages * PAGE_SIZE > limit && !privileged) return -ENOMEM;
  }
  if (length === 0) return 0;
  if (end > 2 ** 63) return -EINVAL;
  const stop = coveredEnd(mm, start, end);
  if (stop > start) {
    const first = isolate(k, mm, start, stop);
    let i = first;
    for (; i < mm.vmas.length && mm.vmas[i]!.start < stop; i++) setLock(mm, i, lock);
    mergeVmas(k, mm, first, i);
  }
  if (stop < end) return -ENOMEM;
  if (lock & VM_LOCKED && !(lock & VM_LOCKONFAULT)) {
    const r = populate(k, mm, start, end);
    if (r < 0) return r === -EFAULT ? -ENOMEM : -EAGAIN;
  }
  return 0;
}

/** Pages of a range that are locked. @linux mm/mlock.c count_mm_mlocked_page_nr */
function lockedPages(mm: MmStruct, start: number, end: number): number {
  let n = 0;
  for (let i = vmaIndex(mm, start); i < mm.vmas.length && mm.vmas[i]!.start < end; i++) {
    const v = mm.vmas[i]!;
    if (v.flags & VM_LOCKED) n += (Math.min(end, v.end) - Math.max(start, v.start)) / PAGE_SIZE;
  }
  return n;
}

function setLock(mm: MmStruct, i: number, lock: number): void {
  const v = mm.vmas[i]!;
  const pages = (v.end - v.start) / PAGE_SIZE;
  const was = v.flags & VM_LOCKED;
  v.flags = (v.flags & ~(VM_LOCKED | VM_LOCKONFAULT)) | lock;
  if (lock && !was) mm.lockedVm += pages;
  if (!lock && was) mm.lockedVm -= pages;
}

/** mlockall and munlockall. */
export function lockAll(k: Kernel, mm: MmStruct, current: number, future: number): number {
  mm.defFlags = (mm.defFlags & ~(VM_LOCKED | VM_LOCKONFAULT)) | future;
  for (let i = 0; i < mm.vmas.length; i++) setLock(mm, i, current);
  mergeVmas(k, mm, 0, mm.vmas.length);
  if (current & VM_LOCKED && !(current & VM_LOCKONFAULT)) populate(k, mm, 0, TASK_SIZE);
  return 0;
}

/** @linux mm/msync.c msync. All file pages live in the cache; shared host files are written back by fsync. */
export function doMsync(k: Kernel, mm: MmStruct, start: number, len: number, flags: number): number {
  if (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) return -EINVAL;
  // Only addresses of the last, incomplete page round up to 2^64.
  if (start % PAGE_SIZE !== 0 || start === 2 ** 64) return -EINVAL;
  if (flags & MS_ASYNC && flags & MS_SYNC) return -EINVAL;
  const length = pageUp(len);
  if (start + length > TASK_SIZE) return -ENOMEM;
  const end = start + length;
  let error = 0;
  let at = start;
  for (let i = vmaIndex(mm, start); at < end; i++) {
    const v = mm.vmas[i];
    if (!v || v.start >= end) return -ENOMEM;
    if (v.start > at) error = -ENOMEM;
    if (flags & MS_INVALIDATE && v.flags & VM_LOCKED) return -EBUSY;
    if (flags & MS_SYNC && v.file && v.flags & VM_SHARED && v.file.op.fsync) {
      const r = v.file.op.fsync(k, v.file, false);
      if (r === -EIO) return r;
    }
    at = v.end;
  }
  return error;
}

/** One byte a page: 1 if it is in memory. Fills `out`. @linux mm/mincore.c do_mincore */
export function doMincore(k: Kernel, mm: MmStruct, start: number, pages: number, out: Uint8Array): number {
  for (let i = 0; i < pages; i++) {
    const va = start + i * PAGE_SIZE;
    const v = vmaAt(mm, va);
    if (!v) return -ENOMEM;
    const index = pteIndex(k, mm.pgd, va, false);
    let present = index !== 0 && (k.machine.phys.u32[index]! & PTE_PRESENT) !== 0;
    if (!present && v.file?.inode.mapping) present = v.file.inode.mapping.pages.has(v.pgoff + (va - v.start) / PAGE_SIZE);
    out[i] = present ? 1 : 0;
  }
  return 0;
}

/** mremap may not move these. */
export const UNMOVABLE = VM_DONTEXPAND | VM_PFNMAP;
