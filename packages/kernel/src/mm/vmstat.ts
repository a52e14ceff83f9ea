import type { MmStruct } from "../include/linux/mm_types.ts";
import { tasksOf } from "../kernel/pid.ts";
import type { Kernel } from "../kernel.ts";
import { PAGE_SIZE } from "./flags.ts";
import { fileCachePages } from "./pageAlloc.ts";
import { shmemPages } from "./shmem.ts";

/** Memory of the machine in bytes, as /proc/meminfo and sysinfo show it. */
export interface MemInfo {
  total: number;
  free: number;
  /** What programs could have: free memory and file pages that can be read again. */
  available: number;
  /** Files and shared memory in the page cache. */
  cached: number;
  shmem: number;
  anon: number;
  mapped: number;
  pageTables: number;
}

/** @linux mm/show_mem.c si_meminfo */
export function meminfo(k: Kernel): MemInfo {
  const { phys } = k.machine;
  const free = phys.limitFrames - phys.usedFrames;
  let anon = 0;
  let mapped = 0;
  let tables = 0;
  const seen = new Set<MmStruct>();
  for (const { mm } of tasksOf(k)) {
    if (!mm || seen.has(mm)) continue;
    seen.add(mm);
    anon += mm.rssAnon;
    mapped += mm.rssFile + mm.rssShmem;
    tables += mm.pgtables + 1;
  }
  const files = fileCachePages(k);
  const shmem = shmemPages(k);
  return {
    total: phys.limitFrames * PAGE_SIZE,
    free: free * PAGE_SIZE,
    available: (free + files) * PAGE_SIZE,
    cached: (files + shmem) * PAGE_SIZE,
    shmem: shmem * PAGE_SIZE,
    anon: anon * PAGE_SIZE,
    mapped: mapped * PAGE_SIZE,
    pageTables: tables * PAGE_SIZE,
  };
}
