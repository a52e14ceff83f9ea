import {
  IO_URING_F_IOWQ,
  type IoKiocb,
  type IoMappedRegion,
  type IoRingCtx,
  REQ_F_BL_EMPTY,
  REQ_F_BL_NO_RECYCLE,
  REQ_F_BUF_MORE,
  REQ_F_BUFFER_RING,
  REQ_F_BUFFER_SELECT,
  REQ_F_BUFFER_SELECTED,
  REQ_F_BUFFERS_COMMIT,
} from "../include/linux/ioUringTypes.ts";
import type { Kernel } from "../kernel.ts";
import { stateClass } from "../state.ts";
import { ENOBUFS, ENOENT } from "../uapi/errno.ts";
import { IORING_CQE_BUFFER_SHIFT, IORING_CQE_F_BUF_MORE, IORING_CQE_F_BUFFER } from "../uapi/ioUring.ts";
import { ioFreeRegion } from "./memmap.ts";
import { regionAddr } from "./rings.ts";

/** Buffers that a request chooses from a group when it needs one (io_uring/kbuf.c). */

/** sizeof(struct io_uring_buf), and where its fields are; the first one's last field is the ring's tail. */
const BUF_SIZE = 16;
const BUF_LEN = 8;
const BUF_BID = 12;
const RING_TAIL = 14;
const UIO_MAXIOV = 1024;
/** A bundle takes at most so many buffers for data that are known to be there. */
const PEEK_MAX_IMPORT = 256;
const INT_MAX = 0x7fffffff;

/** struct io_buffer: one that PROVIDE_BUFFERS has brought. */
export class IoBuffer {
  readonly addr: number;
  readonly len: number;
  readonly bid: number;
  constructor(addr: number, len: number, bid: number) {
    this.addr = addr;
    this.len = len;
    this.bid = bid;
  }
}

/** struct io_buffer_list: a group. */
export class IoBufferList {
  readonly bgid: number;
  /** A ring's memory, null if the group has single buffers; what it has are used from `first` on. */
  region: IoMappedRegion | null = null;
  bufs: IoBuffer[] = [];
  head = 0;
  mask = 0;
  /** Buffers are used bit by bit (IOU_PBUF_RING_INC). */
  incremental = false;
  /** A buffer with less left than so many bytes is used up. */
  minLeft = 1;
  constructor(bgid: number) {
    this.bgid = bgid;
  }
}
stateClass(IoBuffer, IoBufferList);

/** @linux io_uring/kbuf.c io_buffer_get_list */
export function ioBufferGetList(ctx: IoRingCtx, bgid: number): IoBufferList | null {
  return (ctx.bufGroups?.get(bgid) as IoBufferList | undefined) ?? null;
}

/** The group goes, with all its buffers. @linux io_uring/kbuf.c io_put_bl */
export function ioPutBl(k: Kernel, ctx: IoRingCtx, bl: IoBufferList): void {
  ctx.bufGroups?.delete(bl.bgid);
  bl.bufs = [];
  if (bl.region) ioFreeRegion(k, ctx, bl.region);
  bl.region = null;
}

/** The ring goes. @linux io_uring/kbuf.c io_destroy_buffers */
export function ioDestroyBuffers(k: Kernel, ctx: IoRingCtx): void {
  for (const bl of [...(ctx.bufGroups?.values() ?? [])]) ioPutBl(k, ctx, bl as IoBufferList);
  ctx.bufGroups = null;
}

/** Physical address of the ring's entry at a head. @linux io_uring/kbuf.c io_ring_head_to_buf */
function entry(bl: IoBufferList, head: number): number {
  return regionAddr(bl.region as IoMappedRegion, (head & bl.mask) * BUF_SIZE);
}
const ringTail = (k: Kernel, bl: IoBufferList): number => k.machine.phys.view.getUint16(entry(bl, 0) + RING_TAIL, true);
const bufLen = (k: Kernel, at: number): number => k.machine.phys.u32[(at + BUF_LEN) >>> 2] as number;
const bufBid = (k: Kernel, at: number): number => k.machine.phys.view.getUint16(at + BUF_BID, true);
/** Exact below 2^53, beyond which nothing of a program's lies. */
function bufAddr(k: Kernel, at: number): number {
  const { u32 } = k.machine.phys;
  return (u32[(at >>> 2) + 1] as number) * 4294967296 + (u32[at >>> 2] as number);
}

