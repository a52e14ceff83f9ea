import { ContainerError } from "@lstar/replay/file/format.ts";
import { Recording } from "@lstar/replay/record/index.ts";
import type { Answers, LoadSettings, Message, Moment, Progress, Request, RunStatus } from "../protocol.ts";
import { EventLog } from "./eventLog.ts";
import { Moments } from "./moments.ts";
import { LabRun } from "./run.ts";
import { syscallTable } from "./views/call.ts";

/** Instructions between looks at the clock, and the time after which messages are let in. */
const SLICE = 200_000;
const TURN_MS = 25;
const MAX_OUTPUT = 10 * 2 ** 20;
const EVENTS_A_PAGE = 65_536;
/** Batches that the page has not drawn yet before the machine waits for it. */
const AHEAD = 2;
/** A moment that is not reached in this time (ms) is given up. */
const SEEK_MS = 20_000;

type Post = (m: Message, transfer?: Transferable[]) => void;

/** The worker's side of the protocol: one program at a time. `later` lets other messages in first. */
export class LabSession {
  readonly #post: Post;
  readonly #later: (f: () => void) => void;
  #run: LabRun | null = null;
  #moments: Moments | null = null;
  #status: RunStatus = "empty";
  #note = "";
  #until = 0;
  #sent = 0;
  #generation = 0;
  /** Batches that the page has not said to have drawn. */
  #unseen = 0;
  /** The machine waits for the page. */
  #held = false;
  readonly #pieces: { position: number; data: Uint8Array }[] = [];

  constructor(post: Post, later: (f: () => void) => void = (f) => setTimeout(f, 0)) {
    this.#post = post;
    this.#later = later;
    post({ type: "hello" });
  }

  receive(request: Request): void {
    if (request.type === "open") {
      void this.#open(request.id, request.file);
      return;
    }
    try {
      const value = this.#answer(request);
      this.#post({ type: "answer", id: request.id, value });
    } catch (e) {
      this.#post({ type: "failed", id: request.id, text: e instanceof Error ? e.message : String(e) });
    }
  }

  async #open(id: number, file: Uint8Array): Promise<void> {
    const generation = ++this.#generation;
    try {
      const recording = await Recording.openInBrowser(file);
      // Something else was loaded meanwhile.
      if (generation !== this.#generation) throw new Error("the recording was not opened");
      const progress = this.#load(recording);
      this.#post({ type: "answer", id, value: { ...(this.#run as LabRun).recorded!.about(), progress } });
    } catch (e) {
      const text = e instanceof Error ? e.message : String(e);
      this.#post({ type: "failed", id, text: e instanceof ContainerError ? `The file ${text}.` : text });
    }
  }

  #answer(r: Exclude<Request, { type: "open" }>): Answers[keyof Answers] {
    if (r.type === "load") return this.#load(r.settings);
    if (r.type === "table") return syscallTable();
    if (r.type === "seen") return this.#seen();
    const run = this.#run;
    const moments = this.#moments;
    if (!run || !moments) throw new Error("no program is loaded");
    switch (r.type) {
      case "run":
        this.#go(r.until);
        return this.#progress();
      case "pause":
        if (this.#status === "running") this.#status = "paused";
        return this.#progress();
      case "seek":
        this.#computeTo(run, r.moment);
        return moments.normal(r.moment);
      case "step":
        if (r.direction > 0 && !run.ended && r.from.position >= run.frontier)
          this.#compute(run.frontier + (r.kind === "instruction" ? 1 : SLICE));
        return moments.step(r.kind, r.direction, r.from, r.pid);
      case "state":
        return moments.state(r.moment);
      case "memory":
        return moments.memory(r.moment, r.pid, Number.parseInt(r.address, 16), Math.min(65536, r.length));
      case "lastWrite":
        return moments.lastWrite(r.moment, r.pid, Number.parseInt(r.address, 16), Math.max(1, Math.min(8, r.length)));
      case "arrivals":
        return run.arrivals;
      case "describe":
        return moments.describe(r.event);
      case "input":
        run.type(r.text);
        return this.#resume();
      case "resize":
        run.resize(r.columns, r.rows);
        return this.#resume();
      case "kill":
        if (!run.kill(r.pid, r.signal)) throw new Error(`there is no task ${r.pid}`);
        return this.#resume();
    }
  }

