import type { Task } from "@lstar/kernel/include/linux/sched.ts";
import type { HostEventKind } from "@lstar/kernel/kernel/hostEvents.ts";
import { groupSendSigInfo, newSiginfo } from "@lstar/kernel/kernel/signal.ts";
import type { Kernel } from "@lstar/kernel/kernel.ts";
import { restoreSnapshot, type Snapshot, takeSnapshot } from "@lstar/kernel/snapshot/snapshot.ts";
import { startMachine } from "lstar/src/boot.ts";
import type { ArrivalView, LoadSettings } from "../protocol.ts";
import { EventLog } from "./eventLog.ts";
import { type InputState, LabHost } from "./labHost.ts";
import { Recorder } from "./recorder.ts";

const MEMORY = 256 * 2 ** 20;
/** Snapshots kept; when there are more, every other one goes and the distance doubles. */
const MAX_SNAPSHOTS = 40;
/** Pages of 4 KiB that they may hold together. */
const MAX_PAGES = 100_000;
const FIRST_DISTANCE = 200_000;
/** Instructions of the first slice of a turn, and the output (bytes) up to which slices become longer. */
const FIRST_SLICE = 1000;
const SLICE_OUTPUT = 64 * 1024;
/** Calls of the main loop at one position before it is taken to be stuck. */
const MAX_TURNS = 100_000;

interface Stop {
  readonly position: number;
  readonly turn: number;
  readonly event: number;
  readonly idle: boolean;
  readonly arrivals: number;
  /** Bytes written before. */
  readonly output: number;
  readonly input: InputState;
  readonly snapshot: Snapshot;
}

/** A program on a machine that can be put to any position of its run. */
export class LabRun {
  readonly k: Kernel;
  readonly host: LabHost;
  readonly log = new EventLog();
  readonly recorder: Recorder;
  /** How far the run has been computed. */
  frontier = 0;
  /** Everyone sleeps and no timer is armed: only input can go on. */
  waiting = false;
  ended = false;
  /** Wait status of the program, once it has ended. */
  exitStatus = -1;
  /** Bytes of output at which the run stops by itself. */
  outputLimit = Number.POSITIVE_INFINITY;
  /** Output that the run makes for the first time. */
  onOutput: (position: number, bytes: Uint8Array) => void = () => {};
  #arrivals: ArrivalView[];
  #applied = 0;
  #stops: Stop[] = [];
  #distance = FIRST_DISTANCE;
  /** Where the run stands if the machine has been put back: its furthest point. */
  #furthest: Stop | null = null;
  #output = 0;
  #outputTold = 0;

