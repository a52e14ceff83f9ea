import type { EventKind, EventPage } from "../protocol.ts";

const CHUNK = 65536;
const MAX_STRINGS = 100_000;
/** Longest string kept of a path or a name. */
const MAX_TEXT = 200;

class Chunk {
  readonly kind = new Uint8Array(CHUNK);
  readonly position = new Float64Array(CHUNK);
  readonly time = new Float64Array(CHUNK);
  readonly pid = new Int32Array(CHUNK);
  readonly a = new Float64Array(CHUNK);
  readonly b = new Float64Array(CHUNK);
  readonly text = new Uint32Array(CHUNK);
}

export interface LabEvent {
  readonly index: number;
  readonly kind: EventKind;
  readonly position: number;
  readonly time: number;
  readonly pid: number;
  readonly a: number;
  readonly b: number;
  readonly text: string;
}

/** The events of a run as columns: 41 bytes an event, in chunks, so that growing copies nothing. */
export class EventLog {
  /** No more than this many are kept. */
  static readonly LIMIT = 2_000_000;
  count = 0;
  readonly strings: string[] = [""];
  readonly #numbers = new Map<string, number>([["", 0]]);
  readonly #chunks: Chunk[] = [];
  /** Strings that pages have told of. */
  #told = 1;

  get full(): boolean {
    return this.count >= EventLog.LIMIT;
  }

  add(kind: EventKind, position: number, time: number, pid: number, a: number, b: number, text: string): void {
    if (this.full) return;
    const i = this.count % CHUNK;
    if (i === 0) this.#chunks.push(new Chunk());
    const c = this.#chunks[this.#chunks.length - 1] as Chunk;
    c.kind[i] = kind;
    c.position[i] = position;
    c.time[i] = time;
    c.pid[i] = pid;
    c.a[i] = a;
    c.b[i] = b;
    c.text[i] = text === "" ? 0 : this.#number(text);
    this.count++;
  }

  #number(full: string): number {
    const text = full.length > MAX_TEXT ? `${full.slice(0, MAX_TEXT)}…` : full;
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    if (this.strings.length >= MAX_STRINGS) return 0;
    this.#numbers.set(text, this.strings.length);
    return this.strings.push(text) - 1;
  }

  at(index: number): LabEvent | null {
    if (!(index >= 0 && index < this.count)) return null;
    const c = this.#chunks[Math.floor(index / CHUNK)] as Chunk;
    const i = index % CHUNK;
    return {
      index,
      kind: c.kind[i] as EventKind,
      position: c.position[i] as number,
      time: c.time[i] as number,
      pid: c.pid[i] as number,
      a: c.a[i] as number,
      b: c.b[i] as number,
      text: this.strings[c.text[i] as number] as string,
    };
  }

  positionOf(index: number): number {
    return (this.#chunks[Math.floor(index / CHUNK)] as Chunk).position[index % CHUNK] as number;
  }
  kindOf(index: number): number {
    return (this.#chunks[Math.floor(index / CHUNK)] as Chunk).kind[index % CHUNK] as number;
  }
  pidOf(index: number): number {
    return (this.#chunks[Math.floor(index / CHUNK)] as Chunk).pid[index % CHUNK] as number;
  }

  /** Index of the last event at or before a position, -1 if there is none. */
  lastAtOrBefore(position: number): number {
    let lo = 0;
    let hi = this.count;
    while (lo < hi) {
      const mid = (lo + hi) >>> 1;
      if (this.positionOf(mid) <= position) lo = mid + 1;
      else hi = mid;
    }
    return lo - 1;
  }

  /** Up to `limit` events from `first` on, copied, with the strings that no page has told of yet. */
  page(first: number, limit = CHUNK): EventPage {
    const count = Math.max(0, Math.min(limit, this.count - first));
    const out = {
      first,
      count,
      kind: new Uint8Array(count),
      position: new Float64Array(count),
      time: new Float64Array(count),
      pid: new Int32Array(count),
      a: new Float64Array(count),
      b: new Float64Array(count),
      text: new Uint32Array(count),
      strings: this.strings.slice(this.#told),
    };
    this.#told = this.strings.length;
    for (let done = 0; done < count; ) {
      const at = first + done;
      const c = this.#chunks[Math.floor(at / CHUNK)] as Chunk;
      const from = at % CHUNK;
      const to = Math.min(CHUNK, from + count - done);
      out.kind.set(c.kind.subarray(from, to), done);
      out.position.set(c.position.subarray(from, to), done);
      out.time.set(c.time.subarray(from, to), done);
      out.pid.set(c.pid.subarray(from, to), done);
      out.a.set(c.a.subarray(from, to), done);
      out.b.set(c.b.subarray(from, to), done);
      out.text.set(c.text.subarray(from, to), done);
      done += to - from;
    }
    return out;
  }
}
