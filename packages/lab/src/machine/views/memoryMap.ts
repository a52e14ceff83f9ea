import { vmaName } from "@lstar/kernel/fs/proc/vm.ts";
import type { Task } from "@lstar/kernel/include/linux/sched.ts";
import type { Kernel } from "@lstar/kernel/kernel.ts";
import { VM_EXEC, VM_READ, VM_SHARED, VM_WRITE } from "@lstar/kernel/mm/flags.ts";
import { forEachPte, PTE_ACCESSED, PTE_ANON, PTE_DIRTY, PTE_SPECIAL, PTE_WRITE } from "@lstar/kernel/mm/pageTable.ts";
import type { VmaView } from "../../protocol.ts";
import { filePath } from "../queueNames.ts";

/** A page that is mapped: which frame, and who else has it. */
export interface PageView {
  readonly address: number;
  readonly frame: number;
  /** References to the frame, page cache included. */
  readonly refs: number;
  readonly writable: boolean;
  /** Written to, it would be copied first: the area may be written, the page table says no. */
  readonly copyOnWrite: boolean;
  readonly zero: boolean;
  readonly accessed: boolean;
  readonly dirty: boolean;
}

export interface VmaDetails extends VmaView {
  readonly pages: readonly PageView[];
}

const MAX_VMAS = 200;
const MAX_PAGES = 600;

/** The areas of a task's memory with the pages that are present. */
export function vmasView(k: Kernel, task: Task): VmaDetails[] {
  const { mm } = task;
  if (!mm) return [];
  const { phys } = k.machine;
  let shown = 0;
  return mm.vmas.slice(0, MAX_VMAS).map((vma) => {
    const { flags } = vma;
    const pages: PageView[] = [];
    let present = 0;
    forEachPte(k, mm.pgd, vma.start, vma.end, (index, address) => {
      present++;
      if (++shown > MAX_PAGES) return;
      const pte = phys.u32[index] as number;
      const frame = pte >>> 12;
      const writable = (pte & PTE_WRITE) !== 0;
      pages.push({
        address,
        frame,
        refs: phys.refs(frame),
        writable,
        copyOnWrite: !writable && (flags & VM_WRITE) !== 0 && (flags & VM_SHARED) === 0 && (pte & PTE_ANON) !== 0,
        zero: (pte & PTE_SPECIAL) !== 0,
        accessed: (pte & PTE_ACCESSED) !== 0,
        dirty: (pte & PTE_DIRTY) !== 0,
      });
    });
    return {
      start: vma.start,
      end: vma.end,
      flags: `${flags & VM_READ ? "r" : "-"}${flags & VM_WRITE ? "w" : "-"}${flags & VM_EXEC ? "x" : "-"}${flags & VM_SHARED ? "s" : "p"}`,
      offset: vma.file ? vma.pgoff * 4096 : 0,
      name: vma.file ? filePath(k, vma.file) : vmaName(mm, vma),
      present,
      pages,
    };
  });
}
