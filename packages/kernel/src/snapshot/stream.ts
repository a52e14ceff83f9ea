/** Appends numbers and strings to a byte buffer that grows. Strings that come again are written as references. */
export class StateWriter {
  bytes = new Uint8Array(1 << 16);
  length = 0;
  #view = new DataView(this.bytes.buffer);
  readonly #strings = new Map<string, number>();

  #room(n: number): void {
    if (this.length + n <= this.bytes.length) return;
    const bigger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + n));
    bigger.set(this.bytes.subarray(0, this.length));
    this.bytes = bigger;
    this.#view = new DataView(bigger.buffer);
  }

  byte(v: number): void {
    this.#room(1);
    this.bytes[this.length++] = v;
  }

  /** An unsigned integer below 2^32, seven bits a byte. */
  count(v: number): void {
    this.#room(5);
    let rest = v >>> 0;
    while (rest > 0x7f) {
      this.bytes[this.length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.bytes[this.length++] = rest;
  }

  double(v: number): void {
    this.#room(8);
    this.#view.setFloat64(this.length, v, true);
    this.length += 8;
  }

  raw(v: Uint8Array): void {
    this.#room(v.length);
    this.bytes.set(v, this.length);
    this.length += v.length;
  }

  string(v: string): void {
    const known = this.#strings.get(v);
    if (known !== undefined) {
      this.count(known);
      return;
    }
    this.#strings.set(v, this.#strings.size + 1);
    this.count(0);
    this.count(v.length);
    this.#room(v.length * 2);
    for (let i = 0; i < v.length; i++, this.length += 2) this.#view.setUint16(this.length, v.charCodeAt(i), true);
  }

  finish(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }
}

/** The bytes of a state image make no sense. */
export class StateFormatError extends Error {}

/** Reads what a StateWriter has written. @throws StateFormatError at the end of the bytes or for a wrong reference */
export class StateReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #strings: string[] = [];
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }
  /** Bytes that have not been read. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  #take(n: number): number {
    const at = this.#at;
    if (n > this.#bytes.length - at) throw new StateFormatError("the state image ends too early");
    this.#at = at + n;
    return at;
  }

  byte(): number {
    return this.#bytes[this.#take(1)]!;
  }

  count(): number {
    let v = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const b = this.byte();
      v |= (b & 0x7f) << shift;
      if (b < 0x80) return v >>> 0;
    }
    throw new StateFormatError("a number in the state image is too long");
  }

  double(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  raw(n: number): Uint8Array {
    const at = this.#take(n);
    return this.#bytes.slice(at, at + n);
  }

  string(): string {
    const known = this.count();
    if (known !== 0) {
      const s = this.#strings[known - 1];
      if (s === undefined) throw new StateFormatError("the state image refers to a string that it does not hold");
      return s;
    }
    const length = this.count();
    let at = this.#take(length * 2);
    let s = "";
    for (let i = 0; i < length; i++, at += 2) s += String.fromCharCode(this.#view.getUint16(at, true));
    this.#strings.push(s);
    return s;
  }
}
