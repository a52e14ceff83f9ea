import type { Place, Timeline } from "@lstar/replay";

/** A recorded run that is debugged: it goes where the recording says, and cannot be changed. */
export interface Recorded {
  timeline: Timeline;
  /** How far the recording tells. */
  last: Place;
  /** It was cut off there: the run itself went on. */
  cut: boolean;
  /** Where the run has left the recorded one, null while it has not. */
  divergence(): string | null;
  /** Contents of a file that the recording itself does not have whole; null if there is none. */
  outside(path: string): Uint8Array | null;
}
