import { type EventfdCtx, eventfdFops, eventfdSignal } from "../fs/eventfd.ts";
import { fput } from "../fs/file.ts";
import type { IoRingCtx } from "../include/linux/ioUringTypes.ts";
import type { Kernel } from "../kernel.ts";
import { getUser32 } from "../mm/usercopy.ts";
import { EBADF, EBUSY, EFAULT, EINVAL, ENXIO } from "../uapi/errno.ts";
import { EPOLL_URING_WAKE } from "../uapi/eventpoll.ts";
import { IORING_CQ_EVENTFD_DISABLED } from "../uapi/ioUring.ts";
import { CQ_FLAGS, ringRead } from "./rings.ts";

/** An eventfd that is told of completions (io_uring/eventfd.c). */

/** `cqes`: CQEs were posted; else task work waits for the submitter. @linux io_uring/eventfd.c io_eventfd_signal */
export function ioEventfdSignal(k: Kernel, ctx: IoRingCtx, cqes: boolean): void {
  const { evfd } = ctx;
  if (!evfd) return;
  if (ringRead(k, ctx, CQ_FLAGS) & IORING_CQ_EVENTFD_DISABLED) return;
  // Completions by the caller itself are no news to it.
  if (ctx.evfdAsync && !k.time.inInterrupt && k.current.kthread === null && ctx.inSubmit) return;
  if (cqes) {
    if (ctx.cachedCqTail === ctx.evLastTail) return;
    ctx.evLastTail = ctx.cachedCqTail;
  }
  eventfdSignal(k, evfd.priv as EventfdCtx, EPOLL_URING_WAKE);
}

/** @linux io_uring/eventfd.c io_eventfd_register */
export function ioEventfdRegister(k: Kernel, ctx: IoRingCtx, arg: number, async: boolean): number {
  if (ctx.evfd) return -EBUSY;
  const fd = getUser32(k, arg);
  if (fd < 0) return -EFAULT;
  const file = k.current.file(fd | 0);
  if (!file) return -EBADF;
  if (file.op !== eventfdFops) return -EINVAL;
  file.count++;
  ctx.evfd = file;
  ctx.evfdAsync = async;
  ctx.evLastTail = ctx.cachedCqTail;
  return 0;
}

/** @linux io_uring/eventfd.c io_eventfd_unregister */
export function ioEventfdUnregister(k: Kernel, ctx: IoRingCtx): number {
  const { evfd } = ctx;
  if (!evfd) return -ENXIO;
  ctx.evfd = null;
  fput(k, evfd);
  return 0;
}
