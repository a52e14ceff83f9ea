import type { Host, HostStream } from "@lstar/kernel/host.ts";
import { PAUSED_AT_USER } from "@lstar/kernel/kernel/sched/core.ts";
import type { HostEventKind, Kernel } from "@lstar/kernel/kernel.ts";
import { restoreSnapshot, type Snapshot, takeSnapshot } from "@lstar/kernel/snapshot/snapshot.ts";

/** A moment of a run: instructions retired, and turns of the kernel's loop since the last of them. */
export interface Place {
  readonly position: number;
  readonly turn: number;
}

export function before(a: Place, b: Place): boolean {
  return a.position < b.position || (a.position === b.position && a.turn < b.turn);
}

/** Instructions between snapshots at first; when there are too many, every other one goes and the distance doubles. */
const FIRST_DISTANCE = 200_000;
const MAX_STOPS = 40;
/** Calls of the main loop that may retire nothing before the run is taken to have ended. */
const MAX_TURNS = 100_000;

interface Stop extends Place {
  readonly snapshot: Snapshot;
  readonly arrivals: number;
  readonly reads: number;
  readonly written: readonly [number, number];
}

interface Arrival extends Place {
  readonly kind: HostEventKind;
}

/**
 * A run that can go back: snapshots on the way, what came in from outside so that it comes again, and what went
 * out so that it goes out once. Host files are taken not to change meanwhile.
 */
export class Timeline {
  readonly k: Kernel;
  #stops: Stop[] = [];
  #distance = FIRST_DISTANCE;
  #arrivals: Arrival[] = [];
  #applied = 0;
  /** Host events that came while the machine was in the past: for when it is at the run's end again. */
  readonly #later: HostEventKind[] = [];
  #furthest: Place = { position: 0, turn: 0 };
  /** A snapshot shortly before the place where going back by single steps began. */
  #near: Stop | null = null;
  /** What the guest's standard input gave, call by call. */
  #reads: (Uint8Array | null | "wait")[] = [];
  #read = 0;
  readonly #written: [number, number] = [0, 0];
  readonly #told: [number, number] = [0, 0];

  constructor(k: Kernel) {
    this.k = k;
    k.host = this.#host(k.host);
    this.#stops.push(this.#stop());
  }

  get place(): Place {
    return { position: this.k.machine.totalRetired, turn: this.k.sched.turn };
  }
  /** Whether the run has already been further than here. */
  get inPast(): boolean {
    return before(this.place, this.#furthest);
  }
  get beginning(): Place {
    return this.#stops[0] as Stop;
  }
  /** Where the snapshots are, in order. */
  get stops(): readonly Place[] {
    return this.#all();
  }

  #all(): Stop[] {
    return this.#near ? [...this.#stops, this.#near].sort((a, b) => (before(a, b) ? -1 : 1)) : this.#stops;
  }

  /** Keeps this place, in exchange for the last one kept so. */
  keepNear(): void {
    this.#near = this.#stop();
  }

  /** The host has news: they are told to the kernel when the run is at its end, before the next slice. */
  arrive(kind: HostEventKind): void {
    this.#later.push(kind);
  }