function setBuf(k: Kernel, at: number, addr: number, len: number): void {
  const { phys } = k.machine;
  phys.willWrite(at >>> 12);
  phys.u32[at >>> 2] = addr;
  phys.u32[(at >>> 2) + 1] = Math.floor(addr / 4294967296);
  phys.u32[(at + BUF_LEN) >>> 2] = len;
}

/** Must the request still choose? @linux io_uring/kbuf.h io_do_buffer_select */
export function ioDoBufferSelect(req: IoKiocb): boolean {
  return (req.flags & REQ_F_BUFFER_SELECT) !== 0 && (req.flags & (REQ_F_BUFFER_SELECTED | REQ_F_BUFFER_RING)) === 0;
}

/** The head goes on behind what was used. @returns false if the last buffer is not used up @linux io_uring/kbuf.c io_kbuf_commit */
function ioKbufCommit(k: Kernel, req: IoKiocb, bl: IoBufferList, len: number, nr: number): boolean {
  if (!(req.flags & REQ_F_BUFFERS_COMMIT)) return true;
  req.flags &= ~REQ_F_BUFFERS_COMMIT;
  if (len < 0 || !bl.region) return true;
  if (!bl.incremental) {
    bl.head = (bl.head + nr) & 0xffff;
    return true;
  }
  // The end of a file uses nothing up.
  if (len === 0) return false;
  let left = len;
  while (left > 0) {
    const at = entry(bl, bl.head);
    const has = bufLen(k, at);
    const n = Math.min(left, has);
    const rest = has - n;
    if (rest >= bl.minLeft || n === 0) {
      setBuf(k, at, bufAddr(k, at) + n, rest);
      return false;
    }
    setBuf(k, at, bufAddr(k, at), 0);
    bl.head = (bl.head + 1) & 0xffff;
    left -= n;
  }
  return true;
}

/** The first buffer of a group that has single ones: taken out until the request ends. @linux io_uring/kbuf.c io_provided_buffer_select */
function providedSelect(req: IoKiocb, bl: IoBufferList, want: number): IoBuffer | null {
  const buf = bl.bufs.shift();
  if (!buf) return null;
  chosen.addr = buf.addr;
  chosen.len = want === 0 || want > buf.len ? buf.len : want;
  if (bl.bufs.length === 0) req.flags |= REQ_F_BL_EMPTY;
  req.flags |= REQ_F_BUFFER_SELECTED;
  req.kbuf = buf;
  req.bufList = bl;
  return buf;
}

/** What the last choice came to. */
export const chosen = { addr: 0, len: 0 };

/**
 * Chooses a buffer of a group into `chosen`; `want`: bytes that are wanted at most, 0 = all of it. 0 or -ENOBUFS.
 * A ring's buffer is used up when the request is done with it (ioPutKbuf), unless that may be long after.
 * @linux io_uring/kbuf.c io_buffer_select
 */
