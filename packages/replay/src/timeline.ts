import { PAUSED_AT_USER } from "@lstar/kernel/kernel/sched/core.ts";
import type { HostEventKind, Kernel } from "@lstar/kernel/kernel.ts";
import { restoreSnapshot, takeSnapshot } from "@lstar/kernel/snapshot/snapshot.ts";
import { HostTape } from "./hostTape.ts";
import { type Arrival, before, type Companion, type EventNumbers, type Place } from "./place.ts";
import { type Stop, Stops } from "./stops.ts";

/** Time between snapshots at first (ms of running), and how many times its own cost a snapshot must wait for. */
const FIRST_INTERVAL = 10;
const COST_FACTOR = 10;
/** Instructions between snapshots at least. */
const LEAST_DISTANCE = 200_000;
/** On the way to a place, snapshots are left at an eighth of the distance before it, an eighth of that, and so on, while that takes longer to run than this (ms). */
const NEAR_RATIO = 8;
const NEAR_TIME = 4;
/** Calls of the main loop that may retire nothing before the run is taken to be stuck. */
const MAX_TURNS = 100_000;
/** Slices shorter than this tell nothing of the speed. */
const MEASURED = 50_000;
const DEFAULT_MEMORY = 512 * 2 ** 20;

export interface TimelineOptions<W> {
  /**
   * Lets something come in. `again`: it came here before. Default: `what` is a kind of host event.
   * It must change the kernel as Kernel.hostEvent does: the turn counts on, and the main loop looks.
   */
  apply?: (what: W, again: boolean) => void;
  /** What will come, known beforehand, in order. */
  arrivals?: readonly Arrival<W>[];
  /** What else belongs to a moment. */
  companions?: readonly Companion[];
  events?: EventNumbers;
  /** The kernel's host gives the same answers again by itself, as one that reads a recording does. */
  ownHost?: boolean;
  /** The guest may write to the host's files: what they answered is remembered too. */
  tapeFiles?: boolean;
  /** Bytes that the snapshots may take (default 512 MiB). */
  memory?: number;
}

/**
 * A run that can go back: snapshots on the way, what came in from outside so that it comes again, and what went
 * out so that it goes out once. W is what may come from outside in the midst of the run.
 */
export class Timeline<W = HostEventKind> {
  readonly k: Kernel;
  /** Null if the kernel's host was left as it is. */
  readonly tape: HostTape | null;
  readonly #events: EventNumbers | null;
  readonly #companions: readonly Companion[];
  readonly #apply: (what: W, again: boolean) => void;
  readonly #stops: Stops;
  #arrivals: Arrival<W>[];
  /** Arrivals that have come up to here, and up to the furthest point of the run. */
  #applied = 0;
  #known = 0;
  /** What came while the machine was in the past: for when it is at the run's end again. */
  readonly #later: W[] = [];
  #furthest: Place;
  /** The furthest point as a snapshot, once the machine has been put back from there. */
  #end: Stop | null = null;
  #interval = FIRST_INTERVAL;
  #cost = 1;
  /** Instructions a millisecond. */
  #speed = 20_000;

  constructor(k: Kernel, options: TimelineOptions<W> = {}) {
    this.k = k;
    this.tape = options.ownHost ? null : new HostTape(k.host, options.tapeFiles);
    if (this.tape) k.host = this.tape;
    this.#events = options.events ?? null;
    this.#companions = [...(this.tape ? [this.tape] : []), ...(options.events ? [options.events] : []), ...(options.companions ?? [])];
    this.#apply = options.apply ?? ((what) => k.hostEvent(what as HostEventKind));
    this.#arrivals = [...(options.arrivals ?? [])];
    this.#stops = new Stops(options.memory ?? DEFAULT_MEMORY);
    this.#furthest = this.place;
    this.#stops.add(this.#stop("kept"));
  }

