import type { IoKiocb, IoRingCtx } from "../include/linux/ioUringTypes.ts";
import type { Kernel } from "../kernel.ts";
import { ENOBUFS } from "../uapi/errno.ts";

/** Buffers that a request chooses from a group when it needs one (io_uring/kbuf.c). */

/** Chooses a buffer of the request's group (req.bufIndex): sets req.addr and cuts req.len to it. 0 or -ENOBUFS. @linux io_uring/kbuf.c io_buffer_select */
export function ioBufferSelect(_k: Kernel, _req: IoKiocb, _flags: number): number {
  return -ENOBUFS;
}

/** The buffer that the request has chosen is used up to so many bytes. @returns flags of the CQE @linux io_uring/kbuf.h io_put_kbuf */
export function ioPutKbuf(_k: Kernel, _req: IoKiocb, _len: number): number {
  return 0;
}

/** The ring is freed: so are its groups. @linux io_uring/kbuf.c io_destroy_buffers */
export function ioDestroyBuffers(_k: Kernel, ctx: IoRingCtx): void {
  ctx.bufGroups = null;
}
