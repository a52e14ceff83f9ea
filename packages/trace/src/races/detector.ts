import type { Kernel } from "@lstar/kernel";
import { sysCallTable } from "@lstar/kernel";
import { getPipeInfo } from "@lstar/kernel/fs/pipeInode.ts";
import type { MmStruct } from "@lstar/kernel/include/linux/mm_types.ts";
import type { Task } from "@lstar/kernel/include/linux/sched.ts";
import { sockFromFile } from "@lstar/kernel/net/socket.ts";
import { UnixSock } from "@lstar/kernel/net/unix/sock.ts";
import { FUTEX_CMD_MASK, FUTEX_WAIT, FUTEX_WAIT_BITSET } from "@lstar/kernel/uapi/futex.ts";
import type { Insn } from "@lstar/machine/decode/insn.ts";
import { type Extent, isAtomic, locate, type Operand, operandsOf } from "../access/operands.ts";
import { type MemoryMap, memoryMap } from "../debuginfo/guestSymbols.ts";
import { ThreadClock, type VectorClock } from "./clocks.ts";
import { type Cell, note, Shadow } from "./shadow.ts";

/** One side of a race. */
export interface RaceSide {
  pid: number;
  name: string;
  write: boolean;
  rip: number;
}

/** Two accesses to the same memory, at least one of them writing, that nothing puts in an order. */
export interface Race {
  /** What was mapped then. */
  map: MemoryMap;
  address: number;
  length: number;
  /** The earlier one in this run. */
  first: RaceSide;
  second: RaceSide;
}

interface Template {
  rip: number;
  nextRip: number;
  operands: Operand[];
  atomic: boolean;
}

/** Races of one run that are kept, one for each pair of instructions. */
const MAX_RACES = 64;
/** An access of more bytes (a string instruction) is looked at only so far. */
const MAX_LENGTH = 65536;

/** What is written to a socket of the internet families may come out of any other. */
const OTHER_SOCKETS = {};

/** Calls that wait for, or take, what others have put into their file. */
const TAKES = /^(read|readv|pread64|preadv2?|recvfrom|recvmsg|recvmmsg|accept4?|epoll_wait|epoll_pwait2?)$/;
/** Calls that may leave something there for others. */
const GIVES = /^(write|writev|pwrite64|pwritev2?|sendto|sendmsg|sendmmsg|close|shutdown|epoll_ctl|connect)$/;

/**
 * Looks for data races: it follows what each thread of a process knows of the others (vector clocks). A thread is ordered
 * after another by clone, by the end of a thread, by instructions with LOCK and xchg, by memory that was used with such
 * instructions or as a futex, and by what it reads from a pipe, socket or file that the other has written to. Two other
 * accesses to the same bytes, one of them a write, are a race.
 *
 * It looks at the processor's instructions once a process has a second thread, and changes nothing in the run.
 */
export class RaceDetector {
  readonly races: Race[] = [];
  readonly #k: Kernel;
  readonly #threads = new Map<number, ThreadClock>();
  readonly #spaces = new Map<MmStruct, Shadow>();
  readonly #objects = new Map<object, VectorClock>();
  readonly #templates: Template[] = [];
  readonly #pairs = new Set<string>();
  readonly #off: (() => void)[] = [];
  readonly #at: Extent = { address: 0, length: 0 };
  #armed = false;
  /** Threads so far. */
  #indices = 0;
  #wanted = false;
  #lastTask: Task | null = null;
  #lastThread: ThreadClock | null = null;
  #lastMm: MmStruct | null = null;
  #lastShadow: Shadow | null = null;

