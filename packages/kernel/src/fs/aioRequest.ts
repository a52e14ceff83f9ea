import type { File } from "../include/linux/fs.ts";
import { BLOCKED } from "../include/linux/sched.ts";
import { type PollTable, WaitQueueEntry, type WaitQueueHead } from "../include/linux/wait.ts";
import type { Kernel } from "../kernel.ts";
import type { IovIter } from "../lib/iovIter.ts";
import { TASK_SIZE } from "../mm/flags.ts";
import { copyFromUser, putUser32 } from "../mm/usercopy.ts";
import { importIovec, userIter } from "../mm/userIov.ts";
import { stateClass } from "../state.ts";
import * as A from "../uapi/aioAbi.ts";
import { EAGAIN, EBADF, EFAULT, EINTR, EINVAL, EOPNOTSUPP } from "../uapi/errno.ts";
import { POLLERR, POLLHUP } from "../uapi/poll.ts";
import { aioComplete, type Kioctx, reqsAvailable } from "./aioRing.ts";
import { type EventfdCtx, eventfdFops } from "./eventfd.ts";
import { fget, fput, getFile } from "./file.ts";
import { canRead, canWrite, transferNowait } from "./readWrite.ts";
import { vfsPoll } from "./select.ts";

/** RWF_HIPRI, DSYNC, SYNC, NOWAIT and APPEND. */
const RWF_SUPPORTED = 0x1f;

/** struct aio_kiocb: a request under way. */
export class AioKiocb {
  readonly ctx: Kioctx;
  /** The program's iocb, and what it has put into it for the event. */
  readonly obj: number;
  readonly dataLo: number;
  readonly dataHi: number;
  eventfd: EventfdCtx | null = null;
  poll: AioPoll | null = null;
  constructor(ctx: Kioctx, obj: number, dataLo: number, dataHi: number) {
    this.ctx = ctx;
    this.obj = obj;
    this.dataLo = dataLo;
    this.dataHi = dataHi;
  }
  /** Nobody wants its event any more. */
  giveUp(k: Kernel): void {
    const { poll } = this;
    if (!poll) return;
    for (const e of poll.entries) e.queue?.remove(e);
    fput(k, poll.file);
    this.poll = null;
  }
}

/** Waiting for a file's events (struct poll_iocb). */
class AioPoll {
  readonly req: AioKiocb;
  readonly file: File;
  readonly events: number;
  entries: AioPollEntry[] = [];
  constructor(req: AioKiocb, file: File, events: number) {
    this.req = req;
    this.file = file;
    this.events = events;
  }
}

/** On one of the file's wait queues. @linux fs/aio.c aio_poll_wake */
class AioPollEntry extends WaitQueueEntry {
  readonly poll: AioPoll;
  constructor(poll: AioPoll) {
    super();
    this.poll = poll;
  }
  wake(k: Kernel, key: number): number {
    const { poll } = this;
    const mask = key & 0xffff;
    if (key !== 0 && (mask & poll.events) === 0) return 0;
    const found = mask !== 0 ? mask : vfsPoll(k, poll.file, null) & poll.events;
    if (found === 0) return 0;
    pollDone(k, poll.req, found);
    return 1;
  }
}
stateClass(AioKiocb, AioPoll, AioPollEntry);

/** @linux fs/aio.c aio_poll_queue_proc */
class AioPollTable implements PollTable {
  readonly poll: AioPoll;
  constructor(poll: AioPoll) {
    this.poll = poll;
  }
  wait(_k: Kernel, queue: WaitQueueHead): void {
    const entry = new AioPollEntry(this.poll);
    queue.add(entry);
    this.poll.entries.push(entry);
  }
}

/** A poll is over, with the events that came (none: it was cancelled). */
export function pollDone(k: Kernel, req: AioKiocb, mask: number): void {
  req.ctx.active.delete(req.obj);
  req.giveUp(k);
  aioComplete(k, req, mask);
}

const bytes = new Uint8Array(A.IOCB_SIZE);
const iocb = new DataView(bytes.buffer);
/** A 64-bit field as an unsigned number. */
const u64 = (at: number): number => iocb.getUint32(at, true) + iocb.getUint32(at + 4, true) * 4294967296;
const s64 = (at: number): number => iocb.getUint32(at, true) + iocb.getInt32(at + 4, true) * 4294967296;

