import { touchAtime } from "../fs/inode.ts";
import type { File, FileOperations } from "../include/linux/fs.ts";
import type { Vma } from "../include/linux/mm_types.ts";
import { currentTime } from "../kernel/time/timekeeping.ts";
import type { Kernel } from "../kernel.ts";
import type { IovIter } from "../lib/iovIter.ts";
import { stateTable } from "../state.ts";
import { EFBIG, EINVAL, ENOSPC, ENXIO, EOPNOTSUPP, EPERM } from "../uapi/errno.ts";
import {
  F_SEAL_FUTURE_WRITE,
  F_SEAL_GROW,
  F_SEAL_WRITE,
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  SEEK_CUR,
  SEEK_DATA,
  SEEK_END,
  SEEK_HOLE,
  SEEK_SET,
} from "../uapi/fcntl.ts";
import { PAGE_SIZE, VM_MAYWRITE, VM_SHARED, VM_WRITE } from "./flags.ts";
import {
  type AddressSpace,
  type AddressSpaceOperations,
  dropPages,
  genericFileMmap,
  genericFileReadIter,
  genericFileWriteIter,
  readMappingPage,
  zeroRange,
} from "./pageCache.ts";
import { sealsOf, shmemKernel, shmemSuper } from "./shmemState.ts";

/** Largest file: positions stay exact numbers. */
export const MAX_FILE = 2 ** 53 - 1;
const NO_WRITE = F_SEAL_WRITE | F_SEAL_FUTURE_WRITE;

export const shmemAops: AddressSpaceOperations = stateTable("shmem_aops", {
  reserve(k: Kernel, mapping: AddressSpace): number {
    const s = shmemSuper(mapping.host);
    if (s.pages >= s.maxPages) return -ENOSPC;
    s.pages++;
    shmemKernel(k).pages++;
    // Pages that only a mapping has touched count as well.
    if (!mapping.ops.readPage) mapping.host.blocks = (mapping.pages.size + 1) * (PAGE_SIZE / 512);
    return 0;
  },
  unreserve(k: Kernel, mapping: AddressSpace, pages: number): void {
    shmemSuper(mapping.host).pages -= pages;
    shmemKernel(k).pages -= pages;
  },
});

/** First page from `index` on that is there, or -1. */
function nextPage(mapping: AddressSpace, index: number, end: number): number {
  const { pages } = mapping;
  if (end - index <= pages.size) {
    while (index < end && !pages.has(index)) index++;
    return index < end ? index : -1;
  }
  let best = -1;
  for (const at of pages.keys()) if (at >= index && at < end && (best < 0 || at < best)) best = at;
  return best;
}

/** Where data or a hole begins at or after `offset`, by whole pages, or -ENXIO. @linux mm/filemap.c mapping_seek_hole_data */
function seekHoleData(mapping: AddressSpace, size: number, offset: number, data: boolean): number {
  if (offset < 0 || offset >= size) return -ENXIO;
  const end = Math.ceil(size / PAGE_SIZE);
  let index = Math.floor(offset / PAGE_SIZE);
  if (data) {
    index = nextPage(mapping, index, end);
    if (index < 0) return -ENXIO;
  } else while (index < end && mapping.pages.has(index)) index++;
  return Math.min(size, Math.max(offset, index * PAGE_SIZE));
}

/** @linux mm/shmem.c shmem_file_llseek */
function shmemLlseek(_k: Kernel, file: File, offset: number, whence: number): number {
  const { inode } = file;
  let pos: number;
  switch (whence) {
    case SEEK_SET:
      pos = offset;
      break;
    case SEEK_CUR:
      pos = file.pos + offset;
      break;
    case SEEK_END:
      pos = inode.size + offset;
      break;
    case SEEK_DATA:
    case SEEK_HOLE:
      pos = seekHoleData(inode.mapping!, inode.size, offset, whence === SEEK_DATA);
      if (pos < 0) return pos;
      break;
    default:
      return -EINVAL;
  }
  if (pos < 0 || pos > MAX_FILE) return -EINVAL;
  file.pos = pos;
  return pos;
}

/** Makes room in advance, or frees a range. @linux mm/shmem.c shmem_fallocate */
function shmemFallocate(k: Kernel, file: File, mode: number, offset: number, length: number): number {
  if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE)) return -EOPNOTSUPP;
  const { inode } = file;
  const mapping = inode.mapping!;
  const seals = sealsOf(inode);
  const end = offset + length;
  if (mode & FALLOC_FL_PUNCH_HOLE) {
    if (seals & NO_WRITE) return -EPERM;
    zeroRange(k, mapping, offset, end);
    inode.mtime = inode.ctime = currentTime(k);
    return 0;
  }
  if (end > MAX_FILE) return -EFBIG;
  if (seals & F_SEAL_GROW && end > inode.size) return -EPERM;
  const first = Math.floor(offset / PAGE_SIZE);
  const last = Math.ceil(end / PAGE_SIZE);
  const s = shmemSuper(inode);
  // What cannot fit in any case is not begun.
  if (last - first - mapping.pages.size > Math.min(s.maxPages - s.pages, k.machine.phys.limitFrames)) return -ENOSPC;
  const made: number[] = [];
  for (let i = first; i < last; i++) {
    if (mapping.pages.has(i)) continue;
    const frame = readMappingPage(k, mapping, i);
    if (frame < 0) {
      for (const index of made) dropPages(k, mapping, index, index + 1);
      return -ENOSPC;
    }
    made.push(i);
  }
  if (!(mode & FALLOC_FL_KEEP_SIZE) && end > inode.size) inode.size = end;
  inode.blocks = mapping.pages.size * (PAGE_SIZE / 512);
  inode.ctime = currentTime(k);
  return 0;
}

/** A sealed memfd refuses, as a whole, a write that its seals forbid. @linux mm/shmem.c shmem_write_begin */
function shmemWrite(k: Kernel, file: File, from: IovIter, pos: number): number {
  const seals = sealsOf(file.inode);
  if (seals !== 0) {
    if (seals & NO_WRITE) return -EPERM;
    if (seals & F_SEAL_GROW && pos + from.count > file.inode.size) {
      if (pos >= file.inode.size) return -EPERM;
      // Whole pages within the size are still written.
      const whole = Math.floor(file.inode.size / PAGE_SIZE) * PAGE_SIZE - pos;
      if (whole <= 0) return -EPERM;
      from.count = whole;
    }
  }
  return genericFileWriteIter(k, file, from, pos);
}

/** @linux mm/shmem.c shmem_mmap, mm/memfd.c seal_check_write */
function shmemMmap(k: Kernel, file: File, vma: Vma): number {
  if (sealsOf(file.inode) & NO_WRITE && vma.flags & VM_SHARED) {
    if (vma.flags & VM_WRITE) return -EPERM;
    // mprotect must not make it writable later.
    vma.flags &= ~VM_MAYWRITE;
  }
  touchAtime(k, file);
  return genericFileMmap(k, file, vma);
}

export const shmemFileOps: FileOperations = stateTable("shmem_file_operations", {
  read: genericFileReadIter,
  write: shmemWrite,
  llseek: shmemLlseek,
  mmap: shmemMmap,
  fsync: () => 0,
  fallocate: shmemFallocate,
});
