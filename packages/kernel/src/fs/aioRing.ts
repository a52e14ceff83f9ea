import type { File } from "../include/linux/fs.ts";
import type { MmStruct } from "../include/linux/mm_types.ts";
import { WaitQueueHead } from "../include/linux/wait.ts";
import { sysctlValue } from "../kernel/sysctl.ts";
import type { Kernel } from "../kernel.ts";
import { PAGE_SIZE } from "../mm/flags.ts";
import { doMmap, doMunmap } from "../mm/mmap.ts";
import { readMappingPage } from "../mm/pageCache.ts";
import { shmemFileSetup } from "../mm/shmem.ts";
import { copyToUser } from "../mm/usercopy.ts";
import { stateClass } from "../state.ts";
import * as A from "../uapi/aioAbi.ts";
import { EAGAIN, EINVAL, ENOMEM } from "../uapi/errno.ts";
import { MAP_SHARED, PROT_READ, PROT_WRITE } from "../uapi/mman.ts";
import type { AioKiocb } from "./aioRequest.ts";
import { eventfdSignal } from "./eventfd.ts";
import { fput } from "./file.ts";

/** Contexts of asynchronous I/O, and the ring of events that each shares with its program. */

/** struct kioctx. */
export class Kioctx {
  /** Address of the ring, by which the program names the context. */
  readonly userId: number;
  /** What the program asked for, and how many events the ring has. */
  readonly maxReqs: number;
  readonly nrEvents: number;
  /** The ring's pages, held by their file. */
  readonly file: File;
  readonly frames: number[];
  tail = 0;
  /** Requests under way that can be cancelled, by the address of their iocb. */
  active = new Map<number, AioKiocb>();
  /** Requests that are neither told of nor taken. */
  pending = 0;
  readonly wait = new WaitQueueHead();
  constructor(userId: number, maxReqs: number, nrEvents: number, file: File, frames: number[]) {
    this.userId = userId;
    this.maxReqs = maxReqs;
    this.nrEvents = nrEvents;
    this.file = file;
    this.frames = frames;
  }
}

/** fs.aio-max-nr unless it is set. */
const AIO_MAX_NR = 65536;

/** Events that contexts of all processes have asked for (aio_nr). */
class AioUse {
  events = 0;
}
stateClass(Kioctx, AioUse);

function use(k: Kernel): AioUse {
  let u = k.subsystems.get("aio") as AioUse | undefined;
  if (!u) {
    u = new AioUse();
    k.subsystems.set("aio", u);
  }
  return u;
}

/** /proc/sys/fs/aio-nr */
export function aioNr(k: Kernel): number {
  return use(k).events;
}

function word(k: Kernel, ctx: Kioctx, off: number): number {
  return k.machine.phys.u32[((ctx.frames[off >>> 12] as number) << 10) + ((off & 4095) >>> 2)] as number;
}
function setWord(k: Kernel, ctx: Kioctx, off: number, value: number): void {
  const { phys } = k.machine;
  const frame = ctx.frames[off >>> 12] as number;
  phys.willWrite(frame);
  phys.u32[(frame << 10) + ((off & 4095) >>> 2)] = value;
}

