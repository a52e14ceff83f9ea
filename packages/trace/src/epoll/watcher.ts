import { type Kernel, syscallNames } from "@lstar/kernel";
import { eventpollOf } from "@lstar/kernel/fs/eventpoll/item.ts";
import type { Epitem, Eventpoll } from "@lstar/kernel/fs/eventpoll/types.ts";
import type { File } from "@lstar/kernel/include/linux/fs.ts";
import type { Task } from "@lstar/kernel/include/linux/sched.ts";
import { EPOLLET, EPOLLIN } from "@lstar/kernel/uapi/eventpoll.ts";
import { O_NONBLOCK } from "@lstar/kernel/uapi/fcntl.ts";
import { epollReport } from "./report.ts";
import { waitingIn } from "./waiting.ts";

/** A call that took something from a file. */
export interface EdgeCall {
  pid: number;
  name: string;
  /** Bytes (or descriptors) that it gave, or a negated errno. */
  result: number;
}

/** One delivery of an item by epoll_wait, and what the program did with it. */
export interface Delivery {
  /** Instructions retired in the machine by then. */
  position: number;
  revents: number;
  fate: "level" | "edge" | "oneshot";
  calls: EdgeCall[];
  /** EAGAIN or end of file was met: nothing is left unread. */
  drained: boolean;
  /** It has been said that bytes were left. */
  told: boolean;
}

/** What happened to one registered descriptor. */
export interface ItemHistory {
  ep: number;
  fd: number;
  file: File;
  events: number;
  wakeups: number;
  /** Process whose action woke it last, 0 = a timer or the outside. */
  wokenBy: number;
  deliveries: Delivery[];
  /** Deliveries beyond those kept. */
  forgotten: number;
  removed: boolean;
  toldBlocking: boolean;
  toldClosed: boolean;
}

export type EpollMisuse = "bytes-left" | "never-rearmed" | "blocking" | "closed-descriptor";

/** A misuse of epoll that the machine has seen. */
export interface EpollDiagnosis {
  kind: EpollMisuse;
  pid: number;
  fd: number;
  /** Bytes that are there and will not be announced again; 0 where that is not the point. */
  bytes: number;
  text: string;
}

const READS = new Set(["read", "readv", "recvfrom", "recvmsg", "recvmmsg", "accept", "accept4", "splice", "preadv2"]);
const WAITS = new Set(["epoll_wait", "epoll_pwait", "epoll_pwait2", "epoll_wait_old"]);
const EAGAIN = 11;
/** Deliveries kept for each descriptor. */
const KEPT = 1000;
const RDI = 7;
/** Bits of an item's events that are left when EPOLLONESHOT has disarmed it. */
const PRIVATE = 0xf0000000;

const plural = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;

/**
 * Follows every epoll file of a machine: which events were delivered, what the program did with each, and
 * where it went wrong. Listens to tracepoints only, so the run is the same with and without it.
 */
export class EpollWatcher {
  readonly #k: Kernel;
  readonly #tell: (d: EpollDiagnosis) => void;
  readonly #items = new Map<Epitem, ItemHistory>();
  readonly #numbers = new Map<Eventpoll, number>();
  /** In the order of registration. */
  readonly histories: ItemHistory[] = [];
  readonly diagnoses: EpollDiagnosis[] = [];
  /** What close() was called with, by task. */
  readonly #closing = new Map<number, { fd: number; file: File }>();
  readonly #remove: (() => void)[];

  /** `tell` gets each misuse when it is seen. */
  constructor(k: Kernel, tell: (d: EpollDiagnosis) => void = () => {}) {
    this.#k = k;
    this.#tell = tell;
    const t = k.trace;
    this.#remove = [
      t.epollInsert.on((item) => this.#insert(item)),
      t.epollRemove.on((item) => {
        const h = this.#items.get(item);
        if (h) h.removed = true;
        this.#items.delete(item);
      }),
      t.epollModify.on((item) => {
        const h = this.#items.get(item);
        if (!h) return;
        h.events = item.events;
        this.#blocking(h);
      }),
      t.epollCallback.on((item) => {
        const h = this.#items.get(item);
        if (!h) return;
        h.wakeups++;
        h.wokenBy = k.time.inInterrupt ? 0 : k.current.tgid;
      }),
      t.epollCopy.on((item, revents, fate) => {
        if (fate !== "not-ready") this.#delivered(item, revents, fate);
      }),
      t.sysEnter.on((task, nr) => this.#enter(task, nr)),
      t.sysExit.on((task, nr, ret) => this.#exit(task, nr, ret)),
    ];
  }

  /** Stops listening and looks at what was left behind. */
  stop(): void {
    for (const remove of this.#remove) remove();
    for (const [item, h] of this.#items) this.#leftBehind(item, h, 0);
  }

  /** The report of all epoll files as text. */
  report(): string {
    return epollReport(this.histories, this.diagnoses);
  }

  /** Nobody will wait for this item any more. */
  #leftBehind(item: Epitem, h: ItemHistory, pid: number): void {
    const last = h.deliveries.at(-1);
    if (last?.fate !== "oneshot" || last.told || (item.events & ~PRIVATE) !== 0) {
      this.#unread(item, h, pid);
      return;
    }
    const { count: left, unit } = waitingIn(h.file);
    if (left === 0) return;
    last.told = true;
    this.#say(
      "never-rearmed",
      pid,
      h.fd,
      left,
      `it was registered with EPOLLONESHOT, has reported its event and was never armed again; ${plural(left, unit)} wait there`,
    );
  }

  #number(ep: Eventpoll): number {
    let n = this.#numbers.get(ep);
    if (n === undefined) this.#numbers.set(ep, (n = this.#numbers.size + 1));
    return n;
  }

  #say(kind: EpollMisuse, pid: number, fd: number, bytes: number, what: string): void {
    const d: EpollDiagnosis = { kind, pid, fd, bytes, text: `epoll: fd ${fd}: ${what}` };
    this.diagnoses.push(d);
    this.#tell(d);
  }

