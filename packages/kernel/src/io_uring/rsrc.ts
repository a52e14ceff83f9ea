import { fput } from "../fs/file.ts";
import type { IoKiocb, IoMappedUbuf, IoRingCtx } from "../include/linux/ioUringTypes.ts";
import { type IoRsrcData, IoRsrcNode } from "../include/linux/ioUringTypes.ts";
import type { Kernel } from "../kernel.ts";
import { IovIter } from "../lib/iovIter.ts";
import { unaccountMem, unpinUserPages } from "../mm/pin.ts";
import type { UserIovec } from "../mm/userIov.ts";
import { COPY_FROM_USER, COPY_TO_USER, COPY_ZERO, countCopy } from "../trace/copies.ts";
import { EFAULT } from "../uapi/errno.ts";
import { ioPostAuxCqe } from "./complete.ts";

/** What is registered with a ring: its life, and the use of registered buffers (io_uring/rsrc.c). */

/** A new entry for a table. @linux io_uring/rsrc.c io_rsrc_node_alloc */
export function ioRsrcNodeAlloc(tagLo: number, tagHi: number): IoRsrcNode {
  const node = new IoRsrcNode();
  node.tagLo = tagLo;
  node.tagHi = tagHi;
  return node;
}

/** Somebody needs it no more; the last one tells the program, if it has a tag. @linux io_uring/rsrc.c io_free_rsrc_node */
export function ioPutRsrcNode(k: Kernel, ctx: IoRingCtx, node: IoRsrcNode): void {
  if (--node.refs > 0) return;
  if ((node.tagLo !== 0 || node.tagHi !== 0) && !ctx.dying) ioPostAuxCqe(k, ctx, node.tagLo, node.tagHi, 0, 0);
  if (node.file) {
    const { file } = node;
    node.file = null;
    fput(k, file);
  }
  if (node.buf) {
    ioBufferUnmap(k, ctx, node.buf);
    node.buf = null;
  }
}

/** @linux io_uring/rsrc.c io_buffer_unmap */
function ioBufferUnmap(k: Kernel, ctx: IoRingCtx, buf: IoMappedUbuf): void {
  if (--buf.refs > 0) return;
  unpinUserPages(k, buf.frames);
  unaccountMem(k, ctx.uid, buf.acctPages);
}

/** Empties one place of a table. @returns false if nothing was there @linux io_uring/rsrc.h io_reset_rsrc_node */
export function ioResetRsrcNode(k: Kernel, ctx: IoRingCtx, data: IoRsrcData, index: number): boolean {
  const node = data.nodes[index];
  if (!node) return false;
  data.nodes[index] = null;
  ioPutRsrcNode(k, ctx, node);
  return true;
}

/** Empties a table. @linux io_uring/rsrc.c io_rsrc_data_free */
export function ioRsrcDataFree(k: Kernel, ctx: IoRingCtx, data: IoRsrcData): void {
  for (let i = data.nodes.length - 1; i >= 0; i--) ioResetRsrcNode(k, ctx, data, i);
}

/** The registered buffer that the request names (req.bufIndex), kept until the request ends; null if there is none. @linux io_uring/rsrc.c io_find_buf_node */
export function ioFindBufNode(req: IoKiocb): IoRsrcNode | null {
  if (req.bufNode) return req.bufNode;
  const node = req.ctx.bufs?.nodes[req.bufIndex] ?? null;
  if (!node) return null;
  node.refs++;
  req.bufNode = node;
  return node;
}

/** Offset in a registered buffer of a range that must lie in it, or -EFAULT. @linux io_uring/rsrc.c validate_fixed_range */
export function ioImportFixed(buf: IoMappedUbuf, addr: number, len: number): number {
  if (addr < buf.ubuf || addr + len > buf.ubuf + buf.len) return -EFAULT;
  return addr - buf.ubuf;
}

