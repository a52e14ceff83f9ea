import { type EventfdCtx, eventfdFops, eventfdSignal } from "../fs/eventfd.ts";
import { fput, getFile } from "../fs/file.ts";
import type { File } from "../include/linux/fs.ts";
import type { IoRingCtx } from "../include/linux/ioUringTypes.ts";
import { KernelTimer } from "../kernel/time/timer.ts";
import type { Kernel } from "../kernel.ts";
import { getUser32 } from "../mm/usercopy.ts";
import { stateClass } from "../state.ts";
import { EBADF, EBUSY, EFAULT, EINVAL, ENXIO } from "../uapi/errno.ts";
import { EPOLL_URING_WAKE } from "../uapi/eventpoll.ts";
import { IORING_CQ_EVENTFD_DISABLED } from "../uapi/ioUring.ts";
import { CQ_FLAGS, ringRead } from "./rings.ts";

/** An eventfd that is told of completions (io_uring/eventfd.c). */

/** An eventfd is being told. */
let signalling = false;
/** As long as a grace period of RCU takes (ns), after which Linux does what it must not do at once. */
const GRACE = 1e6;

/** @linux io_uring/eventfd.c io_eventfd_do_signal */
class LateSignal extends KernelTimer {
  readonly file: File;
  constructor(file: File) {
    super();
    this.file = file;
  }
  expire(k: Kernel): void {
    eventfdSignal(k, this.file.priv as EventfdCtx, EPOLL_URING_WAKE);
    fput(k, this.file);
  }
}
stateClass(LateSignal);

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
  // Who waits for the eventfd may be a request of the ring: what its waking does to the ring is told afterwards.
  if (signalling) {
    const late = new LateSignal(getFile(evfd));
    late.expires = k.time.now() + GRACE;
    k.time.addTimer(late);
    return;
  }
  signalling = true;
  eventfdSignal(k, evfd.priv as EventfdCtx, EPOLL_URING_WAKE);
  signalling = false;
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
