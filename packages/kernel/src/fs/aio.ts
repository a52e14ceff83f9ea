import { BLOCKED } from "../include/linux/sched.ts";
import { restoreSavedSigmaskUnless, setUserSigmask } from "../kernel/signal.ts";
import { getTimespec, toNs, userTimespec } from "../kernel/time/userTime.ts";
import type { Kernel } from "../kernel.ts";
import { getUser32, getUser64, putUser64 } from "../mm/usercopy.ts";
import { stateClass } from "../state.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { IO_EVENT_SIZE, IOCB_KEY } from "../uapi/aioAbi.ts";
import { EFAULT, EINPROGRESS, EINTR, EINVAL, ERESTARTNOHAND, ERESTARTSYS } from "../uapi/errno.ts";
import { timespecStruct } from "../uapi/time.ts";
import { ioSubmitOne, pollDone } from "./aioRequest.ts";
import { aioReadEvents, ioctxAlloc, type Kioctx, killIoctx, lookupIoctx } from "./aioRing.ts";

/**
 * Asynchronous I/O of the kernel (libaio). Transfers are done when they are submitted, as Linux does them for files in the page
 * cache; only poll goes on by itself.
 */

/** @linux fs/aio.c io_setup */
function sysIoSetup(k: Kernel, n: number, at: number): number {
  const before = getUser64(k, at);
  if (before < 0) return -EFAULT;
  if (before !== 0 || n === 0) return -EINVAL;
  const ctx = ioctxAlloc(k, n);
  if (typeof ctx === "number") return ctx;
  if (putUser64(k, at, ctx.userId) < 0) {
    killIoctx(k, k.current.mm!, ctx, true);
    return -EFAULT;
  }
  return 0;
}

/** @linux fs/aio.c io_destroy */
function sysIoDestroy(k: Kernel, id: number): number {
  const ctx = lookupIoctx(k, id);
  if (!ctx) return -EINVAL;
  killIoctx(k, k.current.mm!, ctx, true);
  return 0;
}

/** How many requests of a list have been started when one made its caller wait, and how far that one is. */
class SubmitProgress {
  done: number;
  inner: object | null;
  constructor(done: number, inner: object | null) {
    this.done = done;
    this.inner = inner;
  }
}

/** What io_getevents has given already. */
class EventsProgress {
  done = 0;
}
stateClass(SubmitProgress, EventsProgress);

/** Starts requests in their order up to the first that cannot be; its error is told if it is the first of all. @linux fs/aio.c io_submit */
function sysIoSubmit(k: Kernel, id: number, n: number, list: number): number {
  if (n < 0) return -EINVAL;
  const ctx = lookupIoctx(k, id);
  if (!ctx) return -EINVAL;
  const task = k.current;
  const progress = task.progress instanceof SubmitProgress ? task.progress : null;
  let i = progress ? progress.done : 0;
  task.progress = progress ? progress.inner : null;
  let r = 0;
  for (const end = Math.min(n, ctx.nrEvents); i < end; i++) {
    const address = getUser64(k, list + 8 * i);
    r = address < 0 ? -EFAULT : ioSubmitOne(k, ctx, address);
    if (r === BLOCKED) {
      task.progress = new SubmitProgress(i, task.progress);
      return r;
    }
    task.progress = null;
    if (r < 0) break;
  }
  return i > 0 ? i : r;
}

/** Only polls can be; their event comes all the same. @linux fs/aio.c io_cancel */
function sysIoCancel(k: Kernel, id: number, address: number, _result: number): number {
  const key = getUser32(k, address + IOCB_KEY);
  if (key < 0) return -EFAULT;
  if (key !== 0) return -EINVAL;
  const req = lookupIoctx(k, id)?.active.get(address);
  if (!req) return -EINVAL;
  pollDone(k, req, 0);
  return -EINPROGRESS;
}

