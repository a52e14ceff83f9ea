import type { Task } from "../../include/linux/sched.ts";
import { Rng } from "../../lib/rng.ts";
import { stateClass } from "../../state.ts";
import { SLICE_NS } from "./weight.ts";

/** Keeps this stream of numbers apart from the one that serves ASLR and getrandom. */
const STREAM = 0x5ced5ced;
/** Shortest slice of a chaotic schedule: some ten instructions. */
const SHORTEST_BITS = 4;

/**
 * What the seed does to the schedule. Every seed varies how long turns last, as the moments of a real
 * machine's timer interrupts vary. A chaotic schedule looks for races: some turns are very short, whoever is
 * woken sometimes runs at once, and the queue's order is sometimes broken.
 */
export class SchedulePerturbation {
  readonly rng: Rng;
  readonly chaos: boolean;

  constructor(seed: number, chaos: boolean) {
    this.rng = new Rng(seed ^ STREAM);
    this.chaos = chaos;
  }

  /** Length of a turn, in ns. */
  slice(): number {
    const r = this.rng.u32();
    // Every length of one magnitude is as likely as another, so that a turn may end anywhere.
    if (this.chaos && (r & 3) === 0) {
      const least = 2 ** (SHORTEST_BITS + ((r >>> 2) % 18));
      return least + this.rng.below(least);
    }
    return SLICE_NS / 2 + (r % (SLICE_NS / 2));
  }

  /** Which of the runnable tasks, by vruntime, gets the next turn. */
  pick(fair: readonly Task[]): number {
    if (!this.chaos || fair.length < 2) return 0;
    const r = this.rng.u32();
    return (r & 3) === 0 ? (r >>> 2) % fair.length : 0;
  }

  /** Does a task that has just been woken take the processor? */
  preempts(): boolean {
    return this.chaos && (this.rng.u32() & 7) === 0;
  }
}

stateClass(SchedulePerturbation);