  get place(): Place {
    return { position: this.k.machine.totalRetired, turn: this.k.sched.turn };
  }
  /** How far the run has come. */
  get furthest(): Place {
    return this.#furthest;
  }
  /** Whether the run has already been further than here. */
  get inPast(): boolean {
    return before(this.place, this.#furthest);
  }
  get beginning(): Place {
    return this.#stops.first;
  }
  /** Where the snapshots are, in order. */
  get stops(): readonly Place[] {
    const { list } = this.#stops;
    return this.#end ? [...list.filter((s) => before(s, this.#end as Stop)), this.#end] : list;
  }
  /** Bytes that the snapshots take. */
  get snapshotBytes(): number {
    return this.#stops.bytes;
  }
  /** What has come from outside, up to the furthest point. */
  get arrivals(): readonly Arrival<W>[] {
    return this.#arrivals.slice(0, this.#known);
  }
  /** The next thing that will come, seen from here. */
  get nextArrival(): Arrival<W> | undefined {
    return this.#arrivals[this.#applied];
  }

  /** The host has news: they come in when the run is at its end, before the next slice. */
  arrive(what: W): void {
    this.#later.push(what);
  }

  /** Something comes from outside now, at the end of the run. What was planned for later is off. */
  arriveNow(what: W): void {
    this.toEnd();
    this.dropPlanned();
    this.#arrivals.push({ ...this.place, what });
    this.#let();
  }

  /** What was to come from outside after the furthest point does not come. */
  dropPlanned(): void {
    this.#arrivals.length = this.#known;
  }

  #let(): void {
    const { what } = this.#arrivals[this.#applied] as Arrival<W>;
    const again = this.#applied < this.#known;
    this.#applied++;
    if (!again) this.#known = this.#applied;
    this.#apply(what, again);
    if (before(this.#furthest, this.place)) this.#moved();
  }

  #moved(): void {
    this.#furthest = this.place;
    this.#end = null;
  }

  /** One slice; what came from outside comes again at its place. `oneTurn` as for runSlice. */
  slice(instructions: number, oneTurn = false): "running" | "idle" | "exited" {
    const { k } = this;
    k.sched.stopSoon = false;
    if (this.#later.length > 0 && !this.inPast) for (const what of this.#later.splice(0)) this.arriveNow(what);
    let next = this.nextArrival;
    while (next && next.position === k.machine.totalRetired && next.turn === k.sched.turn) {
      this.#let();
      next = this.nextArrival;
    }
    // Something comes here, but later: turn by turn up to it.
    const later = next && next.position === k.machine.totalRetired && next.turn > k.sched.turn;
    const until = next && next.position > k.machine.totalRetired ? next.position - k.machine.totalRetired : instructions;
    const budget = Math.max(0, Math.min(instructions, until));
    const state = later ? k.runSlice(1, true) : budget < MEASURED ? k.runSlice(budget, oneTurn) : this.#measured(budget, oneTurn);
    if (state === "idle") this.#events?.wentIdle();
    if (before(this.#furthest, this.place)) this.#moved();
    return state;
  }

  #measured(budget: number, oneTurn: boolean): "running" | "idle" | "exited" {
    const from = this.k.machine.totalRetired;
    const start = performance.now();
    const state = this.k.runSlice(budget, oneTurn);
    const took = performance.now() - start;
    const done = this.k.machine.totalRetired - from;
    if (done >= MEASURED && took > 0) this.#speed += (done / took - this.#speed) * Math.min(0.5, took / 20);
    return state;
  }

  /** Instructions between snapshots on the way. */
  get #distance(): number {
    return Math.max(LEAST_DISTANCE, this.#speed * Math.max(this.#interval, COST_FACTOR * this.#cost));
  }

  /** Instructions to the place where the next snapshot is due. */
  get untilKeep(): number {
    return Math.max(1, Math.ceil(this.#stops.lastRegular.position + this.#distance - this.k.machine.totalRetired));
  }

  /** Takes a snapshot if one is due here. */
  keep(): void {
    if (this.k.exited || this.k.machine.totalRetired - this.#stops.lastRegular.position < this.#distance) return;
    this.#add("regular");
  }

  /** Keeps this place for a while: it will be gone back to soon. */
  keepNear(): void {
    if (!this.k.exited) this.#add("near");
  }

  #add(kind: Stop["kind"]): void {
    const start = performance.now();
    this.#interval *= 2 ** this.#stops.add(this.#stop(kind));
    this.#cost += (performance.now() - start - this.#cost) / 4;
  }

  /** Puts the machine to a place that the run has passed: exactly there if a program's instruction was next there. */
  seek(place: Place): void {
    const here = this.place;
    if (!before(here, place) && !before(place, here)) return;
    this.approach(place);
    this.#forwardKeeping(place);
  }

  /** Goes to the nearest known moment that is not after a place and an event: the present one, or a snapshot. */
  approach(place: Place, event = Number.POSITIVE_INFINITY): void {
    const best = this.#end && !before(place, this.#end) && this.#end.event <= event ? this.#end : this.#stops.best(place, event);
    const here = this.place;
    const usable = !before(place, here) && (this.#events === null || this.#events.next <= event) && !this.k.exited;
    if (usable && !before(here, best)) return;
    this.#restore(best);
  }

  /** Goes to the last snapshot that is not after a place. */
  back(place: Place): void {
    this.#restore(this.#end && !before(place, this.#end) ? this.#end : this.#stops.best(place));
  }

  /** Puts the machine to where the run was left. */
  toEnd(): void {
    if (this.inPast) this.seek(this.#furthest);
  }

  /** Runs on to a place, or until a watcher has stopped the run and `enough` says so. */
  forward(place: Place, enough: () => boolean = () => false): void {
    for (let turns = 0; turns < MAX_TURNS && before(this.place, place) && !enough(); turns++) {
      const { position } = this.place;
      const left = place.position - position;
      const state = left > 0 ? this.slice(left) : this.slice(1, true);
      if (state === "exited") return;
      if (this.place.position !== position) turns = 0;
    }
  }

  /** The same, leaving snapshots shortly before the place, so that it and its surroundings are quickly come to again. */
  #forwardKeeping(place: Place): void {
    const least = Math.max(1000, this.#speed * Math.max(NEAR_TIME, this.#cost));
    for (let left = (place.position - this.k.machine.totalRetired) / NEAR_RATIO; left > least; left /= NEAR_RATIO) {
      this.forward({ position: Math.floor(place.position - left), turn: 0 });
      this.keepNear();
    }
    this.forward(place);
  }

  /**
   * Runs to an event and calls `look` in the midst of it. The machine stands behind it then.
   * @returns what `look` gave, or null if there is no such event
   */
  atEvent<T>(event: number, look: () => T): T | null {
    const events = this.#events;
    const position = events?.positionOf(event);
    if (!events || position === undefined) return null;
    this.approach({ position, turn: Number.POSITIVE_INFINITY }, event);
    const near = { position: Math.max(this.k.machine.totalRetired, position - 1), turn: 0 };
    if (before(this.place, near)) this.#forwardKeeping(near);
    let result: T | null = null;
    events.onEvent = (index) => {
      if (index === event) result = look();
    };
    for (let turns = 0; events.next <= event && turns < MAX_TURNS && !this.k.exited; turns++) this.slice(1, true);
    events.onEvent = null;
    return result;
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
    this.#moved();
    this.#stops.dropFrom(this.place);
    this.#arrivals.length = this.#known = this.#applied;
    for (const c of this.#companions) c.forgetFuture?.();
  }

  /** After a change by the user: the place itself is a snapshot, so that going back leads to the changed state. */
  changed(): void {
    this.forgetFuture();
    this.#add("kept");
  }

  #stop(kind: Stop["kind"]): Stop {
    return {
      ...this.place,
      kind,
      snapshot: takeSnapshot(this.k),
      event: this.#events?.next ?? 0,
      arrivals: this.#applied,
      saved: this.#companions.map((c) => c.save()),
    };
  }

  #restore(stop: Stop): void {
    if (this.#end === null && !this.inPast) this.#end = this.#stop("near");
    if (!restoreSnapshot(this.k, stop.snapshot)) throw new Error("a snapshot of this machine does not fit it");
    this.#applied = stop.arrivals;
    this.#companions.forEach((c, i) => {
      c.restore(stop.saved[i]);
    });
  }
}
