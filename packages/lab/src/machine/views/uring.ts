import type { File } from "@lstar/kernel/include/linux/fs.ts";
import {
  type IoKiocb,
  type IoMappedRegion,
  IoRingCtx,
  REQ_F_HARDLINK,
  REQ_F_IOWQ,
  REQ_F_LINK,
} from "@lstar/kernel/include/linux/ioUringTypes.ts";
import { TASK_RUNNING, type Task, TaskWait } from "@lstar/kernel/include/linux/sched.ts";
import { CQ_HEAD, CQ_OVERFLOW, CQ_TAIL, CQES, SQ_DROPPED, SQ_FLAGS, SQ_HEAD, SQ_TAIL } from "@lstar/kernel/io_uring/rings.ts";
import type { Kernel } from "@lstar/kernel/kernel.ts";
import * as U from "@lstar/kernel/uapi/ioUring.ts";
import { flagsText } from "@lstar/trace/strace/text.ts";
import { uringCqeFlags, uringOpName, uringSetupFlags, uringSqeFlags, uringSqFlags } from "@lstar/trace/uring/names.ts";
import type { CqSlotView, SqeView, SqSlotView, UringIndexView, UringRequestView, UringView } from "../../protocol.ts";
import type { Identities } from "./files.ts";
import { hex64 } from "./peek.ts";
import { threadOf } from "./uringThread.ts";

/** Slots of a ring that are told, requests, completions without room. */
const MOST_SLOTS = 64;
const MOST_REQUESTS = 100;
const MOST_BACKLOG = 100;
const PAGE = 4096;

/** The ring behind a file, or null. */
export function ringOf(file: File): IoRingCtx | null {
  return file.priv instanceof IoRingCtx ? file.priv : null;
}

