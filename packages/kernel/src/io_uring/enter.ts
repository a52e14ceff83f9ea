import { fget } from "../fs/file.ts";
import type { File } from "../include/linux/fs.ts";
import type { IoRingCtx } from "../include/linux/ioUringTypes.ts";
import { BLOCKED } from "../include/linux/sched.ts";
import type { Kernel } from "../kernel.ts";
import { EBADF, EBADFD, EBADR, EINVAL, EOPNOTSUPP, EOWNERDEAD } from "../uapi/errno.ts";
import {
  IORING_ENTER_GETEVENTS,
  IORING_ENTER_REGISTERED_RING,
  IORING_ENTER_SQ_WAIT,
  IORING_ENTER_SQ_WAKEUP,
  IORING_SETUP_DEFER_TASKRUN,
  IORING_SETUP_R_DISABLED,
  IORING_SETUP_SQPOLL,
} from "../uapi/ioUring.ts";
import { isUringFile } from "./fops.ts";
import { ioRingfdGet } from "./ringfd.ts";
import { ioSqpollWait, ioSqpollWake, sqThreadAlive } from "./sqpoll.ts";
import { ioSubmitSqes } from "./submit.ts";
import { ioUringAddTctxNode } from "./tctx.ts";
import { ioRunLocalWork } from "./tw.ts";
import { EnterProgress, ExtArg, ioCqringWait, ioGetExtArg } from "./wait.ts";

const ENTER_FLAGS = 0xff;

/** The ring that a call names, by descriptor or by registered number. */
export function ioUringFile(k: Kernel, fd: number, registered: boolean): File | number {
  if (registered) return ioRingfdGet(k, fd);
  const file = fget(k, fd | 0);
  if (!file) return -EBADF;
  return isUringFile(file) ? file : -EOPNOTSUPP;
}

/** @linux io_uring/io_uring.c io_uring_enter */
export function sysIoUringEnter(
  k: Kernel,
  fd: number,
  toSubmit: number,
  minComplete: number,
  flags: number,
  argp: number,
  argsz: number,
): number {
  if ((flags & ~ENTER_FLAGS) !== 0) return -EINVAL;
  const file = ioUringFile(k, fd, (flags & IORING_ENTER_REGISTERED_RING) !== 0);
  if (typeof file === "number") return file;
  const ctx = file.priv as IoRingCtx;
  const task = k.current;
  let w = task.progress instanceof EnterProgress ? task.progress : null;
  if (!w) {
    if (ctx.flags & IORING_SETUP_R_DISABLED) return -EBADFD;
    let ret = 0;
    if (ctx.flags & IORING_SETUP_SQPOLL) {
      if (!sqThreadAlive(ctx)) return -EOWNERDEAD;
      if (flags & IORING_ENTER_SQ_WAKEUP) ioSqpollWake(k, ctx);
      ret = toSubmit;
    } else if (toSubmit > 0) {
      ret = ioUringAddTctxNode(k, ctx);
      if (ret < 0) return ret;
      ctx.inSubmit = true;
      ret = ioSubmitSqes(k, ctx, toSubmit);
      ctx.inSubmit = false;
      if (ret !== toSubmit) return ret;
      if (flags & IORING_ENTER_GETEVENTS && ctx.flags & IORING_SETUP_DEFER_TASKRUN && ctx.submitter === task) {
        ioRunLocalWork(k, ctx, Math.max(1, minComplete));
      }
    }
    w = new EnterProgress(ret);
    w.sqWait = (ctx.flags & IORING_SETUP_SQPOLL) !== 0 && (flags & IORING_ENTER_SQ_WAIT) !== 0;
  }
  if (w.sqWait) {
    const r = ioSqpollWait(k, ctx);
    if (r === BLOCKED) {
      task.progress = w;
      return r;
    }
    w.sqWait = false;
  }
  if (!(flags & IORING_ENTER_GETEVENTS)) return w.submitted;
  const ext = new ExtArg();
  let r = w.waiting ? 0 : ioGetExtArg(k, ctx, flags, argp, argsz, ext);
  if (r === 0) r = ioCqringWait(k, ctx, minComplete | 0, flags, ext, w);
  if (r === BLOCKED) {
    task.progress = w;
    return r;
  }
  if (w.submitted !== 0) return w.submitted;
  if (r === -EBADR) ctx.cqeDropped = false;
  return r;
}
