import { getFile } from "../fs/file.ts";
import { IoMappedUbuf, type IoRingCtx, IoRsrcData, type IoRsrcNode } from "../include/linux/ioUringTypes.ts";
import { rlimit } from "../kernel/resource.ts";
import type { Kernel } from "../kernel.ts";
import { TASK_SIZE } from "../mm/flags.ts";
import { accountMem, pinUserPages, unaccountMem } from "../mm/pin.ts";
import { copyFromUser, putUser32 } from "../mm/usercopy.ts";
import { EBADF, EBUSY, EFAULT, EINVAL, EMFILE, ENOMEM, ENXIO, EOVERFLOW } from "../uapi/errno.ts";
import { IORING_FILE_INDEX_ALLOC, IORING_REGISTER_FILES_SKIP, IORING_RSRC_REGISTER_SPARSE } from "../uapi/ioUring.ts";
import { RLIMIT_NOFILE } from "../uapi/resource.ts";
import { ioFixedFdInstall } from "./filetable.ts";
import { isUringFile } from "./fops.ts";
import { ioResetRsrcNode, ioRsrcDataFree, ioRsrcNodeAlloc } from "./rsrc.ts";

/** Registering files and buffers (io_uring/rsrc.c). */

const MAX_FIXED_FILES = 1 << 20;
const MAX_REG_BUFFERS = 1 << 14;
const GIB = 2 ** 30;
export const IORING_RSRC_FILE = 0;
export const IORING_RSRC_BUFFER = 1;

const raw = new Uint8Array(32);
const view = new DataView(raw.buffer);
const u64 = (off: number): number => view.getUint32(off + 4, true) * 4294967296 + view.getUint32(off, true);

/** Reads entry `i` of an array of 64-bit tags into lo and hi. 0 or -EFAULT. */
const tag = { lo: 0, hi: 0 };
function readTag(k: Kernel, tags: number, i: number): number {
  tag.lo = tag.hi = 0;
  if (tags === 0) return 0;
  if (copyFromUser(k, tags + i * 8, raw, 0, 8) !== 0) return -EFAULT;
  tag.lo = view.getUint32(0, true);
  tag.hi = view.getUint32(4, true);
  return 0;
}

const tagged = (): boolean => tag.lo !== 0 || tag.hi !== 0;

/** Where the ring's direct descriptors are allocated. @linux io_uring/filetable.h io_file_table_set_alloc_range */
export function setAllocRange(ctx: IoRingCtx, off: number, len: number): void {
  ctx.fileAllocStart = off;
  ctx.fileAllocEnd = off + len;
  ctx.fileAllocHint = off;
}

/** @linux io_uring/rsrc.c io_sqe_files_register */
export function ioSqeFilesRegister(k: Kernel, ctx: IoRingCtx, arg: number, nr: number, tags: number): number {
  if (ctx.files) return -EBUSY;
  if (nr === 0) return -EINVAL;
  if (nr > MAX_FIXED_FILES) return -EMFILE;
  if (nr > rlimit(k.current, RLIMIT_NOFILE)) return -EMFILE;
  const data = new IoRsrcData(nr);
  let r = 0;
  for (let i = 0; i < nr && r === 0; i++) {
    r = readTag(k, tags, i);
    if (r !== 0) break;
    let fd = -1;
    if (arg !== 0) {
      if (copyFromUser(k, arg + i * 4, raw, 0, 4) !== 0) {
        r = -EFAULT;
        break;
      }
      fd = view.getInt32(0, true);
    }
    // An empty place has nothing that a tag could tell of.
    if (fd === -1) {
      if (tagged()) r = -EINVAL;
      continue;
    }
    const file = k.current.file(fd);
    if (!file || isUringFile(file)) {
      r = -EBADF;
      break;
    }
    const node = ioRsrcNodeAlloc(tag.lo, tag.hi);
    node.file = getFile(file);
    data.nodes[i] = node;
  }
  if (r < 0) {
    for (const node of data.nodes) if (node) node.tagLo = node.tagHi = 0;
    ioRsrcDataFree(k, ctx, data);
    return r;
  }
  ctx.files = data;
  setAllocRange(ctx, 0, nr);
  return 0;
}

/** @linux io_uring/rsrc.c io_sqe_files_unregister */
export function ioSqeFilesUnregister(k: Kernel, ctx: IoRingCtx): number {
  const data = ctx.files;
  if (!data) return -ENXIO;
  ctx.files = null;
  setAllocRange(ctx, 0, 0);
  ioRsrcDataFree(k, ctx, data);
  return 0;
}

/** Is there room for this buffer? @linux io_uring/rsrc.c io_buffer_validate */
function bufferValidate(base: number, len: number): number {
  if (base === 0) return len === 0 ? 0 : -EFAULT;
  if (len === 0) return -EFAULT;
  if (len > GIB) return -EFAULT;
  return base + len + 4096 > 2 ** 64 ? -EOVERFLOW : 0;
}