  #insert(item: Epitem): void {
    const h: ItemHistory = {
      ep: this.#number(item.ep),
      fd: item.fd,
      file: item.file,
      events: item.events,
      wakeups: 0,
      wokenBy: 0,
      deliveries: [],
      forgotten: 0,
      removed: false,
      toldBlocking: false,
      toldClosed: false,
    };
    this.#items.set(item, h);
    this.histories.push(h);
    this.#blocking(h);
  }

  /** Reading until EAGAIN is what edge-triggered mode asks for; a blocking descriptor would sleep instead. */
  #blocking(h: ItemHistory): void {
    if (h.toldBlocking || !(h.events & EPOLLET) || !(h.events & EPOLLIN) || h.file.flags & O_NONBLOCK) return;
    h.toldBlocking = true;
    this.#say(
      "blocking",
      this.#k.current.tgid,
      h.fd,
      0,
      "it is edge-triggered but blocks: reading it until EAGAIN would sleep (set O_NONBLOCK)",
    );
  }

  #delivered(item: Epitem, revents: number, fate: Delivery["fate"]): void {
    const h = this.#items.get(item);
    if (!h) return;
    if (h.deliveries.length >= KEPT) {
      h.deliveries.shift();
      h.forgotten++;
    }
    h.deliveries.push({ position: this.#k.machine.totalRetired, revents, fate, calls: [], drained: false, told: false });
  }

  #enter(task: Task, nr: number): void {
    const name = syscallNames[nr] ?? "";
    const fd = this.#k.machine.cpu.getLo(RDI) | 0;
    if (name === "close") {
      const file = task.file(fd);
      if (file) this.#closing.set(task.pid, { fd, file });
    } else if (name === "exit_group") {
      for (const [item, h] of this.#items) if (item.ep.file && task.files.fd.includes(item.ep.file)) this.#leftBehind(item, h, task.tgid);
    } else if (WAITS.has(name)) {
      const file = task.file(fd);
      const ep = file ? eventpollOf(file) : null;
      if (ep) for (const [item, h] of this.#items) if (item.ep === ep) this.#unread(item, h, task.tgid);
    }
  }

  #exit(task: Task, nr: number, ret: number): void {
    const name = syscallNames[nr] ?? "";
    if (name === "close") this.#closed(task, ret);
    if (!READS.has(name) || this.#items.size === 0) return;
    const file = task.file(this.#k.machine.cpu.getLo(RDI) | 0);
    if (!file) return;
    for (const h of this.#items.values()) {
      const last = h.file === file ? h.deliveries.at(-1) : undefined;
      if (!last) continue;
      last.calls.push({ pid: task.tgid, name, result: ret });
      if (ret === 0 || ret === -EAGAIN) last.drained = true;
    }
  }

  #closed(task: Task, ret: number): void {
    const closing = this.#closing.get(task.pid);
    this.#closing.delete(task.pid);
    if (!closing || ret !== 0) return;
    for (const h of this.#items.values()) {
      if (h.file !== closing.file || h.fd !== closing.fd || h.toldClosed) continue;
      h.toldClosed = true;
      this.#say(
        "closed-descriptor",
        task.tgid,
        h.fd,
        0,
        "it was closed, but a duplicate keeps the file open: it stays registered and can no longer be removed by this number",
      );
    }
  }

  /** An edge was reported, reading stopped early, and the program is about to wait for the next one. */
  #unread(item: Epitem, h: ItemHistory, pid: number): void {
    const last = h.deliveries.at(-1);
    // A new edge is on its way.
    if (item.onReady || item.onOverflow) return;
    if (last?.fate !== "edge" || last.drained || last.told || !(last.revents & EPOLLIN)) return;
    const { count: left, unit } = waitingIn(h.file);
    if (left === 0) return;
    last.told = true;
    const stopped = last.calls.at(-1);
    const how = stopped
      ? `${stopped.name} ${unit === "byte" ? `took ${plural(stopped.result, unit)} and ` : ""}stopped before EAGAIN`
      : "nothing was read after the edge";
    this.#say(
      "bytes-left",
      pid,
      h.fd,
      left,
      `it is edge-triggered and ${plural(left, unit)} ${left === 1 ? "is" : "are"} left: ${how}; no event will tell of them`,
    );
  }
}
