import { type HostFileSystem, type Kernel, readGuestFile } from "@lstar/kernel";
import type { Host, HostStream } from "@lstar/kernel/host.ts";
import { restoreSnapshot, type Snapshot, takeSnapshot } from "@lstar/kernel/snapshot/snapshot.ts";
import { copyCounts } from "@lstar/kernel/trace/copies.ts";
import { type Companion, EventRecorder, LineSteps, lastChange, physicalOf, Timeline } from "@lstar/replay";
import type { Codec } from "@lstar/replay/file/codec.ts";
import { FileAnswers, machineAt, resume, type SnapshotFile, SnapshotWriter } from "@lstar/replay/snapshot/index.ts";
import { elfFunctions, elfObjects, readElf } from "@lstar/trace/debuginfo/elfSymbols.ts";
import type {
  LoadSnapshot,
  MachineSnapshot,
  MemoryChange,
  Position,
  RunEvent,
  SourceLine,
  StepKind,
  TimeTravel,
  Travel,
  Wakeup,
} from "./api.ts";
import { startMachine } from "./boot.ts";
import { shellStatus } from "./exitStatus.ts";
import { type Platform, prepare } from "./library.ts";
import { version } from "./version.ts";

const PAGE_SIZE = 4096;
const SLICE = 20_000_000;
const MAX_PROGRAM = 64 * 2 ** 20;
const REGISTERS = ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"];

/** The outside of a machine that goes back: input from a buffer, output into lists. It belongs to the moment. */
class TravelHost implements Host, Companion {
  readonly stdio: readonly [HostStream, HostStream, HostStream];
  fs: HostFileSystem | null;
  /** Called with each write, whether it is new or comes again. */
  onWrite: (bytes: number) => void = () => {};
  readonly #input: Uint8Array;
  #taken = 0;
  readonly #pieces: { stream: number; bytes: Uint8Array }[];
  #written: number;

