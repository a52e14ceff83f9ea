import type { Answers, Message, Request } from "../protocol.ts";
import type { Ask } from "../rooms/room.ts";

/** What the worker tells without being asked. */
export interface Listener {
  message(m: Exclude<Message, { type: "answer" | "failed" }>): void;
  /** The worker itself broke; nothing more comes from it. */
  broken(text: string): void;
}

/** The page's end of the worker. One client per worker; Reset throws both away. */
export class Client {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, { resolve(value: never): void; reject(reason: Error): void }>();
  #next = 1;
  #closed = false;

  constructor(worker: Worker, listener: Listener) {
    this.#worker = worker;
    worker.onmessage = (e: MessageEvent<Message>) => {
      const m = e.data;
      if (this.#closed) return;
      if (m.type !== "answer" && m.type !== "failed") return listener.message(m);
      const waiting = this.#waiting.get(m.id);
      this.#waiting.delete(m.id);
      if (m.type === "answer") waiting?.resolve(m.value as never);
      else waiting?.reject(new Error(m.text));
    };
    worker.onerror = (e) => {
      e.preventDefault();
      this.#fail(e.message || "the worker could not start");
      listener.broken(e.message || "the worker could not start");
    };
  }

  ask<T extends Ask["type"]>(request: Extract<Ask, { type: T }>): Promise<Answers[T]> {
    if (this.#closed) return Promise.reject(new Error("the machine was reset"));
    const id = this.#next++;
    return new Promise<Answers[T]>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ ...request, id } as Request);
    });
  }

  /** Ends the worker, whatever it is doing. */
  close(): void {
    this.#closed = true;
    this.#worker.terminate();
    this.#fail("the machine was reset");
  }

  #fail(text: string): void {
    for (const w of this.#waiting.values()) w.reject(new Error(text));
    this.#waiting.clear();
  }
}
