import { NLMSG_HDRLEN } from "../../uapi/netlink.ts";

const align = (n: number): number => (n + 3) & ~3;

/** Writes one netlink message: header, the family's struct, attributes. */
export class MessageWriter {
  private bytes = new Uint8Array(512);
  private view = new DataView(this.bytes.buffer);
  private used = NLMSG_HDRLEN;

  constructor(type: number, flags: number, seq: number, pid: number) {
    this.view.setUint16(4, type, true);
    this.view.setUint16(6, flags, true);
    this.view.setUint32(8, seq, true);
    this.view.setUint32(12, pid, true);
  }

  private room(n: number): number {
    const at = this.used;
    this.used += align(n);
    if (this.used > this.bytes.length) {
      const bytes = new Uint8Array(2 * this.used);
      bytes.set(this.bytes);
      this.bytes = bytes;
      this.view = new DataView(bytes.buffer);
    }
    return at;
  }

  put8(...values: number[]): this {
    // Making room may replace the array.
    const at = this.room(values.length);
    this.bytes.set(values, at);
    return this;
  }
  put16(a: number, b: number): this {
    const at = this.room(4);
    this.view.setUint16(at, a, true);
    this.view.setUint16(at + 2, b, true);
    return this;
  }
  put32(...values: number[]): this {
    for (const value of values) {
      const at = this.room(4);
      this.view.setUint32(at, value, true);
    }
    return this;
  }

  /** @linux lib/nlattr.c nla_put */
  attribute(type: number, value: Uint8Array | readonly number[]): this {
    const at = this.room(4 + value.length);
    this.view.setUint16(at, 4 + value.length, true);
    this.view.setUint16(at + 2, type, true);
    this.bytes.set(value, at + 4);
    return this;
  }
  attribute8(type: number, value: number): this {
    return this.attribute(type, [value]);
  }
  attribute32(type: number, value: number): this {
    return this.attribute(type, [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24]);
  }
  /** With the NUL. */
  attributeString(type: number, value: string): this {
    return this.attribute(type, [...Array.from(value, (c) => c.charCodeAt(0)), 0]);
  }

  /** The finished message, with its length in the header. */
  finish(): Uint8Array {
    this.view.setUint32(0, this.used, true);
    return this.bytes.subarray(0, this.used);
  }
}

/** A request as it was read. */
export interface Request {
  bytes: Uint8Array;
  view: DataView;
  length: number;
  type: number;
  flags: number;
  seq: number;
  /** Whom the answer names. */
  portid: number;
}

/** The attributes from an offset on, by type; what is malformed ends the list. @linux lib/nlattr.c nla_parse */
export function attributes(request: Request, from: number): Map<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  let at = from;
  while (at + 4 <= request.length) {
    const length = request.view.getUint16(at, true);
    if (length < 4 || at + length > request.length) break;
    found.set(request.view.getUint16(at + 2, true) & 0x3fff, request.bytes.subarray(at + 4, at + length));
    at += align(length);
  }
  return found;
}
