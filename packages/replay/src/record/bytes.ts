/** Numbers and bytes of a recording's log, in as few bytes as they need. */

/** Writes into a buffer that grows. */
export class ByteWriter {
  #bytes: Uint8Array;
  readonly #capacity: number;
  length = 0;

  constructor(capacity = 4096) {
    this.#capacity = capacity;
    this.#bytes = new Uint8Array(capacity);
  }

  #need(n: number): void {
    if (this.length + n <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.length + n));
    larger.set(this.#bytes.subarray(0, this.length));
    this.#bytes = larger;
  }

  byte(n: number): void {
    if (this.length >= this.#bytes.length) this.#need(1);
    this.#bytes[this.length++] = n;
  }
  /** A whole number from 0 on, below 2^63: seven bits a byte, the low ones first. */
  uint(n: number): void {
    this.#need(10);
    if (!(n < 2 ** 63)) n = 2 ** 63 - 1024;
    while (n >= 0x80000000) {
      this.#bytes[this.length++] = (n % 128) | 0x80;
      n = Math.floor(n / 128);
    }
    while (n >= 0x80) {
      this.#bytes[this.length++] = (n & 0x7f) | 0x80;
      n >>>= 7;
    }
    this.#bytes[this.length++] = n;
  }
  /** A whole number of either sign (below 2^62). */
  int(n: number): void {
    this.uint(n < 0 ? -2 * n - 1 : 2 * n);
  }
  raw(bytes: Uint8Array): void {
    this.#need(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }
  /** Length and bytes. */
  block(bytes: Uint8Array): void {
    this.uint(bytes.length);
    this.raw(bytes);
  }
  /** Length and characters of a latin1 byte string, from a place on. */
  text(s: string, from = 0): void {
    const n = s.length - from;
    this.uint(n);
    this.#need(n);
    for (let i = from; i < s.length; i++) this.#bytes[this.length++] = s.charCodeAt(i);
  }

  /** What was written, not copied. The writer begins anew in another buffer: a given one, or one as it had at first. */
  take(next?: Uint8Array): Uint8Array {
    const out = this.#bytes.subarray(0, this.length);
    this.#bytes = next ?? new Uint8Array(this.#capacity);
    this.length = 0;
    return out;
  }
}

/** The log says what it cannot say. */
export class LogError extends Error {}

/** Reads what ByteWriter wrote. Every method throws LogError where the bytes end too early or say nonsense. */
export class ByteReader {
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  get done(): boolean {
    return this.at >= this.bytes.length;
  }
  byte(): number {
    const b = this.bytes[this.at++];
    if (b === undefined) throw new LogError("ends in the midst of an entry");
    return b;
  }
  uint(): number {
    let b = this.byte();
    let n = b & 0x7f;
    for (let scale = 128; b & 0x80; scale *= 128) {
      if (scale > 2 ** 63) throw new LogError("has a number that is too large");
      b = this.byte();
      n += (b & 0x7f) * scale;
    }
    return n;
  }
  int(): number {
    const n = this.uint();
    return n % 2 === 1 ? -(n + 1) / 2 : n / 2;
  }
  raw(length: number): Uint8Array {
    if (length > this.bytes.length - this.at) throw new LogError("ends in the midst of an entry");
    const out = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    return out;
  }
  block(): Uint8Array {
    return this.raw(this.uint());
  }
  text(): string {
    return latin1(this.block());
  }
}

const PIECE = 4096;

/** Bytes as a string of as many characters. */
export function latin1(bytes: Uint8Array): string {
  if (bytes.length <= PIECE) return String.fromCharCode(...bytes);
  let out = "";
  for (let at = 0; at < bytes.length; at += PIECE) out += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return out;
}
