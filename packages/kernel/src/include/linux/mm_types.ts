import type { Kioctx } from "../../fs/aioRing.ts";
import { stateClass } from "../../state.ts";
import type { File } from "./fs.ts";

/** What a special mapping does on a fault (stack guard, vdso, device memory …); static tables. */
export interface VmOperations {
  /** Name for /proc/PID/maps, e.g. "[vdso]". */
  name?: string;
  /** The frame (with a reference taken) for the page at `pgoff`, or -errno (→ SIGBUS). Default: the file's page cache, or a zero page. */
  fault?(k: import("../../kernel.ts").Kernel, vma: Vma, pgoff: number, write: boolean): number;
  /** One more area of the mapping: made, split off, or inherited. */
  open?(k: import("../../kernel.ts").Kernel, vma: Vma): void;
  close?(k: import("../../kernel.ts").Kernel, vma: Vma): void;
}

/** struct vm_area_struct: [start, end) in bytes, page-aligned. */
export class Vma {
  start: number;
  end: number;
  /** VM_* flags (mm/mm.ts). */
  flags: number;
  /** Mapped file (holds a reference) and offset of `start` in it, in pages. */
  file: File | null = null;
  pgoff = 0;
  ops: VmOperations | null = null;
  /** The address space it belongs to, once inserted. */
  mm: MmStruct | null = null;
  /** Name given with PR_SET_VMA_ANON_NAME. */
  name: string | null = null;
  /** Areas whose written pages came over fork are told apart by this, and merge with no other (struct anon_vma); 0 = not so. */
  anon = 0;
  /** Where a mapping begins in what the kernel shares of its own (io_uring's rings), in bytes. */
  regionOff = 0;
  /** Memory policy of the area (see mm/mempolicy), 0 = its task's. */
  policy = 0;
  constructor(start: number, end: number, flags: number) {
    this.start = start;
    this.end = end;
    this.flags = flags;
  }
}

/** struct mm_struct: an address space. */
export class MmStruct {
  /** Tasks that share it. */
  users = 1;
  /** Frame of the top-level page table, and the tag of this address space's code lookups. */
  pgd = 0;
  asid = 0;
  /** Sorted by start, not overlapping. */
  vmas: Vma[] = [];
  startCode = 0;
  endCode = 0;
  startData = 0;
  endData = 0;
  startBrk = 0;
  brk = 0;
  startStack = 0;
  argStart = 0;
  argEnd = 0;
  envStart = 0;
  envEnd = 0;
  mmapBase = 0;
  /** Pages mapped in all (total_vm), locked, and resident by kind. */
  totalVm = 0;
  lockedVm = 0;
  rssAnon = 0;
  rssFile = 0;
  rssShmem = 0;
  maxRss = 0;
  /** Frames of page tables below the top one. */
  pgtables = 0;
  exeFile: File | null = null;
  auxv: number[] = [];
  /** Flags of mlockall(MCL_FUTURE) for new mappings. */
  defFlags = 0;
  dumpable = 1;
  vdso = 0;
  /** Contexts of asynchronous I/O (ioctx_table). */
  aio: Kioctx[] = [];
  /** Registrations made with membarrier. */
  membarrier = 0;
}

stateClass(Vma, MmStruct);
