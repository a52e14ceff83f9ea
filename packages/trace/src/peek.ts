import type { Kernel } from "@lstar/kernel";
import type { Task } from "@lstar/kernel/include/linux/sched.ts";
import { VM_READ } from "@lstar/kernel/mm/flags.ts";
import { vmaAt } from "@lstar/kernel/mm/vma.ts";

/** Memory of a task without changing anything: as many bytes as can be read. */
export function peek(k: Kernel, task: Task, address: number, length: number): Uint8Array {
  const out = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const pa = task.mm ? walkPeek(k, task.mm.pgd, address + done) : -1;
    const run = Math.min(length - done, 4096 - ((address + done) % 4096));
    if (pa >= 0) out.set(k.machine.phys.u8.subarray(pa, pa + run), done);
    else if (!peekAbsent(k, task, address + done, out.subarray(done, done + run))) break;
    done += run;
  }
  return out.subarray(0, done);
}

/**
 * A page that the program has mapped but not touched yet: what a fault would bring, without the
 * fault. False where there is nothing.
 */
function peekAbsent(k: Kernel, task: Task, address: number, out: Uint8Array): boolean {
  const vma = task.mm && vmaAt(task.mm, address);
  if (!vma || vma.ops || (vma.flags & VM_READ) === 0) return false;
  out.fill(0);
  const mapping = vma.file?.inode.mapping;
  if (!vma.file) return true;
  if (!mapping) return false;
  const index = vma.pgoff + Math.floor((address - vma.start) / 4096);
  if (index * 4096 >= mapping.host.size) return false;
  const { phys } = k.machine;
  const offset = address % 4096;
  const cached = mapping.pages.get(index);
  if (cached !== undefined || mapping.ops.readPage) {
    const frame = cached ?? phys.alloc();
    if (frame === 0) return false;
    const ok = cached !== undefined || watch(k, () => mapping.ops.readPage?.(k, mapping, index, frame) === 0);
    if (ok) out.set(phys.u8.subarray(frame * 4096 + offset, frame * 4096 + offset + out.length));
    if (cached === undefined) phys.put(frame);
    return ok;
  }
  return true;
}

/** Looks at something without its being a part of the run. */
function watch<T>(k: Kernel, look: () => T): T {
  const { host } = k;
  k.host = host.watcher ?? host;
  try {
    return look();
  } finally {
    k.host = host;
  }
}

/** Physical address by page tables alone, without setting accessed bits; -1 if the page is absent. */
function walkPeek(k: Kernel, pgd: number, va: number): number {
  if (!(va >= 0 && va < 0x800000000000)) return -1;
  const { u32 } = k.machine.phys;
  const page = Math.floor(va / 4096);
  let table = pgd;
  for (const shift of [2 ** 27, 2 ** 18, 2 ** 9, 1]) {
    const entry = u32[table * 1024 + (Math.floor(page / shift) % 512) * 2]!;
    if (!(entry & 1)) return -1;
    table = entry >>> 12;
  }
  return table * 4096 + (va % 4096);
}
