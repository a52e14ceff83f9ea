import type { Task } from "@lstar/kernel/include/linux/sched.ts";
import { PAUSED_AT_USER, PAUSED_BETWEEN } from "@lstar/kernel/kernel/sched/core.ts";
import { groupSendSigInfo, newSiginfo } from "@lstar/kernel/kernel/signal.ts";
import type { Kernel } from "@lstar/kernel/kernel.ts";
import { Timeline } from "@lstar/replay";
import { Recording } from "@lstar/replay/record/index.ts";
import { startMachine } from "lstar/src/boot.ts";
import type { ArrivalView, LoadSettings } from "../protocol.ts";
import { EventLog } from "./eventLog.ts";
import { LabHost } from "./labHost.ts";
import { RecordedRun } from "./recordedRun.ts";
import { Recorder } from "./recorder.ts";

const MEMORY = 256 * 2 ** 20;
/** Bytes that snapshots may take. */
const SNAPSHOT_MEMORY = 384 * 2 ** 20;
/** Instructions of the first slice of a turn, and the output (bytes) up to which slices become longer. */
const FIRST_SLICE = 1000;
const SLICE_OUTPUT = 64 * 1024;
/** Calls of the main loop at one position before it is taken to be stuck. */
const MAX_TURNS = 100_000;

type What = ArrivalView["what"];

/** A program on a machine that can be put to any position of its run. */
export class LabRun {
  readonly k: Kernel;
  /** Null for a recorded run, which has an outside of its own. */
  readonly host: LabHost | null = null;
  readonly recorded: RecordedRun | null = null;
  readonly log = new EventLog();
  readonly recorder: Recorder;
  readonly timeline: Timeline<What>;
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
  #output = 0;
  /** Where the last seek led to. */
  #soughtPosition = -1;
  #soughtTurn = -1;

  /** Why the run ended, where its exit status does not tell. */
  note = "";

  /** @throws StartError, ContainerError */
  constructor(what: LoadSettings | Recording) {
    if (what instanceof Recording) {
      const recorded = new RecordedRun(what);
      this.recorded = recorded;
      this.k = recorded.booted.k;
      this.recorder = new Recorder(this.k, this.log);
      recorded.onWrite = (bytes) => this.recorder.output(bytes.length);
      recorded.onOutput = (bytes) => this.#wrote(bytes);
      this.timeline = new Timeline(this.k, {
        apply: (w, again) => this.#apply(w, again),
        arrivals: recorded.arrivals,
        companions: [recorded],
        events: this.recorder,
        memory: SNAPSHOT_MEMORY,
        ownHost: true,
      });
      return;
    }
    const host = new LabHost(what.stdin === null ? null : new TextEncoder().encode(what.stdin));
    this.host = host;
    const path = `/bin/${what.name}`;
    this.k = startMachine(host, {
      argv: [path, ...what.argv.slice(1)],
      env: [...what.env],
      root: null,
      mounts: [],
      cwd: "/",
      user: { uid: 0, gid: 0 },
      memory: MEMORY,
      seed: what.seed,
      clock: "virtual",
      hostname: "lstar",
      files: [{ path, bytes: what.program, mode: 0o755 }],
      bringIn: null,
    });
    this.recorder = new Recorder(this.k, this.log);
    this.timeline = new Timeline(this.k, {
      apply: (w, again) => this.#apply(w, again),
      arrivals: what.arrivals,
      events: this.recorder,
      memory: SNAPSHOT_MEMORY,
    });
    const { tape } = this.timeline;
    if (tape) tape.onWrite = (_stream, bytes) => this.recorder.output(bytes.length);
    host.onOutput = (bytes) => this.#wrote(bytes);
  }

