import type { MmStruct, Vma } from "../../include/linux/mm_types.ts";
import type { Task } from "../../include/linux/sched.ts";
import type { Kernel } from "../../kernel.ts";
import * as F from "../../mm/flags.ts";
import type { AddressSpace } from "../../mm/pageCache.ts";
import { forEachPte, PTE_ACCESSED, PTE_ANON, PTE_DIRTY } from "../../mm/pageTable.ts";
import { major, minor } from "../charDev.ts";
import { dPath } from "../dcache.ts";
import { hex, procTask } from "./entry.ts";
import { procmapQuery } from "./procmapQuery.ts";
import { vmaName } from "./vm.ts";

const NAME_COLUMN = 73;
const VSYSCALL = `${"ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0".padEnd(NAME_COLUMN)}[vsyscall]\n`;

/** One line of maps. @linux fs/proc/task_mmu.c show_map_vma */
function mapLine(k: Kernel, mm: MmStruct, vma: Vma): string {
  const { flags } = vma;
  const perms = `${flags & F.VM_READ ? "r" : "-"}${flags & F.VM_WRITE ? "w" : "-"}${flags & F.VM_EXEC ? "x" : "-"}${flags & F.VM_SHARED ? "s" : "p"}`;
  const inode = vma.file?.inode;
  const dev = inode ? inode.sb.dev : 0;
  const offset = vma.file ? vma.pgoff * F.PAGE_SIZE : 0;
  const head = `${hex(vma.start, 8)}-${hex(vma.end, 8)} ${perms} ${hex(offset, 8)} ${hex(major(dev), 2)}:${hex(minor(dev), 2)} ${inode?.ino ?? 0} `;
  const name = vma.file ? dPath(k, vma.file.path).replace(/\n/g, "\\012") : vmaName(mm, vma);
  return name === "" ? `${head}\n` : `${head.padEnd(NAME_COLUMN)}${name}\n`;
}

function maps(k: Kernel, task: Task): string {
  const { mm } = task;
  if (!mm) return "";
  return mm.vmas.map((v) => mapLine(k, mm, v)).join("") + VSYSCALL;
}

/** Pages of an area or of several, in bytes (struct mem_size_stats). */
class Sums {
  rss = 0;
  pss = 0;
  pssDirty = 0;
  pssAnon = 0;
  pssFile = 0;
  pssShmem = 0;
  sharedClean = 0;
  sharedDirty = 0;
  privateClean = 0;
  privateDirty = 0;
  referenced = 0;
  anonymous = 0;
  locked = 0;

  /** Adds the resident pages of an area. @linux fs/proc/task_mmu.c smaps_account */
  add(k: Kernel, mm: MmStruct, vma: Vma): void {
    const { phys } = k.machine;
    const shmem = vma.file?.inode.sb.type === "tmpfs";
    const mapping = vma.file?.inode.mapping ?? null;
    forEachPte(k, mm.pgd, vma.start, vma.end, (index, va) => {
      const pte = phys.u32[index] as number;
      const anon = (pte & PTE_ANON) !== 0;
      // The page cache has a reference of its own to a page of a file.
      const users = Math.max(1, phys.refs(pte >>> 12) - (anon || !vma.file ? 0 : 1));
      const dirty = (pte & PTE_DIRTY) !== 0 || (!anon && mapping !== null && isDirty(mapping, vma.pgoff + (va - vma.start) / F.PAGE_SIZE));
      const share = F.PAGE_SIZE / users;
      this.rss += F.PAGE_SIZE;
      this.pss += share;
      if (dirty) this.pssDirty += share;
      if (anon) {
        this.anonymous += F.PAGE_SIZE;
        this.pssAnon += share;
      } else if (shmem) this.pssShmem += share;
      else this.pssFile += share;
      if (pte & PTE_ACCESSED) this.referenced += F.PAGE_SIZE;
      if (users > 1) {
        if (dirty) this.sharedDirty += F.PAGE_SIZE;
        else this.sharedClean += F.PAGE_SIZE;
      } else if (dirty) this.privateDirty += F.PAGE_SIZE;
      else this.privateClean += F.PAGE_SIZE;
      if (vma.flags & F.VM_LOCKED) this.locked += share;
    });
  }

