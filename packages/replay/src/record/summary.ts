/** How a recorded run ended. */
export interface RunEndText {
  /** "exited" with its wait status; "stuck": nobody could be woken any more. */
  end: "exited" | "stuck";
  status: number;
}

/** What the last chunk of a recording says. */
export interface RunSummary extends RunEndText {
  /** Instructions, turns after the last of them, and ns since boot. */
  position: number;
  turn: number;
  time: number;
  /** Entries of the log, arrivals and checks. */
  entries: number;
  arrivals: number;
  checks: number;
  /** Bytes of files that were read, and how many of them were in the log already. */
  fileBytes: number;
  sharedBytes: number;
  /** Hashes of the processor and of all memory at the end. */
  processor: number;
  memory: number;
}