  #wrote(bytes: Uint8Array): void {
    this.#output += bytes.length;
    this.onOutput(this.position, bytes);
  }

  get position(): number {
    return this.k.machine.totalRetired;
  }
  get atFrontier(): boolean {
    return !this.timeline.inPast;
  }
  /** What has come from outside up to the frontier. */
  get arrivals(): readonly ArrivalView[] {
    return this.timeline.arrivals;
  }
  /** Bytes written so far. */
  get outputBytes(): number {
    return this.#output;
  }

  /**
   * Goes on from the frontier by at most `instructions`, not beyond `until`.
   * Stops by itself when the program ends, waits for input, or the event log is full.
   */
  advance(instructions: number, until: number): void {
    this.toFrontier();
    const { k, timeline } = this;
    const goal = Math.min(until, this.position + instructions, this.recorded?.limit ?? Number.POSITIVE_INFINITY);
    // Short at first, so that a program that writes much with few instructions is met in time.
    let slice = FIRST_SLICE;
    for (let turns = 0; this.position < goal && !this.log.full && this.#output <= this.outputLimit; turns++) {
      const before = this.position;
      const written = this.#output;
      const state = timeline.slice(Math.max(1, Math.min(goal - before, slice)));
      slice = this.#output - written > SLICE_OUTPUT ? FIRST_SLICE : slice * 2;
      if (state === "exited") {
        this.ended = true;
        this.exitStatus = k.exitStatus;
        this.note = this.recorded?.compared() ?? "";
        break;
      }
      if (this.recorded && this.recorded.stopped() !== "") break;
      if (state === "idle" && k.nextDeadline() === Number.POSITIVE_INFINITY && !this.#arrivesHere()) {
        // What was to come later does not fit this run.
        timeline.dropPlanned();
        if (this.recorded) {
          this.ended = true;
          this.note = "Everybody sleeps and nothing can wake one.";
        } else this.waiting = true;
        break;
      }
      if (this.position !== before) turns = 0;
      else if (turns > MAX_TURNS) break;
    }
    const stopped = this.ended ? "" : (this.recorded?.stopped() ?? "");
    if (stopped !== "") {
      this.ended = true;
      this.note = stopped;
    }
    this.frontier = this.position;
    timeline.keep();
  }

  /** Puts the machine to where the run was left. */
  toFrontier(): void {
    this.timeline.toEnd();
  }

  /** Puts the machine before the instruction at `position`, with the kernel's work done (not beyond the frontier). */
  seek(position: number): void {
    const { turn } = this.timeline.place;
    if (this.position === position && this.#soughtPosition === position && this.#soughtTurn === turn) return;
    this.timeline.seek({ position, turn: 0 });
    // The kernel's work before the next instruction.
    if (this.position === position && this.k.sched.pause === PAUSED_BETWEEN) this.timeline.slice(0);
    this.#soughtPosition = position;
    this.#soughtTurn = this.timeline.place.turn;
  }

  /**
   * Runs to an event and calls `look` in the midst of it. The machine stands behind it then.
   * @returns what `look` gave, or null if there is no such event
   */
  atEvent<T>(event: number, look: () => T): T | null {
    return this.timeline.atEvent(event, look);
  }

  /** Does something that was planned come at this position, now or in a later turn? */
  #arrivesHere(): boolean {
    const next = this.timeline.nextArrival;
    return next !== undefined && next.position === this.position && next.turn >= this.k.sched.turn;
  }

  /** Something comes from outside, at the frontier. */
  #arrive(what: What): void {
    if (this.recorded) throw new Error("a recorded run takes nothing from outside but what was recorded");
    this.waiting = false;
    this.timeline.arriveNow(what);
    this.frontier = this.position;
  }

  #apply(what: What, again: boolean): void {
    switch (what.type) {
      case "input": {
        const bytes = new TextEncoder().encode(what.text);
        this.recorder.input(bytes.length);
        // When it comes again, the tape has what was read of it.
        if (!again) this.host?.type(bytes);
        this.k.hostEvent("stdin");
        break;
      }
      case "resize":
        if (this.host) this.host.size = { rows: what.rows, cols: what.columns };
        this.k.hostEvent("winch");
        break;
      case "kill":
        this.#signal(what.pid, what.signal);
        break;
      case "recorded":
        this.k.hostEvent(what.kind);
    }
  }

  /** SI_USER, from nobody. */
  #signal(pid: number, signal: number): void {
    const { k } = this;
    const task = k.pids.get(pid);
    k.time.inInterrupt = true;
    if (isAlive(task)) groupSendSigInfo(k, signal, newSiginfo(signal, 0), task);
    k.time.inInterrupt = false;
    k.sched.turn++;
    if (k.sched.pause === PAUSED_AT_USER) k.sched.pause = PAUSED_BETWEEN;
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
