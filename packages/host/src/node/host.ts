import { randomFillSync } from "node:crypto";
import type { HostEventKind, Kernel } from "@lstar/kernel";
import type { Host, HostFileSystem, HostStream } from "@lstar/kernel/host.ts";
import type { Gateway } from "../net/gateway.ts";
import type { Reactor } from "../run.ts";
import { NodeFiles } from "./files.ts";
import { NodeInput, NodeOutput } from "./streams.ts";
import { RawTerminal } from "./terminal.ts";

/** Signals that are passed on to the guest. */
const SIGNALS = [
  ["SIGINT", "sigint"],
  ["SIGTERM", "sigterm"],
  ["SIGHUP", "sighup"],
] as const;

/** The process's own terminal, streams, clock and files as a machine's outside. */
export class NodeHost implements Host, Reactor {
  readonly stdio: readonly [HostStream, HostStream, HostStream];
  readonly fs: HostFileSystem;
  readonly net: Gateway | null;
  readonly #input: NodeInput;
  #kernel: Pick<Kernel, "hostEvent"> | null = null;
  #wake: (() => void) | null = null;
  readonly #terminal = new RawTerminal();
  readonly #winch = (): void => this.#event("winch");
  readonly #signals = SIGNALS.map(([signal, kind]) => [signal, (): void => this.#event(kind)] as const);

  /** When the machine last began to wait (ms), -1 while it does not. */
  #waiting = -1;

  /**
   * @param wrap gives the files that the guest is to see, made of the host's
   * @param net what the guest's network leads to; null: it has none
   */
  constructor(wrap: (files: HostFileSystem) => HostFileSystem = (files) => files, net: Gateway | null = null) {
    this.net = net;
    if (net) {
      net.onFrames = () => this.#event("net");
      net.idleTime = () => this.#idleTime();
    }
    this.#input = new NodeInput(() => this.#event("stdin"));
    this.stdio = [this.#input, new NodeOutput(1), new NodeOutput(2)];
    this.fs = wrap(new NodeFiles());
  }

  realtime(): { sec: number; nsec: number } {
    const ms = performance.timeOrigin + performance.now();
    const sec = Math.floor(ms / 1000);
    return { sec, nsec: Math.floor((ms - sec * 1000) * 1e6) };
  }
  monotonic(): number {
    return Math.round(performance.now() * 1e6);
  }
  entropy(out: Uint8Array): void {
    randomFillSync(out);
  }

  /** Connects the kernel's events; puts a terminal into raw mode (the guest's terminal does the editing). Signals go to the guest. */
  attach(kernel: Pick<Kernel, "hostEvent">): void {
    this.#kernel = kernel;
    for (const [signal, pass] of this.#signals) process.on(signal, pass);
    if (this.#input.kind === "tty") {
      this.#terminal.enter();
      this.#input.attach();
      process.stdout.on("resize", this.#winch);
    }
    this.net?.start();
  }

  /** ns since the machine began to wait; it is counted once. */
  #idleTime(): number {
    if (this.#waiting < 0) return 0;
    const now = performance.now();
    const ms = now - this.#waiting;
    this.#waiting = now;
    return Math.round(ms * 1e6);
  }

  /** Gives the terminal back. */
  detach(): void {
    this.#kernel = null;
    for (const [signal, pass] of this.#signals) process.off(signal, pass);
    process.stdout.off("resize", this.#winch);
    this.#terminal.leave();
    process.stdin.pause();
  }

  #event(kind: HostEventKind): void {
    this.#kernel?.hostEvent(kind);
    this.#wake?.();
  }

  yieldToHost(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  waitForEvent(ms: number): Promise<boolean> {
    if (ms === Number.POSITIVE_INFINITY && !this.#input.open && !this.net) return Promise.resolve(false);
    this.#waiting = performance.now();
    return new Promise((resolve) => {
      const timer = ms === Number.POSITIVE_INFINITY ? null : setTimeout(() => done(), Math.min(ms, 2 ** 31 - 1));
      const done = (): void => {
        this.#wake = null;
        this.#waiting = -1;
        if (timer) clearTimeout(timer);
        resolve(true);
      };
      this.#wake = done;
    });
  }
}
