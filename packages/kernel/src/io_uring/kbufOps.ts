import { IOU_COMPLETE, type IoKiocb, IoMappedRegion, type IoRingCtx } from "../include/linux/ioUringTypes.ts";
import type { Kernel } from "../kernel.ts";
import { TASK_SIZE } from "../mm/flags.ts";
import { copyFromUser, putUser32 } from "../mm/usercopy.ts";
import { MAX_RW_COUNT } from "../mm/userIov.ts";
import { stateClass } from "../state.ts";
import { E2BIG, EEXIST, EFAULT, EINVAL, ENOENT, EOVERFLOW } from "../uapi/errno.ts";
import {
  IORING_OP_PROVIDE_BUFFERS,
  IORING_OP_REMOVE_BUFFERS,
  SQE_ADDR,
  SQE_BUF_INDEX,
  SQE_FD,
  SQE_FILE_INDEX,
  SQE_LEN,
  SQE_OFF,
  SQE_OP_FLAGS,
} from "../uapi/ioUring.ts";
import { ioReqSetRes, reqSetFail } from "./complete.ts";
import { IoBuffer, IoBufferList, ioBufferGetList, ioPutBl } from "./kbuf.ts";
import { ioCreateRegion, ioPinRegion } from "./memmap.ts";
import type { IoIssueDef, IoOpList } from "./opdef.ts";
import { sqe16, sqe32, sqe64 } from "./rings.ts";

/** How groups of buffers come to be and go (io_uring/kbuf.c). */

/** Ids of buffers have 16 bits. */
const MAX_BIDS_PER_BGID = 65536;
const IOU_PBUF_RING_MMAP = 1;
const IOU_PBUF_RING_INC = 2;
/** sizeof(struct io_uring_buf_reg) and of struct io_uring_buf_status. */
const BUF_REG_SIZE = 40;
const BUF_STATUS_SIZE = 40;

/** struct io_provide_buf */
class IoProvideBuf {
  addr = 0;
  len = 0;
  bgid = 0;
  nbufs = 0;
  bid = 0;
}
stateClass(IoProvideBuf);

/** @linux io_uring/kbuf.c io_provide_buffers_prep */
function provideBuffersPrep(k: Kernel, req: IoKiocb, sqe: number): number {
  if (sqe32(k, sqe, SQE_OP_FLAGS) !== 0 || sqe32(k, sqe, SQE_FILE_INDEX) !== 0) return -EINVAL;
  const p = new IoProvideBuf();
  p.nbufs = sqe32(k, sqe, SQE_FD);
  if (p.nbufs === 0 || p.nbufs > MAX_BIDS_PER_BGID) return -E2BIG;
  p.addr = sqe64(k, sqe, SQE_ADDR);
  p.len = sqe32(k, sqe, SQE_LEN);
  if (p.len === 0) return -EINVAL;
  const size = p.len * p.nbufs;
  if (p.addr + size >= 2 ** 64) return -EOVERFLOW;
  if (p.addr + size > TASK_SIZE) return -EFAULT;
  p.bgid = sqe16(k, sqe, SQE_BUF_INDEX);
  const bid = sqe64(k, sqe, SQE_OFF);
  if (bid > 0xffff) return -E2BIG;
  if (bid + p.nbufs > MAX_BIDS_PER_BGID) return -EINVAL;
  p.bid = bid;
  req.cmd = p;
  return 0;
}

/** A new group in place of an empty one. */
function newList(k: Kernel, ctx: IoRingCtx, bgid: number): IoBufferList {
  const old = ioBufferGetList(ctx, bgid);
  if (old) ioPutBl(k, ctx, old);
  const bl = new IoBufferList(bgid);
  ctx.bufGroups ??= new Map();
  ctx.bufGroups.set(bgid, bl);
  return bl;
}

/** @linux io_uring/kbuf.c io_provide_buffers, io_add_buffers */
function provideBuffers(k: Kernel, req: IoKiocb): number {
  const p = req.cmd as IoProvideBuf;
  const { ctx } = req;
  const bl = ioBufferGetList(ctx, p.bgid) ?? newList(k, ctx, p.bgid);
  let r = 0;
  if (bl.region) r = -EINVAL;
  else if (bl.bufs.length >= MAX_BIDS_PER_BGID) r = -EOVERFLOW;
  else {
    const len = Math.min(p.len, MAX_RW_COUNT);
    const n = Math.min(p.nbufs, MAX_BIDS_PER_BGID - bl.bufs.length);
    for (let i = 0; i < n; i++) bl.bufs.push(new IoBuffer(p.addr + i * p.len, len, p.bid + i));
  }
  if (r < 0) reqSetFail(req);
  ioReqSetRes(req, r, 0);
  return IOU_COMPLETE;
}

