import { fget, fput, getFile } from "../fs/file.ts";
import type { IoRingCtx } from "../include/linux/ioUringTypes.ts";
import { BLOCKED } from "../include/linux/sched.ts";
import { rlimit } from "../kernel/resource.ts";
import { toNs } from "../kernel/time/userTime.ts";
import type { Kernel } from "../kernel.ts";
import { copyFromUser, copyToUser } from "../mm/usercopy.ts";
import { stateClass } from "../state.ts";
import { EALREADY, EBADF, EFAULT, EINTR, EINVAL, ENOENT, ETIME } from "../uapi/errno.ts";
import * as U from "../uapi/ioUring.ts";
import { RLIMIT_NPROC } from "../uapi/resource.ts";
import { CANCEL_FLAGS, CancelData, ioAsyncCancelAll, nextCancelSeq } from "./cancel.ts";
import { ioWqOf } from "./ioWq.ts";
import { ioUringAddTask } from "./tctx.ts";
import { ioRunLocalWork, tctxTaskWork } from "./tw.ts";

/** Further operations of io_uring_register: cancelling, workers, clock. */

const raw = new Uint8Array(64);
const view = new DataView(raw.buffer);
const u32 = (off: number): number => view.getUint32(off, true);
const s64 = (off: number): number => view.getInt32(off + 4, true) * 4294967296 + u32(off);
const CLOCK_MONOTONIC = 1;
const CLOCK_BOOTTIME = 7;

/** A cancellation that waits for what it has interrupted. */
class SyncCancel {
  readonly cd: CancelData;
  constructor(cd: CancelData) {
    this.cd = cd;
  }
}
stateClass(SyncCancel);

/** Reads struct io_uring_sync_cancel_reg and begins. The file meant is kept in the data. */
function beginSyncCancel(k: Kernel, ctx: IoRingCtx, arg: number): SyncCancel | number {
  if (copyFromUser(k, arg, raw, 0, 64) !== 0) return -EFAULT;
  const flags = u32(12);
  if ((flags & ~CANCEL_FLAGS) !== 0) return -EINVAL;
  for (let i = 33; i < 64; i++) if (raw[i] !== 0) return -EINVAL;
  const cd = new CancelData(ctx, u32(0), u32(4), flags);
  cd.opcode = raw[32] as number;
  const fd = view.getInt32(8, true);
  const sec = s64(16);
  const nsec = s64(24);
  if (flags & U.IORING_ASYNC_CANCEL_FD) {
    const file = flags & U.IORING_ASYNC_CANCEL_FD_FIXED ? (ctx.files?.nodes[fd]?.file ?? null) : fget(k, fd);
    if (!file) return -EBADF;
    cd.file = getFile(file);
  }
  if (sec !== -1 || nsec !== -1) k.sched.setDeadline(k.time.now() + (sec < 0 ? 0 : toNs({ sec, nsec })));
  return new SyncCancel(cd);
}

/** Ends requests, and waits until those that are being worked on have ended. @linux io_uring/cancel.c io_sync_cancel */
export function ioSyncCancel(k: Kernel, ctx: IoRingCtx, arg: number): number {
  const task = k.current;
  const again = task.progress instanceof SyncCancel ? task.progress : null;
  const p = again ?? beginSyncCancel(k, ctx, arg);
  if (typeof p === "number") return p;
  p.cd.seq = nextCancelSeq(ctx);
  let ret = ioAsyncCancelAll(k, task.ioUring, p.cd);
  if (ret === -EALREADY) {
    if (ctx.localWork.length > 0) ioRunLocalWork(k, ctx, Number.POSITIVE_INFINITY);
    if (task.notifySignal) tctxTaskWork(k, task);
    if (task.sigPendingFlag) ret = -EINTR;
    else if (k.sched.deadlinePassed()) ret = -ETIME;
    else {
      ret = k.sched.sleepOn(ctx.cqWait);
      if (ret === BLOCKED) {
        task.progress = p;
        return ret;
      }
    }
  } else if (again && (ret === -ENOENT || ret > 0)) ret = 0;
  if (p.cd.file) fput(k, p.cd.file);
  return ret;
}

/** @linux io_uring/register.c io_register_iowq_max_workers */
export function ioRegisterIowqMaxWorkers(k: Kernel, ctx: IoRingCtx, arg: number): number {
  if (copyFromUser(k, arg, raw, 0, 8) !== 0) return -EFAULT;
  const wanted: [number, number] = [u32(0), u32(4)];
  if (wanted[0] > 0x7fffffff || wanted[1] > 0x7fffffff) return -EINVAL;
  for (const i of [0, 1] as const) if (wanted[i] !== 0) ctx.iowqLimits[i] = wanted[i];
  ctx.iowqLimitsSet = true;
  const most = rlimit(k.current, RLIMIT_NPROC);
  const own = k.current.ioUring;
  for (const i of [0, 1] as const) {
    const wq = own ? ioWqOf(own, ctx.sqEntries) : null;
    view.setUint32(i * 4, wq ? Math.min(wq.max[i], 0x7fffffff) : 0, true);
  }
  if (copyToUser(k, arg, raw, 0, 8) !== 0) return -EFAULT;
  for (const task of ctx.tasks) {
    if (!task.ioUring) continue;
    const wq = ioWqOf(task.ioUring, ctx.sqEntries);
    for (const i of [0, 1] as const) if (wanted[i] !== 0) wq.max[i] = Math.min(wanted[i], most);
  }
  return 0;
}

/** There is one processor: a mask may name no other. @linux io_uring/register.c io_register_iowq_aff */
export function ioRegisterIowqAff(k: Kernel, ctx: IoRingCtx, arg: number, len: number): number {
  if (!k.current.ioUring) ioUringAddTask(k.current, ctx);
  const n = Math.min(len, 64);
  raw.fill(0, 0, 64);
  if (copyFromUser(k, arg, raw, 0, n) !== 0) return -EFAULT;
  return (raw[0] as number) > 1 || raw.subarray(1, 64).some((b) => b !== 0) ? -EINVAL : 0;
}

/** Which clock the timeouts of waits go by. @linux io_uring/register.c io_register_clock */
export function ioRegisterClock(k: Kernel, ctx: IoRingCtx, arg: number): number {
  if (copyFromUser(k, arg, raw, 0, 16) !== 0) return -EFAULT;
  if (u32(4) !== 0 || u32(8) !== 0 || u32(12) !== 0) return -EINVAL;
  const id = u32(0);
  if (id !== CLOCK_MONOTONIC && id !== CLOCK_BOOTTIME) return -EINVAL;
  ctx.clockId = id;
  return 0;
}