/** A context for so many requests in the current address space, or -errno. @linux fs/aio.c ioctx_alloc, aio_setup_ring */
export function ioctxAlloc(k: Kernel, wanted: number): Kioctx | number {
  const { mm } = k.current;
  if (!mm) return -EINVAL;
  const doubled = 2 * Math.max(wanted, 4);
  if (doubled > 0x800000) return -EINVAL;
  const u = use(k);
  if (u.events + wanted > Number(sysctlValue(k, "fs/aio-max-nr") ?? AIO_MAX_NR)) return -EAGAIN;
  const pages = Math.ceil((A.RING_HEADER + A.IO_EVENT_SIZE * (doubled + 2)) / PAGE_SIZE);
  const file = shmemFileSetup(k, "/[aio] (deleted)", pages * PAGE_SIZE, 0o600);
  if (typeof file === "number") return file;
  const frames: number[] = [];
  for (let i = 0; i < pages; i++) {
    const frame = readMappingPage(k, file.inode.mapping!, i);
    if (frame < 0) {
      fput(k, file);
      return -ENOMEM;
    }
    frames.push(frame);
  }
  const at = doMmap(k, mm, 0, pages * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (at < 0) {
    fput(k, file);
    return -ENOMEM;
  }
  const nr = (pages * PAGE_SIZE - A.RING_HEADER) / A.IO_EVENT_SIZE;
  const ctx = new Kioctx(at, wanted, nr, file, frames);
  setWord(k, ctx, A.RING_NR, nr);
  setWord(k, ctx, A.RING_MAGIC, A.AIO_RING_MAGIC);
  setWord(k, ctx, A.RING_COMPAT, 1);
  setWord(k, ctx, A.RING_HEADER_LENGTH, A.RING_HEADER);
  u.events += wanted;
  mm.aio.push(ctx);
  return ctx;
}

/** The current process's context of that name, or null. @linux fs/aio.c lookup_ioctx */
export function lookupIoctx(k: Kernel, id: number): Kioctx | null {
  return k.current.mm?.aio.find((c) => c.userId === id) ?? null;
}

/** Ends a context: what waits is given up, the ring is unmapped unless the address space goes anyway. @linux fs/aio.c kill_ioctx, free_ioctx */
export function killIoctx(k: Kernel, mm: MmStruct, ctx: Kioctx, unmap: boolean): void {
  mm.aio = mm.aio.filter((c) => c !== ctx);
  use(k).events -= ctx.maxReqs;
  for (const req of [...ctx.active.values()]) req.giveUp(k);
  ctx.active.clear();
  if (unmap) doMunmap(k, mm, ctx.userId, ctx.frames.length * PAGE_SIZE);
  fput(k, ctx.file);
  ctx.wait.wakeUpAll(k, 0);
}

/** An address space goes. @linux fs/aio.c exit_aio */
export function exitAio(k: Kernel, mm: MmStruct): void {
  for (const ctx of [...mm.aio]) killIoctx(k, mm, ctx, false);
}

/** Where the program has put the head, within the ring. */
const head = (k: Kernel, ctx: Kioctx): number => word(k, ctx, A.RING_HEAD) % ctx.nrEvents;

/** Is there room for one request more, and its event? @linux fs/aio.c get_reqs_available */
export function reqsAvailable(k: Kernel, ctx: Kioctx): boolean {
  const told = (ctx.tail - head(k, ctx) + ctx.nrEvents) % ctx.nrEvents;
  return ctx.pending + told < ctx.nrEvents - 1;
}

/** A request is over: its event is put into the ring. @linux fs/aio.c aio_complete */
export function aioComplete(k: Kernel, req: AioKiocb, res: number): void {
  const { ctx } = req;
  const at = A.RING_HEADER + ctx.tail * A.IO_EVENT_SIZE;
  const words = [req.dataLo, req.dataHi, req.obj >>> 0, Math.floor(req.obj / 4294967296), res, res < 0 ? -1 : 0, 0, 0];
  words.forEach((w, i) => {
    setWord(k, ctx, at + 4 * i, w);
  });
  ctx.tail = (ctx.tail + 1) % ctx.nrEvents;
  setWord(k, ctx, A.RING_TAIL, ctx.tail);
  ctx.pending--;
  if (req.eventfd) eventfdSignal(k, req.eventfd);
  ctx.wait.wakeUp(k, 0);
}

const event = new Uint8Array(A.IO_EVENT_SIZE);
const eventWords = new Uint32Array(event.buffer);

/** Gives events to the program, n at most. Their number, or -EFAULT if none could be stored. @linux fs/aio.c aio_read_events_ring */
export function aioReadEvents(k: Kernel, ctx: Kioctx, to: number, n: number): number {
  let at = head(k, ctx);
  let done = 0;
  while (done < n && at !== ctx.tail) {
    for (let i = 0; i < 8; i++) eventWords[i] = word(k, ctx, A.RING_HEADER + at * A.IO_EVENT_SIZE + 4 * i);
    const r = copyToUser(k, to + done * A.IO_EVENT_SIZE, event, 0, A.IO_EVENT_SIZE);
    if (r < 0) {
      if (done === 0) return r;
      break;
    }
    at = (at + 1) % ctx.nrEvents;
    done++;
  }
  if (done > 0) setWord(k, ctx, A.RING_HEAD, at);
  return done;
}
