import type { Kernel } from "@lstar/kernel/kernel.ts";
import { PAGE_SIZE } from "@lstar/machine/layout.ts";
import type { Codec } from "../file/codec.ts";

type Crc = Codec["crc32"];

const small = new Float64Array(4);
const smallBytes = new Uint8Array(small.buffer);

/**
 * A number that tells two states of a processor apart: all registers as a program sees them, the task that runs,
 * and the page the stack pointer is in. Where slices end has no influence on it, nor which engine ran.
 */
export function processorHash(k: Kernel, crc: Crc): number {
  const { cpu, phys } = k.machine;
  const bytes = cpu.bytes;
  // Between the general registers and the segment bases lie temporaries and lazy flags.
  let h = crc(bytes.subarray(0, GENERAL_END));
  h = crc(bytes.subarray(SEGMENTS, bytes.length), h);
  small[0] = cpu.rip;
  small[1] = cpu.rflags;
  small[2] = k.cpuTask?.pid ?? 0;
  small[3] = k.time.nowNs;
  h = crc(smallBytes, h);
  const frame = k.cpuTask?.mm ? stackFrame(k) : 0;
  return frame === 0 ? h : crc(phys.u8.subarray(frame * PAGE_SIZE, (frame + 1) * PAGE_SIZE), h);
}

/** Offsets in a context's bytes, which begin with the general registers. */
const GENERAL_END = 0x80;
const SEGMENTS = 0x100;
const RSP = 4;

/** The frame of the page that the stack pointer is in; 0 = there is none. */
function stackFrame(k: Kernel): number {
  const { u32 } = k.machine.phys;
  const rsp = k.machine.cpu.get(RSP);
  const pgd = k.cpuTask?.mm?.pgd ?? 0;
  if (!(rsp < 2 ** 47) || pgd === 0) return 0;
  let table = pgd;
  for (const unit of [2 ** 39, 2 ** 30, 2 ** 21, 2 ** 12]) {
    const entry = u32[table * 1024 + (Math.floor(rsp / unit) % 512) * 2] as number;
    if (!(entry & 1)) return 0;
    table = entry >>> 12;
  }
  return table;
}

/** All memory that is in use, with the number of references to each frame. */
export function memoryHash(k: Kernel, crc: Crc): number {
  const { phys } = k.machine;
  const { refs, next } = phys.allocation();
  // Frames that were never handed out, or to those who only watch, do not count.
  let used = refs.length;
  while (used > 0 && refs[used - 1] === 0) used--;
  let h = crc(new Uint8Array(refs.buffer, refs.byteOffset, used * refs.BYTES_PER_ELEMENT));
  const first = next - refs.length;
  for (let i = 0; i < refs.length; i++) {
    if (refs[i] === 0) continue;
    let end = i + 1;
    while (end < refs.length && refs[end] !== 0) end++;
    h = crc(phys.u8.subarray((first + i) * PAGE_SIZE, (first + end) * PAGE_SIZE), h);
    i = end;
  }
  return h;
}
