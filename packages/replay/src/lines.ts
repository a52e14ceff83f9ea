import type { Task } from "@lstar/kernel/include/linux/sched.ts";
import { PAUSED_AT_USER, PAUSED_BETWEEN } from "@lstar/kernel/kernel/sched/core.ts";
import type { Kernel } from "@lstar/kernel/kernel.ts";
import type { Watcher } from "@lstar/machine";
import { decode } from "@lstar/machine/decode/decode.ts";
import { Insn } from "@lstar/machine/decode/insn.ts";
import { DebugInfo } from "@lstar/trace/debuginfo/debugInfo.ts";
import { type ElfSection, readElf } from "@lstar/trace/debuginfo/elfSymbols.ts";
import { before, type Place } from "./place.ts";
import type { Timeline } from "./timeline.ts";

/** So many instructions next to the start are looked at one by one; beyond them the processor stops where lines begin. */
const BY_HAND = 3000;
/** Stretches of a search backwards grow by this factor. */
const GROWTH = 8;
/** Instructions between looks at the clock. */
const CHUNK = 5_000_000;
const CALL = 0xe8;
const GROUP5 = 0xff;
const AT_ENTRY = 9;

/** What is needed of a timeline, whatever comes in from outside. */
export type Course = Pick<Timeline<never>, "k" | "place" | "inPast" | "beginning" | "slice" | "seek" | "keep" | "keepNear" | "forward">;

/** Why a step led to no line. */
export type LineEnd = "end" | "beginning" | "time";

export interface LineStep {
  /** Where the machine stands now. */
  readonly place: Place;
  /** The line there, 0 if none was found. */
  readonly line: number;
  readonly ended: LineEnd | null;
}

/** What a look backwards at a stretch found: where the last line in it began, and the line at its end (0: not known). */
interface Stretch {
  readonly began: Place | null;
  readonly line: number;
}

/** Steps from line to line of one file of a program's source. */
export class LineSteps {
  readonly #timeline: Course;
  readonly #k: Kernel;
  readonly debug: DebugInfo;
  readonly #file: string;
  /** Name of the program's file: what other programs run at the same addresses does not count. */
  readonly #name: string;
  /** Where lines begin, and where calls within a line come back to: address in the file and line. */
  readonly #places: ReadonlyMap<number, number>;
  /** What the processor stops at, and for which line it does not. */
  #stops: { bias: number; without: number; addresses: Set<number> } | null = null;
  /** Time (ms) after which a step gives up. */
  limit = 5000;

  /**
   * The machine must stand where the program runs that file.
   * @param program the ELF file; @param file whose lines count (default: the one of main())
   */
  constructor(timeline: Course, program: Uint8Array, file?: string) {
    this.#timeline = timeline;
    this.#k = timeline.k;
    this.debug = new DebugInfo(program);
    this.#name = nameOf(this.#k.program);
    const main = this.debug.functions.find((f) => f.name === "main");
    this.#file = file ?? (main ? (this.debug.placeAt(main.address)?.file ?? "") : "");
    this.#places = this.#findPlaces(readElf(program)?.sections ?? []);
  }

  get file(): string {
    return this.#file;
  }

  #findPlaces(sections: readonly ElfSection[]): Map<number, number> {
    const out = new Map<number, number>();
    const { lines } = this.debug;
    if (!lines) return out;
    const insn = new Insn();
    lines.rows.forEach((row, i) => {
      if (row.line === 0 || lines.files[row.file] !== this.#file) return;
      out.set(row.address, row.line);
      const section = sections.find((x) => row.address >= x.address && row.address < x.address + x.data.length);
      if (!section) return;
      const { data: code, address: base } = section;
      const end = Math.min(code.length, (lines.rows[i + 1]?.address ?? row.address) - base);
      for (let at = row.address - base; at >= 0 && at < end; ) {
        const length = decode(code, at, code.length, insn);
        if (length <= 0) break;
        at += length;
        const call = insn.map === 0 && (insn.opcode === CALL || (insn.opcode === GROUP5 && (insn.reg & 7) === 2));
        if (call && at < end) out.set(at + base, row.line);
      }
    });
    return out;
  }

  /** What is added to the file's addresses in the running program. */
  get bias(): number {
    if (!this.debug.relocatable) return 0;
    const auxv = this.#k.program.mm?.auxv ?? [];
    for (let i = 0; i + 1 < auxv.length; i += 2) if (auxv[i] === AT_ENTRY) return (auxv[i + 1] as number) - this.debug.entry;
    return 0;
  }

  /** The source's line of an address, 0 outside. */
  lineAt(address: number): number {
    const place = this.debug.placeAt(address - this.bias);
    return place && place.file === this.#file ? place.line : 0;
  }

