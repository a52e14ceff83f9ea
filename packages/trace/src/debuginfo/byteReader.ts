/**
 * Reads little-endian data that may be damaged: beyond the end everything reads as zero and `bad` is set.
 * Numbers above 2^53 lose their low bits; addresses of user space do not come near.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  at: number;
  /** First byte that may not be read. */
  readonly end: number;
  /** Something was read beyond the end. */
  bad = false;

  constructor(bytes: Uint8Array, start = 0, length = bytes.length - start) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const from = Number.isFinite(start) ? Math.min(Math.max(0, start), bytes.length) : bytes.length;
    this.at = from;
    this.end = Math.min(bytes.length, from + Math.max(0, Number.isFinite(length) ? length : 0));
  }

  get left(): number {
    return this.end - this.at;
  }

  /** Moves by n bytes and gives where it was, or -1 if they are not there. */
  #take(n: number): number {
    if (!(n >= 0) || this.at + n > this.end) {
      this.bad = true;
      this.at = this.end;
      return -1;
    }
    const was = this.at;
    this.at += n;
    return was;
  }

  skip(n: number): void {
    this.#take(n);
  }
  seek(at: number): void {
    if (at >= 0 && at <= this.end) this.at = at;
    else {
      this.bad = true;
      this.at = this.end;
    }
  }
  u8(): number {
    const p = this.#take(1);
    return p < 0 ? 0 : this.#view.getUint8(p);
  }
  i8(): number {
    const p = this.#take(1);
    return p < 0 ? 0 : this.#view.getInt8(p);
  }
  u16(): number {
    const p = this.#take(2);
    return p < 0 ? 0 : this.#view.getUint16(p, true);
  }
  u32(): number {
    const p = this.#take(4);
    return p < 0 ? 0 : this.#view.getUint32(p, true);
  }
  u64(): number {
    const p = this.#take(8);
    return p < 0 ? 0 : this.#view.getUint32(p, true) + this.#view.getUint32(p + 4, true) * 4294967296;
  }
  /** An unsigned number of 1, 2, 4 or 8 bytes. */
  unsigned(size: number): number {
    if (size === 1) return this.u8();
    if (size === 2) return this.u16();
    if (size === 4) return this.u32();
    if (size === 8) return this.u64();
    this.skip(size);
    return 0;
  }
  uleb(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const b = this.u8();
      if (scale < 2 ** 63) value += (b & 0x7f) * scale;
      if ((b & 0x80) === 0 || this.bad) return value;
    }
  }
  sleb(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const b = this.u8();
      if (scale < 2 ** 63) value += (b & 0x7f) * scale;
      if ((b & 0x80) === 0 || this.bad) return b & 0x40 && scale < 2 ** 63 ? value - scale * 128 : value;
    }
  }
  /** A string that ends with a zero byte, one char per byte. */
  string(): string {
    const zero = this.bytes.indexOf(0, this.at);
    const stop = zero < 0 || zero >= this.end ? this.end : zero;
    let text = "";
    for (let i = this.at; i < stop; i++) text += String.fromCharCode(this.bytes[i] as number);
    if (stop === this.end) this.bad = true;
    this.at = Math.min(this.end, stop + 1);
    return text;
  }
}

/** The string at an offset of a string table; "" beyond its end. */
export function stringAt(table: Uint8Array | null, offset: number): string {
  if (!table || offset >= table.length) return "";
  return new ByteReader(table, offset).string();
}
