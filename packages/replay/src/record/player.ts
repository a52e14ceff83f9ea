import type { Kernel } from "@lstar/kernel/kernel.ts";
import type { PlaceEvent, Recording } from "./recording.ts";
import type { ReplayHost } from "./replayHost.ts";
import { memoryHash, processorHash } from "./stateHash.ts";

/** How a replay ended. */
export type ReplayEnd =
  /** As the recorded run did. */
  | { kind: "exited"; status: number }
  | { kind: "stuck" }
  /** At the end of a recording that was cut off. */
  | { kind: "cut" }
  /** It has reached the place that was asked for. */
  | { kind: "reached" }
  | { kind: "diverged"; text: string };

/** Calls of the main loop at one place before the run is taken to have left the recorded one. */
const MAX_TURNS = 100_000;

/** Runs a machine on what a recording tells, from its start to the recording's end, and compares. */
export class Player {
  readonly k: Kernel;
  readonly recording: Recording;
  readonly host: ReplayHost;
  end: ReplayEnd | null = null;
  /** Checks that were made, memory's at the end included. */
  checks = 0;
  #next = 0;
  #turns = 0;
  #at = -1;

  constructor(k: Kernel, recording: Recording, host: ReplayHost) {
    this.k = k;
    this.recording = recording;
    this.host = host;
    host.onStop = () => {
      k.sched.stopSoon = true;
    };
    this.#outside();
  }

  #where(): string {
    const { position, turn } = this.#place();
    return `instruction ${position}${turn > 0 ? ` (turn ${turn})` : ""}`;
  }
  #place(): { position: number; turn: number } {
    return { position: this.k.machine.totalRetired, turn: this.k.sched.turn };
  }

  /** Has the host said that the run must stop? */
  #outside(): void {
    const d = this.host.divergence;
    if (d) this.#diverge(`at ${this.#where()}, entry ${d.entry}: recorded was ${d.recorded}, what came is ${d.came}`);
    else if (this.host.exhausted) this.end ??= { kind: "cut" };
  }
  #diverge(text: string): void {
    this.end ??= { kind: "diverged", text };
  }

  /**
   * One slice, at most so many instructions, not beyond `to`.
   * @returns false once there is an `end`
   */
  slice(instructions: number, to = Number.POSITIVE_INFINITY): boolean {
    const { k } = this;
    if (this.end) return false;
    if (k.machine.totalRetired >= to) {
      this.end = { kind: "reached" };
      return false;
    }
    k.sched.stopSoon = false;
    if (!this.#arrivals()) return false;
    const next = this.recording.places[this.#next];
    const here = this.#place();
    const stuck = this.#stuck(here.position);
    if (stuck) {
      this.#diverge(`at ${this.#where()}: it goes on and on without an instruction${next ? `, recorded was ${placeText(next)}` : ""}`);
      return false;
    }
    let state: "running" | "idle" | "exited";
    if (next && next.position === here.position) state = k.runSlice(1, true);
    else
      state = k.runSlice(
        Math.max(0, Math.min(instructions, to - here.position, (next?.position ?? Number.POSITIVE_INFINITY) - here.position)),
      );
    this.#outside();
    if (this.end) return false;
    if (state === "exited") this.#exited();
    else if (state === "idle" && !this.recording.places[this.#next] && k.nextDeadline() === Number.POSITIVE_INFINITY) this.#idle();
    return this.end === null;
  }

  #stuck(position: number): boolean {
    if (position !== this.#at) {
      this.#at = position;
      this.#turns = 0;
    }
    return ++this.#turns > MAX_TURNS;
  }

  /** What comes at this place. @returns false if the replay has ended */
  #arrivals(): boolean {
    const { places } = this.recording;
    for (let next = places[this.#next]; next; next = places[this.#next]) {
      const { position, turn } = this.#place();
      if (position < next.position || (position === next.position && turn < next.turn)) break;
      if (position > next.position || turn > next.turn) {
        this.#diverge(`at ${this.#where()}: recorded was ${placeText(next)}, the run has passed that without stopping there`);
        return false;
      }
      if (this.host.entries !== next.entries) {
        this.#diverge(`at ${this.#where()}: the machine has asked its outside ${this.host.entries} times, recorded are ${next.entries}`);
        return false;
      }
      this.#next++;
      if (next.arrival) {
        this.#turns = 0;
        this.k.hostEvent(next.arrival);
      } else {
        this.checks++;
        if (processorHash(this.k, this.recording.codec.crc32) !== next.hash) {
          this.#diverge(`at ${this.#where()}: registers, stack or time are not those of the recorded run`);
          return false;
        }
      }
      this.#outside();
      if (this.end) return false;
    }
    // A cut recording tells nothing beyond its last place.
    if (this.#next >= places.length && !this.recording.summary) this.end ??= { kind: "cut" };
    return this.end === null;
  }

  #final(): boolean {
    const s = this.recording.summary;
    const { position } = this.#place();
    if (!s) return true;
    // The turn in which the last task dies is counted or not: that depends on where the slice ended.
    if (position !== s.position) this.#diverge(`the run ends at ${this.#where()}, the recorded one at instruction ${s.position}`);
    else if (this.host.entries !== s.entries)
      this.#diverge(`the run ends after ${this.host.entries} questions to its outside, the recorded one after ${s.entries}`);
    else if (processorHash(this.k, this.recording.codec.crc32) !== s.processor)
      this.#diverge("at the end, registers, stack or time are not those of the recorded run");
    else if (memoryHash(this.k, this.recording.codec.crc32) !== s.memory)
      this.#diverge("at the end, memory is not that of the recorded run");
    this.checks++;
    return this.end === null;
  }

  #exited(): void {
    const s = this.recording.summary;
    const { exitStatus } = this.k;
    if (!s) this.#diverge(`at ${this.#where()} the program ends, the recorded one went on`);
    else if (s.end !== "exited") this.#diverge(`at ${this.#where()} the program ends, in the recorded run everybody slept`);
    else if (s.status !== exitStatus) this.#diverge(`the program ends with status ${exitStatus}, recorded was ${s.status}`);
    else if (this.#final()) this.end = { kind: "exited", status: exitStatus };
  }

  #idle(): void {
    const s = this.recording.summary;
    if (s?.end === "stuck") {
      if (this.#final()) this.end = { kind: "stuck" };
    } else if (s) this.#diverge(`at ${this.#where()} everybody sleeps and nothing more comes, the recorded run went on`);
    else this.end = { kind: "cut" };
  }
}

function placeText(e: PlaceEvent): string {
  return `${e.arrival ?? "a check"} at instruction ${e.position} (turn ${e.turn})`;
}