  /** Line that a task (0: any) is at, if it is the one that runs here. */
  #here(pid: number): number {
    const k = this.#k;
    const task = k.cpuTask;
    return task && this.#counts(task, pid) ? this.lineAt(k.machine.cpu.rip) : 0;
  }

  #counts(task: Task, pid: number): boolean {
    return (pid === 0 || task.pid === pid) && nameOf(task) === this.#name;
  }

  /** The line here, once the kernel's work is done. */
  line(pid = 0): number {
    this.#settle();
    return this.#here(pid);
  }

  #settle(): void {
    if (this.#k.sched.pause === PAUSED_BETWEEN) this.#timeline.slice(0);
  }

  /** One instruction, or one turn of the kernel. @returns false at the end of what is known or may be run */
  #one(until: Place): boolean {
    const t = this.#timeline;
    if (!before(t.place, until)) return false;
    const state = t.slice(1, this.#k.sched.pause !== PAUSED_AT_USER);
    if (state === "exited") return false;
    if (state === "idle" && this.#k.nextDeadline() === Number.POSITIVE_INFINITY && !t.inPast) return false;
    this.#settle();
    return true;
  }

  /** To where another line than `start` begins, from here on, not beyond `until`. */
  forward(pid = 0, until: Place = { position: Number.POSITIVE_INFINITY, turn: 0 }, start = this.line(pid)): LineStep {
    const t = this.#timeline;
    const k = this.#k;
    const from = t.place.position;
    const found = (line: number): LineStep => ({ place: t.place, line, ended: null });
    for (let turns = 0; t.place.position < from + BY_HAND && turns < 2 * BY_HAND; turns++) {
      if (!this.#one(until)) return { place: t.place, line: 0, ended: "end" };
      const line = this.#here(pid);
      if (line > 0 && line !== start) return found(line);
    }
    const deadline = performance.now() + this.limit;
    return this.#armed(start, () => {
      let hit = 0;
      const watcher: Watcher = {
        arrive: (rip) => {
          if (!this.#counts(k.current, pid)) return false;
          const line = this.lineAt(rip);
          if (line === 0 || line === start) return false;
          hit = line;
          k.sched.stopSoon = true;
          return true;
        },
        store: () => false,
      };
      k.machine.watcher = watcher;
      while (before(t.place, until)) {
        const state = t.slice(Math.max(1, Math.min(CHUNK, until.position - t.place.position)), until.position <= t.place.position);
        if (hit !== 0) return found(hit);
        if (state === "exited") break;
        if (state === "idle" && k.nextDeadline() === Number.POSITIVE_INFINITY && !t.inPast) break;
        t.keep();
        if (performance.now() > deadline) return { place: t.place, line: 0, ended: "time" };
      }
      return { place: t.place, line: 0, ended: "end" };
    });
  }

  /** To the last place before this one where a line began. */
  back(pid = 0): LineStep {
    const t = this.#timeline;
    const deadline = performance.now() + this.limit;
    let end = t.place;
    /** The line that the program is in at the end of the stretch, 0 if that is not known. */
    let line = 0;
    for (let length = BY_HAND; ; length *= GROWTH) {
      const start = { position: Math.max(t.beginning.position, end.position - length), turn: 0 };
      const stretch = length === BY_HAND ? this.#backByHand(start, end, pid) : this.#backArmed(start, end, line, pid);
      if (stretch.began) {
        t.seek(stretch.began);
        this.#settle();
        return { place: t.place, line: this.#here(pid), ended: null };
      }
      line = stretch.line;
      const first = start.position <= t.beginning.position;
      if (first || performance.now() > deadline) {
        t.seek(first ? t.beginning : start);
        this.#settle();
        return { place: t.place, line: 0, ended: first ? "beginning" : "time" };
      }
      end = start;
    }
  }

  #backByHand(start: Place, end: Place, pid: number): Stretch {
    const t = this.#timeline;
    t.seek(start);
    t.keepNear();
    this.#settle();
    let began: Place | null = null;
    let line = this.#here(pid);
    while (this.#one(end) && t.place.position < end.position) {
      const now = this.#here(pid);
      if (now > 0 && now !== line) began = { position: t.place.position, turn: 0 };
      if (now > 0) line = now;
    }
    return { began, line };
  }

  /**
   * Looks for the last beginning of a line in a stretch at whose end the program is in line `ending`. That line's own
   * places are left out, so that a loop in it runs as fast as ever: where the last other line ended, it began.
   */
  #backArmed(start: Place, end: Place, ending: number, pid: number): Stretch {
    const t = this.#timeline;
    const k = this.#k;
    t.seek(start);
    this.#settle();
    let last = this.#here(pid);
    let began: Place | null = null;
    let other = last > 0 && last !== ending ? t.place : null;
    this.#armed(ending, () => {
      k.machine.watcher = {
        arrive: (rip, position) => {
          if (position >= end.position || !this.#counts(k.current, pid)) return false;
          const line = this.lineAt(rip);
          if (line > 0) other = { position, turn: 0 };
          if (line > 0 && line !== last) began = { position, turn: 0 };
          if (line > 0) last = line;
          return false;
        },
        store: () => false,
      };
      t.forward(end);
    });
    if (ending === 0) return { began, line: last };
    if (other === null) return { began: null, line: ending };
    t.seek(other);
    this.#settle();
    const step = this.forward(pid, end);
    return { began: step.line > 0 ? step.place : began, line: ending };
  }

  /** Does something while the processor asks the watcher at the places of all lines but one. */
  #armed<T>(without: number, work: () => T): T {
    const { machine } = this.#k;
    const watcher = machine.watcher;
    const before = machine.blocks.stops;
    const { bias } = this;
    if (this.#stops?.without !== without || this.#stops.bias !== bias) {
      const addresses = new Set<number>();
      for (const [address, line] of this.#places) if (line !== without) addresses.add(address + bias);
      this.#stops = { bias, without, addresses };
    }
    machine.setStops(this.#stops.addresses);
    try {
      return work();
    } finally {
      machine.watcher = watcher;
      machine.setStops(before);
    }
  }
}

function nameOf(task: Task): string {
  return task.mm?.exeFile?.path.dentry.name ?? "";
}
