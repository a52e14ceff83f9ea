import type { File } from "../include/linux/fs.ts";
import type { IoMappedRegion, IoRingCtx } from "../include/linux/ioUringTypes.ts";
import type { Vma, VmOperations } from "../include/linux/mm_types.ts";
import type { Kernel } from "../kernel.ts";
import { allocZeroedPage } from "../mm/pageAlloc.ts";
import { accountMem, pinUserPages, unaccountMem, unpinUserPages } from "../mm/pin.ts";
import { stateTable } from "../state.ts";
import { EFAULT, EINVAL, ENOMEM } from "../uapi/errno.ts";
import {
  IORING_MAP_OFF_PARAM_REGION,
  IORING_OFF_CQ_RING,
  IORING_OFF_MMAP_MASK,
  IORING_OFF_PBUF_RING,
  IORING_OFF_PBUF_SHIFT,
  IORING_OFF_SQ_RING,
  IORING_OFF_SQES,
} from "../uapi/ioUring.ts";
import { ioPbufRegion } from "./kbufRegion.ts";

/** Memory that the kernel shares with a program: a ring's, and that of provided buffers. */

/** Gets so many bytes, zeroed. 0 or -ENOMEM. @linux io_uring/memmap.c io_create_region */
export function ioCreateRegion(k: Kernel, ctx: IoRingCtx, r: IoMappedRegion, bytes: number): number {
  const pages = Math.ceil(bytes / 4096);
  if (accountMem(k, ctx.uid, pages) !== 0) return -ENOMEM;
  for (let i = 0; i < pages; i++) {
    const frame = allocZeroedPage(k);
    if (frame === 0) {
      ioFreeRegion(k, ctx, r, pages);
      return -ENOMEM;
    }
    r.frames.push(frame);
  }
  return 0;
}

/** The same in pages that the program has at `addr`. 0, -EFAULT, -ENOMEM or -EINVAL. @linux io_uring/memmap.c io_region_pin_pages */
export function ioPinRegion(k: Kernel, ctx: IoRingCtx, r: IoMappedRegion, addr: number, bytes: number): number {
  const pages = Math.ceil(bytes / 4096);
  if (addr === 0) return -EFAULT;
  if (addr % 4096 !== 0) return -EINVAL;
  if (accountMem(k, ctx.uid, pages) !== 0) return -ENOMEM;
  const frames = pinUserPages(k, addr, pages);
  if (typeof frames === "number") {
    unaccountMem(k, ctx.uid, pages);
    return frames;
  }
  r.frames = frames;
  r.user = true;
  return 0;
}

/** @linux io_uring/memmap.c io_free_region */
export function ioFreeRegion(k: Kernel, ctx: IoRingCtx, r: IoMappedRegion, accounted = r.frames.length): void {
  if (r.user) unpinUserPages(k, r.frames);
  else for (const frame of r.frames) k.machine.phys.put(frame);
  unaccountMem(k, ctx.uid, accounted);
  r.frames = [];
  r.user = false;
}

/** The region that an offset of mmap stands for; null if there is none. @linux io_uring/memmap.c io_mmap_get_region */
function regionAt(ctx: IoRingCtx, off: number): IoMappedRegion | null {
  switch ((off & IORING_OFF_MMAP_MASK) >>> 0) {
    case IORING_OFF_SQ_RING:
    case IORING_OFF_CQ_RING:
      return ctx.rings;
    case IORING_OFF_SQES:
      return ctx.sqes;
    case IORING_MAP_OFF_PARAM_REGION:
      return ctx.paramRegion;
    case IORING_OFF_PBUF_RING:
      return ioPbufRegion(ctx, ((off & ~IORING_OFF_MMAP_MASK) >>> 0) >>> IORING_OFF_PBUF_SHIFT);
    default:
      return null;
  }
}

/** A page of the region: they begin at the area's start, so an area that was split keeps its place by its offset. */
const ioUringVmOps: VmOperations = stateTable("io_uring_vm_ops", {
  fault(k: Kernel, vma: Vma, pgoff: number): number {
    const file = vma.file as File;
    const base = regionAt(file.priv as IoRingCtx, vma.regionOff);
    const frame = base?.frames[pgoff - vma.regionOff / 4096];
    if (frame === undefined) return -EFAULT;
    k.machine.phys.get(frame);
    return frame;
  },
});

/** @linux io_uring/memmap.c io_uring_mmap */
export function ioUringMmap(_k: Kernel, file: File, vma: Vma): number {
  const ctx = file.priv as IoRingCtx;
  const off = vma.pgoff * 4096;
  const r = off > 0xffffffff ? null : regionAt(ctx, off);
  // No place in the address space is found for what is not there.
  if (!r || r.frames.length === 0 || r.user) return -ENOMEM;
  const pages = (vma.end - vma.start) / 4096;
  // The rings may be mapped in part, as was done when they were two.
  const rings = r === ctx.rings;
  if (!rings && r.frames.length > pages) return -EFAULT;
  vma.ops = ioUringVmOps;
  vma.regionOff = off;
  return 0;
}
