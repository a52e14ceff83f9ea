/** Longest packet taken from a client, in bytes; announced as PacketSize. */
export const PACKET_SIZE = 0x4000;
const DOLLAR = 0x24;
const HASH = 0x23;
const ESCAPE = 0x7d;
const INTERRUPT = 3;

/** What a client sent: a packet's text (one char per byte), Ctrl-C, an acknowledgement, or a packet to be sent again. */
export type Received = { kind: "packet"; text: string } | { kind: "interrupt" | "ack" | "nak" | "damaged" };

/** Puts the byte stream of the remote serial protocol together; bytes that belong to no packet are dropped. */
export class PacketReader {
  #body: number[] | null = null;
  #sum: string | null = null;
  #tooLong = false;

  /** What the bytes complete, in order. */
  feed(bytes: Uint8Array): Received[] {
    const out: Received[] = [];
    for (const b of bytes) {
      if (this.#sum !== null) {
        this.#sum += String.fromCharCode(b);
        if (this.#sum.length === 2) out.push(this.#end(this.#sum));
      } else if (b === DOLLAR) this.#begin();
      else if (this.#body !== null) {
        if (b === HASH) this.#sum = "";
        else if (this.#body.length < PACKET_SIZE * 2) this.#body.push(b);
        else this.#tooLong = true;
      } else if (b === INTERRUPT) out.push({ kind: "interrupt" });
      else if (b === 0x2b) out.push({ kind: "ack" });
      else if (b === 0x2d) out.push({ kind: "nak" });
    }
    return out;
  }

  #begin(): void {
    this.#body = [];
    this.#tooLong = false;
  }

  #end(sum: string): Received {
    const body = this.#body ?? [];
    this.#body = null;
    this.#sum = null;
    let n = 0;
    for (const b of body) n = (n + b) & 0xff;
    if (this.#tooLong || !/^[0-9a-fA-F]{2}$/.test(sum) || Number.parseInt(sum, 16) !== n) return { kind: "damaged" };
    let text = "";
    for (let i = 0; i < body.length; i++) {
      const b = body[i] as number;
      if (b === ESCAPE && i + 1 < body.length) text += String.fromCharCode((body[++i] as number) ^ 0x20);
      else text += String.fromCharCode(b);
    }
    return { kind: "packet", text };
  }
}

/** Frames a reply (one char per byte): escapes `#`, `$`, `}` and `*`, shortens runs, adds the checksum. */
export function framePacket(text: string): string {
  let out = "";
  for (let i = 0; i < text.length; ) {
    const c = text[i] as string;
    let end = i + 1;
    while (end < text.length && text[end] === c && end - i < 98) end++;
    const repeats = end - i - 1;
    if (c === "#" || c === "$" || c === "}" || c === "*") {
      out += `}${String.fromCharCode(c.charCodeAt(0) ^ 0x20)}`;
      i++;
      continue;
    }
    out += c;
    i++;
    // A repeat count of 6 or 7 would be `#` or `$`.
    let n = repeats;
    if (n === 6 || n === 7) n = 5;
    if (n >= 3) {
      out += `*${String.fromCharCode(n + 29)}`;
      i += n;
    }
  }
  let sum = 0;
  for (let i = 0; i < out.length; i++) sum = (sum + out.charCodeAt(i)) & 0xff;
  return `$${out}#${sum.toString(16).padStart(2, "0")}`;
}

/** Bytes as hexadecimal digits. */
export function toHex(bytes: Uint8Array): string {
  let out = "";
  for (const b of bytes) out += b.toString(16).padStart(2, "0");
  return out;
}

/** Hexadecimal digits as bytes, null if they are none or their number is odd. */
export function fromHex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return null;
  const out = new Uint8Array(text.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(text.slice(i * 2, i * 2 + 2), 16);
  return out;
}

/** Text as hexadecimal digits of its UTF-8 bytes. */
export function textToHex(text: string): string {
  return toHex(new TextEncoder().encode(text));
}
