import { IoMappedRegion, type IoRingCtx } from "../include/linux/ioUringTypes.ts";
import type { Kernel } from "../kernel.ts";
import { copyFromUser, copyToUser } from "../mm/usercopy.ts";
import { E2BIG, EBUSY, EFAULT, EINVAL, EOVERFLOW } from "../uapi/errno.ts";
import { IORING_MAP_OFF_PARAM_REGION, IORING_SETUP_R_DISABLED } from "../uapi/ioUring.ts";
import { ioCreateRegion, ioFreeRegion, ioPinRegion } from "./memmap.ts";

/** Memory for arguments that need not be copied at each call (io_uring/register.c). */

const IORING_MEM_REGION_TYPE_USER = 1;
const IORING_MEM_REGION_REG_WAIT_ARG = 1;
/** sizeof(struct io_uring_mem_region_reg), sizeof(struct io_uring_region_desc). */
const REG_SIZE = 32;
const DESC_SIZE = 64;

/** @linux io_uring/register.c io_register_mem_region */
export function ioRegisterMemRegion(k: Kernel, ctx: IoRingCtx, arg: number): number {
  if (ctx.paramRegion) return -EBUSY;
  const raw = new Uint8Array(DESC_SIZE);
  const v = new DataView(raw.buffer);
  const u64 = (off: number): number => v.getUint32(off + 4, true) * 4294967296 + v.getUint32(off, true);
  if (copyFromUser(k, arg, raw, 0, REG_SIZE) !== 0) return -EFAULT;
  const descAddr = u64(0);
  const flags = u64(8);
  if (raw.subarray(16, REG_SIZE).some((b) => b !== 0)) return -EINVAL;
  if (copyFromUser(k, descAddr, raw, 0, DESC_SIZE) !== 0) return -EFAULT;
  if (flags > IORING_MEM_REGION_REG_WAIT_ARG) return -EINVAL;
  // Nobody may be waiting yet.
  if (flags === IORING_MEM_REGION_REG_WAIT_ARG && !(ctx.flags & IORING_SETUP_R_DISABLED)) return -EINVAL;
  const addr = u64(0);
  const size = u64(8);
  const type = v.getUint32(16, true);
  if (raw.subarray(32).some((b) => b !== 0)) return -EINVAL;
  if ((type & ~IORING_MEM_REGION_TYPE_USER) !== 0) return -EINVAL;
  if ((type !== 0) !== (addr !== 0)) return -EFAULT;
  if (size === 0 || u64(24) !== 0 || v.getUint32(20, true) !== 0) return -EINVAL;
  if (size / 4096 > 0x7fffffff) return -E2BIG;
  if (addr % 4096 !== 0 || size % 4096 !== 0) return -EINVAL;
  if (addr + size >= 2 ** 64) return -EOVERFLOW;
  const region = new IoMappedRegion();
  const r = type !== 0 ? ioPinRegion(k, ctx, region, addr, size) : ioCreateRegion(k, ctx, region, size);
  if (r < 0) return r;
  if (type === 0) v.setUint32(24, IORING_MAP_OFF_PARAM_REGION, true);
  if (copyToUser(k, descAddr, raw, 0, DESC_SIZE) !== 0) {
    ioFreeRegion(k, ctx, region);
    return -EFAULT;
  }
  ctx.paramRegion = region;
  if (flags === IORING_MEM_REGION_REG_WAIT_ARG) ctx.waitArgSize = size;
  return 0;
}
