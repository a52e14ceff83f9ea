import type { File, FileOperations } from "../include/linux/fs.ts";
import { type PollTable, WaitQueueHead } from "../include/linux/wait.ts";
import type { Kernel } from "../kernel.ts";
import type { IovIter } from "../lib/iovIter.ts";
import { stateClass, stateTable } from "../state.ts";
import { A, flagNames, type SyscallDef, syscall } from "../syscall/declare.ts";
import { EAGAIN, EFAULT, EINVAL } from "../uapi/errno.ts";
import { O_NONBLOCK, O_RDWR } from "../uapi/fcntl.ts";
import { POLLERR, POLLIN, POLLOUT } from "../uapi/poll.ts";
import { anonInodeGetFd } from "./anonInodes.ts";
import { noopLlseek } from "./libfs.ts";

const EFD_SEMAPHORE = 1;
const EFD_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = 0o4000;
const WORD = 2 ** 32;

/**
 * struct eventfd_ctx. The 64-bit counter is kept in two halves, so that the common small values need
 * no big integers.
 */
export class EventfdCtx {
  lo: number;
  hi = 0;
  readonly semaphore: boolean;
  readonly id: number;
  readonly wait = new WaitQueueHead();
  constructor(count: number, semaphore: boolean, id: number) {
    this.lo = count;
    this.semaphore = semaphore;
    this.id = id;
  }
  get zero(): boolean {
    return this.lo === 0 && this.hi === 0;
  }
}
class EventfdIds {
  next = 0;
}
stateClass(EventfdCtx, EventfdIds);

const word = new Uint8Array(8);
const view = new DataView(word.buffer);

const exact = (lo: number, hi: number): bigint => (BigInt(hi) << 32n) | BigInt(lo);

/** Takes the counter, or 1 of it for a semaphore. @linux fs/eventfd.c eventfd_read */
function eventfdRead(k: Kernel, file: File, to: IovIter): number {
  const ctx = file.priv as EventfdCtx;
  if (to.count < 8) return -EINVAL;
  if (ctx.zero) {
    if (file.flags & O_NONBLOCK) return -EAGAIN;
    return k.sched.sleepOn(ctx.wait, POLLIN);
  }
  if (ctx.semaphore) {
    view.setUint32(0, 1, true);
    view.setUint32(4, 0, true);
    if (ctx.lo === 0) {
      ctx.lo = WORD - 1;
      ctx.hi--;
    } else ctx.lo--;
  } else {
    view.setUint32(0, ctx.lo, true);
    view.setUint32(4, ctx.hi, true);
    ctx.lo = ctx.hi = 0;
  }
  ctx.wait.wakeUp(k, POLLOUT);
  return to.copyTo(k, word, 0, 8) < 8 ? -EFAULT : 8;
}

/** Adds to the counter; waits while that would make it 2^64 - 1 or more. @linux fs/eventfd.c eventfd_write */
function eventfdWrite(k: Kernel, file: File, from: IovIter): number {
  const ctx = file.priv as EventfdCtx;
  if (from.count !== 8) return -EINVAL;
  if (from.copyFrom(k, word, 0, 8) < 8) return -EFAULT;
  const lo = view.getUint32(0, true);
  const hi = view.getUint32(4, true);
  if (lo === WORD - 1 && hi === WORD - 1) return -EINVAL;
  let sumLo = ctx.lo + lo;
  let sumHi = ctx.hi + hi;
  if (sumLo >= WORD) {
    sumLo -= WORD;
    sumHi++;
  }
  if (sumHi >= WORD || (sumHi === WORD - 1 && sumLo === WORD - 1)) {
    if (file.flags & O_NONBLOCK) return -EAGAIN;
    return k.sched.sleepOn(ctx.wait, POLLOUT);
  }
  ctx.lo = sumLo;
  ctx.hi = sumHi;
  ctx.wait.wakeUp(k, POLLIN);
  return 8;
}

/** Adds one, from inside the kernel; a counter at its end stays there. `mask`: more bits for who is woken. @linux fs/eventfd.c eventfd_signal_mask */
export function eventfdSignal(k: Kernel, ctx: EventfdCtx, mask = 0): void {
  if (ctx.lo === WORD - 1) {
    if (ctx.hi === WORD - 1) return;
    ctx.lo = 0;
    ctx.hi++;
  } else ctx.lo++;
  ctx.wait.wakeUp(k, POLLIN | mask);
}

/** @linux fs/eventfd.c eventfd_poll */
function eventfdPoll(k: Kernel, file: File, table: PollTable | null): number {
  const ctx = file.priv as EventfdCtx;
  table?.wait(k, ctx.wait);
  let mask = 0;
  if (!ctx.zero) mask |= POLLIN;
  if (ctx.lo === WORD - 1 && ctx.hi === WORD - 1) mask |= POLLERR;
  // The counter itself stops at 2^64 - 2: there is room for 1 below that.
  if (ctx.hi < WORD - 1 || ctx.lo < WORD - 2) mask |= POLLOUT;
  return mask;
}

/** @linux fs/eventfd.c eventfd_show_fdinfo */
function eventfdShowFdinfo(_k: Kernel, file: File): string {
  const ctx = file.priv as EventfdCtx;
  return `eventfd-count: ${exact(ctx.lo, ctx.hi).toString(16).padStart(16)}\neventfd-id: ${ctx.id}\neventfd-semaphore: ${ctx.semaphore ? 1 : 0}\n`;
}

export const eventfdFops: FileOperations = stateTable("eventfd_fops", {
  read: eventfdRead,
  refuseSpliceRead: (): number => -EINVAL,
  write: eventfdWrite,
  refuseSplice: (): number => -EINVAL,
  poll: eventfdPoll,
  showFdinfo: eventfdShowFdinfo,
  llseek: noopLlseek,
});

/** @linux fs/eventfd.c do_eventfd */
function doEventfd(k: Kernel, count: number, flags: number): number {
  if (flags & ~(EFD_SEMAPHORE | EFD_CLOEXEC | EFD_NONBLOCK)) return -EINVAL;
  let ids = k.subsystems.get("eventfd") as EventfdIds | undefined;
  if (!ids) {
    ids = new EventfdIds();
    k.subsystems.set("eventfd", ids);
  }
  const ctx = new EventfdCtx(count, (flags & EFD_SEMAPHORE) !== 0, ids.next++);
  return anonInodeGetFd(k, "[eventfd]", eventfdFops, ctx, O_RDWR | (flags & (EFD_CLOEXEC | EFD_NONBLOCK)));
}

const efdNames = flagNames("EFD_???", { EFD_SEMAPHORE, EFD_CLOEXEC, EFD_NONBLOCK });

export const eventfdSyscalls: SyscallDef[] = [
  syscall("eventfd", { initval: A.uint }, (k, count) => doEventfd(k, count, 0), { linux: "fs/eventfd.c do_eventfd", ret: "fd" }),
  syscall("eventfd2", { initval: A.uint, flags: A.flags(efdNames) }, doEventfd, { linux: "fs/eventfd.c do_eventfd", ret: "fd" }),
];
