import type { MmStruct } from "@lstar/kernel/include/linux/mm_types.ts";
import type { Kernel } from "@lstar/kernel/kernel.ts";
import { PTE_PRESENT, pteIndex } from "@lstar/kernel/mm/pageTable.ts";
import { before, type Place } from "./place.ts";
import type { Timeline } from "./timeline.ts";

const PAGE = 4096;
/** Instructions at a time while a stretch is searched. */
const PIECE = 1_000_000;
const MAX_TURNS = 100_000;

/** A change of memory: the machine stands before the instruction, or the kernel's work, that makes it. */
export interface Change {
  readonly place: Place;
  /** The task that runs there. */
  readonly pid: number;
  /** By an instruction of its program, not by the kernel. */
  readonly stored: boolean;
  /** The bytes before and after. A byte that is in no page yet counts as it is when the page comes. */
  readonly old: Uint8Array;
  readonly new: Uint8Array;
}

/** Physical address behind a user address, -1 if no page is there now. Changes nothing. */
export function physicalOf(k: Kernel, mm: MmStruct, address: number): number {
  if (!(address >= 0 && address < 0x7ffffffff000)) return -1;
  const index = pteIndex(k, mm.pgd, address, false);
  const pte = index === 0 ? 0 : (k.machine.phys.u32[index] as number);
  return pte & PTE_PRESENT ? (pte >>> 12) * PAGE + (address % PAGE) : -1;
}

/** The bytes of a stretch of memory, -1 where there is no page. */
function bytesAt(k: Kernel, pid: number, address: number, length: number): Int16Array {
  const mm = k.pids.get(pid)?.mm ?? null;
  return Int16Array.from({ length }, (_, i) => {
    const pa = mm ? physicalOf(k, mm, address + i) : -1;
    return pa < 0 ? -1 : (k.machine.phys.u8[pa] as number);
  });
}

const differs = (a: Int16Array, b: Int16Array): boolean => a.some((v, i) => v !== b[i] && v !== -1 && b[i] !== -1);
const bytesOf = (v: Int16Array): Uint8Array => Uint8Array.from(v, (b) => Math.max(0, b));

/**
 * Goes back to before the last change of some bytes of a task's memory: by an instruction, or by the kernel. A store of
 * what was there already is no change. Null, with the machine where it was, if there is none in the run.
 */
export function lastChange<W>(timeline: Timeline<W>, pid: number, address: number, length: number): Change | null {
  const here = timeline.place;
  const search = new Search(timeline, pid, address, length);
  let to = here;
  for (const from of [...timeline.stops].filter((s) => before(s, here)).reverse()) {
    const found = search.stretch(from, to);
    if (found) {
      timeline.seek(found.place);
      return found;
    }
    to = from;
  }
  timeline.seek(here);
  return null;
}

class Search<W> {
  readonly #t: Timeline<W>;
  readonly #k: Kernel;
  readonly #pid: number;
  readonly #address: number;
  readonly #length: number;
  /** The next write to the page: the processor stopped before it. */
  #storing = false;
  #protected: readonly number[] = [];
  /** Position before the system call that the last slice made, -1 if there was none. */
  #call = -1;

  constructor(timeline: Timeline<W>, pid: number, address: number, length: number) {
    this.#t = timeline;
    this.#k = timeline.k;
    this.#pid = pid;
    this.#address = address;
    this.#length = length;
  }

  #value(): Int16Array {
    return bytesAt(this.#k, this.#pid, this.#address, this.#length);
  }

