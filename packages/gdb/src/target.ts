import { EXIT_DEAD, type Task } from "@lstar/kernel/include/linux/sched.ts";
import { PAUSED_AT_USER, PAUSED_BETWEEN } from "@lstar/kernel/kernel/sched/core.ts";
import { collectSignal, recalcSigpending } from "@lstar/kernel/kernel/signal/pending.ts";
import { groupSendSigInfo, newSiginfo } from "@lstar/kernel/kernel/signal.ts";
import type { Kernel } from "@lstar/kernel/kernel.ts";
import type { CpuContext, Watcher } from "@lstar/machine";
import { before, type Place, Timeline } from "@lstar/replay";
import { accesses } from "./access.ts";
import { physicalOf, readMemory, writeMemory } from "./memory.ts";

/** Why a debugged run stands still. */
export type Stop =
  | { kind: "break" | "step" | "begin" | "interrupt" | "stuck"; pid: number }
  | { kind: WatchKind; pid: number; address: number }
  | { kind: "signal"; pid: number; signal: number; info: Uint8Array }
  | { kind: "call" | "return"; pid: number; nr: number }
  | { kind: "exec"; pid: number; path: string }
  | { kind: "exited"; status: number };

const SIGKILL = 9;

/** A watchpoint stops at changes, at reads, or at both reads and writes. */
export type WatchKind = "watch" | "rwatch" | "awatch";

interface Watchpoint {
  readonly kind: WatchKind;
  readonly address: number;
  readonly length: number;
  /** The bytes as last seen, -1 for one that is in no page. */
  readonly value: Int16Array;
}

/** Instructions between looks at the client. */
const CHUNK = 5_000_000;
/** How far before its start a walk backwards keeps a snapshot. */
const NEAR = 2000;

/**
 * The debugged program: runs it forward and backward to breakpoints, watchpoints and signals. Nothing is written
 * into the guest for that, so the run stays what it is without a debugger.
 */
export class Target implements Watcher {
  readonly k: Kernel;
  readonly history: Timeline;
  /** Signals (Linux numbers) that do not stop the program. */
  passed: ReadonlySet<number> = new Set();
  readonly #breakpoints = new Map<number, number>();
  #armed = "";
  #watchpoints: Watchpoint[] = [];
  /** Watchpoints for reads: each instruction is looked at before it runs. */
  #accessPoints: Watchpoint[] = [];
  readonly #frames = new Set<number>();
  /** What arrivals at breakpoints mean: stop there, note the last one, or nothing. */
  #mode: "stop" | "note" | "off" = "off";
  #pass = { rip: -1, position: -1 };
  #hit = false;
  #storing = false;
  /** A signal, system call or new program that the slice met, and the position before it. */
  #met: { stop: Stop; position: number } | null = null;
  #caught: ReadonlySet<number> | null = null;
  #callHooks: (() => void)[] = [];
  #noted: { place: Place; stop: Stop } | null = null;
  /** Position before which a noted breakpoint counts. */
  #noteBefore = 0;
  /** Whether the client wants to be told when the program becomes another one. */
  tellExec = false;
  readonly #releases: (() => void)[];

  constructor(k: Kernel) {
    this.k = k;
    this.history = new Timeline(k);
    k.machine.watcher = this;
    this.#releases = [
      k.trace.signalGenerate.on((sig, info, target, _group, result, _sender, taker) => {
        if (this.#mode !== "stop" || result !== 0 || taker === null || sig === SIGKILL || target.tgid !== this.#tgid) return;
        if (this.passed.has(sig)) return;
        this.#meet({ kind: "signal", pid: taker.pid, signal: sig, info: info.slice() });
      }),
      k.trace.schedProcessExec.on((task, path) => {
        if (this.#mode !== "stop" || !this.tellExec || task.tgid !== this.#tgid) return;
        this.#meet({ kind: "exec", pid: task.tgid, path });
      }),
    ];
  }

  #meet(stop: Stop, position = this.k.machine.totalRetired): void {
    this.#met ??= { stop, position };
    this.k.sched.stopSoon = true;
  }

