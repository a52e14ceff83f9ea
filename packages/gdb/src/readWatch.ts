import type { Kernel } from "@lstar/kernel/kernel.ts";
import type { Insn } from "@lstar/machine/decode/insn.ts";
import { type Extent, locate, type Operand, operandsOf } from "@lstar/trace/access/operands.ts";
import type { WatchKind } from "./stop.ts";

/** A stretch of memory of which reads are watched (rwatch), or every access (awatch). */
export interface ReadPoint {
  readonly kind: WatchKind;
  readonly address: number;
  readonly length: number;
}

/** An instruction that is about to access one. */
export interface ReadHit {
  readonly position: number;
  readonly pid: number;
  readonly point: ReadPoint;
}

interface Template {
  index: number;
  nextRip: number;
  operands: Operand[];
}

/** Watchpoints for reads: translated code tells of each instruction that accesses memory. */
export class ReadWatch {
  readonly #k: Kernel;
  points: ReadPoint[] = [];
  #templates: Template[] = [];
  #on = false;
  readonly #at: Extent = { address: 0, length: 0 };
  /** Told of each access; null: nobody asks. */
  onHit: ((hit: ReadHit) => void) | null = null;

  constructor(k: Kernel) {
    this.#k = k;
  }

  /** Has the machine tell of instructions if there is something to watch. Not in the midst of a run. */
  arm(): void {
    const on = this.points.length > 0;
    if (on === this.#on) return;
    this.#on = on;
    this.#templates = [];
    this.#k.machine.setObserver(on ? this : null);
  }

  /** @see Observer */
  prepare(insn: Insn, rip: number, index: number): number {
    const operands = operandsOf(insn);
    return operands.length === 0 ? -1 : this.#templates.push({ index, nextRip: rip + insn.length, operands }) - 1;
  }

  /** @see Observer */
  before(number: number): void {
    const { current, machine, program } = this.#k;
    if (this.onHit === null || current.tgid !== program.tgid) return;
    const t = this.#templates[number] as Template;
    for (const o of t.operands) {
      locate(o, machine.cpu, t.nextRip, this.#at);
      const { address, length } = this.#at;
      for (const point of this.points) {
        if (address >= point.address + point.length || point.address >= address + length || !(o.reads || point.kind === "awatch")) continue;
        this.onHit({ position: machine.retiredBeforeBlock + t.index, pid: current.pid, point });
        return;
      }
    }
  }
}