/** @linux io_uring/kbuf.c io_remove_buffers_prep */
function removeBuffersPrep(k: Kernel, req: IoKiocb, sqe: number): number {
  if (sqe32(k, sqe, SQE_OP_FLAGS) !== 0 || sqe64(k, sqe, SQE_ADDR) !== 0 || sqe32(k, sqe, SQE_LEN) !== 0) return -EINVAL;
  if (sqe64(k, sqe, SQE_OFF) !== 0 || sqe32(k, sqe, SQE_FILE_INDEX) !== 0) return -EINVAL;
  const p = new IoProvideBuf();
  p.nbufs = sqe32(k, sqe, SQE_FD);
  if (p.nbufs === 0 || p.nbufs > MAX_BIDS_PER_BGID) return -EINVAL;
  p.bgid = sqe16(k, sqe, SQE_BUF_INDEX);
  req.cmd = p;
  return 0;
}

/** @linux io_uring/kbuf.c io_remove_buffers */
function removeBuffers(_k: Kernel, req: IoKiocb): number {
  const p = req.cmd as IoProvideBuf;
  const bl = ioBufferGetList(req.ctx, p.bgid);
  const r = bl === null ? -ENOENT : bl.region ? -EINVAL : bl.bufs.splice(0, p.nbufs).length;
  if (r < 0) reqSetFail(req);
  ioReqSetRes(req, r, 0);
  return IOU_COMPLETE;
}

const raw = new Uint8Array(BUF_REG_SIZE);
const view = new DataView(raw.buffer);
const zeroFrom = (at: number): boolean => raw.subarray(at).every((b) => b === 0);

/** @linux io_uring/kbuf.c io_register_pbuf_ring */
export function ioRegisterPbufRing(k: Kernel, ctx: IoRingCtx, arg: number): number {
  if (copyFromUser(k, arg, raw, 0, BUF_REG_SIZE) !== 0) return -EFAULT;
  if (!zeroFrom(20)) return -EINVAL;
  const addr = view.getUint32(4, true) * 4294967296 + view.getUint32(0, true);
  const entries = view.getUint32(8, true);
  const bgid = view.getUint16(12, true);
  const flags = view.getUint16(14, true);
  if (flags & ~(IOU_PBUF_RING_MMAP | IOU_PBUF_RING_INC)) return -EINVAL;
  const minLeft = view.getUint32(16, true);
  if (minLeft !== 0 && !(flags & IOU_PBUF_RING_INC)) return -EINVAL;
  if (entries === 0 || (entries & (entries - 1)) !== 0) return -EINVAL;
  // Full and empty could not be told apart.
  if (entries >= 65536) return -EINVAL;
  const old = ioBufferGetList(ctx, bgid);
  if (old && (old.region || old.bufs.length > 0)) return -EEXIST;
  const region = new IoMappedRegion();
  const bytes = entries * 16;
  const r = flags & IOU_PBUF_RING_MMAP ? ioCreateRegion(k, ctx, region, bytes) : ioPinRegion(k, ctx, region, addr, bytes);
  if (r < 0) return r;
  const bl = newList(k, ctx, bgid);
  bl.region = region;
  bl.mask = entries - 1;
  bl.incremental = (flags & IOU_PBUF_RING_INC) !== 0;
  bl.minLeft = Math.max(1, minLeft);
  return 0;
}

/** @linux io_uring/kbuf.c io_unregister_pbuf_ring */
export function ioUnregisterPbufRing(k: Kernel, ctx: IoRingCtx, arg: number): number {
  if (copyFromUser(k, arg, raw, 0, BUF_REG_SIZE) !== 0) return -EFAULT;
  if (view.getUint16(14, true) !== 0 || !zeroFrom(16)) return -EINVAL;
  const bl = ioBufferGetList(ctx, view.getUint16(12, true));
  if (!bl) return -ENOENT;
  if (!bl.region) return -EINVAL;
  ioPutBl(k, ctx, bl);
  return 0;
}

/** How far the ring of a group is used. @linux io_uring/kbuf.c io_register_pbuf_status */
export function ioRegisterPbufStatus(k: Kernel, ctx: IoRingCtx, arg: number): number {
  if (copyFromUser(k, arg, raw, 0, BUF_STATUS_SIZE) !== 0) return -EFAULT;
  if (!zeroFrom(8)) return -EINVAL;
  const bl = ioBufferGetList(ctx, view.getUint32(0, true));
  if (!bl) return -ENOENT;
  if (!bl.region) return -EINVAL;
  return putUser32(k, arg + 4, bl.head) !== 0 ? -EFAULT : 0;
}

const provide: IoIssueDef = { iopoll: true, prep: provideBuffersPrep, issue: provideBuffers };
const remove: IoIssueDef = { iopoll: true, prep: removeBuffersPrep, issue: removeBuffers };

export const kbufOps: IoOpList = [
  [IORING_OP_PROVIDE_BUFFERS, provide],
  [IORING_OP_REMOVE_BUFFERS, remove],
];
