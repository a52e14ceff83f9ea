/** Bytes in the order they came, in a buffer that grows up to what it has to hold. */
export class Ring {
  #buffer = new Uint8Array(0);
  #start = 0;
  length = 0;

  push(bytes: Uint8Array): void {
    const need = this.length + bytes.length;
    if (need > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(4096, 2 ** Math.ceil(Math.log2(need))));
      this.copy(0, larger, 0, this.length);
      this.#buffer = larger;
      this.#start = 0;
    }
    const size = this.#buffer.length;
    const at = (this.#start + this.length) % size;
    const first = Math.min(bytes.length, size - at);
    this.#buffer.set(bytes.subarray(0, first), at);
    if (first < bytes.length) this.#buffer.set(bytes.subarray(first), 0);
    this.length = need;
  }

  /** Copies n bytes from a distance from the start on. */
  copy(offset: number, to: Uint8Array, at: number, n: number): void {
    if (n === 0) return;
    const size = this.#buffer.length;
    const from = (this.#start + offset) % size;
    const first = Math.min(n, size - from);
    to.set(this.#buffer.subarray(from, from + first), at);
    if (first < n) to.set(this.#buffer.subarray(0, n - first), at + first);
  }

  /** Forgets the first n bytes. */
  drop(n: number): void {
    this.length -= n;
    this.#start = this.length === 0 ? 0 : (this.#start + n) % this.#buffer.length;
    // A connection that rests needs no room.
    if (this.length === 0 && this.#buffer.length > 65536) this.#buffer = new Uint8Array(0);
  }
}
