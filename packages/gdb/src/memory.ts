import type { MmStruct } from "@lstar/kernel/include/linux/mm_types.ts";
import type { Task } from "@lstar/kernel/include/linux/sched.ts";
import type { Kernel } from "@lstar/kernel/kernel.ts";
import { PTE_PRESENT, pteIndex } from "@lstar/kernel/mm/pageTable.ts";
import { accessRemoteVmUncounted } from "@lstar/kernel/mm/remote.ts";
import { peek } from "@lstar/trace/peek.ts";

const PAGE = 4096;

/** Physical address behind a user address, -1 if no page is there now. Changes nothing. */
export function physicalOf(k: Kernel, mm: MmStruct, address: number): number {
  if (!(address >= 0 && address < 0x7ffffffff000)) return -1;
  const index = pteIndex(k, mm.pgd, address, false);
  const pte = index === 0 ? 0 : (k.machine.phys.u32[index] as number);
  return pte & PTE_PRESENT ? (pte >>> 12) * PAGE + (address % PAGE) : -1;
}

/**
 * Bytes of a task's memory up to the first address that is not mapped. With `bringIn`, pages that are not there and
 * cannot be told otherwise are brought in, as ptrace does; without, nothing changes.
 */
export function readMemory(k: Kernel, task: Task, address: number, length: number, bringIn: boolean): Uint8Array {
  const { mm } = task;
  if (!mm || !(address >= 0 && address < 0x7ffffffff000)) return new Uint8Array(0);
  const out = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const va = address + done;
    const n = Math.min(length - done, PAGE - (va % PAGE));
    const seen = peek(k, task, va, n);
    if (seen.length === n) out.set(seen, done);
    else if (!bringIn || accessRemoteVmUncounted(k, mm, va, out.subarray(done, done + n), false, true) !== n) break;
    done += n;
  }
  return out.subarray(0, done);
}

/** Writes a process's memory, read-only pages included. @returns bytes written */
export function writeMemory(k: Kernel, mm: MmStruct, address: number, bytes: Uint8Array): number {
  if (!(address >= 0 && address + bytes.length <= 0x7ffffffff000)) return 0;
  return accessRemoteVmUncounted(k, mm, address, bytes, true, true);
}