  /** Which system calls stop the program: those with these numbers, all (an empty set), or none. */
  catchCalls(numbers: ReadonlySet<number> | null): void {
    for (const off of this.#callHooks.splice(0)) off();
    this.#caught = numbers;
    if (numbers === null) return;
    const { trace } = this.k;
    this.#callHooks.push(
      trace.sysEnter.on((task, nr) => {
        // The instruction itself is retired already: the stop is before it.
        const position = this.k.machine.totalRetired - 1;
        if (!this.#catches(task, nr)) return;
        if (this.#mode === "note") {
          if (position < this.#noteBefore) this.#noted = { place: { position, turn: 0 }, stop: { kind: "call", pid: task.pid, nr } };
        } else if (position !== this.#pass.position) this.#meet({ kind: "call", pid: task.pid, nr }, position);
      }),
      trace.sysExit.on((task, nr) => {
        if (this.#mode === "stop" && this.#catches(task, nr)) this.#meet({ kind: "return", pid: task.pid, nr });
      }),
    );
  }

  #catches(task: Task, nr: number): boolean {
    return this.#mode !== "off" && task.tgid === this.#tgid && (this.#caught?.size === 0 || this.#caught?.has(nr) === true);
  }

  /** Lets go of the program. */
  detach(): void {
    for (const off of this.#releases) off();
    this.catchCalls(null);
    this.k.machine.watcher = null;
    this.k.machine.setStops(null);
  }

  get #tgid(): number {
    return this.k.program.tgid;
  }

  /** Live threads of the program. */
  threads(): Task[] {
    return [...this.k.pids.values()].filter((t) => t.tgid === this.#tgid && t.exitState === 0);
  }
  thread(pid: number): Task | null {
    const t = this.k.pids.get(pid);
    return t && t.tgid === this.#tgid && t.exitState !== EXIT_DEAD ? t : null;
  }
  /** The thread that the processor is at, or else the first. */
  currentPid(): number {
    const c = this.k.current;
    return c && c.tgid === this.#tgid && c.exitState === 0 ? c.pid : (this.threads()[0]?.pid ?? this.#tgid);
  }
  context(task: Task): CpuContext {
    return this.k.cpuTask === task ? this.k.machine.cpu : task.ctx;
  }

  read(address: number, length: number): Uint8Array {
    const { mm } = this.k.program;
    return mm ? readMemory(this.k, mm, address, length) : new Uint8Array(0);
  }
  /** @returns whether all could be written */
  write(address: number, bytes: Uint8Array): boolean {
    const { mm } = this.k.program;
    if (!mm || bytes.length === 0) return bytes.length === 0;
    const ok = writeMemory(this.k, mm, address, bytes) === bytes.length;
    this.history.changed();
    return ok;
  }

  addBreakpoint(address: number): void {
    this.#breakpoints.set(address, (this.#breakpoints.get(address) ?? 0) + 1);
  }
  removeBreakpoint(address: number): void {
    const n = (this.#breakpoints.get(address) ?? 0) - 1;
    if (n > 0) this.#breakpoints.set(address, n);
    else this.#breakpoints.delete(address);
  }
  addWatchpoint(kind: WatchKind, address: number, length: number): void {
    (kind === "watch" ? this.#watchpoints : this.#accessPoints).push({ kind, address, length, value: new Int16Array(length).fill(-1) });
  }
  removeWatchpoint(kind: WatchKind, address: number, length: number): void {
    const list = kind === "watch" ? this.#watchpoints : this.#accessPoints;
    const i = list.findIndex((w) => w.kind === kind && w.address === address && w.length === length);
    if (i >= 0) list.splice(i, 1);
  }
  clear(): void {
    this.#breakpoints.clear();
    this.#watchpoints = [];
    this.#accessPoints = [];
    this.catchCalls(null);
  }

  /** Settles a signal that a stop reported: delivered as it is, dropped (0), or another one instead. */
  settleSignal(pid: number, reported: number, wanted: number): void {
    const task = this.thread(pid);
    if (!task || reported === wanted) return;
    if (reported !== 0) {
      for (const set of [task.pending, task.signal.sharedPending])
        if (set.queue.some((q) => q.sig === reported)) collectSignal(this.k, set, reported);
      this.#callOffEnd(task, reported);
      recalcSigpending(task);
    }
    if (wanted !== 0) {
      const { k } = this;
      k.time.inInterrupt = true;
      groupSendSigInfo(k, wanted, newSiginfo(wanted, 0), task);
      k.time.inInterrupt = false;
      if (k.sched.pause === PAUSED_AT_USER) k.sched.pause = PAUSED_BETWEEN;
    }
    this.history.changed();
  }

  /** A deadly signal ends its process as it is sent (complete_signal): one that is dropped after all does not. */
  #callOffEnd(task: Task, sig: number): void {
    const group = task.signal;
    if (!group.groupExit || group.groupExitCode !== sig || group.threads.some((t) => t.exiting)) return;
    group.groupExit = false;
    group.groupExitCode = 0;
    for (const t of group.threads) {
      t.pending.lo &= ~(1 << (SIGKILL - 1));
      recalcSigpending(t);
    }
  }

  /** @see Watcher */
  arrive(rip: number, position: number): boolean {
    const { current, sched } = this.k;
    if (this.#mode === "off" || current.tgid !== this.#tgid) return false;
    if (this.#mode === "note") {
      if (position < this.#noteBefore) this.#noted = { place: { position, turn: 0 }, stop: { kind: "break", pid: current.pid } };
      return false;
    }
    if (this.#pass.position === position && this.#pass.rip === rip) return false;
    this.#hit = true;
    sched.stopSoon = true;
    return true;
  }

  /** @see Watcher */
  store(frame: number): boolean {
    if (this.#mode === "off" || !this.#frames.has(frame)) return false;
    this.#storing = true;
    this.k.sched.stopSoon = true;
    return true;
  }

  #arm(mode: "stop" | "note"): void {
    this.#mode = mode;
    const addresses = [...this.#breakpoints.keys()].sort((a, b) => a - b);
    const key = addresses.join(",");
    if (key !== this.#armed) {
      this.#armed = key;
      this.k.machine.setStops(addresses.length > 0 ? new Set(addresses) : null);
    }
    for (const w of this.#watchpoints) this.#look(w);
  }

  /** Takes a watched place's bytes. @returns whether any changed; a page that only came in has not been written */
  #look(w: Watchpoint): boolean {
    const { mm } = this.k.program;
    const { u8 } = this.k.machine.phys;
    let changed = false;
    let pa = -1;
    for (let i = 0; i < w.length; i++) {
      if (i === 0 || (w.address + i) % 4096 === 0) pa = mm ? physicalOf(this.k, mm, w.address + i) : -1;
      else if (pa >= 0) pa++;
      const now = pa < 0 ? -1 : (u8[pa] as number);
      if (w.value[i] !== now && w.value[i] !== -1) changed = true;
      w.value[i] = now;
    }
    return changed;
  }

  #protect(): void {
    this.#frames.clear();
    const { mm } = this.k.program;
    for (const w of this.#watchpoints)
      for (const at of [w.address, w.address + w.length - 1]) {
        const pa = mm ? physicalOf(this.k, mm, at) : -1;
        if (pa < 0) continue;
        this.#frames.add(Math.floor(pa / 4096));
        this.k.machine.watchFrame(Math.floor(pa / 4096));
      }
  }

  #changed(): Watchpoint | null {
    let found: Watchpoint | null = null;
    for (const w of this.#watchpoints) if (this.#look(w)) found ??= w;
    return found;
  }

  /** The watchpoint that the next instruction accesses, if it is the program's. */
  #accessed(): Watchpoint | null {
    const { k } = this;
    const { current, machine } = k;
    if (k.sched.pause !== PAUSED_AT_USER || current.tgid !== this.#tgid || !current.mm) return null;
    const code = readMemory(k, current.mm, machine.cpu.rip, 15);
    for (const a of accesses(machine.cpu, code))
      for (const w of this.#accessPoints)
        if (a.address < w.address + w.length && w.address < a.address + a.length && (a.reads || w.kind === "awatch")) return w;
    return null;
  }

  /** One slice. @returns why the program must stop, "idle" if nobody can run now, or null */
  #advance(instructions: number, oneTurn: boolean): Stop | "idle" | null {
    const { k, history } = this;
    this.#hit = this.#storing = false;
    this.#met = null;
    const watching = this.#watchpoints.length > 0;
    if (watching) this.#protect();
    let from = history.place;
    const looking = this.#accessPoints.length > 0;
    const accessed = looking ? this.#accessed() : null;
    const reader = k.current?.pid;
    let state = history.slice(looking ? Math.min(1, instructions) : instructions, oneTurn || watching || looking);
    let { pid } = k.current;
    if (this.#storing) {
      from = history.place;
      ({ pid } = k.current);
      this.#frames.clear();
      state = history.slice(1, true);
    }
    if ((k.exited || state === "exited") && this.#met === null) return { kind: "exited", status: k.exitStatus };
    const w = watching ? this.#changed() : null;
    if (w) {
      const stop: Stop = { kind: "watch", pid: this.thread(pid) ? pid : this.currentPid(), address: w.address };
      if (this.#mode === "stop") return stop;
      if (from.position < this.#noteBefore) this.#noted = { place: from, stop };
    }
    if (accessed && k.machine.totalRetired > from.position) {
      const stop: Stop = { kind: accessed.kind, pid: reader, address: accessed.address };
      if (this.#mode === "stop") return stop;
      if (from.position < this.#noteBefore) this.#noted = { place: from, stop };
    }
    const met = this.#met as { stop: Stop; position: number } | null;
    if (met) {
      if (met.stop.kind === "call") this.seek(met.position);
      return met.stop;
    }
    if (this.#hit) return { kind: "break", pid: k.current.pid };
    return state === "idle" ? "idle" : null;
  }

  /** All sleep: whether only the world outside can wake one. In the past it has already, at a later turn. */
  #waitsForHost(): boolean {
    const { k, history } = this;
    return !history.inPast && (k.nextDeadline() === Number.POSITIVE_INFINITY || k.options.clock === "real");
  }

  #begin(): void {
    this.#pass = { rip: this.k.machine.cpu.rip, position: this.k.machine.totalRetired };
    this.#arm("stop");
  }

  /**
   * Runs on. `pause` is asked now and then, and when all sleep: it lets the host's events in and says whether to
   * go on, be interrupted, or that nothing can come any more.
   */
  async continue(pause: (idle: boolean) => Promise<"go" | "interrupt" | "never">): Promise<Stop> {
    this.#begin();
    let since = performance.now();
    for (;;) {
      const stop = this.#advance(Math.min(CHUNK, this.history.untilKeep), false);
      if (stop && stop !== "idle") return stop;
      this.history.keep();
      const idle = stop === "idle" && this.#waitsForHost();
      if (!idle && performance.now() - since < 20) continue;
      const then = await pause(idle);
      since = performance.now();
      if (then === "interrupt") return { kind: "interrupt", pid: this.currentPid() };
      if (then === "never") return { kind: "stuck", pid: this.currentPid() };
    }
  }

  /** Steps a thread by an instruction, or while its rip stays in [start, end). Others run when the scheduler says so. */
  async step(pid: number, start: number, end: number, pause: (idle: boolean) => Promise<"go" | "interrupt" | "never">): Promise<Stop> {
    this.#begin();
    const { k } = this;
    let stepped = false;
    let since = performance.now();
    for (;;) {
      const task = this.thread(pid);
      if (task?.exitState !== 0) return this.continue(pause);
      const mine = k.sched.pause === PAUSED_AT_USER && k.current === task;
      const { position } = this.history.place;
      const stop = this.#advance(mine ? 1 : CHUNK, true);
      if (stop && stop !== "idle") return stop;
      if (mine && this.history.place.position !== position) stepped = true;
      if (stepped && !task.inBlockedCall && task.exitState === 0) {
        const { rip } = this.context(task);
        if (!(rip >= start && rip < end)) return { kind: "step", pid };
        stepped = false;
      }
      this.history.keep();
      const idle = stop === "idle" && this.#waitsForHost();
      if (!idle && performance.now() - since < 20) continue;
      const then = await pause(idle);
      since = performance.now();
      if (then === "interrupt") return { kind: "interrupt", pid: this.currentPid() };
      if (then === "never") return { kind: "stuck", pid: this.currentPid() };
    }
  }

  /** Places to begin at when searching backwards from here, latest first, each with the end of its stretch. */
  #stretches(): { from: Place; to: Place }[] {
    const here = this.history.place;
    const stops = this.history.stops.filter((s) => before(s, here));
    return stops.map((from, i) => ({ from, to: stops[i + 1] ?? here })).reverse();
  }

  /** Goes back to before the thread's last instruction. */
  reverseStep(pid: number): Stop {
    const { k, history } = this;
    this.#mode = "off";
    for (const { from, to } of this.#stretches()) {
      history.back(from);
      if (to.position - from.position > 2 * NEAR) {
        // Further steps back will have it shorter.
        const near = { position: to.position - NEAR, turn: 0 };
        history.forward(near);
        if (history.settle()) history.keepNear();
        history.back(from);
      }
      let since = k.cpuTask?.pid === pid ? history.place.position : -1;
      let last = -1;
      const off = k.trace.schedSwitch.on((prev, next) => {
        if (prev?.pid === pid && since >= 0 && k.machine.totalRetired > since) last = k.machine.totalRetired - 1;
        since = next?.pid === pid ? k.machine.totalRetired : -1;
      });
      history.forward(to);
      off();
      if (k.cpuTask?.pid === pid && since >= 0 && history.place.position > since) last = history.place.position - 1;
      if (last < 0) continue;
      history.seek({ position: last, turn: 0 });
      history.settle();
      return { kind: "step", pid };
    }
    return this.#toBeginning();
  }

  /** Goes back to the last breakpoint passed, or to before the last change of a watched place. An interrupt leaves it where it was. */
  async reverseContinue(pause: (idle: boolean) => Promise<"go" | "interrupt" | "never">): Promise<Stop> {
    const { history } = this;
    const start = history.place;
    let since = performance.now();
    this.#noteBefore = history.place.position;
    for (const { from, to } of this.#stretches()) {
      this.#noted = null;
      this.#mode = "off";
      history.back(from);
      this.#arm("note");
      for (let turns = 0; before(history.place, to) && turns < 100_000; turns++) {
        const { position } = history.place;
        const stop = this.#advance(Math.max(1, Math.min(CHUNK, to.position - position)), position >= to.position);
        if (stop && stop !== "idle" && stop.kind === "exited") break;
        if (history.place.position !== position) turns = 0;
        if (performance.now() - since < 50) continue;
        if ((await pause(false)) === "interrupt") {
          this.#mode = "off";
          history.seek(start);
          history.settle();
          return { kind: "interrupt", pid: this.currentPid() };
        }
        since = performance.now();
      }
      this.#mode = "off";
      const noted = this.#noted as { place: Place; stop: Stop } | null;
      if (!noted) continue;
      history.seek(noted.place);
      history.settle();
      return noted.stop;
    }
    return this.#toBeginning();
  }

  #toBeginning(): Stop {
    this.#mode = "off";
    this.history.seek(this.history.beginning);
    this.history.settle();
    return { kind: "begin", pid: this.currentPid() };
  }

  /** Goes to the first instruction at or after a position of the run so far. */
  seek(position: number): void {
    this.#mode = "off";
    this.history.seek({ position, turn: 0 });
    this.history.settle();
  }
}
