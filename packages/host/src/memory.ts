import type { HostEventKind, Kernel } from "@lstar/kernel";
import type { Host, HostFileSystem, HostStream } from "@lstar/kernel/host.ts";
import type { Gateway } from "./net/gateway.ts";
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
  readonly net: Gateway | null;
  #kernel: Pick<Kernel, "hostEvent"> | null = null;
  #wake: (() => void) | null = null;
  /** When the machine last began to wait (ms), -1 while it does not. */
  #waiting = -1;

  constructor(
    stdin: Uint8Array,
    stdout: (b: Uint8Array) => void,
    stderr: (b: Uint8Array) => void,
    fs: HostFileSystem | null = null,
    net: Gateway | null = null,
  ) {
    this.net = net;
    if (net) {
      net.onFrames = () => this.event("net");
      net.idleTime = () => this.#idleTime();
    }
    this.stdio = [new BufferInput(stdin), new CallbackOutput(stdout), new CallbackOutput(stderr)];
    this.fs = fs;
  }
  /** Connects the kernel's events. */
  attach(kernel: Pick<Kernel, "hostEvent">): void {
    this.#kernel = kernel;
    this.net?.start();
  }
  /** Something has happened outside. */
  event(kind: HostEventKind): void {
    this.#kernel?.hostEvent(kind);
    this.wake();
  }
  /** Ends a wait. */
  wake(): void {
    this.#wake?.();
  }
  /** ns since the machine began to wait; it is counted once. */
  #idleTime(): number {
    if (this.#waiting < 0) return 0;
    const now = performance.now();
    const ms = now - this.#waiting;
    this.#waiting = now;
    return Math.round(ms * 1e6);
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
    if (ms === Number.POSITIVE_INFINITY && !this.net) return Promise.resolve(false);
    this.#waiting = performance.now();
    return new Promise((resolve) => {
      const timer = ms === Number.POSITIVE_INFINITY ? null : setTimeout(() => this.#wake?.(), Math.min(ms, 2 ** 31 - 1));
      this.#wake = () => {
        this.#wake = null;
        this.#waiting = -1;
        if (timer !== null) clearTimeout(timer);
        resolve(true);
      };
    });
  }
}
