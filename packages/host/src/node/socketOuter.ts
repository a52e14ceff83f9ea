import type { Socket } from "node:net";
import type { Inner, Outer } from "../net/outer.ts";

/** A socket of the host as the outer end of a guest's connection. */
export class SocketOuter implements Outer {
  inner: Inner | null = null;
  readonly #socket: Socket;
  #ended = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (bytes) => this.inner?.data(bytes));
    socket.on("end", () => {
      this.#ended = true;
      this.inner?.end();
    });
    socket.on("drain", () => this.inner?.drained());
    socket.on("error", () => {});
    socket.on("close", (failed) => {
      if (failed || !this.#ended) this.inner?.abort();
    });
  }

  get queued(): number {
    return this.#socket.writableLength;
  }
  opened(): void {
    this.#socket.resume();
  }
  write(bytes: Uint8Array): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes);
  }
  end(): void {
    this.#socket.end();
  }
  reset(): void {
    this.#socket.resetAndDestroy();
  }
  pause(): void {
    this.#socket.pause();
  }
  resume(): void {
    this.#socket.resume();
  }
}
