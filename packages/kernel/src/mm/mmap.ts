import type { File } from "../include/linux/fs.ts";
import { type MmStruct, Vma } from "../include/linux/mm_types.ts";
import { capable } from "../kernel/capability.ts";
import { rlimit } from "../kernel/resource.ts";
import type { Kernel } from "../kernel.ts";
import { CAP_IPC_LOCK, CAP_SYS_RAWIO } from "../uapi/capability.ts";
import { EACCES, EAGAIN, EEXIST, EFAULT, EINVAL, ENODEV, ENOMEM, EOPNOTSUPP, EOVERFLOW, EPERM, ETXTBSY } from "../uapi/errno.ts";
import {
  LEGACY_MAP_MASK,
  MAP_32BIT,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_GROWSDOWN,
  MAP_LOCKED,
  MAP_NONBLOCK,
  MAP_NORESERVE,
  MAP_POPULATE,
  MAP_PRIVATE,
  MAP_SHARED,
  MAP_SHARED_VALIDATE,
  MAP_TYPE,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
} from "../uapi/mman.ts";
import { RLIMIT_AS, RLIMIT_DATA, RLIMIT_MEMLOCK } from "../uapi/resource.ts";
import { isReg } from "../uapi/stat.ts";
import {
  MMAP_MIN_ADDR,
  PAGE_SIZE,
  pageDown,
  pageUp,
  TASK_SIZE,
  VM_ACCOUNT,
  VM_EXEC,
  VM_GROWSDOWN,
  VM_LOCKED,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYSHARE,
  VM_MAYWRITE,
  VM_NORESERVE,
  VM_READ,
  VM_SEALED,
  VM_SHARED,
  VM_WRITE,
} from "./flags.ts";
import { faultPage, STACK_GUARD, zapRange } from "./memory.ts";
import { freePageTables } from "./pageTable.ts";
import { shmemZeroSetup } from "./shmem.ts";
import { insertVma, mergeVmas, splitVma, vmaClose, vmaIndex } from "./vma.ts";

/** Largest offset in a file, plus one. */
const MAX_LFS_FILESIZE = 2 ** 63;
const O_ACCMODE = 3;
const O_WRONLY = 1;
const O_RDONLY = 0;
/** Areas one process may have (vm.max_map_count). */
export const MAX_MAP_COUNT = 65530;

/** Room an area needs below it, if it is a stack. */
function gapBelow(vma: Vma | undefined): number {
  return vma && vma.flags & VM_GROWSDOWN ? STACK_GUARD : 0;
}

/** A free range of `len` bytes, highest first below mmapBase. @linux mm/mmap.c arch_get_unmapped_area_topdown */
export function getUnmappedArea(mm: MmStruct, hint: number, len: number, flags: number): number {
  if (len > TASK_SIZE) return -ENOMEM;
  const high = flags & MAP_32BIT ? 0x80000000 : mm.mmapBase;
  const low = flags & MAP_32BIT ? 0x40000000 : MMAP_MIN_ADDR;
  if (hint !== 0 && !(flags & MAP_32BIT)) {
    const addr = pageUp(hint);
    if (addr >= MMAP_MIN_ADDR && addr + len <= TASK_SIZE) {
      const next = mm.vmas[vmaIndex(mm, addr)];
      if (!next || addr + len <= next.start - gapBelow(next)) return addr;
    }
  }
  let end = high;
  let i = vmaIndex(mm, high);
  if (i < mm.vmas.length && mm.vmas[i]!.start < high) end = Math.min(end, mm.vmas[i]!.start - gapBelow(mm.vmas[i]));
  else if (i < mm.vmas.length) end = Math.min(end, mm.vmas[i]!.start - gapBelow(mm.vmas[i]));
  for (; ; i--) {
    const below = mm.vmas[i - 1];
    const bottom = Math.max(low, below ? below.end : 0);
    if (end - len >= bottom) return end - len;
    if (!below || below.end <= low) break;
    end = Math.min(end, below.start - gapBelow(below));
  }
  return -ENOMEM;
}

/** May the process have `pages` more? @linux mm/mmap.c may_expand_vm */
export function mayExpand(k: Kernel, mm: MmStruct, pages: number, data: boolean): boolean {
  if ((mm.totalVm + pages) * PAGE_SIZE > rlimit(k.current, RLIMIT_AS)) return false;
  return !data || mayExpandData(k, mm, pages);
}