/** Starts the request of one iocb of the program's. 0, -errno, or BLOCKED if its file makes the caller wait. @linux fs/aio.c io_submit_one */
export function ioSubmitOne(k: Kernel, ctx: Kioctx, address: number): number {
  if (copyFromUser(k, address, bytes, 0, A.IOCB_SIZE) < 0) return -EFAULT;
  if (u64(A.IOCB_RESERVED2) !== 0 || s64(A.IOCB_NBYTES) < 0) return -EINVAL;
  if (!reqsAvailable(k, ctx)) return -EAGAIN;
  const file = fget(k, iocb.getInt32(A.IOCB_FILDES, true));
  if (!file) return -EBADF;
  const req = new AioKiocb(ctx, address, iocb.getUint32(A.IOCB_DATA, true), iocb.getUint32(A.IOCB_DATA + 4, true));
  if (iocb.getUint32(A.IOCB_FLAGS, true) & A.IOCB_FLAG_RESFD) {
    const told = fget(k, iocb.getInt32(A.IOCB_RESFD, true));
    if (!told) return -EBADF;
    if (told.op !== eventfdFops) return -EINVAL;
    req.eventfd = told.priv as EventfdCtx;
  }
  if (putUser32(k, address + A.IOCB_KEY, 0) < 0) return -EFAULT;
  const op = iocb.getUint16(A.IOCB_OPCODE, true);
  switch (op) {
    case A.IOCB_CMD_PREAD:
    case A.IOCB_CMD_PREADV:
      return readOrWrite(k, req, file, false, op === A.IOCB_CMD_PREADV);
    case A.IOCB_CMD_PWRITE:
    case A.IOCB_CMD_PWRITEV:
      return readOrWrite(k, req, file, true, op === A.IOCB_CMD_PWRITEV);
    case A.IOCB_CMD_FSYNC:
    case A.IOCB_CMD_FDSYNC: {
      if (u64(A.IOCB_BUF) !== 0 || u64(A.IOCB_OFFSET) !== 0 || u64(A.IOCB_NBYTES) !== 0 || iocb.getUint32(A.IOCB_RW_FLAGS, true) !== 0)
        return -EINVAL;
      if (!file.op.fsync) return -EINVAL;
      return finish(k, req, file.op.fsync(k, file, op === A.IOCB_CMD_FDSYNC));
    }
    case A.IOCB_CMD_POLL:
      return poll(k, req, file);
    default:
      return -EINVAL;
  }
}

/** A request that is over at once. */
function finish(k: Kernel, req: AioKiocb, result: number): number {
  req.ctx.pending++;
  // It cannot be begun again from the middle of a list.
  aioComplete(k, req, result <= -512 && result >= -516 ? -EINTR : result);
  return 0;
}

/** @linux fs/aio.c aio_read, aio_write */
function readOrWrite(k: Kernel, req: AioKiocb, file: File, write: boolean, vectored: boolean): number {
  const flags = iocb.getUint32(A.IOCB_RW_FLAGS, true);
  if (flags & ~RWF_SUPPORTED) return -EOPNOTSUPP;
  if (!(write ? canWrite(file) : canRead(file))) return -EBADF;
  if (!(write ? file.op.write : file.op.read)) return -EINVAL;
  const buf = u64(A.IOCB_BUF);
  const n = u64(A.IOCB_NBYTES);
  const pos = s64(A.IOCB_OFFSET);
  let iter: IovIter | number;
  if (vectored) iter = importIovec(k, buf, n, !write);
  else iter = n > 0 && buf + n > TASK_SIZE ? -EFAULT : userIter(k, buf, n);
  if (typeof iter === "number") return iter;
  if (pos < 0) return -EINVAL;
  const result = transferNowait(k, file, iter, pos, flags, write);
  return result === BLOCKED ? BLOCKED : finish(k, req, result);
}

/** @linux fs/aio.c aio_poll */
function poll(k: Kernel, req: AioKiocb, file: File): number {
  const wanted = u64(A.IOCB_BUF);
  if (wanted > 0xffff) return -EINVAL;
  if (u64(A.IOCB_OFFSET) !== 0 || u64(A.IOCB_NBYTES) !== 0 || iocb.getUint32(A.IOCB_RW_FLAGS, true) !== 0) return -EINVAL;
  const p = new AioPoll(req, file, wanted | POLLERR | POLLHUP);
  req.poll = p;
  getFile(file);
  const mask = vfsPoll(k, file, new AioPollTable(p)) & p.events;
  req.ctx.pending++;
  if (mask !== 0) pollDone(k, req, mask);
  else req.ctx.active.set(req.obj, req);
  return 0;
}