  #load(what: LoadSettings | Recording): Progress {
    this.#generation++;
    this.#status = "loading";
    const run = new LabRun(what);
    this.#run = run;
    this.#moments = new Moments(run, what instanceof Recording ? (run.recorded?.host.brought ?? new Uint8Array(0)) : what.program);
    this.#sent = 0;
    this.#note = "";
    this.#status = "ready";
    run.outputLimit = MAX_OUTPUT;
    this.#unseen = 0;
    this.#held = false;
    this.#pieces.length = 0;
    run.onOutput = (position, data) => this.#pieces.push({ position, data });
    return this.#progress();
  }

  #progress(): Progress {
    const run = this.#run;
    if (!run) return { status: this.#status, frontier: 0, time: 0, events: 0, tasks: 0, exitStatus: -1, note: this.#note };
    return {
      status: this.#status,
      frontier: run.frontier,
      time: run.k.time.nowNs,
      events: run.log.count,
      tasks: run.k.pids.size - 1,
      exitStatus: run.ended ? run.exitStatus : -1,
      note: this.#note,
    };
  }

  /** After something came from outside: a run that waited for it goes on. */
  #resume(): Progress {
    if (this.#status === "waiting") this.#go(Number.POSITIVE_INFINITY);
    return this.#progress();
  }

  #go(until: number): void {
    this.#until = until;
    if (this.#status === "running" || this.#run?.ended) return;
    // After the output limit, Run goes on by as much again.
    if (this.#run && this.#run.outputBytes > this.#run.outputLimit) this.#run.outputLimit += MAX_OUTPUT;
    this.#note = "";
    this.#held = false;
    this.#status = "running";
    const generation = this.#generation;
    this.#later(() => this.#turn(generation));
  }

  /** Computes for a moment, tells of it, and lets messages in before it goes on. */
  #turn(generation: number): void {
    const run = this.#run;
    if (!run || generation !== this.#generation || this.#status !== "running") {
      this.#tell();
      return;
    }
    try {
      const start = performance.now();
      do run.advance(SLICE, this.#until);
      while (!this.#finished(run) && performance.now() - start < TURN_MS);
    } catch (e) {
      this.#status = "paused";
      this.#note = `the machine stopped: ${e instanceof Error ? e.message : String(e)}`;
    }
    this.#tell();
    if (this.#status !== "running") return;
    if (this.#unseen >= AHEAD) this.#held = true;
    else this.#later(() => this.#turn(generation));
  }

  #seen(): null {
    this.#unseen = Math.max(0, this.#unseen - 1);
    if (this.#held && this.#unseen < AHEAD) {
      this.#held = false;
      const generation = this.#generation;
      this.#later(() => this.#turn(generation));
    }
    return null;
  }

  /** Computes until a moment that may lie beyond the frontier exists. */
  #computeTo(run: LabRun, { position, event }: Moment): void {
    const deadline = performance.now() + SEEK_MS;
    const missing = (): boolean => run.frontier < position || (event >= run.log.count && run.frontier <= position);
    if (run.ended || !missing()) return;
    do run.advance(event >= 0 && run.frontier >= position ? 1 : SLICE, Math.max(position, run.frontier + 1));
    while (missing() && !this.#finished(run, Number.POSITIVE_INFINITY) && performance.now() < deadline);
    if (!this.#finished(run, Number.POSITIVE_INFINITY) && this.#status !== "running") this.#status = "paused";
    this.#tell();
    if (missing() && !run.ended && !run.waiting)
      throw new Error(`the run does not come to instruction ${position}: it was computed up to ${run.frontier}`);
  }

  /** Computes up to a position at once. */
  #compute(position: number): void {
    const run = this.#run as LabRun;
    while (run.frontier < position && !run.ended && !run.waiting && !run.log.full) run.advance(SLICE, position);
    if (this.#status !== "running" && !this.#finished(run)) this.#status = "paused";
    this.#tell();
  }

  /** Sets the status where a run stops by itself. */
  #finished(run: LabRun, until = this.#until): boolean {
    if (run.ended) {
      this.#status = "ended";
      this.#note = run.note;
    } else if (run.waiting) this.#status = "waiting";
    else if (run.log.full) this.#stop(`stopped: more than ${EventLog.LIMIT / 1e6} million events. Reset begins again`);
    else if (run.outputBytes > run.outputLimit)
      this.#stop(`stopped: more than ${Math.round(run.outputLimit / 2 ** 20)} MB of output. Run goes on, Reset begins again`);
    else if (run.frontier >= until) this.#status = "paused";
    else return false;
    return true;
  }

  #stop(note: string): void {
    this.#status = "paused";
    this.#note = note;
  }

  /** Sends the events that are new, and how far the run is. */
  #tell(): void {
    const run = this.#run;
    if (!run) return;
    while (this.#sent < run.log.count) {
      const page = run.log.page(this.#sent, EVENTS_A_PAGE);
      this.#sent += page.count;
      const columns = [page.kind, page.position, page.time, page.pid, page.a, page.b, page.text];
      this.#post(
        { type: "events", page },
        columns.map((c) => c.buffer as ArrayBuffer),
      );
    }
    this.#tellOutput();
    this.#unseen++;
    this.#post({ type: "progress", progress: this.#progress() });
  }

  /** All output since the last time, in one message. */
  #tellOutput(): void {
    const pieces = this.#pieces;
    if (pieces.length === 0) return;
    const positions = new Float64Array(pieces.length);
    const ends = new Uint32Array(pieces.length);
    const data = new Uint8Array(pieces.reduce((n, p) => n + p.data.length, 0));
    let end = 0;
    pieces.forEach((p, i) => {
      data.set(p.data, end);
      end += p.data.length;
      positions[i] = p.position;
      ends[i] = end;
    });
    pieces.length = 0;
    this.#post({ type: "output", positions, ends, data }, [positions.buffer, ends.buffer, data.buffer]);
  }
}