export function ioSelectBuffer(k: Kernel, req: IoKiocb, bgid: number, want: number, flags: number): number {
  const bl = ioBufferGetList(req.ctx, bgid);
  if (!bl) return -ENOBUFS;
  if (!bl.region) return providedSelect(req, bl, want) ? 0 : -ENOBUFS;
  const tail = ringTail(k, bl);
  if (tail === bl.head) return -ENOBUFS;
  if (((bl.head + 1) & 0xffff) === tail) req.flags |= REQ_F_BL_EMPTY;
  const at = entry(bl, bl.head);
  const has = bufLen(k, at);
  chosen.addr = bufAddr(k, at);
  chosen.len = want === 0 || want > has ? has : want;
  req.flags |= REQ_F_BUFFER_RING | REQ_F_BUFFERS_COMMIT;
  req.bufIndex = bufBid(k, at);
  req.bufList = bl;
  if (flags & IO_URING_F_IOWQ || !req.file?.op.poll) {
    if (!ioKbufCommit(k, req, bl, chosen.len, 1)) req.flags |= REQ_F_BUF_MORE;
    req.bufList = null;
  }
  return 0;
}

/** Chooses the buffer of a request that transfers once, if it has not done so: sets req.addr and cuts req.len to it. 0 or -ENOBUFS. */
export function ioBufferSelect(k: Kernel, req: IoKiocb, flags: number): number {
  if (!ioDoBufferSelect(req)) return 0;
  const r = ioSelectBuffer(k, req, req.bufGroup, req.len, flags);
  if (r < 0) return r;
  req.addr = chosen.addr;
  req.len = chosen.len;
  return 0;
}

/** Buffers of a bundle: addresses and lengths. */
export interface BufferRun {
  base: number[];
  length: number[];
  total: number;
  /** Data would end within the buffer behind them, which was left out or cut. */
  partial: boolean;
}

/** @linux io_uring/kbuf.c io_ring_buffers_peek */
function ringPeek(k: Kernel, req: IoKiocb, bl: IoBufferList, most: number, room: number, expand: boolean, run: BufferRun): number {
  let { head } = bl;
  const tail = ringTail(k, bl);
  let avail = Math.min((tail - head) & 0xffff, UIO_MAXIOV);
  if (avail === 0) return -ENOBUFS;
  let n = room;
  if (most > 0) {
    const first = bufLen(k, entry(bl, head));
    if (first === 0) return -ENOBUFS;
    avail = bl.incremental ? 1 : Math.min(avail, Math.min(Math.ceil(most / first), PEEK_MAX_IMPORT));
  }
  if (avail > n && most > 0 && expand) n = avail;
  else if (avail < n) n = avail;
  let left = most > 0 ? most : INT_MAX;
  req.bufIndex = bufBid(k, entry(bl, head));
  for (; n > 0; n--) {
    const at = entry(bl, head);
    let len = bufLen(k, at);
    if (len > left) {
      len = left;
      if (!bl.incremental) {
        run.partial = true;
        if (run.base.length > 0) break;
      }
    }
    run.base.push(bufAddr(k, at));
    run.length.push(len);
    run.total += len;
    left -= len;
    head = (head + 1) & 0xffff;
    if (left === 0) break;
  }
  if (head === tail) req.flags |= REQ_F_BL_EMPTY;
  req.flags |= REQ_F_BUFFER_RING;
  req.bufList = bl;
  return run.base.length;
}

/**
 * Looks at buffers for a receive of up to `most` bytes (0 = unknown), `room` of them at a time if it is not known how much there is.
 * @returns how many, or -ENOENT, -ENOBUFS @linux io_uring/kbuf.c io_buffers_peek
 */
export function ioBuffersPeek(k: Kernel, req: IoKiocb, bgid: number, most: number, room: number, run: BufferRun): number {
  const bl = ioBufferGetList(req.ctx, bgid);
  if (!bl) return -ENOENT;
  if (!bl.region) return oneProvided(req, bl, most, run);
  const r = ringPeek(k, req, bl, most, room, true, run);
  if (r > 0) req.flags |= REQ_F_BUFFERS_COMMIT;
  return r;
}

/**
 * Chooses buffers to be sent, for good: `most` bytes at most; more than `room` if `expand`.
 * @returns how many, or -ENOENT, -ENOBUFS @linux io_uring/kbuf.c io_buffers_select
 */