  /** The bytes, if they differ from what they were. A page that only came in has not been written. */
  #changed(old: Int16Array): Int16Array | null {
    const mm = this.#k.pids.get(this.#pid)?.mm ?? null;
    const { u8 } = this.#k.machine.phys;
    let pa = -1;
    for (let i = 0; i < old.length; i++) {
      if (i === 0 || (this.#address + i) % PAGE === 0) pa = mm ? physicalOf(this.#k, mm, this.#address + i) : -1;
      else if (pa >= 0) pa++;
      if (old[i] !== (pa < 0 ? -1 : u8[pa])) return this.#value();
    }
    return null;
  }

  /** Frames that hold the bytes now. */
  #frames(): number[] {
    const mm = this.#k.pids.get(this.#pid)?.mm ?? null;
    const out: number[] = [];
    for (const at of [this.#address, this.#address + this.#length - 1]) {
      const pa = mm ? physicalOf(this.#k, mm, at) : -1;
      const frame = Math.floor(pa / PAGE);
      if (pa >= 0 && !out.includes(frame)) out.push(frame);
    }
    return out;
  }

  /** Asks the processor to stop before the next write to the bytes' page. */
  #protect(): void {
    this.#protected = this.#frames();
    for (const frame of this.#protected) this.#k.machine.watchFrame(frame);
  }

  /**
   * The last change in a stretch. First it is run in pieces, to see in which of them the page is written at all; then
   * those are looked at write by write, the last one first.
   */
  stretch(from: Place, to: Place): Change | null {
    const pieces = this.#pieces(from, to);
    for (const piece of pieces.reverse()) {
      const found = this.#exactly(piece.from, piece.to);
      if (found) return found;
    }
    return null;
  }

  #watched<T>(work: () => T): T {
    const { machine, sched } = this.#k;
    const { watcher } = machine;
    machine.watcher = {
      arrive: () => false,
      store: (frame) => {
        if (!this.#protected.includes(frame)) return false;
        this.#storing = true;
        sched.stopSoon = true;
        return true;
      },
    };
    try {
      return work();
    } finally {
      machine.watcher = watcher;
    }
  }

  #pieces(from: Place, to: Place): { from: Place; to: Place }[] {
    const t = this.#t;
    const out: { from: Place; to: Place }[] = [];
    const size = Math.max(PIECE, Math.ceil((to.position - from.position) / 16));
    t.seek(from);
    while (before(t.place, to) && !this.#k.exited) {
      const start = t.place;
      const value = this.#value();
      const end = start.position + size < to.position ? { position: start.position + size, turn: 0 } : to;
      this.#storing = false;
      const frames = this.#frames().join();
      this.#watched(() => {
        this.#protect();
        t.forward(end, () => this.#storing);
      });
      // Once it is known to be written, the rest of the piece runs as ever.
      if (this.#storing) t.forward(end);
      if (this.#storing || frames !== this.#frames().join() || differs(value, this.#value())) out.push({ from: start, to: t.place });
      if (!before(start, t.place)) break;
    }
    return out;
  }

  #exactly(from: Place, to: Place): Change | null {
    const t = this.#t;
    const k = this.#k;
    let found: Change | null = null;
    t.seek(from);
    const off = k.trace.sysEnter.on(() => {
      this.#call = k.machine.totalRetired - 1;
    });
    let value = this.#value();
    /** Something may have been written by what began at a place. */
    const look = (place: () => Place, stored: boolean): void => {
      const now = this.#changed(value);
      if (now === null) return;
      if (differs(value, now)) found = { place: place(), pid: k.current.pid, stored, old: bytesOf(value), new: bytesOf(now) };
      value = now;
    };
    this.#watched(() => {
      for (let turns = 0; before(t.place, to) && turns < MAX_TURNS && !k.exited; turns++) {
        let start = t.place;
        this.#protect();
        this.#storing = false;
        this.#call = -1;
        // The kernel's own writes are seen turn by turn.
        t.slice(Math.max(1, to.position - start.position), true);
        const storing = this.#storing;
        if (storing) {
          look(() => this.#kernelWork(start), false);
          start = t.place;
          t.slice(1, true);
        }
        if (before(to, t.place)) break;
        look(() => (storing ? start : this.#kernelWork(start)), storing);
        if (t.place.position !== start.position) turns = 0;
      }
    });
    off();
    return found;
  }

  /** Where the kernel began what it did in the slice from `start` to here: at a system call, or at a fault. */
  #kernelWork(start: Place): Place {
    const { place } = this.#t;
    if (this.#call >= 0) return { position: this.#call, turn: 0 };
    return place.position === start.position ? start : { position: place.position, turn: 0 };
  }
}
