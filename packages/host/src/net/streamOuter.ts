import type { Inner, Outer } from "./outer.ts";

/** Bytes that may lie unread in a stream before the guest's window closes. */
const HIGH_WATER = 65536;

/** Why a connection is no more. */
export class ConnectionError extends Error {
  readonly code: "ECONNREFUSED" | "ECONNRESET";
  constructor(refused: boolean) {
    super(refused ? "the guest refused the connection: no program listens there" : "the connection was reset");
    this.code = refused ? "ECONNREFUSED" : "ECONNRESET";
  }
}

/** Two streams as the outer end of a guest's connection, with no socket of the host. */
export class StreamOuter implements Outer {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  /** Settles when the guest has taken the connection, or not. */
  readonly accepted: Promise<void>;
  inner: Inner | null = null;
  #reader!: ReadableStreamDefaultController<Uint8Array>;
  #writer!: WritableStreamDefaultController;
  #accept!: () => void;
  #refuse!: (e: Error) => void;
  #readOver = false;
  #resumed: (() => void) | null = null;
  #paused = false;

  constructor() {
    this.accepted = new Promise((resolve, reject) => {
      this.#accept = resolve;
      this.#refuse = reject;
    });
    // Whoever does not wait for it is told by the streams.
    this.accepted.catch(() => {});
    this.readable = new ReadableStream<Uint8Array>(
      {
        start: (c) => {
          this.#reader = c;
        },
        pull: () => this.inner?.drained(),
        cancel: () => this.inner?.abort(),
      },
      { highWaterMark: HIGH_WATER, size: (chunk) => chunk?.byteLength ?? 0 },
    );
    this.writable = new WritableStream<Uint8Array>({
      start: (c) => {
        this.#writer = c;
      },
      write: (bytes) => this.#write(bytes),
      close: () => this.inner?.end(),
      abort: () => this.inner?.abort(),
    });
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (!(bytes instanceof Uint8Array)) throw new TypeError("a connection takes bytes: Uint8Array");
    for (let at = 0; at < bytes.length; at += HIGH_WATER) {
      if (this.#paused)
        await new Promise<void>((resolve) => {
          this.#resumed = resolve;
        });
      this.inner?.data(bytes.subarray(at, at + HIGH_WATER));
    }
  }

  get queued(): number {
    return this.#readOver ? 0 : HIGH_WATER - (this.#reader.desiredSize ?? HIGH_WATER);
  }
  opened(): void {
    this.#accept();
  }
  write(bytes: Uint8Array): void {
    if (!this.#readOver) this.#reader.enqueue(bytes);
  }
  end(): void {
    if (this.#readOver) return;
    this.#readOver = true;
    this.#reader.close();
  }
  reset(refused: boolean): void {
    const e = new ConnectionError(refused);
    this.#refuse(e);
    if (!this.#readOver) this.#reader.error(e);
    this.#readOver = true;
    this.#writer.error(e);
    this.resume();
  }
  pause(): void {
    this.#paused = true;
  }
  resume(): void {
    this.#paused = false;
    const resumed = this.#resumed;
    this.#resumed = null;
    resumed?.();
  }
}