export function ioBuffersSelect(
  k: Kernel,
  req: IoKiocb,
  bgid: number,
  most: number,
  room: number,
  expand: boolean,
  run: BufferRun,
): number {
  const bl = ioBufferGetList(req.ctx, bgid);
  if (!bl) return -ENOENT;
  // A single buffer is sent whole, whatever length was asked for.
  if (!bl.region) return oneProvided(req, bl, 0, run);
  const r = ringPeek(k, req, bl, most, room, expand, run);
  if (r > 0) {
    req.flags |= REQ_F_BUFFERS_COMMIT | REQ_F_BL_NO_RECYCLE;
    if (!ioKbufCommit(k, req, bl, run.total, r)) req.flags |= REQ_F_BUF_MORE;
  }
  return r;
}

function oneProvided(req: IoKiocb, bl: IoBufferList, want: number, run: BufferRun): number {
  if (!providedSelect(req, bl, want)) return -ENOBUFS;
  run.base.push(chosen.addr);
  run.length.push(chosen.len);
  run.total = chosen.len;
  return 1;
}

/** Part of the buffers is used, and the request goes on with the rest of them. @linux io_uring/net.c io_net_kbuf_recyle */
export function ioKbufKeep(k: Kernel, req: IoKiocb, len: number, nr: number): void {
  req.flags |= REQ_F_BL_NO_RECYCLE;
  if (req.flags & REQ_F_BUFFERS_COMMIT && req.bufList) ioKbufCommit(k, req, req.bufList as IoBufferList, len, nr);
}

/** The attempt came to nothing: the buffer goes back, and the next attempt chooses anew. @linux io_uring/kbuf.h io_kbuf_recycle */
export function ioKbufRecycle(req: IoKiocb): void {
  if (req.flags & REQ_F_BL_NO_RECYCLE) return;
  if (req.flags & REQ_F_BUFFER_RING) {
    if (!req.bufList) return;
    req.bufList = null;
    req.flags &= ~(REQ_F_BUFFER_RING | REQ_F_BUFFERS_COMMIT);
  } else if (req.flags & REQ_F_BUFFER_SELECTED) {
    const buf = req.kbuf as IoBuffer;
    const bl = req.bufList as IoBufferList;
    // The group may have gone meanwhile.
    if (ioBufferGetList(req.ctx, bl.bgid) === bl && !bl.region) bl.bufs.unshift(buf);
    req.kbuf = null;
    req.bufList = null;
    req.flags &= ~REQ_F_BUFFER_SELECTED;
  }
}

/** The request is done with its buffers, `nr` of them, `len` bytes. @returns flags of the CQE, 0 if it had none @linux io_uring/kbuf.c __io_put_kbufs */
export function ioPutKbufs(k: Kernel, req: IoKiocb, len: number, nr: number): number {
  if (req.flags & REQ_F_BUFFER_RING) {
    let cflags = IORING_CQE_F_BUFFER | (req.bufIndex << IORING_CQE_BUFFER_SHIFT);
    let whole = true;
    if (req.bufList) whole = ioKbufCommit(k, req, req.bufList as IoBufferList, len, nr);
    if (whole && req.flags & REQ_F_BUF_MORE) whole = false;
    req.flags &= ~(REQ_F_BUFFER_RING | REQ_F_BUF_MORE);
    req.bufList = null;
    if (!whole) cflags |= IORING_CQE_F_BUF_MORE;
    return cflags;
  }
  if (!(req.flags & REQ_F_BUFFER_SELECTED)) return 0;
  const { bid } = req.kbuf as IoBuffer;
  req.kbuf = null;
  req.bufList = null;
  req.flags &= ~REQ_F_BUFFER_SELECTED;
  return IORING_CQE_F_BUFFER | (bid << IORING_CQE_BUFFER_SHIFT);
}

/** The same for one. @linux io_uring/kbuf.h io_put_kbuf */
export function ioPutKbuf(k: Kernel, req: IoKiocb, len: number): number {
  return ioPutKbufs(k, req, len, 1);
}
