import { type Kernel, syscallNames } from "@lstar/kernel";
import type { File } from "@lstar/kernel/include/linux/fs.ts";
import { type IoKiocb, IoRingCtx } from "@lstar/kernel/include/linux/ioUringTypes.ts";
import type { Task } from "@lstar/kernel/include/linux/sched.ts";
import { CQ_HEAD, CQ_TAIL, ringRead, SQ_DROPPED, SQ_FLAGS, SQ_TAIL } from "@lstar/kernel/io_uring/rings.ts";
import {
  IORING_CQE_F_MORE,
  IORING_ENTER_REGISTERED_RING,
  IORING_ENTER_SQ_WAKEUP,
  IORING_OP_POLL_ADD,
  IORING_SETUP_SQPOLL,
  IORING_SQ_NEED_WAKEUP,
} from "@lstar/kernel/uapi/ioUring.ts";
import { flagsText } from "../strace/text.ts";
import { uringCqeFlags, uringOpName } from "./names.ts";
import { readSqe, type Sqe, sqeText, userDataText } from "./sqe.ts";

/** How a request came to its end: at once, after its file was ready, by a worker, when its time came, by task work. */
export type UringWay = "inline" | "poll" | "worker" | "timer" | "task work";

/** One completion as it was posted. */
export interface UringCompletion {
  readonly userData: bigint;
  readonly res: number;
  readonly flags: number;
  /** Nanoseconds of virtual time since its entry was taken; -1 if it belongs to none. */
  readonly latency: number;
  readonly way: UringWay;
}

/** What one ring has done. */
export interface UringHistory {
  /** In the order of creation, from 1. */
  readonly number: number;
  readonly ctx: IoRingCtx;
  /** The descriptor that io_uring_setup gave, -1 if unknown. */
  fd: number;
  readonly pid: number;
  /** Calls of io_uring_enter for it. */
  enters: number;
  /** Entries taken, and those by the kernel's thread. */
  taken: number;
  byThread: number;
  completed: number;
  overflowed: number;
  /** Completions by way. */
  readonly ways: Record<UringWay, number>;
  longest: number;
  closed: boolean;
  told: Set<UringMisuse>;
  dropped: number;
  /** When entries began to wait for a thread that sleeps, -1: none do. */
  unwokenSince: number;
}

export type UringMisuse = "overflow" | "dropped" | "not-submitted" | "not-reaped" | "not-woken";

/** A misuse of io_uring that the machine has seen. */
export interface UringDiagnosis {
  readonly kind: UringMisuse;
  readonly pid: number;
  readonly ring: number;
  /** Entries or completions concerned. */
  readonly count: number;
  readonly text: string;
}

interface Taken {
  readonly sqe: Sqe;
  readonly time: number;
  way: UringWay;
}

export interface UringListeners {
  /** A misuse, when it is seen. */
  tell?: (d: UringDiagnosis) => void;
  /** A line for each entry taken and each completion posted; pid is the process's. */
  line?: (pid: number, text: string) => void;
}

/** Rings whose history is kept. */
const MOST_RINGS = 1000;
/** Virtual time (ns) that entries may wait for a sleeping thread before it is said. */
const PATIENCE = 50e6;
const TIMERS: ReadonlySet<string> = new Set(["TIMEOUT", "LINK_TIMEOUT"]);
const RDI = 7;
const R10 = 10;

const plural = (n: number, what: string, many = `${what}s`): string => `${n} ${n === 1 ? what : many}`;

/** Nanoseconds in the unit that fits. */
function timeText(ns: number): string {
  if (ns < 1e3) return `${ns} ns`;
  if (ns < 1e6) return `${(ns / 1e3).toFixed(2)} us`;
  return ns < 1e9 ? `${(ns / 1e6).toFixed(3)} ms` : `${(ns / 1e9).toFixed(3)} s`;
}

/**
 * Follows every ring of a machine: which entries were taken by whom, what each came to, and where a program misuses its
 * rings. Listens to tracepoints and looks at the rings' memory only, so the run is the same with and without it.
 */
