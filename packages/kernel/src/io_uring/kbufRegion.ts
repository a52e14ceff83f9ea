import type { IoMappedRegion, IoRingCtx } from "../include/linux/ioUringTypes.ts";

/** A group of provided buffers whose ring is in memory that the kernel has made (IOU_PBUF_RING_MMAP). */
export interface IoBufferGroup {
  region: IoMappedRegion | null;
}

/** The memory of a group's ring; null if it has none of the kernel's. @linux io_uring/kbuf.c io_pbuf_get_region */
export function ioPbufRegion(ctx: IoRingCtx, bgid: number): IoMappedRegion | null {
  const group = ctx.bufGroups?.get(bgid) as IoBufferGroup | undefined;
  return group?.region ?? null;
}