  /** @throws StartError */
  constructor(settings: LoadSettings) {
    this.host = new LabHost(settings.stdin === null ? null : new TextEncoder().encode(settings.stdin));
    this.#arrivals = [...settings.arrivals];
    const path = `/bin/${settings.name}`;
    this.k = startMachine(this.host, {
      argv: [path, ...settings.argv.slice(1)],
      env: [...settings.env],
      root: null,
      mounts: [],
      cwd: "/",
      user: { uid: 0, gid: 0 },
      memory: MEMORY,
      seed: settings.seed,
      clock: "virtual",
      hostname: "lstar",
      files: [{ path, bytes: settings.program, mode: 0o755 }],
      bringIn: null,
    });
    this.recorder = new Recorder(this.k, this.log);
    this.host.onOutput = (bytes) => {
      this.recorder.output(bytes.length);
      this.#output += bytes.length;
      // A stretch that runs again writes nothing new.
      if (this.#output <= this.#outputTold) return;
      this.#outputTold = this.#output;
      this.onOutput(this.position, bytes);
    };
    this.#stops.push(this.#stop());
  }

  get position(): number {
    return this.k.machine.totalRetired;
  }
  get atFrontier(): boolean {
    return this.#furthest === null;
  }
  /** What has come from outside up to the frontier. */
  get arrivals(): readonly ArrivalView[] {
    return this.#arrivals.slice(0, this.#furthest?.arrivals ?? this.#applied);
  }
  /** Bytes written so far. */
  get outputBytes(): number {
    return this.#outputTold;
  }

  /**
   * Goes on from the frontier by at most `instructions`, not beyond `until`.
   * Stops by itself when the program ends, waits for input, or the event log is full.
   */
  advance(instructions: number, until: number): void {
    this.toFrontier();
    const { k } = this;
    const goal = Math.min(until, this.position + instructions);
    // Short at first, so that a program that writes much with few instructions is met in time.
    let slice = FIRST_SLICE;
    for (let turns = 0; this.position < goal && !this.log.full && this.#outputTold <= this.outputLimit; turns++) {
      const before = this.position;
      const written = this.#outputTold;
      const to = Math.min(goal, before + slice);
      const next = this.#arrivals[this.#applied];
      const state = next
        ? this.#turn(Math.max(1, Math.min(to, Math.max(next.position, before)) - before))
        : k.runSlice(Math.max(1, to - before));
      slice = this.#outputTold - written > SLICE_OUTPUT ? FIRST_SLICE : slice * 2;
      if (state === "exited") {
        this.ended = true;
        this.exitStatus = k.exitStatus;
        break;
      }
      if (state === "idle") {
        this.recorder.wentIdle();
        if (k.nextDeadline() === Number.POSITIVE_INFINITY && !this.#arrivesHere()) {
          // What was to come later does not fit this run.
          this.#arrivals.length = this.#applied;
          this.waiting = true;
          break;
        }
      }
      if (this.position !== before) turns = 0;
      else if (turns > MAX_TURNS) break;
    }
    this.frontier = this.position;
    if (!this.ended && this.position - (this.#stops[this.#stops.length - 1] as Stop).position >= this.#distance) this.#keep();
  }

  #keep(): void {
    this.#stops.push(this.#stop());
    // The first one stays: it is the beginning.
    while (this.#stops.length > MAX_SNAPSHOTS || (this.#stops.length > 3 && this.#pages() > MAX_PAGES)) {
      this.#stops = this.#stops.filter((_, i) => i % 2 === 0);
      this.#distance *= 2;
    }
  }

  /** Pages that all snapshots hold together. */
  #pages(): number {
    let n = 0;
    this.#stops.forEach((stop, i) => {
      const before = this.#stops[i - 1]?.snapshot.machine.pages;
      stop.snapshot.machine.pages.forEach((page, frame) => {
        if (page && page !== before?.[frame]) n++;
      });
    });
    return n;
  }

  #stop(): Stop {
    return {
      position: this.position,
      turn: this.k.sched.turn,
      event: this.recorder.next,
      idle: this.recorder.idle,
      arrivals: this.#applied,
      output: this.#output,
      input: this.host.input,
      snapshot: takeSnapshot(this.k),
    };
  }

  #restore(stop: Stop): void {
    restoreSnapshot(this.k, stop.snapshot);
    this.recorder.next = stop.event;
    this.recorder.idle = stop.idle;
    this.#applied = stop.arrivals;
    this.host.input = stop.input;
    // Output is counted again from here; what the run wrote before is told already.
    this.#output = stop.output;
  }

  /** Puts the machine to where the run was left. */
  toFrontier(): void {
    if (!this.#furthest) return;
    this.#restore(this.#furthest);
    this.#furthest = null;
  }

  /** Puts the machine before the instruction at `position`, with the kernel's work done (not beyond the frontier). */
  seek(position: number): void {
    this.#goBack(position, Number.POSITIVE_INFINITY);
    this.#replay(position);
  }

  /**
   * Runs to an event and calls `look` in the midst of it. The machine stands behind it then.
   * @returns what `look` gave, or null if there is no such event
   */
  atEvent<T>(event: number, look: () => T): T | null {
    const position = this.log.at(event)?.position;
    if (position === undefined) return null;
    this.#goBack(position, event);
    let result: T | null = null;
    this.recorder.onEvent = (index) => {
      if (index === event) result = look();
    };
    for (let turns = 0; this.recorder.next <= event && turns < MAX_TURNS; turns++) {
      if (this.position < position) this.#replay(Math.min(position, Math.max(this.position + 1, position - 1)));
      else this.#turn(1);
    }
    this.recorder.onEvent = null;
    return result;
  }

  /** Goes to the nearest place that is remembered and lies before the wanted one, unless the present one will do. */
  #goBack(position: number, event: number): void {
    let best = this.#stops[0] as Stop;
    for (const s of this.#stops) if (s.position <= position && s.event <= event && s.position >= best.position) best = s;
    const here = this.position <= position && this.recorder.next <= event;
    if (here && this.position >= best.position && !this.k.exited) return;
    this.#leaveFrontier();
    this.#restore(best);
  }

  #leaveFrontier(): void {
    if (!this.#furthest) this.#furthest = this.#stop();
  }

  /** Runs again up to a position; what came from outside comes again at its place. */
  #replay(position: number): void {
    for (let turns = 0; this.position < position && turns < MAX_TURNS; turns++) {
      const before = this.position;
      const next = this.#arrivals[this.#applied];
      if (this.#turn(Math.min(position, next?.position ?? position) - before) === "exited") return;
      if (this.position !== before) turns = 0;
    }
    // The kernel's work before the next instruction.
    if (this.position === position && this.k.sched.pause === 1) this.#turn(0);
  }

  /** What comes from outside here, then a slice. */
  #turn(instructions: number): "running" | "idle" | "exited" {
    const { sched } = this.k;
    let next = this.#arrivals[this.#applied];
    while (next && next.position === this.position && next.turn === sched.turn) {
      this.#applied++;
      this.#apply(next.what);
      next = this.#arrivals[this.#applied];
    }
    // Something comes here, but later: turn by turn up to it.
    const later = next !== undefined && next.position === this.position && next.turn > sched.turn;
    const state = later ? this.k.runSlice(1, true) : this.k.runSlice(Math.max(0, instructions));
    if (state === "idle") this.recorder.wentIdle();
    return state;
  }

  /** Does something that was planned come at this position, now or in a later turn? */
  #arrivesHere(): boolean {
    const next = this.#arrivals[this.#applied];
    return next !== undefined && next.position === this.position && next.turn >= this.k.sched.turn;
  }

  /** Something comes from outside, at the frontier. What was planned for later is off. */
  #arrive(what: ArrivalView["what"]): void {
    this.toFrontier();
    this.#arrivals.length = this.#applied;
    this.#arrivals.push({ position: this.position, turn: this.k.sched.turn, what });
    this.#applied++;
    this.waiting = false;
    this.#apply(what);
    this.frontier = this.position;
  }

  #apply(what: ArrivalView["what"]): void {
    switch (what.type) {
      case "input": {
        const bytes = new TextEncoder().encode(what.text);
        this.recorder.input(bytes.length);
        this.host.type(bytes);
        this.#hostEvent("stdin");
        break;
      }
      case "resize":
        this.host.size = { rows: what.rows, cols: what.columns };
        this.#hostEvent("winch");
        break;
      case "kill":
        this.#signal(what.pid, what.signal);
    }
  }

  #hostEvent(kind: HostEventKind): void {
    this.k.hostEvent(kind);
  }

  /** SI_USER, from nobody. */
  #signal(pid: number, signal: number): void {
    const { k } = this;
    const task = k.pids.get(pid);
    k.time.inInterrupt = true;
    if (isAlive(task)) groupSendSigInfo(k, signal, newSiginfo(signal, 0), task);
    k.time.inInterrupt = false;
    k.sched.turn++;
    if (k.sched.pause === 2) k.sched.pause = 1;
  }

  type(text: string): void {
    this.#arrive({ type: "input", text });
  }

  resize(columns: number, rows: number): void {
    this.#arrive({ type: "resize", columns, rows });
  }

  /** A signal to a task, as if the terminal's user had sent it. False if there is no such task. */
  kill(pid: number, signal: number): boolean {
    this.toFrontier();
    if (!isAlive(this.k.pids.get(pid))) return false;
    this.#arrive({ type: "kill", pid, signal });
    return true;
  }
}

function isAlive(task: Task | undefined): task is Task {
  return task !== undefined && task.exitState === 0;
}
