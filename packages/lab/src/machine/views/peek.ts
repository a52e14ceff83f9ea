import type { MmStruct } from "@lstar/kernel/include/linux/mm_types.ts";
import type { Kernel } from "@lstar/kernel/kernel.ts";
import { PTE_PRESENT, pteIndex } from "@lstar/kernel/mm/pageTable.ts";

const PAGE = 4096;

/** Physical address behind a user address, -1 if no page is there now. Changes nothing: no fault, no accessed bit. */
export function physicalOf(k: Kernel, mm: MmStruct, address: number): number {
  if (!(address >= 0 && address < 0x800000000000)) return -1;
  const index = pteIndex(k, mm.pgd, address, false);
  const pte = index === 0 ? 0 : (k.machine.phys.u32[index] as number);
  return pte & PTE_PRESENT ? (pte >>> 12) * PAGE + (address % PAGE) : -1;
}

/** Bytes of a task's memory up to the first page that is not there. */
export function peek(k: Kernel, mm: MmStruct | null, address: number, length: number): Uint8Array {
  const out = new Uint8Array(Math.min(length, 65536));
  let done = 0;
  while (mm && done < out.length) {
    const pa = physicalOf(k, mm, address + done);
    if (pa < 0) break;
    const n = Math.min(out.length - done, PAGE - (pa % PAGE));
    out.set(k.machine.phys.u8.subarray(pa, pa + n), done);
    done += n;
  }
  return out.subarray(0, done);
}

/** A number as 16 hexadecimal digits from its halves. */
export function hex64(lo: number, hi: number): string {
  return (hi >>> 0).toString(16).padStart(8, "0") + (lo >>> 0).toString(16).padStart(8, "0");
}

/** The 64-bit word at an offset as 16 hexadecimal digits, little endian; "" beyond the end. */
export function hexAt(bytes: Uint8Array, at: number): string {
  if (at + 8 > bytes.length) return "";
  let text = "";
  for (let i = 7; i >= 0; i--) text += (bytes[at + i] as number).toString(16).padStart(2, "0");
  return text;
}
