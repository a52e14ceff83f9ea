import type { MmStruct, Vma } from "../../include/linux/mm_types.ts";
import { PAGE_SIZE, pageDown, pageUp, VM_EXEC, VM_GROWSDOWN, VM_SHARED, VM_WRITE } from "../../mm/flags.ts";

/** Sizes of an address space by use, in bytes. */
export interface VmSizes {
  total: number;
  data: number;
  stack: number;
  text: number;
  lib: number;
}

/** @linux mm/mmap.c vm_stat_account, fs/proc/task_mmu.c task_mem */
export function vmSizes(mm: MmStruct): VmSizes {
  let data = 0;
  let stack = 0;
  let exec = 0;
  for (const v of mm.vmas) {
    const size = v.end - v.start;
    if ((v.flags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN)) === VM_WRITE) data += size;
    else if (v.flags & VM_GROWSDOWN) stack += size;
    else if ((v.flags & (VM_EXEC | VM_WRITE)) === VM_EXEC) exec += size;
  }
  const text = Math.min(pageUp(mm.endCode) - pageDown(mm.startCode), exec);
  return { total: mm.totalVm * PAGE_SIZE, data, stack, text, lib: exec - text };
}

/** Resident pages. */
export function rssPages(mm: MmStruct): number {
  return mm.rssAnon + mm.rssFile + mm.rssShmem;
}

/** What an area without a file is. @linux fs/proc/task_mmu.c get_vma_name */
export function vmaName(mm: MmStruct, vma: Vma): string {
  if (vma.ops?.name) return vma.ops.name;
  if (vma.start <= mm.brk && vma.end >= mm.startBrk) return "[heap]";
  if (vma.start <= mm.startStack && vma.end >= mm.startStack) return "[stack]";
  if (vma.name !== null) return `[anon${vma.flags & VM_SHARED ? "_shmem" : ""}:${vma.name}]`;
  return "";
}
