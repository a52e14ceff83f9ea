import { ASID, CPU_CONTEXT_END, CPU_CONTEXT_START, CR3, FRAME_FLAGS, FRAME_SNAPSHOT, PAGE_SIZE } from "./layout.ts";
import type { Machine } from "./machine.ts";
import { FIRST_FRAME, type FrameAllocation } from "./mmu/physical.ts";

/** A frame's contents in a snapshot; images share what did not change between them. */
export type Page = Uint8Array<ArrayBuffer>;

/** What a frame of zeros is in every image. */
const ZERO_PAGE: Page = new Uint8Array(PAGE_SIZE);

/** A machine at one moment: registers, the allocation of frames, and the contents of those in use. */
export interface MachineImage {
  registers: Uint8Array;
  /** The address space that is active. */
  cr3: number;
  asid: number;
  allocation: FrameAllocation;
  /** By frame number - FIRST_FRAME; null where no frame is in use. */
  pages: (Page | null)[];
  retired: number;
  tscBase: number;
  tscPerInsn: number;
}

/**
 * Copies the machine's state in time proportional to what was written since `base` was captured or
 * restored (everything, if that is not the latest). `alwaysWritten` are frames that change without
 * notice: page tables, whose accessed and dirty bits the processor sets.
 */
export function captureMachine(machine: Machine, alwaysWritten: Iterable<number>): MachineImage {
  const { phys } = machine;
  for (const frame of alwaysWritten) phys.u8[FRAME_FLAGS + frame]! &= ~FRAME_SNAPSHOT;
  const base = machine.latestImage;
  const allocation = phys.allocation();
  const pages = new Array<Page | null>(allocation.refs.length);
  for (let i = 0; i < pages.length; i++) {
    const frame = FIRST_FRAME + i;
    if (allocation.refs[i] === 0) pages[i] = null;
    else if (base && phys.u8[FRAME_FLAGS + frame]! & FRAME_SNAPSHOT) pages[i] = base.pages[i]!;
    else {
      pages[i] = copyOf(phys.u8, frame);
      phys.u8[FRAME_FLAGS + frame]! |= FRAME_SNAPSHOT;
    }
  }
  // Write permissions in the TLB would let writes pass unseen.
  machine.flushTlb();
  const image: MachineImage = {
    registers: phys.u8.slice(CPU_CONTEXT_START, CPU_CONTEXT_END),
    cr3: phys.u32[CR3 >> 2]!,
    asid: phys.u32[ASID >> 2]!,
    allocation,
    pages,
    retired: machine.totalRetired,
    tscBase: machine.tscBase,
    tscPerInsn: machine.tscPerInsn,
  };
  machine.latestImage = image;
  return image;
}

function copyOf(memory: Uint8Array<ArrayBuffer>, frame: number): Page {
  const at = frame * PAGE_SIZE;
  const words = new Uint32Array(memory.buffer, at, PAGE_SIZE / 4);
  for (let i = 0; i < words.length; i++) if (words[i] !== 0) return memory.slice(at, at + PAGE_SIZE);
  return ZERO_PAGE;
}

/**
 * Puts a machine into the state of an image, which may be another machine's. Frames whose contents are
 * those of the image are left alone; `alwaysWritten` are frames of the present state that have changed without notice.
 * @returns false if the machine's memory limit is too small for it (nothing has changed then)
 */
export function restoreMachine(machine: Machine, image: MachineImage, alwaysWritten: Iterable<number> = []): boolean {
  const { phys } = machine;
  for (const frame of alwaysWritten) phys.u8[FRAME_FLAGS + frame]! &= ~FRAME_SNAPSHOT;
  const base = machine.latestImage;
  if (image.allocation.used > phys.limitFrames || !phys.setAllocation(image.allocation)) return false;
  const { u8 } = phys;
  for (let i = 0; i < image.pages.length; i++) {
    const page = image.pages[i];
    const frame = FIRST_FRAME + i;
    if (!page) {
      if (u8[FRAME_FLAGS + frame]! !== 0) phys.willWrite(frame);
      continue;
    }
    if (base && u8[FRAME_FLAGS + frame]! & FRAME_SNAPSHOT && base.pages[i] === page) continue;
    phys.willWrite(frame);
    u8.set(page, frame * PAGE_SIZE);
    u8[FRAME_FLAGS + frame]! |= FRAME_SNAPSHOT;
  }
  // Frames beyond the image's are free now.
  for (let frame = FIRST_FRAME + image.pages.length; base && frame < FIRST_FRAME + base.pages.length; frame++) phys.willWrite(frame);
  u8.set(image.registers, CPU_CONTEXT_START);
  machine.setAddressSpace(image.cr3 / PAGE_SIZE, image.asid);
  machine.totalRetired = image.retired;
  machine.tscBase = image.tscBase;
  machine.tscPerInsn = image.tscPerInsn;
  machine.flushTlb();
  machine.latestImage = image;
  return true;
}

/** Bytes that an image holds and another one does not share with it. */
export function imageBytesBeyond(image: MachineImage, other: MachineImage | null): number {
  let pages = 0;
  image.pages.forEach((page, i) => {
    if (page && page !== ZERO_PAGE && page !== other?.pages[i]) pages++;
  });
  return pages * PAGE_SIZE + image.pages.length * 12;
}
