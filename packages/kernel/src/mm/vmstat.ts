import { tasksOf } from "../kernel/pid.ts";
import type { Kernel } from "../kernel.ts";
import { PAGE_SIZE } from "./flags.ts";
import { shmemPages } from "./shmem.ts";

/** Memory of the machine in bytes, as /proc/meminfo and sysinfo show it. */
export interface MemInfo {
  total: number;
  free: number;
  available: number;
  cached: number;
  shmem: number;
  anon: number;
  mapped: number;
  pageTables: number;
}

/** @linux mm/show_mem.c si_meminfo */
export function meminfo(k: Kernel): MemInfo {
  const { phys } = k.machine;
  const total = phys.limitFrames * PAGE_SIZE;
  const used = phys.usedFrames * PAGE_SIZE;
  let anon = 0;
  let mapped = 0;
  let tables = 0;
  for (const task of tasksOf(k)) {
    if (!task.mm || task !== task.signal.leader) continue;
    anon += task.mm.rssAnon;
    mapped += task.mm.rssFile + task.mm.rssShmem;
    tables += 4;
  }
  const shmem = shmemPages(k) * PAGE_SIZE;
  const cached = Math.max(shmem, used - (anon + tables) * PAGE_SIZE);
  return {
    total,
    free: total - used,
    available: total - used + (cached - shmem),
    cached,
    shmem,
    anon: anon * PAGE_SIZE,
    mapped: mapped * PAGE_SIZE,
    pageTables: tables * PAGE_SIZE,
  };
}
