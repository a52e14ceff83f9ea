import type { Host, HostStream } from "@lstar/kernel/host.ts";

/**
 * The outside of the lab's machine: standard input from the box or from the terminal, output to a function,
 * nothing else. What it answered is remembered by the run's timeline.
 */
export class LabHost implements Host {
  readonly stdio: readonly [HostStream, HostStream, HostStream];
  readonly fs = null;
  /** Called with each piece of output. */
  onOutput: (bytes: Uint8Array) => void = () => {};
  readonly #stdin: Uint8Array | null;
  #taken = 0;
  #typed: number[] = [];
  size = { rows: 24, cols: 80 };

  /** stdin null: the terminal. */
  constructor(stdin: Uint8Array | null) {
    this.#stdin = stdin;
    const windowSize = (): { rows: number; cols: number } => this.size;
    const write = (bytes: Uint8Array): number => {
      this.onOutput(bytes.slice());
      return bytes.length;
    };
    const read = (max: number): Uint8Array | null | "wait" => this.#read(max);
    const input: HostStream = stdin ? { kind: "pipe", read, write: () => -9 } : { kind: "tty", read, write, windowSize };
    const output: HostStream = { kind: "tty", read: () => "wait", write, windowSize };
    this.stdio = [input, output, output];
  }

  #read(max: number): Uint8Array | null | "wait" {
    if (this.#stdin) {
      if (this.#taken >= this.#stdin.length) return null;
      const out = this.#stdin.subarray(this.#taken, this.#taken + max);
      this.#taken += out.length;
      return out;
    }
    if (this.#typed.length === 0) return "wait";
    return Uint8Array.from(this.#typed.splice(0, max));
  }

  type(bytes: Uint8Array): void {
    for (const b of bytes) this.#typed.push(b);
  }

  /** The same in every run: the wall clock starts at a fixed time. */
  realtime(): { sec: number; nsec: number } {
    return { sec: 1_700_000_000, nsec: 0 };
  }
  monotonic(): number {
    return 0;
  }
  entropy(out: Uint8Array): void {
    out.fill(0);
  }
}
