import { type IoRingCtx, IoRsrcData } from "../include/linux/ioUringTypes.ts";
import type { Kernel } from "../kernel.ts";
import { copyFromUser } from "../mm/usercopy.ts";
import { EBUSY, EEXIST, EFAULT, EINVAL, ENXIO, EOVERFLOW } from "../uapi/errno.ts";
import { ioUringFile } from "./enter.ts";
import { ioRsrcDataFree, ioRsrcNodeAlloc } from "./rsrc.ts";

/** Registered buffers of another ring (io_uring/rsrc.c). */

const IORING_REGISTER_SRC_REGISTERED = 1;
const IORING_REGISTER_DST_REPLACE = 2;
const MAX_REG_BUFFERS = 1 << 14;
/** sizeof(struct io_uring_clone_buffers) */
const SIZE = 32;

/** @linux io_uring/rsrc.c io_register_clone_buffers */
export function ioRegisterCloneBuffers(k: Kernel, ctx: IoRingCtx, arg: number): number {
  const raw = new Uint8Array(SIZE);
  if (copyFromUser(k, arg, raw, 0, SIZE) !== 0) return -EFAULT;
  const v = new DataView(raw.buffer);
  const flags = v.getUint32(4, true);
  if ((flags & ~(IORING_REGISTER_SRC_REGISTERED | IORING_REGISTER_DST_REPLACE)) !== 0) return -EINVAL;
  const replace = (flags & IORING_REGISTER_DST_REPLACE) !== 0;
  if (ctx.bufs && !replace) return -EBUSY;
  if (raw.subarray(20).some((b) => b !== 0)) return -EINVAL;
  const file = ioUringFile(k, v.getInt32(0, true), (flags & IORING_REGISTER_SRC_REGISTERED) !== 0);
  if (typeof file === "number") return file;
  const source = file.priv as IoRingCtx;
  if (source !== ctx && source.submitter && source.submitter !== k.current) return -EEXIST;
  return cloneBuffers(k, ctx, source, v.getUint32(8, true), v.getUint32(12, true), v.getUint32(16, true));
}

/** @linux io_uring/rsrc.c io_clone_buffers */
function cloneBuffers(k: Kernel, ctx: IoRingCtx, source: IoRingCtx, srcOff: number, dstOff: number, count: number): number {
  // Both are accounted to the same user.
  if (ctx.uid !== source.uid) return -EINVAL;
  if (count === 0 && (dstOff !== 0 || srcOff !== 0)) return -EINVAL;
  const from = source.bufs?.nodes;
  if (!from) return -ENXIO;
  const nr = count === 0 ? from.length : count;
  if (nr > from.length || nr > MAX_REG_BUFFERS) return -EINVAL;
  if (nr + srcOff > from.length) return -EOVERFLOW;
  if (nr + dstOff > 0xffffffff) return -EOVERFLOW;
  if (nr + dstOff > MAX_REG_BUFFERS) return -EINVAL;
  const old = ctx.bufs?.nodes ?? [];
  const data = new IoRsrcData(Math.max(nr + dstOff, old.length));
  for (const [i, node] of old.entries()) {
    if (!node || (i >= dstOff && i < dstOff + nr)) continue;
    node.refs++;
    data.nodes[i] = node;
  }
  for (let i = 0; i < nr; i++) {
    const buf = from[srcOff + i]?.buf;
    if (!buf) continue;
    const node = ioRsrcNodeAlloc(0, 0);
    buf.refs++;
    node.buf = buf;
    data.nodes[dstOff + i] = node;
  }
  // The table goes; what has been taken over from it stays.
  if (ctx.bufs) ioRsrcDataFree(k, ctx, ctx.bufs);
  ctx.bufs = data;
  return 0;
}
