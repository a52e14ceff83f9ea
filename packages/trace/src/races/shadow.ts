import type { ThreadClock, VectorClock } from "./clocks.ts";

/** An access that later ones are compared with. */
export interface Seen {
  thread: ThreadClock;
  /** The thread's own time. */
  clock: number;
  /** Which of the eight bytes. */
  mask: number;
  write: boolean;
  rip: number;
}

/** Eight bytes of memory. */
export class Cell {
  /** Bytes that are used for synchronising, and what was published through them. */
  syncMask = 0;
  published: VectorClock | null = null;
  seen: Seen[] = [];
}

const PAGE = 4096;
const GRAIN = 8;
/** Accesses kept for eight bytes; the oldest makes room. */
const KEPT = 6;
/** Cells in all, before everything is forgotten. */
const MAX_CELLS = 2_000_000;

/** What is known of an address space's memory. */
export class Shadow {
  readonly #pages = new Map<number, (Cell | undefined)[]>();
  #cells = 0;
  /** Everything was forgotten for lack of room: races may have been missed. */
  overflowed = false;

  cell(address: number): Cell {
    const page = Math.floor(address / PAGE);
    let cells = this.#pages.get(page);
    if (!cells) {
      if (this.#cells > MAX_CELLS) {
        this.#pages.clear();
        this.#cells = 0;
        this.overflowed = true;
      }
      cells = new Array<Cell | undefined>(PAGE / GRAIN);
      this.#pages.set(page, cells);
    }
    const i = (address % PAGE) >> 3;
    const known = cells[i];
    if (known) return known;
    this.#cells++;
    const fresh = new Cell();
    cells[i] = fresh;
    return fresh;
  }

  /** The memory there is another one from now on. */
  forget(address: number, length: number): void {
    const first = Math.floor(address / PAGE);
    const last = Math.floor((address + length - 1) / PAGE);
    if (last - first > this.#pages.size) {
      for (const page of this.#pages.keys()) if (page >= first && page <= last) this.#pages.delete(page);
    } else for (let page = first; page <= last; page++) this.#pages.delete(page);
  }
}

/** Notes an access to data. @returns an earlier one that nothing orders with it and that one of them writes, or null */
export function note(cell: Cell, thread: ThreadClock, mask: number, write: boolean, rip: number): Seen | null {
  const clock = thread.now[thread.index] as number;
  let race: Seen | null = null;
  let mine: Seen | null = null;
  const { seen } = cell;
  let kept = 0;
  for (let i = 0; i < seen.length; i++) {
    const s = seen[i] as Seen;
    if ((s.mask & mask) !== 0) {
      if (s.thread === thread) {
        if (s.mask === mask && s.write === write) {
          mine = s;
        } else if ((s.mask & ~mask) === 0 && (write || !s.write)) continue;
      } else if (s.clock > (thread.now[s.thread.index] ?? 0)) {
        if (write || s.write) race ??= s;
      } else if ((s.mask & ~mask) === 0 && (write || !s.write)) continue;
    }
    seen[kept++] = s;
  }
  seen.length = kept;
  if (mine) {
    mine.clock = clock;
    mine.rip = rip;
  } else {
    if (seen.length >= KEPT) seen.shift();
    seen.push({ thread, clock, mask, write, rip });
  }
  return race;
}
