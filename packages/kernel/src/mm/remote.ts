import type { MmStruct } from "../include/linux/mm_types.ts";
import type { Kernel } from "../kernel.ts";
import { COPY_FROM_USER, COPY_TO_USER, countCopy } from "../trace/copies.ts";
import { PAGE_SIZE, pageDown, VM_EXEC, VM_READ, VM_SHARED, VM_WRITE } from "./flags.ts";
import { faultPage } from "./memory.ts";
import { PTE_ANON, PTE_PRESENT, PTE_WRITE, pteIndex } from "./pageTable.ts";
import { vmaAt } from "./vma.ts";

/** Frame of a page of another address space, faulted in if need be; 0 if it cannot be had. `force` ignores the area's protection. */
function remoteFrame(k: Kernel, mm: MmStruct, va: number, write: boolean, force: boolean): number {
  const { phys } = k.machine;
  const vma = vmaAt(mm, va);
  if (!vma) return 0;
  if (write) {
    // Protection of a shared mapping holds even for a debugger.
    if (!(vma.flags & VM_WRITE) && (!force || vma.flags & VM_SHARED)) return 0;
  } else if (!(vma.flags & (VM_READ | VM_WRITE | VM_EXEC)) && !force) return 0;
  const forced = write && !(vma.flags & VM_WRITE);
  for (let tries = 0; tries < 3; tries++) {
    const index = pteIndex(k, mm.pgd, va, false);
    const pte = index === 0 ? 0 : (phys.u32[index] as number);
    if (pte & PTE_PRESENT) {
      const frame = pte >>> 12;
      if (!write || pte & PTE_WRITE) {
        // The process itself may not write here, now or later.
        if (forced) withdrawWrite(k, index, va);
        return frame;
      }
      // Its own copy already, read-only.
      if (forced && pte & PTE_ANON && phys.refs(frame) === 1) return frame;
    }
    if (faultPage(k, mm, vma, va, write) < 0) return 0;
  }
  return 0;
}

function withdrawWrite(k: Kernel, index: number, va: number): void {
  const { u32 } = k.machine.phys;
  u32[index] = ((u32[index] as number) & ~PTE_WRITE) >>> 0;
  k.machine.flushTlbPage(va);
}

/**
 * Reads or writes memory of another process, as far as it is accessible.
 * @returns bytes moved @linux mm/memory.c access_remote_vm
 */
export function accessRemoteVm(k: Kernel, mm: MmStruct, address: number, buffer: Uint8Array, write: boolean, force = false): number {
  const done = accessRemoteVmUncounted(k, mm, address, buffer, write, force);
  countCopy(k, write ? COPY_TO_USER : COPY_FROM_USER, done);
  return done;
}

/** The same for a debugger outside of the machine, whose copies are none of the machine's. */
export function accessRemoteVmUncounted(
  k: Kernel,
  mm: MmStruct,
  address: number,
  buffer: Uint8Array,
  write: boolean,
  force: boolean,
): number {
  const { phys } = k.machine;
  let done = 0;
  while (done < buffer.length) {
    const va = address + done;
    const page = pageDown(va);
    const frame = remoteFrame(k, mm, page, write, force);
    if (frame === 0) break;
    const at = frame * PAGE_SIZE + (va - page);
    const n = Math.min(buffer.length - done, PAGE_SIZE - (va - page));
    if (write) {
      phys.willWrite(frame);
      phys.u8.set(buffer.subarray(done, done + n), at);
    } else buffer.set(phys.u8.subarray(at, at + n), done);
    done += n;
  }
  return done;
}
