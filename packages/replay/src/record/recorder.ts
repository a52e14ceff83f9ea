import type { Host } from "@lstar/kernel/host.ts";
import type { HostEventKind, Kernel } from "@lstar/kernel/kernel.ts";
import type { Codec } from "../file/codec.ts";
import { ContainerWriter, LEAST_PACKED, type Sink } from "../file/writer.ts";
import { ByteWriter } from "./bytes.ts";
import { ARRIVALS, HEAD, LOG, PLACE, PLACES } from "./entries.ts";
import { type BringIn, RecordingHost } from "./recordingHost.ts";
import { memoryHash, processorHash } from "./stateHash.ts";
import type { RunEndText, RunSummary } from "./summary.ts";

/** Bytes of the log that make a chunk. */
const CHUNK = 512 * 1024;
/** Milliseconds after which the log is written though it is short: what a killed recorder loses at most. */
const PATIENCE = 1000;
/** Instructions between checks, at least. */
const CHECK_DISTANCE = 5_000_000;

/** Packs a chunk, at once or later. */
export type Packer = (plain: Uint8Array) => Uint8Array | Promise<Uint8Array>;

export interface RecorderOptions {
  /** Must not keep the bytes: they are written over. */
  sink: Sink;
  codec: Codec;
  /** Default: the codec, at once. */
  pack?: Packer;
  /** What the file's head tells: JSON that `startMachine` can be called with again, and more. */
  head: object;
}

interface Waiting {
  readonly type: string;
  readonly plain: Uint8Array;
  packed: Uint8Array | null;
}

/** Buffers that are kept for being written to again. */
const SPARE = 3;

/**
 * Records a run: give `host` to the machine instead of its own, `attach` the kernel once it is booted, tell what
 * arrives by `arrive`, call `look` after each slice, and `finish` at the end. Nothing but the present chunk is kept.
 */
export class Recorder {
  readonly host: RecordingHost;
  readonly #codec: Codec;
  readonly #pack: Packer;
  readonly #writer: ContainerWriter;
  readonly #log = new ByteWriter(CHUNK + 65536);
  readonly #places = new ByteWriter();
  /** Chunks that wait for being packed, in order. */
  readonly #waiting: Waiting[] = [];
  #pending: Promise<void>[] = [];
  readonly #spare: Uint8Array[] = [];
  #k: Kernel | null = null;
  #position = 0;
  #lastCheck = 0;
  #flushed = performance.now();
  #arrivals = 0;
  #checks = 0;
  /** What went wrong with writing: recording has ended then, the run goes on. */
  failure: Error | null = null;

  constructor(host: Host, options: RecorderOptions) {
    this.#codec = options.codec;
    this.#pack = options.pack ?? options.codec.deflate;
    this.#writer = new ContainerWriter(options.sink, options.codec, "recording");
    this.#writer.add(HEAD, new TextEncoder().encode(JSON.stringify(options.head)));
    this.host = new RecordingHost(host, this.#log, options.codec.crc32, () => {
      if (this.#log.length >= CHUNK) this.flush();
    });
  }

  bringIn(inner: BringIn): BringIn {
    return this.host.bringIn(inner);
  }

  attach(k: Kernel): void {
    this.#k = k;
  }

  #place(kind: number): ByteWriter {
    const k = this.#k as Kernel;
    const places = this.#places;
    places.byte(kind);
    places.uint(k.machine.totalRetired - this.#position);
    places.uint(k.sched.turn);
    places.uint(this.host.entries);
    this.#position = k.machine.totalRetired;
    return places;
  }

  /** News from the host: the kernel is told, and the place noted. */
  arrive(kind: HostEventKind): void {
    const k = this.#k;
    if (!k || k.exited) return;
    this.#place(PLACE.arrival).byte(ARRIVALS.indexOf(kind as (typeof ARRIVALS)[number]));
    this.#arrivals++;
    k.hostEvent(kind);
  }

  /** After each slice: a check is noted if one is due, and the log written if it has waited for long. */
  look(): void {
    const k = this.#k;
    if (!k) return;
    const due = performance.now() - this.#flushed >= PATIENCE && (this.#log.length > 0 || this.#places.length > 0);
    if (!k.exited && (due || k.machine.totalRetired - this.#lastCheck >= CHECK_DISTANCE)) {
      this.#lastCheck = k.machine.totalRetired;
      this.#place(PLACE.check).uint(processorHash(k, this.#codec.crc32));
      this.#checks++;
    }
    if (due) this.flush();
  }

  /** Hands what there is to the packer: from then on it reaches the file though the run does not end well. */
  flush(): void {
    this.#flushed = performance.now();
    // In this order: of what the log tells, no arrival is missing.
    if (this.#places.length > 0) this.#chunk(PLACES, this.#places.take());
    if (this.#log.length > 0) this.#chunk(LOG, this.#log.take(this.#spare.pop()));
  }

  #chunk(type: string, plain: Uint8Array): void {
    if (this.failure) return;
    const waiting: Waiting = { type, plain, packed: null };
    this.#waiting.push(waiting);
    const done = (packed: Uint8Array): void => {
      waiting.packed = packed.length < plain.length ? packed : plain;
      this.#write();
    };
    const packed = plain.length < LEAST_PACKED ? plain : this.#pack(plain);
    if (packed instanceof Uint8Array) done(packed);
    else this.#pending.push(packed.then(done, (e: unknown) => this.#fail(e)));
  }

  /** Writes the chunks that are packed, in order. */
  #write(): void {
    let first = this.#waiting[0];
    while (first?.packed && !this.failure) {
      try {
        this.#writer.addPacked(first.type, first.packed, first.plain.length);
      } catch (e) {
        this.#fail(e);
        return;
      }
      this.#waiting.shift();
      if (first.type === LOG && this.#spare.length < SPARE) this.#spare.push(new Uint8Array(first.plain.buffer as ArrayBuffer));
      first = this.#waiting[0];
    }
    if (this.#waiting.length === 0) this.#pending = [];
  }

  #fail(e: unknown): void {
    this.failure ??= e instanceof Error ? e : new Error(String(e));
    this.#waiting.length = 0;
  }

  /** Ends the recording. @throws if it could not be written */
  async finish(end: RunEndText): Promise<void> {
    const k = this.#k as Kernel;
    const summary: RunSummary = {
      ...end,
      position: k.machine.totalRetired,
      turn: k.sched.turn,
      time: k.time.nowNs,
      entries: this.host.entries,
      arrivals: this.#arrivals,
      checks: this.#checks,
      fileBytes: this.host.fileBytes,
      sharedBytes: this.host.sharedBytes,
      processor: processorHash(k, this.#codec.crc32),
      memory: memoryHash(k, this.#codec.crc32),
    };
    this.flush();
    await Promise.all(this.#pending);
    if (!this.failure)
      try {
        this.#writer.end(new TextEncoder().encode(JSON.stringify(summary)));
      } catch (e) {
        this.#fail(e);
      }
    if (this.failure) throw this.failure;
  }
}