/** May it have `pages` more of private writable memory (RLIMIT_DATA)? */
export function mayExpandData(k: Kernel, mm: MmStruct, pages: number): boolean {
  const limit = rlimit(k.current, RLIMIT_DATA);
  return limit === Number.POSITIVE_INFINITY || dataPages(mm) + pages <= limit / PAGE_SIZE;
}

/** May the process lock `pages` more? @linux mm/mmap.c mlock_future_ok */
export function mayLock(k: Kernel, mm: MmStruct, pages: number): boolean {
  return (mm.lockedVm + pages) * PAGE_SIZE <= rlimit(k.current, RLIMIT_MEMLOCK) || capable(k, CAP_IPC_LOCK);
}

/** Private writable pages that are no stack. */
export function dataPages(mm: MmStruct): number {
  let n = 0;
  for (const v of mm.vmas) if ((v.flags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN)) === VM_WRITE) n += (v.end - v.start) / PAGE_SIZE;
  return n;
}

/** Heuristic overcommit: refuses only what can never fit. @linux mm/util.c __vm_enough_memory */
export function enoughMemory(k: Kernel, pages: number): boolean {
  return pages <= k.machine.phys.limitFrames;
}

/**
 * mmap. `prot` and `flags` as the system call has them; `pgoff` in pages. @returns the address or
 * -errno. @linux mm/mmap.c do_mmap
 */
export function doMmap(
  k: Kernel,
  mm: MmStruct,
  addr: number,
  len: number,
  prot: number,
  flags: number,
  file: File | null,
  pgoff: number,
): number {
  if (len === 0) return -EINVAL;
  if (len > TASK_SIZE) return -ENOMEM;
  len = pageUp(len);
  if (mm.vmas.length > MAX_MAP_COUNT) return -ENOMEM;
  const type = flags & MAP_TYPE;
  if (flags & MAP_FIXED_NOREPLACE) flags |= MAP_FIXED;
  if (flags & MAP_FIXED) {
    if (addr % PAGE_SIZE !== 0) return -EINVAL;
    if (addr + len > TASK_SIZE) return -ENOMEM;
    if (addr < MMAP_MIN_ADDR && !capable(k, CAP_SYS_RAWIO)) return -EPERM;
  } else {
    // A hint in a page counts as that page's start; one too low becomes the lowest address.
    addr = pageDown(addr);
    if (addr !== 0 && addr < MMAP_MIN_ADDR) addr = MMAP_MIN_ADDR;
    const found = getUnmappedArea(mm, addr, len, flags);
    if (found < 0) return found;
    addr = found;
  }
  if (flags & MAP_FIXED_NOREPLACE) {
    const next = mm.vmas[vmaIndex(mm, addr)];
    if (next && next.start < addr + len) return -EEXIST;
  }
  let vm = mm.defFlags | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
  if (prot & PROT_READ) vm |= VM_READ;
  if (prot & PROT_WRITE) vm |= VM_WRITE;
  if (prot & PROT_EXEC) vm |= VM_EXEC;
  if (k.current.personality & 0x0400000 && prot & PROT_READ) vm |= VM_EXEC;
  if (flags & MAP_GROWSDOWN) vm |= VM_GROWSDOWN;
  if (flags & MAP_NORESERVE) vm |= VM_NORESERVE;
  if (flags & MAP_LOCKED) {
    if (rlimit(k.current, RLIMIT_MEMLOCK) === 0 && k.current.cred.euid !== 0) return -EPERM;
    vm |= VM_LOCKED;
  }
  if (vm & VM_LOCKED && (mm.lockedVm + len / PAGE_SIZE) * PAGE_SIZE > rlimit(k.current, RLIMIT_MEMLOCK) && k.current.cred.euid !== 0)
    return -EAGAIN;
  if (file) {
    const mode = file.flags & O_ACCMODE;
    if (isReg(file.inode.mode) && pgoff * PAGE_SIZE > MAX_LFS_FILESIZE - len) return -EOVERFLOW;
    switch (type) {
      case MAP_SHARED_VALIDATE:
        if (flags & ~LEGACY_MAP_MASK) return -EOPNOTSUPP;
        break;
      case MAP_SHARED:
      case MAP_PRIVATE:
        break;
      default:
        return -EINVAL;
    }
    if (type !== MAP_PRIVATE) {
      if (prot & PROT_WRITE && mode === O_RDONLY) return -EACCES;
      if (prot & PROT_WRITE && file.inode.writecount < 0) return -ETXTBSY;
      vm |= VM_SHARED | VM_MAYSHARE;
      if (mode === O_RDONLY) vm &= ~(VM_MAYWRITE | VM_SHARED);
    }
    if (mode === O_WRONLY) return -EACCES;
    if (file.path.mnt.flags & 8) {
      if (vm & VM_EXEC) return -EPERM;
      vm &= ~VM_MAYEXEC;
    }
    if (!file.op.mmap) return -ENODEV;
    if (vm & VM_GROWSDOWN) return -EINVAL;
  } else {
    switch (type) {
      case MAP_SHARED:
        if (vm & VM_GROWSDOWN) return -EINVAL;
        pgoff = 0;
        vm |= VM_SHARED | VM_MAYSHARE;
        break;
      case MAP_PRIVATE:
        pgoff = addr / PAGE_SIZE;
        break;
      default:
        return -EINVAL;
    }
  }
  const result = mmapRegion(k, mm, file, addr, len, vm, pgoff);
  if (result < 0) return result;
  if (vm & VM_LOCKED || (flags & (MAP_POPULATE | MAP_NONBLOCK)) === MAP_POPULATE) populate(k, mm, result, result + len);
  return result;
}

