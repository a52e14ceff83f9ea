import type { Snapshot } from "@lstar/kernel/snapshot/snapshot.ts";
import { imageBytesBeyond } from "@lstar/machine";
import { before, type Place } from "./place.ts";

/** A snapshot on the way of a run, with what belongs to it outside of the kernel. */
export interface Stop extends Place {
  readonly snapshot: Snapshot;
  /** Events that have happened, and arrivals that have come. */
  readonly event: number;
  readonly arrivals: number;
  readonly saved: readonly unknown[];
  /** On the way of the run, evenly; or near a place that was visited. The first one, and those that must stay, are kept always. */
  readonly kind: "regular" | "near" | "kept";
}

interface Entry extends Stop {
  /** Bytes that the stop before it does not have. */
  own: number;
  /** When it was used last. */
  used: number;
}

/** More than these are too many, whatever their size: each adds to the time that snapshots take of the run. */
const MAX_REGULAR = 256;
const MAX_NEAR = 48;

/** Bytes that a snapshot holds which `base` does not. */
export function ownBytes(snapshot: Snapshot, base: Snapshot | null): number {
  return snapshot.state.length + imageBytesBeyond(snapshot.machine, base?.machine ?? null);
}

/** The stops of a run in order, within a bound of bytes. */
export class Stops {
  readonly #limit: number;
  readonly #list: Entry[] = [];
  #bytes = 0;
  #clock = 0;

  /** @param limit bytes that they may take together */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get list(): readonly Stop[] {
    return this.#list;
  }
  get bytes(): number {
    return this.#bytes;
  }
  get first(): Stop {
    return this.#list[0] as Stop;
  }
  /** The last regular or kept one. */
  get lastRegular(): Stop {
    for (let i = this.#list.length - 1; i > 0; i--) if ((this.#list[i] as Entry).kind !== "near") return this.#list[i] as Stop;
    return this.first;
  }

  /** Index of the first stop after a place. */
  #after(place: Place): number {
    let lo = 0;
    let hi = this.#list.length;
    while (lo < hi) {
      const mid = (lo + hi) >>> 1;
      if (before(place, this.#list[mid] as Entry)) hi = mid;
      else lo = mid + 1;
    }
    return lo;
  }

  /** The last stop that is not after a place, nor after an event. */
  best(place: Place, event = Number.POSITIVE_INFINITY): Stop {
    let i = this.#after(place) - 1;
    while (i > 0 && (this.#list[i] as Entry).event > event) i--;
    const found = this.#list[Math.max(0, i)] as Entry;
    found.used = ++this.#clock;
    return found;
  }

  /**
   * Adds a stop; others go if there are too many or they are too big.
   * @returns how often regular ones were thinned: each time the distance between those to come should double
   */
  add(stop: Stop): number {
    const at = this.#after(stop);
    const known = this.#list[at - 1];
    if (known && !before(known, stop)) {
      known.used = ++this.#clock;
      return 0;
    }
    this.#list.splice(at, 0, { ...stop, own: 0, used: ++this.#clock });
    this.#size(at);
    this.#size(at + 1);
    return this.#thin();
  }

  /** Counts anew what a stop adds to the one before it. */
  #size(at: number): void {
    const entry = this.#list[at];
    if (!entry) return;
    const own = ownBytes(entry.snapshot, this.#list[at - 1]?.snapshot ?? null);
    this.#bytes += own - entry.own;
    entry.own = own;
  }

  #remove(at: number): void {
    this.#bytes -= (this.#list[at] as Entry).own;
    this.#list.splice(at, 1);
    this.#size(at);
  }

  #count(kind: Stop["kind"]): number {
    return this.#list.reduce((n, s) => n + (s.kind === kind ? 1 : 0), 0);
  }

  #thin(): number {
    let thinned = 0;
    for (;;) {
      const near = this.#count("near");
      const regular = this.#count("regular");
      const much = this.#bytes > this.#limit;
      if (near > MAX_NEAR || (much && near > regular / 4 && near > 1)) this.#dropNear();
      else if (regular > MAX_REGULAR || (much && regular > 1)) {
        this.#halve();
        thinned++;
      } else return thinned;
    }
  }

  /** The near one that was used longest ago goes. */
  #dropNear(): void {
    let worst = -1;
    this.#list.forEach((s, i) => {
      if (s.kind === "near" && (worst < 0 || s.used < (this.#list[worst] as Entry).used)) worst = i;
    });
    this.#remove(worst);
  }

  /** Every other regular one goes. */
  #halve(): void {
    let n = 0;
    for (let i = 0; i < this.#list.length; i++) {
      if ((this.#list[i] as Entry).kind !== "regular") continue;
      if (n++ % 2 === 0) this.#remove(i--);
    }
  }

  /** Drops all that are not before a place, but never the first. */
  dropFrom(place: Place): void {
    for (let i = this.#list.length - 1; i > 0; i--) if (!before(this.#list[i] as Entry, place)) this.#remove(i);
  }
}
