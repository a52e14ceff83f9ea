/**
 * Tracepoints. A disabled one costs a test of `enabled`:
 *
 *     if (k.trace.schedSwitch.enabled) k.trace.schedSwitch.fire(prev, next);
 *
 * Listeners are outside the kernel's state and must not change it.
 */
export class Tracepoint<A extends unknown[]> {
  enabled = false;
  readonly name: string;
  #listeners: ((...args: A) => void)[] = [];
  constructor(name: string) {
    this.name = name;
  }
  /** Adds a listener; returns a function that removes it. */
  on(listener: (...args: A) => void): () => void {
    this.#listeners.push(listener);
    this.enabled = true;
    return () => {
      this.#listeners = this.#listeners.filter((l) => l !== listener);
      this.enabled = this.#listeners.length > 0;
    };
  }
  fire(...args: A): void {
    for (const l of this.#listeners) l(...args);
  }
}