/** @linux mm/mmap.c mmap_region */
export function mmapRegion(k: Kernel, mm: MmStruct, file: File | null, addr: number, len: number, vm: number, pgoff: number): number {
  const pages = len / PAGE_SIZE;
  const data = (vm & (VM_WRITE | VM_SHARED | VM_GROWSDOWN)) === VM_WRITE;
  const overlap = overlapPages(mm, addr, addr + len);
  if (!mayExpand(k, mm, pages - overlap, data)) return -ENOMEM;
  const accountable = (vm & (VM_NORESERVE | VM_SHARED | VM_WRITE)) === VM_WRITE || (!file && vm & VM_SHARED);
  if (accountable) {
    if (!enoughMemory(k, pages)) return -ENOMEM;
    if (vm & VM_WRITE && !(vm & VM_SHARED)) vm |= VM_ACCOUNT;
  }
  let shm: File | null = null;
  if (!file && vm & VM_SHARED) {
    const made = shmemZeroSetup(k, len);
    if (typeof made === "number") return made;
    shm = made;
  }
  const unmapped = doMunmap(k, mm, addr, len);
  if (unmapped < 0) return unmapped;
  const vma = new Vma(addr, addr + len, vm);
  vma.file = file ?? shm;
  vma.pgoff = pgoff;
  if (file) {
    const r = file.op.mmap!(k, file, vma);
    if (r < 0) return r;
  }
  const i = insertVma(k, mm, vma);
  // insertVma took its own reference.
  if (shm) shm.count--;
  if (vm & VM_LOCKED) mm.lockedVm += pages;
  mergeVmas(k, mm, i, i + 1);
  return addr;
}

function overlapPages(mm: MmStruct, start: number, end: number): number {
  let n = 0;
  for (let i = vmaIndex(mm, start); i < mm.vmas.length && mm.vmas[i]!.start < end; i++) {
    const v = mm.vmas[i]!;
    n += (Math.min(end, v.end) - Math.max(start, v.start)) / PAGE_SIZE;
  }
  return n;
}

/**
 * Faults a range in, area by area; what cannot be had in one does not keep the others from it.
 * @returns 0, or the first error: -EFAULT or -ENOMEM. @linux mm/gup.c __mm_populate
 */