export class UringWatcher {
  readonly histories: UringHistory[] = [];
  readonly diagnoses: UringDiagnosis[] = [];
  readonly #k: Kernel;
  readonly #to: UringListeners;
  readonly #rings = new WeakMap<IoRingCtx, UringHistory>();
  /** Rings beyond those whose history is kept. */
  #more = 0;
  readonly #flight = new Map<IoKiocb, Taken>();
  readonly #closing = new Map<number, IoRingCtx>();
  readonly #remove: (() => void)[];

  constructor(k: Kernel, to: UringListeners = {}) {
    this.#k = k;
    this.#to = to;
    const t = k.trace;
    this.#remove = [
      t.ioUringCreate.on((ctx, fd) => {
        this.#ring(ctx).fd = fd;
      }),
      t.ioUringSubmitReq.on((ctx, req, sqe) => this.#submitted(ctx, req, sqe, 0)),
      t.ioUringReqFailed.on((ctx, req, sqe, error) => this.#submitted(ctx, req, sqe, error)),
      t.ioUringQueueAsyncWork.on((_ctx, req) => this.#goes(req, "worker")),
      t.ioUringPollArm.on((_ctx, req) => this.#goes(req, "poll")),
      t.ioUringTaskAdd.on((_ctx, req) => this.#goes(req, req.opcode === IORING_OP_POLL_ADD ? "poll" : "task work")),
      t.ioUringComplete.on((ctx, req, lo, hi, res, flags) => this.#completed(ctx, req, lo, hi, res, flags)),
      t.ioUringCqeOverflow.on((ctx, lo, hi) => this.#overflowed(ctx, lo, hi)),
      t.sysEnter.on((task, nr) => this.#enter(task, nr)),
      t.sysExit.on((task, nr) => this.#exit(task, nr)),
      // Comes with each tick: a program that spins makes no calls.
      t.updateVsyscall.on((_sequence, step) => {
        if (step === "end") this.#look();
      }),
    ];
  }

  /** Stops listening and looks at what was left behind. */
  stop(): void {
    for (const remove of this.#remove) remove();
    for (const h of this.histories) this.#leftBehind(h);
  }

  /** What each ring did, as text. */
  report(): string {
    if (this.histories.length === 0) return "io_uring: the program made no ring.\n";
    const out: string[] = [];
    for (const h of this.histories) {
      const ways = Object.entries(h.ways)
        .filter(([, n]) => n > 0)
        .map(([way, n]) => `${n} ${way}`)
        .join(", ");
      const thread = h.byThread > 0 ? `, ${h.byThread} by the kernel's thread` : "";
      out.push(
        `io_uring ${h.number} (fd ${h.fd}, process ${h.pid}): ${plural(h.enters, "call")} of io_uring_enter for ${plural(h.taken, "entry", "entries")}${thread}; ` +
          `${plural(h.completed, "completion")}${ways ? ` (${ways})` : ""}, longest ${timeText(h.longest)}` +
          (h.overflowed > 0 ? `, ${h.overflowed} found no room` : ""),
      );
    }
    if (this.#more > 0) out.push(`(${this.#more} more rings are not shown)`);
    if (this.diagnoses.length) out.push("Diagnosis", ...this.diagnoses.map((d) => `  ${d.text}`));
    return `${out.join("\n")}\n`;
  }

  #ring(ctx: IoRingCtx): UringHistory {
    let h = this.#rings.get(ctx);
    if (h) return h;
    h = {
      number: this.histories.length + this.#more + 1,
      ctx,
      fd: -1,
      pid: this.#k.current.tgid,
      enters: 0,
      taken: 0,
      byThread: 0,
      completed: 0,
      overflowed: 0,
      ways: { inline: 0, poll: 0, worker: 0, timer: 0, "task work": 0 },
      longest: 0,
      closed: false,
      told: new Set(),
      dropped: 0,
      unwokenSince: -1,
    };
    this.#rings.set(ctx, h);
    if (this.histories.length < MOST_RINGS) this.histories.push(h);
    else this.#more++;
    return h;
  }

  /** Name of a ring in what is said: the descriptor that it came with. */
  #name(h: UringHistory): string {
    return h.fd >= 0 ? `ring ${h.fd}` : `ring #${h.number}`;
  }

  #submitted(ctx: IoRingCtx, req: IoKiocb, at: number, error: number): void {
    const k = this.#k;
    const h = this.#ring(ctx);
    const sqe = readSqe(k.machine.phys.view, at);
    const thread = k.current.kthread !== null;
    h.taken++;
    if (thread) h.byThread++;
    this.#flight.set(req, { sqe, time: k.time.nowNs, way: TIMERS.has(uringOpName(sqe.opcode)) ? "timer" : "inline" });
    const by = thread ? `the sq thread ${k.current.pid}` : `io_uring_enter of ${k.current.pid}`;
    const bad = error ? `, refused: error ${-error}` : "";
    this.#to.line?.(h.pid, `sqe ${this.#name(h)}[${(ctx.cachedSqHead - 1) >>> 0}] ${sqeText(sqe)}, taken by ${by}${bad}`);
  }

  /** It is not done at once. */
  #goes(req: IoKiocb, way: UringWay): void {
    const t = this.#flight.get(req);
    if (t && (t.way === "inline" || way === "worker")) t.way = way;
  }

  #completed(ctx: IoRingCtx, req: IoKiocb | null, lo: number, hi: number, res: number, flags: number): void {
    const h = this.#ring(ctx);
    const t = req ? this.#flight.get(req) : undefined;
    const c: UringCompletion = {
      userData: (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0),
      res,
      flags,
      latency: t ? this.#k.time.nowNs - t.time : -1,
      way: t?.way ?? "task work",
    };
    h.completed++;
    h.ways[c.way]++;
    if (c.latency > h.longest) h.longest = c.latency;
    if (req && !(flags & IORING_CQE_F_MORE)) this.#flight.delete(req);
    const what = flags ? ` ${flagsText(uringCqeFlags, flags)}` : "";
    const after = c.latency < 0 ? "" : `${c.latency > 0 ? ` after ${timeText(c.latency)}` : ""}, ${c.way}`;
    this.#to.line?.(
      h.pid,
      `cqe ${this.#name(h)}[${ctx.cachedCqTail >>> 0}] user_data=${userDataText(c.userData)} res=${res}${what}${after}`,
    );
  }

  #overflowed(ctx: IoRingCtx, lo: number, hi: number): void {
    const h = this.#ring(ctx);
    h.overflowed++;
    const data = userDataText((BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0));
    this.#to.line?.(h.pid, `cqe ${this.#name(h)} user_data=${data}: no room, it waits in the kernel`);
    // Once for each time that the ring was full.
    if (ctx.overflow.length > 0) return;
    this.#say(
      "overflow",
      h,
      1,
      `its completion ring of ${ctx.cqEntries} is full: the completion of user_data ${data} waits in the kernel until there is room and io_uring_enter asks for events`,
    );
  }

  #say(kind: UringMisuse, h: UringHistory, count: number, what: string): void {
    h.told.add(kind);
    const d: UringDiagnosis = { kind, pid: h.pid, ring: h.number, count, text: `io_uring: ${this.#name(h)}: ${what}` };
    this.diagnoses.push(d);
    this.#to.tell?.(d);
  }

  #enter(task: Task, nr: number): void {
    const { cpu } = this.#k.machine;
    const name = syscallNames[nr] ?? "";
    if (name === "io_uring_enter") {
      const ctx = this.#entered(task);
      const h = ctx && this.#ring(ctx);
      if (!h) return;
      h.enters++;
      if (cpu.getLo(R10) & IORING_ENTER_SQ_WAKEUP) h.unwokenSince = -1;
    } else if (name === "close") {
      const file = task.file(cpu.getLo(RDI) | 0);
      const ctx = contextOf(file);
      // The last descriptor of it: what is in the rings now is left there.
      if (ctx && file?.count === 1) this.#closing.set(task.pid, ctx);
    } else if (name === "exit_group") {
      for (const file of task.files.fd) {
        const ctx = contextOf(file);
        const h = ctx && this.#rings.get(ctx);
        if (h && h.pid === task.tgid) this.#leftBehind(h);
      }
    }
    const closing = name === "close" && this.#closing.get(task.pid);
    if (closing) this.#leftBehind(this.#ring(closing));
  }