  /** @linux fs/proc/task_mmu.c __show_smap */
  text(rollup: boolean): string {
    const line = (name: string, bytes: number): string => `${`${name}:`.padEnd(16)}${String(Math.floor(bytes / 1024)).padStart(8)} kB\n`;
    return (
      line("Rss", this.rss) +
      line("Pss", this.pss) +
      line("Pss_Dirty", this.pssDirty) +
      (rollup ? line("Pss_Anon", this.pssAnon) + line("Pss_File", this.pssFile) + line("Pss_Shmem", this.pssShmem) : "") +
      line("Shared_Clean", this.sharedClean) +
      line("Shared_Dirty", this.sharedDirty) +
      line("Private_Clean", this.privateClean) +
      line("Private_Dirty", this.privateDirty) +
      line("Referenced", this.referenced) +
      line("Anonymous", this.anonymous) +
      ["KSM", "LazyFree", "AnonHugePages", "ShmemPmdMapped", "FilePmdMapped", "Shared_Hugetlb", "Private_Hugetlb", "Swap", "SwapPss"]
        .map((n) => line(n, 0))
        .join("") +
      line("Locked", this.locked)
    );
  }
}

/** Was a page of a file written since it was read from where it comes from? What is only in memory always was. */
function isDirty(mapping: AddressSpace, index: number): boolean {
  return mapping.dirty === null || mapping.dirty.has(index);
}

/** Mnemonics of flags. @linux fs/proc/task_mmu.c show_smap_vma_flags */
const mnemonics: readonly [flag: number, name: string][] = [
  [F.VM_READ, "rd"],
  [F.VM_WRITE, "wr"],
  [F.VM_EXEC, "ex"],
  [F.VM_SHARED, "sh"],
  [F.VM_MAYREAD, "mr"],
  [F.VM_MAYWRITE, "mw"],
  [F.VM_MAYEXEC, "me"],
  [F.VM_MAYSHARE, "ms"],
  [F.VM_GROWSDOWN, "gd"],
  [F.VM_PFNMAP, "pf"],
  [F.VM_LOCKED, "lo"],
  [F.VM_IO, "io"],
  [F.VM_SEQ_READ, "sr"],
  [F.VM_RAND_READ, "rr"],
  [F.VM_DONTCOPY, "dc"],
  [F.VM_DONTEXPAND, "de"],
  [F.VM_LOCKONFAULT, "lf"],
  [F.VM_ACCOUNT, "ac"],
  [F.VM_NORESERVE, "nr"],
  [F.VM_WIPEONFORK, "wf"],
  [F.VM_DONTDUMP, "dd"],
];

function smaps(k: Kernel, task: Task): string {
  const { mm } = task;
  if (!mm) return "";
  const line = (name: string, bytes: number): string => `${`${name}:`.padEnd(16)}${String(bytes / 1024).padStart(8)} kB\n`;
  return mm.vmas
    .map((v) => {
      const sums = new Sums();
      sums.add(k, mm, v);
      const flags = mnemonics.map(([flag, name]) => (v.flags & flag ? `${name} ` : "")).join("");
      return (
        mapLine(k, mm, v) +
        line("Size", v.end - v.start) +
        line("KernelPageSize", F.PAGE_SIZE) +
        line("MMUPageSize", F.PAGE_SIZE) +
        sums.text(false) +
        `THPeligible:           0\nVmFlags: ${flags}\n`
      );
    })
    .join("");
}

function smapsRollup(k: Kernel, task: Task): string | number {
  const { mm } = task;
  if (!mm) return -3;
  const sums = new Sums();
  for (const v of mm.vmas) sums.add(k, mm, v);
  const head = `${hex(mm.vmas[0]?.start ?? 0, 8)}-${hex(mm.vmas.at(-1)?.end ?? 0, 8)} ---p 00000000 00:00 0 `;
  return `${head.padEnd(NAME_COLUMN)}[rollup]\n${sums.text(true)}`;
}

/** @linux fs/proc/task_mmu.c show_numa_map */
function numaMaps(k: Kernel, task: Task): string {
  const { mm } = task;
  if (!mm) return "";
  return mm.vmas
    .map((v) => {
      const sums = new Sums();
      sums.add(k, mm, v);
      const pages = sums.rss / F.PAGE_SIZE;
      const name = vmaName(mm, v);
      const what = v.file ? ` file=${dPath(k, v.file.path)}` : name === "[heap]" ? " heap" : name === "[stack]" ? " stack" : "";
      return `${hex(v.start, 8)} default${what}${pages > 0 ? ` ${v.file ? `mapped=${pages}` : `anon=${pages} dirty=${pages}`} N0=${pages} kernelpagesize_kB=4` : ""}\n`;
    })
    .join("");
}

procTask({
  maps: { mode: 0o444, show: maps, inspectOpen: true, ioctl: procmapQuery },
  numa_maps: { mode: 0o444, show: numaMaps, inspectOpen: true },
  smaps: { mode: 0o444, show: smaps, inspectOpen: true },
  smaps_rollup: { mode: 0o444, show: smapsRollup, inspectOpen: true, tgidOnly: false },
});
