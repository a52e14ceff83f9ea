import { BLOCK_MAX } from "./interp/module.ts";

/**
 * V8 runs a module's first calls in its baseline compiler's code and changes to optimised code only
 * when a function is entered anew: so early runs return often.
 */
const COLD_CHUNK = 50_000;
const WARM_AFTER = 4_000_000;
/** Later runs return for a sample of where the program is. */
const WARM_CHUNK = 200_000;
/** After a chunk that ended in compiled code. */
const COMPILED_CHUNK = 1_000_000;
/** After a chunk that ended where a region is entered, and what its jitter is multiplied with. */
const EXACT_CHUNK = 10_000;
const EXACT_JITTER = 10;
/** The shortest chunk; one that looks for a long way back into compiled code. */
export const PROBE_CHUNK = 3000;
/** In a program that calls the kernel often, samples are taken up to so many instructions after a call, in steps. */
const SCATTER = 64;
const SCATTER_STEP = 7;
/** Chunks are longer than said by less than this, in steps. */
const JITTER = 1009;
const JITTER_STEP = 367;

/**
 * Says when it is looked next where a program is, in instructions, over all runs: many programs call the kernel more
 * often than samples are taken. Depends on nothing but the instructions run, so each run of a program samples the same.
 */
export class Sampling {
  #until = COLD_CHUNK;
  #scatter = 0;
  #phase = 0;
  /** The present chunk should end exactly where its instructions do, not where a region is entered. */
  exact = false;

  /** A sample is due now. */
  get due(): boolean {
    return this.#until <= 0;
  }

  /** Length of a chunk that begins where a run does. */
  chunk(): number {
    return Math.max(PROBE_CHUNK, this.#until);
  }

  /** Length of a chunk that begins behind a system call. */
  chunkAfterCall(): number {
    if (this.#until > 0) return this.chunk();
    // A sample is due: somewhere soon, but not always at the same instruction after the call.
    this.#scatter = (this.#scatter + SCATTER_STEP) % SCATTER;
    return BLOCK_MAX + this.#scatter;
  }

  /** So many instructions have been run. */
  ran(instructions: number): void {
    this.#until -= instructions;
  }

  /** The chunk ended in compiled code: there is nothing to find. */
  inCompiledCode(): void {
    this.#until = COMPILED_CHUNK + this.#jitter();
    this.exact = false;
  }

  /**
   * The chunk ended where a region is entered. In a loop through several regions and interpreted code it always ends
   * at the region that needs the most instructions, so the next one looks more exactly.
   */
  atCompiledCode(): void {
    this.#until = this.exact ? COMPILED_CHUNK + this.#jitter() : EXACT_CHUNK + EXACT_JITTER * this.#jitter();
    this.exact = true;
  }

  /** A sample has been taken, after `total` instructions in all. */
  taken(total: number): void {
    this.#until = (total < WARM_AFTER ? COLD_CHUNK : WARM_CHUNK) + this.#jitter();
    this.exact = false;
  }

  /**
   * Instructions to lengthen a chunk by. Without it a loop whose length divides that of the chunks would be met at the
   * same instruction always: in a region that holds a part of it, so that the rest would never be compiled.
   */
  #jitter(): number {
    this.#phase = (this.#phase + JITTER_STEP) % JITTER;
    return this.#phase;
  }
}
