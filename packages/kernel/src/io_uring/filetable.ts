import { fdInstall, fput } from "../fs/file.ts";
import type { File } from "../include/linux/fs.ts";
import type { IoKiocb, IoRingCtx } from "../include/linux/ioUringTypes.ts";
import type { Kernel } from "../kernel.ts";
import { EBADF, EINVAL, ENFILE, ENXIO } from "../uapi/errno.ts";
import { IORING_FILE_INDEX_ALLOC } from "../uapi/ioUring.ts";
import { isUringFile } from "./fops.ts";
import { ioResetRsrcNode, ioRsrcNodeAlloc } from "./rsrc.ts";

/** Registered files: descriptors of the ring's own (io_uring/filetable.c). */

/** The file at a place of the table, kept until the request ends; null if there is none. @linux io_uring/io_uring.c io_file_get_fixed */
export function ioFileGetFixed(_k: Kernel, req: IoKiocb, index: number): File | null {
  const node = index < 0 ? null : (req.ctx.files?.nodes[index] ?? null);
  if (!node?.file) return null;
  node.refs++;
  req.fileNode = node;
  return node.file;
}

/** A free place from the hint on, or -ENFILE. @linux io_uring/filetable.c io_file_bitmap_get */
function ioFileBitmapGet(ctx: IoRingCtx): number {
  const { files } = ctx;
  if (!files) return -ENFILE;
  if (ctx.fileAllocStart === ctx.fileAllocEnd) return -ENFILE;
  const end = Math.min(ctx.fileAllocEnd, files.nodes.length);
  // The hint may be outside of the range: places can be named as well.
  const hint = Math.max(ctx.fileAllocStart, ctx.fileAllocHint);
  for (let i = hint; i < end; i++) if (!files.nodes[i]) return i;
  for (let i = ctx.fileAllocStart; i < Math.min(hint, end); i++) if (!files.nodes[i]) return i;
  return -ENFILE;
}

/** Puts a file, with its reference, at a place. 0 or an error, which leaves the reference to the caller. @linux io_uring/filetable.c io_install_fixed_file */
export function ioInstallFixedFile(k: Kernel, ctx: IoRingCtx, file: File, slot: number): number {
  if (isUringFile(file)) return -EBADF;
  if (!ctx.files) return -ENXIO;
  if (slot >= ctx.files.nodes.length) return -EINVAL;
  const node = ioRsrcNodeAlloc(0, 0);
  ioResetRsrcNode(k, ctx, ctx.files, slot);
  ctx.files.nodes[slot] = node;
  node.file = file;
  ctx.fileAllocHint = slot + 1;
  return 0;
}

/** `fileSlot`: place plus one, or IORING_FILE_INDEX_ALLOC for any. @returns 0 or the place, or an error; then the file is given back @linux io_uring/filetable.c io_fixed_fd_install */
export function ioFixedFdInstall(k: Kernel, ctx: IoRingCtx, file: File, fileSlot: number): number {
  const alloc = fileSlot === IORING_FILE_INDEX_ALLOC;
  let slot = fileSlot - 1;
  let r: number;
  if (alloc) {
    r = ioFileBitmapGet(ctx);
    if (r < 0) {
      fput(k, file);
      return r;
    }
    slot = r;
  }
  r = ioInstallFixedFile(k, ctx, file, slot);
  if (r < 0) {
    fput(k, file);
    return r;
  }
  return alloc ? slot : 0;
}

/**
 * Gives the file that an operation has opened to its program: as a direct descriptor if the SQE's file_index says so (place
 * plus one), else as an ordinary one. @returns descriptor, place, 0, or an error; then the file is given back
 */
export function ioInstallOpened(k: Kernel, ctx: IoRingCtx, file: File, fileSlot: number, cloexec: boolean): number {
  if (fileSlot !== 0) return ioFixedFdInstall(k, ctx, file, fileSlot);
  const fd = fdInstall(k, file, cloexec);
  if (fd < 0) fput(k, file);
  return fd;
}

/** Empties a place. @linux io_uring/filetable.c io_fixed_fd_remove */
export function ioFixedFdRemove(k: Kernel, ctx: IoRingCtx, offset: number): number {
  if (!ctx.files) return -ENXIO;
  if (offset >= ctx.files.nodes.length) return -EINVAL;
  return ioResetRsrcNode(k, ctx, ctx.files, offset) ? 0 : -EBADF;
}