  /** The ring that io_uring_enter names: by descriptor, or by its place in the task's own table. */
  #entered(task: Task): IoRingCtx | null {
    const { cpu } = this.#k.machine;
    const fd = cpu.getLo(RDI);
    if (cpu.getLo(R10) & IORING_ENTER_REGISTERED_RING) return contextOf(task.ioUring?.registeredRings?.[fd >>> 0]);
    return contextOf(task.file(fd | 0));
  }

  #exit(task: Task, nr: number): void {
    const name = syscallNames[nr] ?? "";
    if (name === "io_uring_enter") {
      const ctx = this.#entered(task);
      if (ctx) this.#dropped(this.#ring(ctx));
    } else if (name === "close") this.#closing.delete(task.pid);
  }

  /** Entries of the array that name no SQE are thrown away. */
  #dropped(h: UringHistory): void {
    if (h.closed || gone(h.ctx)) return;
    const n = ringRead(this.#k, h.ctx, SQ_DROPPED);
    const more = (n - h.dropped) >>> 0;
    h.dropped = n;
    if (more > 0)
      this.#say(
        "dropped",
        h,
        more,
        `${plural(more, "slot")} of its submission ring named an entry beyond the ${h.ctx.sqEntries} there are: thrown away`,
      );
  }

  /** Do entries wait for a thread that sleeps and was not woken? */
  #look(): void {
    const k = this.#k;
    for (const h of this.histories) {
      if (h.closed || !(h.ctx.flags & IORING_SETUP_SQPOLL) || h.told.has("not-woken") || gone(h.ctx)) continue;
      const waiting = this.#pending(h);
      if (waiting === 0 || !(ringRead(k, h.ctx, SQ_FLAGS) & IORING_SQ_NEED_WAKEUP)) {
        h.unwokenSince = -1;
        continue;
      }
      if (h.unwokenSince < 0) h.unwokenSince = k.time.nowNs;
      else if (k.time.nowNs - h.unwokenSince > PATIENCE) this.#notWoken(h, waiting);
    }
  }

  #notWoken(h: UringHistory, waiting: number): void {
    this.#say(
      "not-woken",
      h,
      waiting,
      `${plural(waiting, "entry waits", "entries wait")} in its submission ring, but the kernel's thread sleeps: NEED_WAKEUP is set in sq_flags, and no io_uring_enter with IORING_ENTER_SQ_WAKEUP has come`,
    );
  }

  /** Entries that the program has published and the kernel has not taken. */
  #pending(h: UringHistory): number {
    return Math.min((ringRead(this.#k, h.ctx, SQ_TAIL) - h.ctx.cachedSqHead) >>> 0, h.ctx.sqEntries);
  }

  /** Nobody will look at this ring any more. */
  #leftBehind(h: UringHistory): void {
    if (h.closed) return;
    h.closed = true;
    const k = this.#k;
    const { ctx } = h;
    if (gone(ctx)) return;
    const waiting = this.#pending(h);
    const sqpoll = (ctx.flags & IORING_SETUP_SQPOLL) !== 0;
    if (waiting > 0 && !sqpoll) {
      const why = h.enters === 0 ? "io_uring_enter was never called" : "no io_uring_enter has submitted them";
      this.#say(
        "not-submitted",
        h,
        waiting,
        `sq_tail was moved over ${plural(waiting, "entry", "entries")} that the kernel never took: ${why}, and there is no SQPOLL`,
      );
    } else if (waiting > 0 && ringRead(k, ctx, SQ_FLAGS) & IORING_SQ_NEED_WAKEUP && !h.told.has("not-woken")) this.#notWoken(h, waiting);
    const unread = ((ringRead(k, ctx, CQ_TAIL) - ringRead(k, ctx, CQ_HEAD)) >>> 0) + ctx.overflow.length;
    if (unread > 0 && unread <= ctx.cqEntries + ctx.overflow.length)
      this.#say(
        "not-reaped",
        h,
        unread,
        `${plural(unread, "completion was", "completions were")} never taken: cq_head is ${plural(unread, "place")} behind cq_tail at the end`,
      );
  }
}

/** Is its memory given back? */
const gone = (ctx: IoRingCtx): boolean => ctx.freed || ctx.rings.frames.length === 0;

function contextOf(file: File | null | undefined): IoRingCtx | null {
  return file?.priv instanceof IoRingCtx ? file.priv : null;
}