/** An iterator over parts of a registered buffer, or -EFAULT. @linux io_uring/rsrc.c io_import_reg_vec */
export function ioImportFixedVec(buf: IoMappedUbuf, iov: UserIovec): IovIter | number {
  const offs: number[] = [];
  for (let i = 0; i < iov.base.length; i++) {
    const len = iov.length[i] as number;
    const off = len === 0 ? -EFAULT : ioImportFixed(buf, iov.base[i] as number, len);
    if (off < 0) return off;
    offs.push(off);
  }
  return new FixedIter(buf, offs, iov.length, iov.total);
}

export function fixedIter(buf: IoMappedUbuf, off: number, len: number): IovIter {
  return new FixedIter(buf, [off], [len], len);
}

/** Parts of a registered buffer, by its frames: no page table is asked (ITER_BVEC). */
class FixedIter extends IovIter {
  readonly #frames: readonly number[];
  /** Offset of the buffer's first byte in its first page. */
  readonly #lead: number;
  readonly #offs: readonly number[];
  readonly #lens: readonly number[];
  #seg = 0;
  #at = 0;

  constructor(buf: IoMappedUbuf, offs: readonly number[], lens: readonly number[], count: number) {
    super();
    this.#frames = buf.frames;
    this.#lead = buf.ubuf % 4096;
    this.#offs = offs;
    this.#lens = lens;
    this.count = count;
  }

  #walk(k: Kernel, n: number, kind: number, move: (pa: number, run: number, done: number) => void): number {
    let done = 0;
    const want = Math.min(n, this.count);
    while (done < want) {
      const left = (this.#lens[this.#seg] as number) - this.#at;
      if (left === 0) {
        this.#seg++;
        this.#at = 0;
        continue;
      }
      const off = this.#lead + (this.#offs[this.#seg] as number) + this.#at;
      const page = Math.floor(off / 4096);
      const frame = this.#frames[page] as number;
      if (kind !== COPY_FROM_USER) k.machine.phys.willWrite(frame);
      const at = off - page * 4096;
      const run = Math.min(want - done, left, 4096 - at);
      move(frame * 4096 + at, run, done);
      done += run;
      this.#at += run;
    }
    this.count -= done;
    countCopy(k, kind, done);
    return done;
  }

  copyTo(k: Kernel, src: Uint8Array, srcOffset: number, n: number): number {
    return this.#walk(k, n, COPY_TO_USER, (pa, run, done) => {
      k.machine.phys.u8.set(src.subarray(srcOffset + done, srcOffset + done + run), pa);
    });
  }
  copyPhysTo(k: Kernel, physAddr: number, n: number): number {
    return this.#walk(k, n, COPY_TO_USER, (pa, run, done) => {
      k.machine.phys.u8.copyWithin(pa, physAddr + done, physAddr + done + run);
    });
  }
  copyFrom(k: Kernel, dst: Uint8Array, dstOffset: number, n: number): number {
    return this.#walk(k, n, COPY_FROM_USER, (pa, run, done) => {
      dst.set(k.machine.phys.u8.subarray(pa, pa + run), dstOffset + done);
    });
  }
  copyPhysFrom(k: Kernel, physAddr: number, n: number): number {
    return this.#walk(k, n, COPY_FROM_USER, (pa, run, done) => {
      k.machine.phys.u8.copyWithin(physAddr + done, pa, pa + run);
    });
  }
  zero(k: Kernel, n: number): number {
    return this.#walk(k, n, COPY_ZERO, (pa, run) => {
      k.machine.phys.u8.fill(0, pa, pa + run);
    });
  }
  revert(n: number): void {
    this.count += n;
    while (n > 0) {
      const step = Math.min(n, this.#at);
      this.#at -= step;
      n -= step;
      if (n > 0) {
        this.#seg--;
        this.#at = this.#lens[this.#seg] as number;
      }
    }
  }
  advance(n: number): void {
    let left = Math.min(n, this.count);
    this.count -= left;
    while (left > 0) {
      const step = Math.min(left, (this.#lens[this.#seg] as number) - this.#at);
      this.#at += step;
      left -= step;
      if (left > 0) {
        this.#seg++;
        this.#at = 0;
      }
    }
  }
}