/** Pins one buffer. Null: an empty one. @linux io_uring/rsrc.c io_sqe_buffer_register */
function bufferRegister(k: Kernel, ctx: IoRingCtx, base: number, len: number): IoRsrcNode | null | number {
  if (base === 0) return null;
  if (base + len > TASK_SIZE) return -EFAULT;
  const first = Math.floor(base / 4096);
  const pages = Math.floor((base + len - 1) / 4096) - first + 1;
  if (accountMem(k, ctx.uid, pages) !== 0) return -ENOMEM;
  const frames = pinUserPages(k, first * 4096, pages);
  if (typeof frames === "number") {
    unaccountMem(k, ctx.uid, pages);
    return frames;
  }
  const node = ioRsrcNodeAlloc(0, 0);
  node.buf = new IoMappedUbuf(base, len, frames);
  node.buf.acctPages = pages;
  return node;
}

/** Reads a struct iovec and registers what it says, with the tag that was read. */
function registerIovec(k: Kernel, ctx: IoRingCtx, iov: number): IoRsrcNode | null | number {
  if (copyFromUser(k, iov, raw, 0, 16) !== 0) return -EFAULT;
  const base = u64(0);
  const len = u64(8);
  const bad = bufferValidate(base, len);
  if (bad !== 0) return bad;
  if (base === 0 && tagged()) return -EINVAL;
  const { lo, hi } = tag;
  const node = bufferRegister(k, ctx, base, len);
  if (node !== null && typeof node !== "number") {
    node.tagLo = lo;
    node.tagHi = hi;
  }
  return node;
}

/** @linux io_uring/rsrc.c io_sqe_buffers_register */
export function ioSqeBuffersRegister(k: Kernel, ctx: IoRingCtx, arg: number, nr: number, tags: number): number {
  if (ctx.bufs) return -EBUSY;
  if (nr === 0 || nr > MAX_REG_BUFFERS) return -EINVAL;
  const data = new IoRsrcData(nr);
  for (let i = 0; i < nr; i++) {
    let node: IoRsrcNode | null | number = readTag(k, tags, i);
    if (node === 0) {
      if (arg !== 0) node = registerIovec(k, ctx, arg + i * 16);
      else node = tagged() ? -EINVAL : null;
    }
    if (typeof node === "number") {
      for (const n of data.nodes) if (n) n.tagLo = n.tagHi = 0;
      ioRsrcDataFree(k, ctx, data);
      return node;
    }
    data.nodes[i] = node;
  }
  ctx.bufs = data;
  return 0;
}

/** @linux io_uring/rsrc.c io_sqe_buffers_unregister */
export function ioSqeBuffersUnregister(k: Kernel, ctx: IoRingCtx): number {
  const data = ctx.bufs;
  if (!data) return -ENXIO;
  ctx.bufs = null;
  ioRsrcDataFree(k, ctx, data);
  return 0;
}

/** Changes places of the table of files. @returns how many were changed, or the first error @linux io_uring/rsrc.c __io_sqe_files_update */
export function ioFilesUpdate(k: Kernel, ctx: IoRingCtx, offset: number, fds: number, tags: number, nr: number): number {
  const data = ctx.files;
  if (!data) return -ENXIO;
  if (offset + nr > data.nodes.length) return -EINVAL;
  let done = 0;
  let err = 0;
  for (; done < nr; done++) {
    err = readTag(k, tags, done);
    if (err !== 0) break;
    if (copyFromUser(k, fds + done * 4, raw, 0, 4) !== 0) {
      err = -EFAULT;
      break;
    }
    const fd = view.getInt32(0, true);
    if ((fd === IORING_REGISTER_FILES_SKIP || fd === -1) && tagged()) {
      err = -EINVAL;
      break;
    }
    if (fd === IORING_REGISTER_FILES_SKIP) continue;
    const i = offset + done;
    if (ioResetRsrcNode(k, ctx, data, i)) ctx.fileAllocHint = Math.min(ctx.fileAllocHint, i);
    if (fd === -1) continue;
    const file = k.current.file(fd);
    if (!file || isUringFile(file)) {
      err = -EBADF;
      break;
    }
    const node = ioRsrcNodeAlloc(tag.lo, tag.hi);
    node.file = getFile(file);
    data.nodes[i] = node;
  }
  return done > 0 ? done : err;
}

/**
 * Puts files at places that the ring chooses, and writes the places back over the descriptors. @returns how many were put, or the
 * first error @linux io_uring/rsrc.c io_files_update_with_index_alloc
 */