export function populate(k: Kernel, mm: MmStruct, start: number, end: number): number {
  let error = 0;
  for (let i = vmaIndex(mm, start); i < mm.vmas.length && mm.vmas[i]!.start < end; i++) {
    const v = mm.vmas[i]!;
    if (!(v.flags & (VM_READ | VM_WRITE | VM_EXEC))) {
      error ||= -EFAULT;
      continue;
    }
    const write = (v.flags & (VM_WRITE | VM_SHARED)) === VM_WRITE;
    for (let va = Math.max(start, v.start); va < Math.min(end, v.end); va += PAGE_SIZE) {
      const r = k.current.signal.groupExit ? -ENOMEM : faultPage(k, mm, v, va, write);
      if (r === -ENOMEM) return r;
      if (r < 0) {
        error ||= r;
        break;
      }
    }
  }
  return error;
}

/** True if an area of the range is sealed. @linux mm/vma.c can_modify_mm */
export function sealed(mm: MmStruct, start: number, end: number): boolean {
  for (let i = vmaIndex(mm, start); i < mm.vmas.length && mm.vmas[i]!.start < end; i++) if (mm.vmas[i]!.flags & VM_SEALED) return true;
  return false;
}

/** Splits areas so that [start, end) begins and ends at area borders; returns the index of the first one in it. */
export function isolate(k: Kernel, mm: MmStruct, start: number, end: number): number {
  let i = vmaIndex(mm, start);
  const first = mm.vmas[i];
  if (first && first.start < start) i = splitVma(k, mm, i, start);
  for (let j = i; j < mm.vmas.length && mm.vmas[j]!.start < end; j++) {
    if (mm.vmas[j]!.end > end) splitVma(k, mm, j, end);
  }
  return i;
}

/** munmap. @linux mm/mmap.c do_vmi_munmap */
export function doMunmap(k: Kernel, mm: MmStruct, addr: number, len: number): number {
  if (addr % PAGE_SIZE !== 0 || addr > TASK_SIZE || len > TASK_SIZE - addr) return -EINVAL;
  const end = addr + pageUp(len);
  if (end === addr) return -EINVAL;
  const probe = mm.vmas[vmaIndex(mm, addr)];
  if (!probe || probe.start >= end) return 0;
  // A hole in the middle makes one area more.
  if (probe.start < addr && probe.end > end && mm.vmas.length >= MAX_MAP_COUNT) return -ENOMEM;
  if (sealed(mm, addr, end)) return -EPERM;
  const i = isolate(k, mm, addr, end);
  let n = 0;
  while (i + n < mm.vmas.length && mm.vmas[i + n]!.start < end) {
    const v = mm.vmas[i + n]!;
    zapRange(k, mm, v, v.start, v.end);
    mm.totalVm -= (v.end - v.start) / PAGE_SIZE;
    if (v.flags & VM_LOCKED) mm.lockedVm -= (v.end - v.start) / PAGE_SIZE;
    n++;
  }
  for (const v of mm.vmas.splice(i, n)) vmaClose(k, v);
  freePageTables(k, mm, addr, end, mm.vmas[i - 1]?.end ?? 0, mm.vmas[i]?.start ?? 2 ** 47);
  return 0;
}

/** brk: the new end of the heap, or the old one if it cannot move. @linux mm/mmap.c brk */
export function doBrk(k: Kernel, mm: MmStruct, brk: number): number {
  if (brk < mm.startBrk) return mm.brk;
  const limit = rlimit(k.current, RLIMIT_DATA);
  if (limit !== Number.POSITIVE_INFINITY && brk - mm.startBrk + (mm.endData - mm.startData) > limit) return mm.brk;
  const from = pageUp(mm.brk);
  const to = pageUp(brk);
  if (to > TASK_SIZE) return mm.brk;
  if (to < from) {
    if (doMunmap(k, mm, to, from - to) < 0) return mm.brk;
  } else if (to > from) {
    const next = mm.vmas[vmaIndex(mm, from)];
    if (next && to > next.start - Math.max(gapBelow(next), PAGE_SIZE)) return mm.brk;
    if (vmBrk(k, mm, from, to - from, 0) < 0) return mm.brk;
  }
  mm.brk = brk;
  if (to > from && mm.defFlags & VM_LOCKED) populate(k, mm, from, to);
  return brk;
}

/** An anonymous private area at a fixed place. @linux mm/mmap.c vm_brk_flags */
export function vmBrk(k: Kernel, mm: MmStruct, addr: number, len: number, exec: number): number {
  const vm = VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | exec | mm.defFlags;
  return mmapRegion(k, mm, null, addr, len, vm, addr / PAGE_SIZE);
}