  /** One slice; what came from outside comes again at its place. `oneTurn` as for runSlice. */
  slice(instructions: number, oneTurn = false): "running" | "idle" | "exited" {
    const { k } = this;
    k.sched.stopSoon = false;
    if (this.#later.length > 0 && !before(this.place, this.#furthest))
      for (const kind of this.#later.splice(0)) {
        this.#arrivals.push({ ...this.place, kind });
        this.#applied++;
        k.hostEvent(kind);
      }
    for (let a = this.#next(); a && a.position === k.machine.totalRetired && a.turn === k.sched.turn; a = this.#next()) {
      this.#applied++;
      k.hostEvent(a.kind);
    }
    const next = this.#next();
    if (next && next.position === k.machine.totalRetired && next.turn > k.sched.turn) return k.runSlice(1, true);
    const until = next ? next.position - k.machine.totalRetired : instructions;
    const state = k.runSlice(Math.max(0, Math.min(instructions, until)), oneTurn);
    if (before(this.#furthest, this.place)) this.#furthest = this.place;
    return state;
  }

  #next(): Arrival | undefined {
    return this.#arrivals[this.#applied];
  }

  /** Instructions to the place where the next snapshot is due. */
  get untilKeep(): number {
    const last = this.#stops[this.#stops.length - 1] as Stop;
    return Math.max(1, last.position + this.#distance - this.k.machine.totalRetired);
  }

  /** Takes a snapshot if one is due here. */
  keep(): void {
    const last = this.#stops[this.#stops.length - 1] as Stop;
    if (this.k.exited || this.k.machine.totalRetired - last.position < this.#distance) return;
    this.#stops.push(this.#stop());
    while (this.#stops.length > MAX_STOPS) {
      this.#stops = this.#stops.filter((_, i) => i % 2 === 0);
      this.#distance *= 2;
    }
  }

  /** Puts the machine to a place that the run has passed: exactly there if a program's instruction was next there. */
  seek(place: Place): void {
    this.back(place);
    this.forward(place);
  }

  /** Goes to the last snapshot that is not after a place. */
  back(place: Place): void {
    let best = this.#stops[0] as Stop;
    for (const s of this.#all()) if (!before(place, s)) best = s;
    this.#restore(best);
  }

  /** Runs on to a place. */
  forward(place: Place): void {
    for (let turns = 0; turns < MAX_TURNS && before(this.place, place); turns++) {
      const { position } = this.place;
      const left = place.position - position;
      const state = left > 0 ? this.slice(left) : this.slice(1, true);
      if (state === "exited") return;
      if (this.place.position !== position) turns = 0;
    }
  }

  /** The kernel's work before the next instruction of a program. @returns false if there is none */
  settle(): boolean {
    const { k } = this;
    for (let turns = 0; turns < MAX_TURNS && !k.exited; turns++) {
      if (k.sched.pause === PAUSED_AT_USER) return true;
      if (this.slice(0) === "idle" && k.nextDeadline() === Number.POSITIVE_INFINITY && !this.inPast) return false;
    }
    return false;
  }

  /** The run is changed here: what was known of its future is void. */
  forgetFuture(): void {
    const here = this.place;
    this.#near = null;
    this.#furthest = here;
    this.#stops = this.#stops.filter((s, i) => i === 0 || before(s, here));
    this.#arrivals.length = this.#applied;
    this.#told[0] = Math.min(this.#told[0], this.#written[0]);
    this.#told[1] = Math.min(this.#told[1], this.#written[1]);
  }

  /** After a change by the user: the place itself is a snapshot, so that going back leads to the changed state. */
  changed(): void {
    this.forgetFuture();
    this.#stops.push(this.#stop());
  }

  #stop(): Stop {
    return {
      ...this.place,
      snapshot: takeSnapshot(this.k),
      arrivals: this.#applied,
      reads: this.#read,
      written: [this.#written[0], this.#written[1]],
    };
  }

  #restore(stop: Stop): void {
    if (!restoreSnapshot(this.k, stop.snapshot)) throw new Error("a snapshot of this machine does not fit it");
    this.#applied = stop.arrivals;
    this.#read = stop.reads;
    this.#written[0] = stop.written[0];
    this.#written[1] = stop.written[1];
  }

  #host(host: Host): Host {
    const [input, output, errors] = host.stdio;
    const stdin: HostStream = {
      kind: input.kind,
      read: (max) => {
        const known = this.#reads[this.#read];
        if (known !== undefined) {
          this.#read++;
          return known;
        }
        const got = input.read(max);
        this.#reads.push(got instanceof Uint8Array ? got.slice() : got);
        this.#read++;
        return got;
      },
      write: (bytes) => input.write(bytes),
    };
    const out = (stream: HostStream, i: 0 | 1): HostStream => ({
      kind: stream.kind,
      read: (max) => stream.read(max),
      write: (bytes) => {
        this.#written[i] += bytes.length;
        const fresh = Math.min(bytes.length, this.#written[i] - this.#told[i]);
        if (fresh <= 0) return bytes.length;
        this.#told[i] = this.#written[i];
        stream.write(bytes.subarray(bytes.length - fresh));
        return bytes.length;
      },
    });
    const stdio = [stdin, out(output, 0), out(errors, 1)] as const;
    for (const [i, s] of host.stdio.entries())
      if (s.windowSize) (stdio[i] as HostStream).windowSize = () => s.windowSize?.() ?? { rows: 24, cols: 80 };
    return {
      realtime: () => host.realtime(),
      monotonic: () => host.monotonic(),
      entropy: (bytes) => host.entropy(bytes),
      stdio,
      fs: host.fs,
    };
  }
}
