import type { IoRingCtx } from "../include/linux/ioUringTypes.ts";
import type { Kernel } from "../kernel.ts";
import { EINVAL } from "../uapi/errno.ts";
import { IORING_SETUP_SQ_AFF, IORING_SETUP_SQPOLL } from "../uapi/ioUring.ts";
import type { IoUringParams } from "./setup.ts";

/** SQPOLL. */
export function ioSqOffloadCreate(_k: Kernel, ctx: IoRingCtx, p: IoUringParams): number {
  if (!(ctx.flags & IORING_SETUP_SQPOLL)) return p.flags & IORING_SETUP_SQ_AFF ? -EINVAL : 0;
  return -EINVAL;
}

export function ioSqThreadFinish(_k: Kernel, ctx: IoRingCtx): void {
  ctx.sqd = null;
}

export function sqPollInfo(_ctx: IoRingCtx): { pid: number; cpu: number; total: number; work: number } {
  return { pid: -1, cpu: -1, total: 0, work: 0 };
}

export function sqThreadAlive(_ctx: IoRingCtx): boolean {
  return false;
}
export function ioSqpollWake(_k: Kernel, _ctx: IoRingCtx): void {}
export function ioSqpollWait(_k: Kernel, _ctx: IoRingCtx): number {
  return 0;
}
export function ioSqThreadStart(_k: Kernel, _ctx: IoRingCtx): void {}
