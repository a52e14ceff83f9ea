import type { Kernel } from "@lstar/kernel/kernel.ts";
import { physicalOf } from "./memory.ts";
import { type ReadPoint, ReadWatch } from "./readWatch.ts";
import type { WatchKind } from "./stop.ts";

/** A stretch of the program's memory that is watched. */
export interface Watchpoint {
  readonly kind: WatchKind;
  readonly address: number;
  readonly length: number;
  /** The bytes as last seen, -1 for one that is in no page. */
  readonly value: Int16Array;
}

/** Breakpoints and watchpoints of the program, and how the machine is made to tell of them. */
export class Points {
  readonly #k: Kernel;
  readonly #breakpoints = new Map<number, number>();
  #armed = "";
  /** Those that stop at changes. */
  changing: Watchpoint[] = [];
  /** Those for reads. */
  readonly reads: ReadWatch;
  readonly #frames = new Set<number>();

  constructor(k: Kernel) {
    this.#k = k;
    this.reads = new ReadWatch(k);
  }

  addBreakpoint(address: number): void {
    this.#breakpoints.set(address, (this.#breakpoints.get(address) ?? 0) + 1);
  }
  removeBreakpoint(address: number): void {
    const n = (this.#breakpoints.get(address) ?? 0) - 1;
    if (n > 0) this.#breakpoints.set(address, n);
    else this.#breakpoints.delete(address);
  }
  addWatchpoint(kind: WatchKind, address: number, length: number): void {
    if (kind === "watch") this.changing.push({ kind, address, length, value: new Int16Array(length).fill(-1) });
    else this.reads.points.push({ kind, address, length });
  }
  removeWatchpoint(kind: WatchKind, address: number, length: number): void {
    const list: ReadPoint[] = kind === "watch" ? this.changing : this.reads.points;
    const i = list.findIndex((w) => w.kind === kind && w.address === address && w.length === length);
    if (i >= 0) list.splice(i, 1);
  }
  clear(): void {
    this.#breakpoints.clear();
    this.changing = [];
    this.reads.points = [];
    this.reads.arm();
  }

  /** Tells the machine of the breakpoints, and looks at what is watched as it is now. */
  arm(): void {
    const addresses = [...this.#breakpoints.keys()].sort((a, b) => a - b);
    const key = addresses.join(",");
    if (key !== this.#armed) {
      this.#armed = key;
      this.#k.machine.setStops(addresses.length > 0 ? new Set(addresses) : null);
    }
    this.reads.arm();
    for (const w of this.changing) this.#look(w);
  }

  /** Takes a watched place's bytes. @returns whether any changed; a page that only came in has not been written */
  #look(w: Watchpoint): boolean {
    const { mm } = this.#k.program;
    const { u8 } = this.#k.machine.phys;
    let changed = false;
    let pa = -1;
    for (let i = 0; i < w.length; i++) {
      if (i === 0 || (w.address + i) % 4096 === 0) pa = mm ? physicalOf(this.#k, mm, w.address + i) : -1;
      else if (pa >= 0) pa++;
      const now = pa < 0 ? -1 : (u8[pa] as number);
      if (w.value[i] !== now && w.value[i] !== -1) changed = true;
      w.value[i] = now;
    }
    return changed;
  }

  /** Has the machine tell of the next write to a page that is watched. */
  protect(): void {
    this.#frames.clear();
    const { mm } = this.#k.program;
    for (const w of this.changing)
      for (const at of [w.address, w.address + w.length - 1]) {
        const pa = mm ? physicalOf(this.#k, mm, at) : -1;
        if (pa < 0) continue;
        this.#frames.add(Math.floor(pa / 4096));
        this.#k.machine.watchFrame(Math.floor(pa / 4096));
      }
  }
  unprotect(): void {
    this.#frames.clear();
  }
  protects(frame: number): boolean {
    return this.#frames.has(frame);
  }

  /** The first watchpoint whose bytes have changed since the last look. */
  changed(): Watchpoint | null {
    let found: Watchpoint | null = null;
    for (const w of this.changing) if (this.#look(w)) found ??= w;
    return found;
  }
}