  constructor(k: Kernel) {
    this.#k = k;
    const t = k.trace;
    this.#off.push(
      t.schedProcessFork.on((parent, child) => this.#fork(parent, child)),
      t.sysEnter.on((task, nr) => this.#enter(task, nr)),
      t.sysExit.on((task, nr, ret) => this.#exit(task, nr, ret)),
    );
  }

  /** Some memory was forgotten for lack of room. */
  get overflowed(): boolean {
    return [...this.#spaces.values()].some((s) => s.overflowed);
  }

  /** To be called before each slice: begins to look at instructions once there is something to see. */
  look(): void {
    this.#k.sched.stopSoon = false;
    if (!this.#wanted || this.#armed) return;
    this.#armed = true;
    this.#k.machine.setObserver(this);
  }

  /** Ends it. */
  stop(): void {
    for (const off of this.#off) off();
    if (this.#armed) this.#k.machine.setObserver(null);
  }

  /** @see Observer */
  prepare(insn: Insn, rip: number): number {
    const operands = operandsOf(insn).filter((o) => o.kind !== "stack");
    if (operands.length === 0) return -1;
    return this.#templates.push({ rip, nextRip: rip + insn.length, operands, atomic: isAtomic(insn) }) - 1;
  }

  /** @see Observer */
  before(number: number): void {
    const k = this.#k;
    const task = k.current;
    const thread = task === this.#lastTask ? this.#lastThread : this.#thread(task);
    if (thread === null || task.mm === null) return;
    const t = this.#templates[number] as Template;
    for (const o of t.operands) {
      locate(o, k.machine.cpu, t.nextRip, this.#at);
      this.#access(task, thread, t, o, this.#at.address, Math.min(this.#at.length, MAX_LENGTH));
    }
  }

  #thread(task: Task): ThreadClock | null {
    this.#lastTask = task;
    this.#lastThread = this.#threads.get(task.pid) ?? null;
    return this.#lastThread;
  }

  #shadow(mm: MmStruct): Shadow {
    if (mm === this.#lastMm) return this.#lastShadow as Shadow;
    let s = this.#spaces.get(mm);
    if (!s) {
      s = new Shadow();
      this.#spaces.set(mm, s);
    }
    this.#lastMm = mm;
    this.#lastShadow = s;
    return s;
  }

  #access(task: Task, thread: ThreadClock, t: Template, o: Operand, address: number, length: number): void {
    if (!(address >= 0 && address < 2 ** 47)) return;
    const shadow = this.#shadow(task.mm as MmStruct);
    for (let at = address; at < address + length; ) {
      const inCell = at % 8;
      const n = Math.min(8 - inCell, address + length - at);
      const mask = ((1 << n) - 1) << inCell;
      const cell = shadow.cell(at);
      if (t.atomic) synchronise(cell, thread, mask, true, true);
      else if ((cell.syncMask & mask) !== 0) synchronise(cell, thread, mask, o.reads, o.writes);
      else {
        const other = note(cell, thread, mask, o.writes, t.rip);
        if (other) this.#race(task, thread, t, o, at, n, other);
      }
      at += n;
    }
  }

  #race(
    task: Task,
    thread: ThreadClock,
    t: Template,
    o: Operand,
    address: number,
    length: number,
    other: { thread: ThreadClock; write: boolean; rip: number },
  ): void {
    const key = [other.rip, t.rip].sort((a, b) => a - b).join(" ");
    if (this.#pairs.has(key) || this.races.length >= MAX_RACES) return;
    this.#pairs.add(key);
    this.races.push({
      map: memoryMap(task),
      address,
      length,
      first: { pid: other.thread.pid, name: other.thread.name, write: other.write, rip: other.rip },
      second: { pid: thread.pid, name: thread.name, write: o.writes, rip: t.rip },
    });
  }

  #fork(parent: Task, child: Task): void {
    if (child.mm === null || child.mm !== parent.mm || child.tgid !== parent.tgid) return;
    let from = this.#threads.get(parent.pid);
    if (!from) {
      from = new ThreadClock(this.#indices++, parent.pid, parent.comm, []);
      this.#threads.set(parent.pid, from);
    }
    const known: VectorClock = [];
    from.release(known);
    // A number that a dead thread had is another thread's now, with an index of its own.
    this.#threads.set(child.pid, new ThreadClock(this.#indices++, child.pid, child.comm, known));
    this.#lastTask = null;
    if (this.#wanted) return;
    this.#wanted = true;
    this.#k.sched.stopSoon = true;
  }

  /** A word of the thread's memory becomes one that synchronises. */
  #word(task: Task, address: number): Cell | null {
    if (!task.mm || !(address > 0 && address < 2 ** 47)) return null;
    const cell = this.#shadow(task.mm).cell(address);
    cell.syncMask |= 15 << (address % 8);
    return cell;
  }

  #object(task: Task, fd: number, gives: boolean): VectorClock | null {
    const file = task.file(fd);
    if (!file) return null;
    const sk = sockFromFile(file)?.sk;
    const object: object = getPipeInfo(file) ?? (sk instanceof UnixSock ? (gives ? (sk.peer ?? sk) : sk) : sk ? OTHER_SOCKETS : file);
    let clock = this.#objects.get(object);
    if (!clock) {
      clock = [];
      this.#objects.set(object, clock);
    }
    return clock;
  }

  #enter(task: Task, nr: number): void {
    const thread = this.#threads.get(task.pid);
    if (!thread) return;
    const name = sysCallTable[nr]?.name ?? "";
    const { cpu } = this.#k.machine;
    const first = cpu.get(7);
    if (name === "futex" || name === "exit") {
      const cell = this.#word(task, name === "exit" ? task.clearChildTid : first);
      if (cell) thread.release((cell.published ??= []));
    } else if (GIVES.test(name)) {
      const clock = this.#object(task, first | 0, true);
      if (clock) thread.release(clock);
    }
  }

  #exit(task: Task, nr: number, ret: number): void {
    const thread = this.#threads.get(task.pid);
    if (!thread || ret < 0) return;
    const name = sysCallTable[nr]?.name ?? "";
    const { cpu } = this.#k.machine;
    const first = cpu.get(7);
    if (name === "futex") {
      const command = (cpu.get(6) | 0) & FUTEX_CMD_MASK;
      if (command === FUTEX_WAIT || command === FUTEX_WAIT_BITSET) thread.acquire(this.#word(task, first)?.published ?? null);
    } else if (TAKES.test(name)) thread.acquire(this.#object(task, first | 0, false));
    else if (task.mm && /^(munmap|mmap|mremap|madvise)$/.test(name)) {
      const shadow = this.#shadow(task.mm);
      shadow.forget(name === "mmap" || name === "mremap" ? ret : first, cpu.get(name === "mremap" ? 2 : 6));
      if (name === "mremap") shadow.forget(first, cpu.get(6));
    }
  }
}

/** An access that synchronises: what it reads was published before, what it writes publishes. */
function synchronise(cell: Cell, thread: ThreadClock, mask: number, reads: boolean, writes: boolean): void {
  cell.syncMask |= mask;
  if (reads) thread.acquire(cell.published);
  if (writes) thread.release((cell.published ??= []));
}