/** Reads the pages that kernel and program share. */
class Region {
  readonly #k: Kernel;
  readonly #frames: readonly number[];
  constructor(k: Kernel, region: IoMappedRegion) {
    this.#k = k;
    this.#frames = region.frames;
  }
  u32(at: number): number {
    const frame = this.#frames[Math.floor(at / PAGE)];
    return frame === undefined ? 0 : (this.#k.machine.phys.u32[(frame * PAGE + (at % PAGE)) >>> 2] as number);
  }
  hex(at: number): string {
    return hex64(this.u32(at), this.u32(at + 4)).replace(/^0+(?=.)/, "");
  }
}

const flagNames = (table: Parameters<typeof flagsText>[0], prefix: string, value: number): string =>
  value === 0 ? "" : flagsText(table, value).replaceAll(prefix, "");

function sqe(mem: Region, index: number, size: number): SqeView {
  const at = index * size;
  const word = mem.u32(at);
  return {
    index,
    opcode: uringOpName(word & 0xff),
    flags: flagNames(uringSqeFlags, "IOSQE_", (word >>> 8) & 0xff),
    fd: mem.u32(at + U.SQE_FD) | 0,
    off: mem.hex(at + U.SQE_OFF),
    addr: mem.hex(at + U.SQE_ADDR),
    len: mem.u32(at + U.SQE_LEN),
    opFlags: mem.u32(at + U.SQE_OP_FLAGS),
    userData: mem.hex(at + U.SQE_USER_DATA),
  };
}

/** Slots to show: all of a small ring, of a large one those around `from`. */
function slots(entries: number, from: number): number[] {
  const first = entries <= MOST_SLOTS ? 0 : from;
  return Array.from({ length: Math.min(entries, MOST_SLOTS) }, (_, i) => ((first + i) & (entries - 1)) >>> 0);
}

/** Is an index of the ring that lands in this slot between head and tail? */
const between = (slot: number, entries: number, head: number, tail: number): boolean =>
  ((slot - head) & (entries - 1)) >>> 0 < Math.min(entries, (tail - head) >>> 0);

function sqSlots(ctx: IoRingCtx, rings: Region, sqes: Region): SqSlotView[] {
  const head = rings.u32(SQ_HEAD);
  const tail = rings.u32(SQ_TAIL);
  const size = ctx.flags & U.IORING_SETUP_SQE128 ? 2 * U.SQE_SIZE : U.SQE_SIZE;
  return slots(ctx.sqEntries, head).map((slot) => {
    const named = ctx.sqArrayOff >= 0 ? rings.u32(ctx.sqArrayOff + 4 * slot) : slot;
    return { slot, pending: between(slot, ctx.sqEntries, head, tail), sqe: sqe(sqes, Math.min(named, ctx.sqEntries - 1), size) };
  });
}

function cqSlots(ctx: IoRingCtx, rings: Region): CqSlotView[] {
  const head = rings.u32(CQ_HEAD);
  const size = ctx.flags & U.IORING_SETUP_CQE32 ? 2 * U.CQE_SIZE : U.CQE_SIZE;
  return slots(ctx.cqEntries, head).map((slot) => {
    const at = CQES + slot * size;
    return {
      slot,
      pending: between(slot, ctx.cqEntries, head, rings.u32(CQ_TAIL)),
      userData: rings.hex(at),
      res: rings.u32(at + 8) | 0,
      flags: flagNames(uringCqeFlags, "IORING_CQE_F_", rings.u32(at + 12)),
    };
  });
}

const userData = (req: IoKiocb): string => hex64(req.userLo, req.userHi).replace(/^0+(?=.)/, "");

/** The pages of a poll entry lie behind `apoll`, or the request is a poll itself. */
function stateOf(ctx: IoRingCtx, req: IoKiocb, head: IoKiocb | null): Pick<UringRequestView, "state" | "waits"> {
  const fd = req.fd;
  if (head) return { state: "link", waits: `waits for ${uringOpName(head.opcode)} ${userData(head)}, which is before it in its chain` };
  if (ctx.compl.includes(req)) return { state: "post", waits: "complete; its CQE comes at the end of this batch" };
  if (req.twQueued) return { state: "work", waits: "waits for its task to come by: task work is queued" };
  if (ctx.defer.includes(req)) return { state: "drain", waits: "waits for everything before it" };
  if (ctx.timeouts.includes(req) || ctx.ltimeouts.includes(req)) return { state: "timer", waits: "waits for its time" };
  if (req.worker) return { state: "worker", waits: `worker ${req.worker.pid} is at it` };
  if (req.flags & REQ_F_IOWQ) return { state: "worker", waits: "waits for a worker" };
  if (req.opcode === U.IORING_OP_POLL_ADD) return { state: "poll", waits: `waits for fd ${fd} to be ready` };
  if (req.apoll) return { state: "poll", waits: `waits for fd ${fd}, then it is tried again` };
  if (req.hashed) return { state: "poll", waits: "waits to be told or cancelled" };
  return { state: "running", waits: "under way just now" };
}

function requests(ctx: IoRingCtx): UringRequestView[] {
  const heads = new Map<IoKiocb, IoKiocb>();
  const all: IoKiocb[] = [];
  for (let r = ctx.first; r && all.length < MOST_REQUESTS; r = r.next) {
    all.push(r);
    if (r.flags & (REQ_F_LINK | REQ_F_HARDLINK)) {
      // Only who is not itself behind another is a head.
      for (let l = r.link, n = 0; l && n < MOST_REQUESTS; l = l.link, n++) if (!heads.has(l)) heads.set(l, heads.get(r) ?? r);
    }
  }
  return all.map((req) => {
    const head = heads.get(req) ?? null;
    return {
      userData: userData(req),
      opcode: uringOpName(req.opcode),
      fd: req.fd,
      ...stateOf(ctx, req, head),
      chain: head ? userData(head) : "",
    };
  });
}

function sleepers(ctx: IoRingCtx): number[] {
  const pids: number[] = [];
  for (let e = ctx.cqWait.first; e; e = e.next) if (e instanceof TaskWait) pids.push(e.task.pid);
  return pids;
}

/** Where a task has a ring's pages in its memory, -1 if it has not. */
function mappedAt(task: Task, file: File, offset: number): number {
  const vma = task.mm?.vmas.find((v) => v.file === file && v.pgoff * PAGE === offset);
  return vma ? vma.start : -1;
}

function ringView(k: Kernel, task: Task, fd: number, file: File, ctx: IoRingCtx, ids: Identities): UringView {
  const rings = new Region(k, ctx.rings);
  const sqes = new Region(k, ctx.sqes);
  const sqBase = mappedAt(task, file, U.IORING_OFF_SQ_RING);
  const cqBase = sqBase >= 0 ? sqBase : mappedAt(task, file, U.IORING_OFF_CQ_RING);
  const index = (base: number, at: number): UringIndexView => ({
    value: rings.u32(at),
    address: base < 0 ? "" : (base + at).toString(16),
  });
  const flags = rings.u32(SQ_FLAGS);
  return {
    file: ids.of(file),
    owner: task.tgid,
    fd,
    setup: flagNames(uringSetupFlags, "IORING_SETUP_", ctx.flags),
    sqEntries: ctx.sqEntries,
    cqEntries: ctx.cqEntries,
    sqHead: index(sqBase, SQ_HEAD),
    sqTail: index(sqBase, SQ_TAIL),
    cqHead: index(cqBase, CQ_HEAD),
    cqTail: index(cqBase, CQ_TAIL),
    cachedSqHead: ctx.cachedSqHead >>> 0,
    cachedCqTail: ctx.cachedCqTail >>> 0,
    sqFlags: flagNames(uringSqFlags, "IORING_SQ_", flags),
    dropped: rings.u32(SQ_DROPPED),
    overflow: rings.u32(CQ_OVERFLOW),
    backlog: ctx.overflow.slice(0, MOST_BACKLOG).map((o) => ({ userData: hex64(o.lo, o.hi).replace(/^0+(?=.)/, ""), res: o.res })),
    sq: sqSlots(ctx, rings, sqes),
    cq: cqSlots(ctx, rings),
    requests: requests(ctx),
    sqThread: ctx.flags & U.IORING_SETUP_SQPOLL ? threadOf(k, ctx, task, (flags & U.IORING_SQ_NEED_WAKEUP) !== 0) : null,
    waiters: sleepers(ctx),
    workers: [...k.pids.values()]
      .filter((t) => t.kthread !== null && t.tgid === task.tgid && t.comm.startsWith("iou-wrk"))
      .map((t) => ({ pid: t.pid, busy: t.state === TASK_RUNNING })),
  };
}

/** All rings that tasks have open. */
export function uringsView(k: Kernel, tasks: readonly Task[], ids: Identities): UringView[] {
  const out: UringView[] = [];
  const seen = new Set<IoRingCtx>();
  for (const task of tasks) {
    task.files.fd.forEach((file, fd) => {
      const ctx = file ? ringOf(file) : null;
      if (!file || !ctx || seen.has(ctx)) return;
      seen.add(ctx);
      out.push(ringView(k, task, fd, file, ctx, ids));
    });
  }
  return out;
}
