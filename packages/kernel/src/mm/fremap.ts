import type { Kernel } from "../kernel.ts";
import { EINVAL } from "../uapi/errno.ts";
import { MAP_FIXED, MAP_LOCKED, MAP_NONBLOCK, MAP_POPULATE, MAP_SHARED, PROT_EXEC, PROT_READ, PROT_WRITE } from "../uapi/mman.ts";
import { pageDown, TASK_SIZE, VM_EXEC, VM_LOCKED, VM_READ, VM_SHARED, VM_WRITE } from "./flags.ts";
import { doMmap } from "./mmap.ts";
import { vmaAt, vmaIndex } from "./vma.ts";

/** Maps other pages of the same file in place, as an ordinary mapping. @linux mm/mmap.c remap_file_pages */
export function remapFilePages(k: Kernel, start: number, size: number, prot: number, pgoff: number, flags: number): number {
  if (prot !== 0) return -EINVAL;
  start = pageDown(start);
  size = pageDown(size);
  if (size === 0 || start + size > TASK_SIZE) return -EINVAL;
  const mm = k.current.mm!;
  const vma = vmaAt(mm, start);
  if (!vma || !(vma.flags & VM_SHARED) || !vma.file) return -EINVAL;
  const end = start + size;
  // It may cross areas as long as they are alike and side by side.
  let at = vma.end;
  for (let i = vmaIndex(mm, start) + 1; at < end; i++) {
    const next = mm.vmas[i];
    if (!next || next.start !== at || next.file !== vma.file || next.flags !== vma.flags) return -EINVAL;
    at = next.end;
  }
  const rights = (vma.flags & VM_READ ? PROT_READ : 0) | (vma.flags & VM_WRITE ? PROT_WRITE : 0) | (vma.flags & VM_EXEC ? PROT_EXEC : 0);
  const how = (flags & MAP_NONBLOCK) | MAP_SHARED | MAP_FIXED | MAP_POPULATE | (vma.flags & VM_LOCKED ? MAP_LOCKED : 0);
  const r = doMmap(k, mm, start, size, rights, how, vma.file, pgoff);
  return r < 0 ? r : 0;
}
