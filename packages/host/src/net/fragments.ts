import { ETH, get16, get32, IP, set16 } from "./frame.ts";

interface Pieces {
  readonly parts: { at: number; bytes: Uint8Array }[];
  have: number;
  /** -1: the last piece has not come. */
  total: number;
}

/** Packets that are put together at a time; the oldest goes for a new one. */
const MAX_PACKETS = 16;
const MAX_PIECES = 256;

/** Puts packets of the guest together that came in pieces. */
export class Fragments {
  readonly #packets = new Map<string, Pieces>();

  /** Takes a piece. @returns the whole, as a frame with a plain IP header, or null */
  add(f: Uint8Array, header: number, total: number): Uint8Array | null {
    const key = `${get16(f, ETH + 4)}.${get32(f, ETH + 16)}.${f[ETH + 9]}`;
    const field = get16(f, ETH + 6);
    const at = (field & 0x1fff) * 8;
    const bytes = f.slice(ETH + header, ETH + total);
    const end = at + bytes.length;
    const last = (field & 0x2000) === 0;
    let p = this.#packets.get(key);
    if (!p) {
      if (this.#packets.size >= MAX_PACKETS) this.#packets.delete(this.#packets.keys().next().value as string);
      p = { parts: [], have: 0, total: -1 };
      this.#packets.set(key, p);
    }
    const overlaps = p.parts.some((o) => at < o.at + o.bytes.length && o.at < end);
    const wrong =
      p.parts.length >= MAX_PIECES ||
      bytes.length === 0 ||
      end > 65535 - IP ||
      (!last && bytes.length % 8 !== 0) ||
      (p.total >= 0 && (last || end > p.total));
    if (overlaps || wrong) {
      this.#packets.delete(key);
      return null;
    }
    p.parts.push({ at, bytes });
    p.have += bytes.length;
    if (last) p.total = end;
    if (p.total < 0 || p.have < p.total) return null;
    this.#packets.delete(key);
    if (p.have !== p.total) return null;
    const whole = new Uint8Array(ETH + IP + p.total);
    whole.set(f.subarray(0, ETH + IP));
    whole[ETH] = 0x45;
    set16(whole, ETH + 2, IP + p.total);
    set16(whole, ETH + 6, 0);
    for (const o of p.parts) whole.set(o.bytes, ETH + IP + o.at);
    return whole;
  }
}
