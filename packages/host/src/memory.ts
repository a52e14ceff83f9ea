import type { Host, HostFileSystem, HostStream } from "@lstar/kernel/host.ts";
import type { Reactor } from "./run.ts";

/** Input from a fixed buffer. */
class BufferInput implements HostStream {
  readonly kind = "pipe";
  #rest: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.#rest = bytes;
  }
  read(max: number): Uint8Array | null {
    if (this.#rest.length === 0) return null;
    const out = this.#rest.subarray(0, max);
    this.#rest = this.#rest.subarray(out.length);
    return out;
  }
  write(): number {
    return -9;
  }
}

/** Output handed to a function. */
class CallbackOutput implements HostStream {
  readonly kind = "pipe";
  readonly #sink: (bytes: Uint8Array) => void;
  constructor(sink: (bytes: Uint8Array) => void) {
    this.#sink = sink;
  }
  read(): null {
    return null;
  }
  write(bytes: Uint8Array): number {
    this.#sink(bytes.slice());
    return bytes.length;
  }
}

/** A host for embedding: input from a buffer, output to functions, no files unless given. */
export class MemoryHost implements Host, Reactor {
  readonly stdio: readonly [HostStream, HostStream, HostStream];
  readonly fs: HostFileSystem | null;

  constructor(stdin: Uint8Array, stdout: (b: Uint8Array) => void, stderr: (b: Uint8Array) => void, fs: HostFileSystem | null = null) {
    this.stdio = [new BufferInput(stdin), new CallbackOutput(stdout), new CallbackOutput(stderr)];
    this.fs = fs;
  }
  realtime(): { sec: number; nsec: number } {
    const ms = Date.now();
    return { sec: Math.floor(ms / 1000), nsec: (ms % 1000) * 1e6 };
  }
  monotonic(): number {
    return Math.round(performance.now() * 1e6);
  }
  entropy(out: Uint8Array): void {
    crypto.getRandomValues(out as Uint8Array<ArrayBuffer>);
  }
  yieldToHost(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, 0));
  }
  waitForEvent(ms: number): Promise<boolean> {
    if (ms === Number.POSITIVE_INFINITY) return Promise.resolve(false);
    return new Promise((resolve) => setTimeout(() => resolve(true), ms));
  }
}
