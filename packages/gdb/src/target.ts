import { EXIT_DEAD, type Task } from "@lstar/kernel/include/linux/sched.ts";
import { PAUSED_AT_USER } from "@lstar/kernel/kernel/sched/core.ts";
import type { Kernel } from "@lstar/kernel/kernel.ts";
import type { CpuContext, Watcher } from "@lstar/machine";
import { before, type Place, Timeline } from "@lstar/replay";
import { readMemory, writeMemory } from "./memory.ts";
import { Points } from "./points.ts";
import type { ReadHit } from "./readWatch.ts";
import type { Recorded } from "./recorded.ts";
import { replaceSignal } from "./settle.ts";
import type { Pause, Stop } from "./stop.ts";

const SIGKILL = 9;

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
  readonly points: Points;
  /** Set if the run is a recorded one. */
  readonly recorded: Recorded | null;
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

  constructor(k: Kernel, recorded: Recorded | null = null) {
    this.k = k;
    this.recorded = recorded;
    this.points = new Points(k);
    this.history = recorded?.timeline ?? new Timeline(k);
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
    return readMemory(this.k, this.k.program, address, length, this.recorded === null);
  }
  /** @returns whether all could be written */
  write(address: number, bytes: Uint8Array): boolean {
    const { mm } = this.k.program;
    if (this.recorded) return false;
    if (!mm || bytes.length === 0) return bytes.length === 0;
    const ok = writeMemory(this.k, mm, address, bytes) === bytes.length;
    this.history.changed();
    return ok;
  }

  clear(): void {
    this.points.clear();
    this.catchCalls(null);
  }

  /** Settles a signal that a stop reported: delivered as it is, dropped (0), or another one instead. Recorded ones stay. */
  settleSignal(pid: number, reported: number, wanted: number): void {
    const task = this.thread(pid);
    if (!task || reported === wanted || this.recorded) return;
    replaceSignal(this.k, task, reported, wanted);
    this.history.changed();
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
    if (this.#mode === "off" || !this.points.protects(frame)) return false;
    this.#storing = true;
    this.k.sched.stopSoon = true;
    return true;
  }

  #arm(mode: "stop" | "note"): void {
    this.#mode = mode;
    this.points.arm();
  }

  /** One slice. @returns why the program must stop, "idle" if nobody can run now, or null */
  #advance(instructions: number, oneTurn: boolean): Stop | "idle" | null {
    const { k, history } = this;
    this.#hit = this.#storing = false;
    this.#met = null;
    const over = this.#beyondRecording();
    if (over) return over;
    if (this.recorded?.cut) instructions = Math.min(instructions, this.recorded.last.position - k.machine.totalRetired);
    const { points } = this;
    const watching = points.changing.length > 0;
    if (watching) points.protect();
    let from = history.place;
    let read: ReadHit | null = null;
    points.reads.onHit = (hit) => {
      if (this.#mode === "note" && hit.position < this.#noteBefore)
        this.#noted = {
          place: { position: hit.position, turn: 0 },
          stop: { kind: hit.point.kind, pid: hit.pid, address: hit.point.address },
        };
      if (this.#mode !== "stop" || read !== null) return;
      read = hit;
      k.sched.stopSoon = true;
      k.machine.stopSoon();
    };
    let state = history.slice(instructions, oneTurn || watching);
    let { pid } = k.current;
    if (this.#storing) {
      from = history.place;
      ({ pid } = k.current);
      points.unprotect();
      state = history.slice(1, true);
    }
    points.reads.onHit = null;
    if (read !== null) return this.#afterRead(read);
    if ((k.exited || state === "exited") && this.#met === null) return { kind: "exited", status: k.exitStatus };
    const w = watching ? points.changed() : null;
    if (w) {
      const stop: Stop = { kind: "watch", pid: this.thread(pid) ? pid : this.currentPid(), address: w.address };
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

  /** The run has passed an access that it is to stop at: goes back to behind it. */
  #afterRead({ position, pid, point }: ReadHit): Stop {
    const { history } = this;
    this.seek(position);
    for (let turns = 0; history.place.position === position && turns < 1000; turns++) history.slice(1, true);
    return { kind: point.kind, pid, address: point.address };
  }

  /** The recording does not tell how it goes on from here. */
  #beyondRecording(): Stop | null {
    const { recorded, k } = this;
    if (!recorded) return null;
    const ended = recorded.cut && k.machine.totalRetired >= recorded.last.position;
    return ended || recorded.divergence() !== null ? { kind: "end", pid: this.currentPid() } : null;
  }

  /** All sleep, and the recording has nothing more to come. */
  #recordedHang(): Stop | null {
    const { k, history } = this;
    if (!this.recorded || history.nextArrival || k.nextDeadline() !== Number.POSITIVE_INFINITY) return null;
    return { kind: "stuck", pid: this.currentPid() };
  }

  /** All sleep: whether only the world outside can wake one. In the past it has already, at a later turn. */
  #waitsForHost(): boolean {
    const { k, history } = this;
    return !this.recorded && !history.inPast && (k.nextDeadline() === Number.POSITIVE_INFINITY || k.options.clock === "real");
  }

  #begin(): void {
    this.#pass = { rip: this.k.machine.cpu.rip, position: this.k.machine.totalRetired };
    this.#arm("stop");
  }

  /**
   * Runs on. `pause` is asked now and then, and when all sleep: it lets the host's events in and says whether to
   * go on, be interrupted, or that nothing can come any more.
   */
  async continue(pause: Pause): Promise<Stop> {
    this.#begin();
    let since = performance.now();
    for (;;) {
      const stop = this.#advance(Math.min(CHUNK, this.history.untilKeep), false);
      if (stop && stop !== "idle") return stop;
      const ended = await this.#between(stop === "idle", since, pause);
      if (typeof ended !== "number") return ended;
      since = ended;
    }
  }

  /** After a piece of the run: lets the host have its turn if it is due. @returns when it was had last, or what ends the run */
  async #between(slept: boolean, since: number, pause: Pause): Promise<number | Stop> {
    this.history.keep();
    const hang = slept && this.#recordedHang();
    if (hang) return hang;
    const idle = slept && this.#waitsForHost();
    if (!idle && performance.now() - since < 20) return since;
    const then = await pause(idle);
    if (then === "interrupt") return { kind: "interrupt", pid: this.currentPid() };
    if (then === "never") return { kind: "stuck", pid: this.currentPid() };
    return performance.now();
  }

  /** Steps a thread by an instruction, or while its rip stays in [start, end). Others run when the scheduler says so. */
  async step(pid: number, start: number, end: number, pause: Pause): Promise<Stop> {
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
      const ended = await this.#between(stop === "idle", since, pause);
      if (typeof ended !== "number") return ended;
      since = ended;
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
  async reverseContinue(pause: Pause): Promise<Stop> {
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
