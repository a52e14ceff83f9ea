import { fput, getFile } from "../fs/file.ts";
import type { File } from "../include/linux/fs.ts";
import { IoUringTask } from "../include/linux/ioUringTypes.ts";
import type { Kernel } from "../kernel.ts";
import { copyFromUser, copyToUser } from "../mm/usercopy.ts";
import { EBADF, EBUSY, EFAULT, EINVAL, EOPNOTSUPP } from "../uapi/errno.ts";
import { isUringFile } from "./fops.ts";

/** Rings that a task names by a number of its own, instead of by descriptor (IORING_REGISTER_RING_FDS). */

export const IO_RINGFD_REG_MAX = 16;

function table(k: Kernel): (File | null)[] {
  const task = k.current;
  task.ioUring ??= new IoUringTask(task);
  task.ioUring.registeredRings ??= new Array<File | null>(IO_RINGFD_REG_MAX).fill(null);
  return task.ioUring.registeredRings;
}

/** Enters a file, with its reference, at the first free place from `start` to `end`. @linux io_uring/tctx.c io_ring_add_registered_file */
function add(k: Kernel, file: File, start: number, end: number): number {
  const rings = table(k);
  for (let i = start; i < end; i++) {
    if (rings[i]) continue;
    rings[i] = file;
    return i;
  }
  return -EBUSY;
}

/** IORING_SETUP_REGISTERED_FD_ONLY: the number, or -EBUSY. */
export function ioRingfdRegister(k: Kernel, file: File): number {
  return add(k, file, 0, IO_RINGFD_REG_MAX);
}

/** The file of a registered number: -EINVAL or -EBADF if there is none. */
export function ioRingfdGet(k: Kernel, n: number): File | number {
  const tctx = k.current.ioUring;
  if (!tctx || n >= IO_RINGFD_REG_MAX) return -EINVAL;
  return tctx.registeredRings?.[n] ?? -EBADF;
}

const raw = new Uint8Array(16);
const view = new DataView(raw.buffer);

/** @linux io_uring/tctx.c io_ringfd_register */
export function ioRingfdRegisterMany(k: Kernel, arg: number, nr: number): number {
  if (nr === 0 || nr > IO_RINGFD_REG_MAX) return -EINVAL;
  let r = 0;
  let i = 0;
  for (; i < nr; i++) {
    if (copyFromUser(k, arg + i * 16, raw, 0, 16) !== 0) {
      r = -EFAULT;
      break;
    }
    const offset = view.getUint32(0, true);
    if (view.getUint32(4, true) !== 0) {
      r = -EINVAL;
      break;
    }
    let start = 0;
    let end = IO_RINGFD_REG_MAX;
    if (offset !== 0xffffffff) {
      if (offset >= IO_RINGFD_REG_MAX) {
        r = -EINVAL;
        break;
      }
      start = offset;
      end = offset + 1;
    }
    const file = k.current.file(view.getUint32(8, true) | 0);
    if (!file) {
      r = -EBADF;
      break;
    }
    if (!isUringFile(file)) {
      r = -EOPNOTSUPP;
      break;
    }
    r = add(k, getFile(file), start, end);
    if (r < 0) {
      fput(k, file);
      break;
    }
    view.setUint32(0, r, true);
    if (copyToUser(k, arg + i * 16, raw, 0, 16) !== 0) {
      table(k)[r] = null;
      fput(k, file);
      r = -EFAULT;
      break;
    }
  }
  return i > 0 ? i : r;
}

/** @linux io_uring/tctx.c io_ringfd_unregister */
export function ioRingfdUnregister(k: Kernel, arg: number, nr: number): number {
  if (nr === 0 || nr > IO_RINGFD_REG_MAX) return -EINVAL;
  const rings = k.current.ioUring?.registeredRings;
  if (!k.current.ioUring) return 0;
  let r = 0;
  let i = 0;
  for (; i < nr; i++) {
    if (copyFromUser(k, arg + i * 16, raw, 0, 16) !== 0) {
      r = -EFAULT;
      break;
    }
    const offset = view.getUint32(0, true);
    if (view.getUint32(4, true) !== 0 || view.getUint32(8, true) !== 0 || view.getUint32(12, true) !== 0 || offset >= IO_RINGFD_REG_MAX) {
      r = -EINVAL;
      break;
    }
    const file = rings?.[offset];
    if (file && rings) {
      rings[offset] = null;
      fput(k, file);
    }
  }
  return i > 0 ? i : r;
}
