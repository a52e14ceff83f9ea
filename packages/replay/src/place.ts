/** A moment of a run: instructions retired, and turns of the kernel's loop since the last of them. */
export interface Place {
  readonly position: number;
  readonly turn: number;
}

export function before(a: Place, b: Place): boolean {
  return a.position < b.position || (a.position === b.position && a.turn < b.turn);
}

/** Something comes from outside at a place, before the slice that begins there. */
export interface Arrival<W> extends Place {
  readonly what: W;
}

/**
 * Something outside of the kernel that belongs to a moment: where a tape is, how many events there have been.
 * It is saved with each snapshot and put back with it.
 */
export interface Companion {
  /** Plain data, not changed afterwards. */
  save(): unknown;
  restore(saved: unknown): void;
  /** What was known of the run after this moment is void. */
  forgetFuture?(): void;
}

/** Numbers the events of a run. They have the same numbers when a stretch runs again. */
export interface EventNumbers extends Companion {
  /** Number of the next event. */
  readonly next: number;
  /** Called at each event, in the midst of the kernel's work: the state may be looked at, but not changed. */
  onEvent: ((index: number) => void) | null;
  /** Where an event has happened, undefined if it has not. */
  positionOf(index: number): number | undefined;
  /** The main loop found nobody to run. */
  wentIdle(): void;
}