export function ioFilesUpdateAlloc(k: Kernel, ctx: IoRingCtx, fds: number, nr: number): number {
  if (!ctx.files) return -ENXIO;
  let done = 0;
  let err = 0;
  for (; done < nr; done++) {
    if (copyFromUser(k, fds + done * 4, raw, 0, 4) !== 0) {
      err = -EFAULT;
      break;
    }
    const file = k.current.file(view.getInt32(0, true));
    if (!file) {
      err = -EBADF;
      break;
    }
    const slot = ioFixedFdInstall(k, ctx, getFile(file), IORING_FILE_INDEX_ALLOC);
    if (slot < 0) {
      err = slot;
      break;
    }
    if (putUser32(k, fds + done * 4, slot) !== 0) {
      ioResetRsrcNode(k, ctx, ctx.files, slot);
      err = -EFAULT;
      break;
    }
  }
  return done > 0 ? done : err;
}

/** @linux io_uring/rsrc.c __io_sqe_buffers_update */
function buffersUpdate(k: Kernel, ctx: IoRingCtx, offset: number, iovs: number, tags: number, nr: number): number {
  const data = ctx.bufs;
  if (!data) return -ENXIO;
  if (offset + nr > data.nodes.length) return -EINVAL;
  let done = 0;
  let err = 0;
  for (; done < nr; done++) {
    err = readTag(k, tags, done);
    if (err !== 0) break;
    const node = registerIovec(k, ctx, iovs + done * 16);
    if (typeof node === "number") {
      err = node;
      break;
    }
    ioResetRsrcNode(k, ctx, data, offset + done);
    data.nodes[offset + done] = node;
  }
  return done > 0 ? done : err;
}

function update(k: Kernel, ctx: IoRingCtx, type: number, offset: number, data: number, tags: number, nr: number): number {
  if (offset + nr > 0xffffffff) return -EOVERFLOW;
  return type === IORING_RSRC_FILE ? ioFilesUpdate(k, ctx, offset, data, tags, nr) : buffersUpdate(k, ctx, offset, data, tags, nr);
}

/** IORING_REGISTER_FILES_UPDATE. @linux io_uring/rsrc.c io_register_files_update */
export function ioRegisterFilesUpdate(k: Kernel, ctx: IoRingCtx, arg: number, nr: number): number {
  if (nr === 0) return -EINVAL;
  if (copyFromUser(k, arg, raw, 0, 16) !== 0) return -EFAULT;
  if (view.getUint32(4, true) !== 0) return -EINVAL;
  return update(k, ctx, IORING_RSRC_FILE, view.getUint32(0, true), u64(8), 0, nr);
}

/** IORING_REGISTER_FILES_UPDATE2 and BUFFERS_UPDATE. @linux io_uring/rsrc.c io_register_rsrc_update */
export function ioRegisterRsrcUpdate(k: Kernel, ctx: IoRingCtx, arg: number, size: number, type: number): number {
  if (size !== 32) return -EINVAL;
  if (copyFromUser(k, arg, raw, 0, 32) !== 0) return -EFAULT;
  const nr = view.getUint32(24, true);
  if (nr === 0 || view.getUint32(4, true) !== 0 || view.getUint32(28, true) !== 0) return -EINVAL;
  return update(k, ctx, type, view.getUint32(0, true), u64(8), u64(16), nr);
}

/** IORING_REGISTER_FILES2 and BUFFERS2. @linux io_uring/rsrc.c io_register_rsrc */
export function ioRegisterRsrc(k: Kernel, ctx: IoRingCtx, arg: number, size: number, type: number): number {
  if (size !== 32) return -EINVAL;
  if (copyFromUser(k, arg, raw, 0, 32) !== 0) return -EFAULT;
  const nr = view.getUint32(0, true);
  const flags = view.getUint32(4, true);
  if (nr === 0 || u64(8) !== 0) return -EINVAL;
  if ((flags & ~IORING_RSRC_REGISTER_SPARSE) !== 0) return -EINVAL;
  const data = u64(16);
  const tags = u64(24);
  if (flags & IORING_RSRC_REGISTER_SPARSE && data !== 0) return -EINVAL;
  return type === IORING_RSRC_FILE ? ioSqeFilesRegister(k, ctx, data, nr, tags) : ioSqeBuffersRegister(k, ctx, data, nr, tags);
}

/** IORING_REGISTER_FILE_ALLOC_RANGE. @linux io_uring/filetable.c io_register_file_alloc_range */
export function ioRegisterFileAllocRange(k: Kernel, ctx: IoRingCtx, arg: number): number {
  if (copyFromUser(k, arg, raw, 0, 16) !== 0) return -EFAULT;
  const off = view.getUint32(0, true);
  const len = view.getUint32(4, true);
  if (off + len > 0xffffffff) return -EOVERFLOW;
  if (u64(8) !== 0 || off + len > (ctx.files?.nodes.length ?? 0)) return -EINVAL;
  setAllocRange(ctx, off, len);
  return 0;
}
