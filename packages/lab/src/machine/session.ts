import type { Answers, LoadSettings, Message, Progress, Request, RunStatus } from "../protocol.ts";
import { EventLog } from "./eventLog.ts";
import { Moments } from "./moments.ts";
import { LabRun } from "./run.ts";
import { syscallTable } from "./views/call.ts";

/** Instructions between looks at the clock, and the time after which messages are let in. */
const SLICE = 200_000;
const TURN_MS = 25;
const MAX_OUTPUT = 10 * 2 ** 20;
const EVENTS_A_PAGE = 65_536;

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

  constructor(post: Post, later: (f: () => void) => void = (f) => setTimeout(f, 0)) {
    this.#post = post;
    this.#later = later;
    post({ type: "hello" });
  }

  receive(request: Request): void {
    try {
      const value = this.#answer(request);
      this.#post({ type: "answer", id: request.id, value });
    } catch (e) {
      this.#post({ type: "failed", id: request.id, text: e instanceof Error ? e.message : String(e) });
    }
  }

  #answer(r: Request): Answers[keyof Answers] {
    if (r.type === "load") return this.#load(r.settings);
    if (r.type === "table") return syscallTable();
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
        if (r.moment.event < 0 && r.moment.position > run.frontier && !run.ended) this.#compute(r.moment.position);
        return moments.normal(r.moment);
      case "step":
        if (r.direction > 0 && !run.ended && r.from.position >= run.frontier)
          this.#compute(run.frontier + (r.kind === "instruction" ? 1 : SLICE));
        return moments.step(r.kind, r.direction, r.from, r.pid);
      case "state":
        return moments.state(r.moment);
      case "memory":
        return moments.memory(r.moment, r.pid, Number.parseInt(r.address, 16), Math.min(65536, r.length));
      case "describe":
        return moments.describe(r.event);
      case "input":
        run.type(new TextEncoder().encode(r.text));
        return this.#resume();
      case "resize":
        run.resize(r.columns, r.rows);
        return this.#resume();
      case "kill":
        if (!run.kill(r.pid, r.signal)) throw new Error(`there is no task ${r.pid}`);
        return this.#resume();
    }
  }

  #load(settings: LoadSettings): Progress {
    this.#generation++;
    this.#status = "loading";
    const run = new LabRun(settings);
    this.#run = run;
    this.#moments = new Moments(run, settings);
    this.#sent = 0;
    this.#note = "";
    this.#status = "ready";
    run.onOutput = (position, data) => this.#post({ type: "output", position, data });
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
    if (this.#status === "running") this.#later(() => this.#turn(generation));
  }

  /** Computes up to a position at once. */
  #compute(position: number): void {
    const run = this.#run as LabRun;
    while (run.frontier < position && !run.ended && !run.waiting && !run.log.full) run.advance(SLICE, position);
    if (this.#status !== "running" && !this.#finished(run)) this.#status = "paused";
    this.#tell();
  }

  /** Sets the status where a run stops by itself. */
  #finished(run: LabRun): boolean {
    if (run.ended) this.#status = "ended";
    else if (run.waiting) this.#status = "waiting";
    else if (run.log.full) this.#stop(`stopped: more than ${EventLog.LIMIT / 1e6} million events`);
    else if (run.outputBytes > MAX_OUTPUT) this.#stop("stopped: more than 10 MB of output");
    else if (run.frontier >= this.#until) this.#status = "paused";
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
    this.#post({ type: "progress", progress: this.#progress() });
  }
}