/** @linux fs/aio.c do_io_getevents, read_events */
function readEvents(k: Kernel, ctx: Kioctx, min: number, n: number, to: number, timeout: number): number {
  const task = k.current;
  const progress = task.progress instanceof EventsProgress ? task.progress : new EventsProgress();
  const got = aioReadEvents(k, ctx, to + progress.done * IO_EVENT_SIZE, n - progress.done);
  if (got < 0) return progress.done || got;
  progress.done += got;
  if (progress.done >= min || timeout === 0) return progress.done;
  if (timeout !== Number.POSITIVE_INFINITY) {
    k.sched.setDeadline(k.time.now() + timeout);
    if (k.sched.deadlinePassed()) return progress.done;
  }
  const r = k.sched.sleepOn(ctx.wait);
  if (r === BLOCKED) task.progress = progress;
  return r !== BLOCKED && progress.done > 0 ? progress.done : r;
}

/** The time to wait in ns, or -EFAULT. It need not be a proper one. */
function timeoutOf(k: Kernel, at: number): number {
  if (at === 0) return Number.POSITIVE_INFINITY;
  return getTimespec(k, at) < 0 ? -EFAULT : Math.max(0, toNs(userTimespec));
}

function getevents(k: Kernel, id: number, min: number, n: number, to: number, timeout: number): number {
  const ctx = lookupIoctx(k, id);
  if (!ctx || min < 0 || min > n) return -EINVAL;
  return readEvents(k, ctx, min, n, to, timeout);
}

/** @linux fs/aio.c io_getevents */
function sysIoGetevents(k: Kernel, id: number, min: number, n: number, to: number, timeoutAt: number): number {
  const timeout = timeoutOf(k, timeoutAt);
  if (timeout < 0) return timeout;
  const r = getevents(k, id, min, n, to, timeout);
  return r === -ERESTARTSYS ? -EINTR : r;
}

/** The last argument points to {pointer to a signal set, its size}. @linux fs/aio.c io_pgetevents */
function sysIoPgetevents(k: Kernel, id: number, min: number, n: number, to: number, timeoutAt: number, sig: number): number {
  const timeout = timeoutOf(k, timeoutAt);
  if (timeout < 0) return timeout;
  let mask = 0;
  let size = 0;
  if (sig !== 0) {
    mask = getUser64(k, sig);
    size = getUser64(k, sig + 8);
    if (mask < 0 || size < 0) return -EFAULT;
  }
  const m = setUserSigmask(k, mask, size);
  if (m < 0) return m;
  let r = getevents(k, id, min, n, to, timeout);
  if (r === BLOCKED) return r;
  if (r === -ERESTARTSYS) r = -ERESTARTNOHAND;
  restoreSavedSigmaskUnless(k, r === -ERESTARTNOHAND);
  return r;
}

const time = A.struct(timespecStruct, "in");

export const aioSyscalls: readonly SyscallDef[] = [
  syscall("io_setup", { nr_events: A.uint, ctxp: A.ptr }, sysIoSetup, { linux: "fs/aio.c io_setup" }),
  syscall("io_destroy", { ctx: A.ptr }, sysIoDestroy, { linux: "fs/aio.c io_destroy" }),
  syscall("io_submit", { ctx_id: A.ptr, nr: A.long, iocbpp: A.ptr }, sysIoSubmit, { linux: "fs/aio.c io_submit" }),
  syscall("io_cancel", { ctx_id: A.ptr, iocb: A.ptr, result: A.ptr }, sysIoCancel, { linux: "fs/aio.c io_cancel" }),
  syscall("io_getevents", { ctx_id: A.ptr, min_nr: A.long, nr: A.long, events: A.ptr, timeout: time }, sysIoGetevents, {
    linux: "fs/aio.c io_getevents",
    eintr: "always",
  }),
  syscall("io_pgetevents", { ctx_id: A.ptr, min_nr: A.long, nr: A.long, events: A.ptr, timeout: time, usig: A.ptr }, sysIoPgetevents, {
    linux: "fs/aio.c io_pgetevents",
    eintr: "always",
  }),
];
