import type { Host, HostFileSystem, HostNet, HostStream } from "@lstar/kernel/host.ts";
import type { Companion } from "./place.ts";

type Method = (...args: never[]) => unknown;

/** Answers to one question, in the order they were given. */
class Answers<A> {
  readonly list: A[] = [];
  next = 0;

  /** The answer that was given here before, or a new one. */
  take(ask: () => A): A {
    if (this.next >= this.list.length) this.list.push(ask());
    return this.list[this.next++] as A;
  }
  cut(): void {
    this.list.length = this.next;
  }
}

/**
 * A host that remembers what it answered: where a run goes over a stretch again it gets the same answers, and
 * nothing is written twice. Its files are taken not to change, unless they are `taped` too.
 */
export class HostTape implements Host, Companion {
  readonly stdio: readonly [HostStream, HostStream, HostStream];
  readonly fs: HostFileSystem | null;
  readonly net: HostNet | null;
  /** Called with each write to standard output (1) or error (2), whether it is new or comes again. */
  onWrite: ((stream: number, bytes: Uint8Array) => void) | null = null;
  readonly #host: Host;
  readonly #reads = new Answers<Uint8Array | null | "wait">();
  readonly #writes = [new Answers<number>(), new Answers<number>(), new Answers<number>()] as const;
  readonly #realtime = new Answers<{ sec: number; nsec: number }>();
  readonly #monotonic = new Answers<number>();
  readonly #entropy = new Answers<Uint8Array>();
  readonly #sizes = new Answers<{ rows: number; cols: number }>();
  readonly #files = new Answers<{ result: unknown; bytes: Uint8Array | null }>();
  readonly #frames = new Answers<Uint8Array | null>();
  readonly #sent = new Answers<boolean>();
  readonly #waits = new Answers<number>();
  /** Input that was read in a future that is void. */
  #unread: (Uint8Array | null)[] = [];

  /** @param files remember the answers of the file system too: needed where the guest may write to it */
  constructor(host: Host, files = false) {
    this.#host = host;
    this.stdio = [this.#stream(0), this.#stream(1), this.#stream(2)];
    this.net = host.net ? this.#cable(host.net) : null;
    this.fs = files && host.fs ? this.#taped(host.fs) : host.fs;
  }

  get #all(): readonly Answers<unknown>[] {
    return [
      this.#reads,
      ...this.#writes,
      this.#realtime,
      this.#monotonic,
      this.#entropy,
      this.#sizes,
      this.#files,
      this.#frames,
      this.#sent,
      this.#waits,
    ] as Answers<unknown>[];
  }

  save(): readonly number[] {
    return this.#all.map((a) => a.next);
  }
  restore(saved: unknown): void {
    this.#all.forEach((a, i) => {
      a.next = (saved as readonly number[])[i] as number;
    });
  }
  forgetFuture(): void {
    // What was typed or read is not lost with the future in which it was: it comes next.
    const unread = this.#reads.list.slice(this.#reads.next).filter((r) => r !== "wait");
    this.#unread = [...unread, ...this.#unread];
    for (const a of this.#all) a.cut();
  }

  realtime(): { sec: number; nsec: number } {
    return this.#realtime.take(() => this.#host.realtime());
  }
  monotonic(): number {
    return this.#monotonic.take(() => this.#host.monotonic());
  }
  entropy(out: Uint8Array): void {
    out.set(
      this.#entropy.take(() => {
        this.#host.entropy(out);
        return out.slice();
      }),
    );
  }

  #stream(i: 0 | 1 | 2): HostStream {
    const inner = this.#host.stdio[i];
    const stream: HostStream = {
      kind: inner.kind,
      read: (max) => (i === 0 ? this.#reads.take(() => this.#input(inner, max)) : inner.read(max)),
      write: (bytes) => {
        this.onWrite?.(i, bytes);
        return this.#writes[i].take(() => inner.write(bytes));
      },
    };
    if (inner.windowSize) stream.windowSize = () => this.#sizes.take(() => inner.windowSize?.() ?? { rows: 24, cols: 80 });
    return stream;
  }

  #input(inner: HostStream, max: number): Uint8Array | null | "wait" {
    const first = this.#unread.shift();
    if (first !== undefined) {
      if (first === null || first.length <= max) return first;
      this.#unread.unshift(first.subarray(max));
      return first.subarray(0, max);
    }
    const got = inner.read(max);
    return got instanceof Uint8Array ? got.slice() : got;
  }

  #cable(inner: HostNet): HostNet {
    return {
      link: inner.link,
      transmit: (frame) => this.#sent.take(() => inner.transmit(frame)),
      receive: () => this.#frames.take(() => inner.receive()?.slice() ?? null),
      waited: () => this.#waits.take(() => inner.waited()),
    };
  }

  #taped(fs: HostFileSystem): HostFileSystem {
    const out: Record<string, Method> = {};
    for (const [name, method] of methodsOf(fs)) {
      if (name === "read") continue;
      out[name] = (...args) => this.#files.take(() => ({ result: method.apply(fs, args), bytes: null })).result;
    }
    out.read = ((path: string, to: Uint8Array, position: number) => {
      const { result, bytes } = this.#files.take(() => {
        const n = fs.read(path, to, position);
        return { result: n, bytes: n > 0 ? to.slice(0, n) : null };
      });
      if (bytes) to.set(bytes);
      return result;
    }) as Method;
    return out as unknown as HostFileSystem;
  }
}

/** An object's own functions and those of its class. */
function methodsOf(o: object): Map<string, Method> {
  const out = new Map<string, Method>();
  for (let at: object | null = o; at && at !== Object.prototype; at = Object.getPrototypeOf(at) as object | null)
    for (const name of Object.getOwnPropertyNames(at)) {
      const value = (o as Record<string, unknown>)[name];
      if (name !== "constructor" && typeof value === "function" && !out.has(name)) out.set(name, value as Method);
    }
  return out;
}