  constructor(input: Uint8Array, fs: HostFileSystem | null, written: readonly { stream: number; bytes: Uint8Array }[] = []) {
    this.#input = input;
    this.fs = fs;
    this.#pieces = [...written];
    this.#written = written.length;
    const refuse = (): number => -9;
    this.stdio = [{ kind: "pipe", read: (max) => this.#read(max), write: refuse }, this.#output(1), this.#output(2)];
  }

  #read(max: number): Uint8Array | null {
    if (this.#taken >= this.#input.length) return null;
    const out = this.#input.slice(this.#taken, this.#taken + max);
    this.#taken += out.length;
    return out;
  }

  #output(stream: number): HostStream {
    return {
      kind: "pipe",
      read: () => null,
      write: (bytes) => {
        if (this.#written === this.#pieces.length) this.#pieces.push({ stream, bytes: bytes.slice() });
        this.#written++;
        this.onWrite(bytes.length);
        return bytes.length;
      },
    };
  }

  /** What has been written up to here. */
  get written(): { stream: number; bytes: Uint8Array }[] {
    return this.#pieces.slice(0, this.#written);
  }
  get unread(): Uint8Array {
    return this.#input.subarray(this.#taken);
  }

  save(): readonly [number, number] {
    return [this.#taken, this.#written];
  }
  restore(saved: unknown): void {
    [this.#taken, this.#written] = saved as readonly [number, number];
  }
  forgetFuture(): void {
    this.#pieces.length = this.#written;
  }

  realtime(): { sec: number; nsec: number } {
    return { sec: 0, nsec: 0 };
  }
  monotonic(): number {
    return 0;
  }
  entropy(out: Uint8Array): void {
    out.fill(0);
  }
}

class Moment implements MachineSnapshot {
  readonly snapshot: Snapshot;
  readonly files: HostFileSystem | null;
  readonly written: { stream: number; bytes: Uint8Array }[];
  readonly unread: Uint8Array;
  readonly #k: Kernel;
  readonly #codec: Codec;
  readonly #root: string | null;

  constructor(k: Kernel, host: TravelHost, codec: Codec, root: string | null) {
    this.snapshot = takeSnapshot(k);
    this.files = k.host.fs;
    this.written = host.written;
    this.unread = host.unread.slice();
    this.#k = k;
    this.#codec = codec;
    this.#root = root;
  }

  get instructions(): number {
    return this.snapshot.machine.retired;
  }
  get root(): string | null {
    return this.#root;
  }

  /** A machine that stands here, on a host of its own. */
  machine(fs: HostFileSystem | null = this.files): { k: Kernel; host: TravelHost } {
    const host = new TravelHost(this.unread, fs, this.written);
    const { machine, options } = this.#k;
    const like = { memory: machine.phys.limitFrames * PAGE_SIZE, options };
    return { k: machineAt(this.snapshot, like, host, machine.regions !== null), host };
  }

  toBytes(options: { files?: boolean } = {}): Uint8Array {
    const chunks: Uint8Array[] = [];
    const root = { root: this.#root, archive: null, stdin: toBase64(this.unread) };
    const writer = new SnapshotWriter(this.#k, this.snapshot, (b) => chunks.push(b.slice()), { codec: this.#codec, version, root });
    let answers: FileAnswers | null = null;
    if (options.files && this.files) {
      answers = new FileAnswers();
      const { k } = this.machine(answers.remember(this.files));
      while (goOn(k, SLICE) === "running");
    }
    writer.finish(answers);
    return join(chunks);
  }
}

function goOn(k: Kernel, instructions: number): "running" | "waiting" | "exited" {
  const state = k.runSlice(instructions);
  return state === "idle" ? (k.nextDeadline() === Number.POSITIVE_INFINITY ? "waiting" : "running") : state;
}

function join(chunks: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(chunks.reduce((n, c) => n + c.length, 0));
  let at = 0;
  for (const c of chunks) {
    out.set(c, at);
    at += c.length;
  }
  return out;
}

class Traveller implements TimeTravel {
  readonly #k: Kernel;
  readonly #host: TravelHost;
  readonly #timeline: Timeline<never>;
  readonly #recorder: EventRecorder;
  readonly #codec: Codec;
  readonly #memory: number | undefined;
  readonly #root: string | null;
  /** The event that was last gone to, and where the machine came to stand: behind the kernel's work that the event is part of. */
  #at = { event: -1, next: -1, position: -1 };
  #program: Uint8Array | null = null;
  #lines: LineSteps | null = null;

  readonly #missing: ReadonlySet<string>;

  constructor(k: Kernel, host: TravelHost, codec: Codec, root: string | null, memory?: number, missing: ReadonlySet<string> = new Set()) {
    this.#missing = missing;
    this.#k = k;
    this.#host = host;
    this.#codec = codec;
    this.#root = root;
    this.#memory = memory;
    this.#recorder = new EventRecorder(k);
    host.onWrite = (bytes) => this.#recorder.wrote(bytes);
    this.#timeline = new Timeline<never>(k, { ownHost: true, companions: [host], events: this.#recorder, memory });
    this.#timeline.settle();
  }

  get position(): Position {
    return { instructions: this.#k.machine.totalRetired, event: this.#last + 1 };
  }
  /** The last event that has happened here; of several in one piece of the kernel's work the one that was gone to. */
  get #last(): number {
    const { event, next, position } = this.#at;
    return next === this.#recorder.next && position === this.#k.machine.totalRetired ? event : this.#recorder.next - 1;
  }
  #toEvent(event: number): void {
    this.#timeline.atEvent(event, () => null);
    this.#at = { event, next: this.#recorder.next, position: this.#k.machine.totalRetired };
  }
  get furthest(): Position {
    return { instructions: this.#timeline.furthest.position, event: this.#recorder.count };
  }
  get exited(): boolean {
    return this.#k.exited;
  }
  get status(): number {
    const { exited, exitStatus } = this.#k;
    return exited ? shellStatus(exitStatus) : -1;
  }
  get stdout(): string {
    return this.#text(1);
  }
  get stderr(): string {
    return this.#text(2);
  }
  get snapshotBytes(): number {
    return this.#timeline.snapshotBytes;
  }
  get events(): number {
    return this.#recorder.count;
  }
  get pid(): number {
    return this.#k.current.pid;
  }

  get missing(): readonly string[] {
    return [...this.#missing];
  }

  #text(stream: number): string {
    return new TextDecoder().decode(join(this.#host.written.flatMap((p) => (p.stream === stream ? [p.bytes] : []))));
  }

  event(number: number): RunEvent | null {
    return this.#recorder.at(number);
  }

  run(instructions = Number.POSITIVE_INFINITY): "running" | "waiting" | "exited" {
    const t = this.#timeline;
    const goal = this.#k.machine.totalRetired + instructions;
    while (this.#k.machine.totalRetired < goal) {
      const state = t.slice(Math.max(1, Math.min(SLICE, t.untilKeep, goal - this.#k.machine.totalRetired)));
      if (state === "exited") return state;
      if (state === "idle" && !t.inPast && this.#k.nextDeadline() === Number.POSITIVE_INFINITY) return "waiting";
      t.keep();
    }
    t.settle();
    return this.#k.exited ? "exited" : "running";
  }

  seek(to: number | { event: number }): void {
    if (typeof to === "number") {
      const { position } = this.#timeline.furthest;
      this.#timeline.seek({ position: Math.max(this.#timeline.beginning.position, Math.min(to, position)), turn: 0 });
      if (to > position) this.run(to - position);
      else this.#timeline.settle();
      return;
    }
    while (to.event >= this.#recorder.count && this.#more());
    this.#toEvent(Math.min(to.event, this.#recorder.count - 1));
  }

  /** Goes on from the furthest point for a while. @returns false if there is nothing to come */
  #more(): boolean {
    this.#timeline.toEnd();
    return !this.#k.exited && this.run(1_000_000) === "running";
  }

  step(kind: StepKind, direction: 1 | -1 = 1, pid = 0): boolean {
    if (kind === "instruction") return this.#stepInstruction(direction, pid);
    if (kind === "line") return this.#stepLine(direction, pid);
    const wanted = kind === "event" ? null : kind === "syscall" ? "sys_enter" : kind;
    const start = direction > 0 ? this.#last + 1 : this.#last - 1;
    for (;;) {
      const found = this.#recorder.find(start, direction, wanted, pid);
      if (found >= 0) {
        this.#toEvent(found);
        return true;
      }
      if (direction < 0) {
        this.#timeline.seek(this.#timeline.beginning);
        this.#timeline.settle();
        return false;
      }
      if (!this.#more()) return false;
    }
  }

  #stepInstruction(direction: 1 | -1, pid: number): boolean {
    const t = this.#timeline;
    const k = this.#k;
    if (direction > 0) {
      for (let turns = 0; turns < 1e6 && !k.exited; turns++) {
        const mine = pid === 0 || k.current.pid === pid;
        const { position } = t.place;
        const state = mine ? t.slice(1, true) : t.slice(SLICE, true);
        if (state === "idle" && !t.inPast && k.nextDeadline() === Number.POSITIVE_INFINITY) return false;
        t.settle();
        if (mine && t.place.position !== position) return !k.exited;
      }
      return false;
    }
    const { position } = t.place;
    if (position <= t.beginning.position) return false;
    if (pid === 0) {
      t.seek({ position: position - 1, turn: 0 });
      t.settle();
      return true;
    }
    for (let at = position - 1; at >= t.beginning.position; at--) {
      t.seek({ position: at, turn: 0 });
      t.settle();
      if (k.current.pid === pid) return true;
      // Before the stretch of the other task that runs here.
      const before = this.#recorder.find(this.#recorder.next - 1, -1, "sched_switch");
      at = Math.min(at, this.#recorder.positionOf(before) ?? 0);
    }
    return false;
  }

  #stepLine(direction: 1 | -1, pid: number): boolean {
    const lines = this.#lineSteps();
    const step = direction > 0 ? lines.forward(pid) : lines.back(pid);
    return step.line > 0;
  }

  #lineSteps(): LineSteps {
    if (!this.#lines) {
      // At the beginning the program's file is that of its process.
      const t = this.#timeline;
      const here = t.place;
      t.seek(t.beginning);
      this.#lines = new LineSteps(t, this.#file());
      this.#lines.limit = Number.POSITIVE_INFINITY;
      t.seek(here);
    }
    return this.#lines;
  }

  /** The program's file. Reading it leaves no trace in the machine. */
  #file(): Uint8Array {
    if (!this.#program) {
      const k = this.#k;
      const before = takeSnapshot(k);
      this.#program = readGuestFile(k, k.programPath, MAX_PROGRAM).slice();
      restoreSnapshot(k, before);
    }
    return this.#program;
  }

  lastWrite(address: number, length = 1, pid = this.#k.program.pid): MemoryChange | null {
    const change = lastChange(this.#timeline, pid, address, length);
    return change && { instructions: change.place.position, pid: change.pid, old: change.old, new: change.new };
  }

  wokenBy(pid: number): Wakeup | null {
    const found = this.#recorder.find(this.#last, -1, "sched_wakeup", pid);
    const event = this.#recorder.at(found);
    if (!event) return null;
    this.#toEvent(found);
    return { instructions: event.position, event: found, waker: event.value };
  }

  tasks(): ReturnType<TimeTravel["tasks"]> {
    return [...this.#k.pids.values()]
      .filter((t) => t !== this.#k.initTask)
      .map((t) => ({ pid: t.pid, tgid: t.tgid, name: t.comm, exited: t.exitState !== 0, copies: copyCounts(t.copied) }));
  }

  registers(pid = this.pid): Record<string, bigint> {
    const k = this.#k;
    const task = k.pids.get(pid);
    if (!task) throw new Error(`there is no task ${pid}`);
    const cpu = k.cpuTask === task ? k.machine.cpu : task.ctx;
    const out: Record<string, bigint> = {};
    REGISTERS.forEach((name, i) => {
      out[name] = (BigInt(cpu.getHi(i) >>> 0) << 32n) | BigInt(cpu.getLo(i) >>> 0);
    });
    out.rip = BigInt(cpu.rip);
    out.rflags = BigInt(cpu.rflags);
    return out;
  }

  memory(address: number, length: number, pid = this.#k.program.pid): Uint8Array {
    const k = this.#k;
    const mm = k.pids.get(pid)?.mm ?? null;
    const out = new Uint8Array(length);
    for (let i = 0; i < length; i++) {
      const pa = mm ? physicalOf(k, mm, address + i) : -1;
      if (pa < 0) return out.subarray(0, i);
      out[i] = k.machine.phys.u8[pa] as number;
    }
    return out;
  }

  addressOf(symbol: string): number {
    const elf = readElf(this.#file());
    const found = elf && [...elfObjects(elf), ...elfFunctions(elf)].find((s) => s.name === symbol);
    return found ? found.address + this.#lineSteps().bias : -1;
  }

  line(pid = this.pid): SourceLine | null {
    const k = this.#k;
    const task = k.pids.get(pid);
    if (!task) return null;
    const lines = this.#lineSteps();
    const { rip } = k.cpuTask === task ? k.machine.cpu : task.ctx;
    const line = lines.lineAt(rip);
    return line === 0 ? null : { file: lines.file, line, function: lines.debug.functionAt(rip - lines.bias) };
  }

  snapshot(): MachineSnapshot {
    return new Moment(this.#k, this.#host, this.#codec, this.#root);
  }

  fork(snapshot: MachineSnapshot = this.snapshot()): TimeTravel {
    if (!(snapshot instanceof Moment)) throw new TypeError("fork takes what snapshot() has given");
    const { k, host } = snapshot.machine();
    return new Traveller(k, host, this.#codec, snapshot.root, this.#memory);
  }
}

/** `travel` for Node (with a platform) or for a browser (null). */
export function makeTravel(platform: Platform | null, codec: Codec): Travel {
  return async (argv, options = {}) => {
    const { stdin, files, start } = await prepare(platform, argv, { ...options, clock: "virtual" });
    const host = new TravelHost(stdin, files);
    const root = typeof options.root === "string" ? options.root : null;
    return new Traveller(startMachine(host, start), host, codec, root, options.snapshotMemory);
  };
}

/** `loadSnapshot` likewise; `read` reads the file. */
export function makeLoadSnapshot(
  platform: Platform | null,
  codec: Codec,
  read: (bytes: Uint8Array, version: string) => Promise<SnapshotFile>,
): LoadSnapshot {
  return async (bytes, options = {}) => {
    const missing = new Set<string>();
    try {
      const file = await read(bytes, version);
      const note = file.head.root as { root?: unknown; stdin?: unknown } | null;
      const root = typeof note?.root === "string" ? note.root : null;
      if (options.root !== undefined && options.root !== root)
        throw new Error(`was taken of a machine ${root ? `with the root ${root}` : "without a root"}`);
      const host = new TravelHost(typeof note?.stdin === "string" ? fromBase64(note.stdin) : new Uint8Array(0), null);
      const files = options.root === undefined ? null : (platform?.files ?? null);
      const k = resume(file, host, { jit: options.jit, files, missing: (path) => missing.add(path) });
      return new Traveller(k, host, codec, root, options.snapshotMemory, missing);
    } catch (e) {
      throw new Error(`the snapshot ${e instanceof Error ? e.message : String(e)}`);
    }
  };
}

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}
