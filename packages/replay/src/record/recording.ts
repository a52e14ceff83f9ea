import type { ByteSource } from "@lstar/host/tar/entries.ts";
import type { HostEventKind } from "@lstar/kernel/kernel.ts";
import type { Codec } from "../file/codec.ts";
import { ContainerError } from "../file/format.ts";
import { bytesSource, ContainerReader } from "../file/reader.ts";
import { webCodec, webInflate } from "../file/webCodec.ts";
import { ByteReader, LogError } from "./bytes.ts";
import { ARRIVALS, HEAD, LOG, PLACE, PLACES } from "./entries.ts";
import type { RunSummary } from "./summary.ts";

/** Something that comes at a place of the run, or is checked there. */
export interface PlaceEvent {
  readonly position: number;
  readonly turn: number;
  /** Entries of the log before it. */
  readonly entries: number;
  readonly arrival: HostEventKind | null;
  /** The processor's hash; -1 for arrivals. */
  readonly hash: number;
}

/** Unpacked chunks of the log that are kept. */
const KEPT = 8;

/** A recording that has been looked through: its head, all places, and the log's chunks as they are asked for. */
export class Recording {
  /** The JSON of its head. */
  readonly head: Record<string, unknown>;
  readonly places: readonly PlaceEvent[];
  /** null: the recorder was killed, or the file has been cut off. */
  readonly summary: RunSummary | null;
  readonly codec: Codec;
  readonly file: ContainerReader;
  /** Numbers of the file's chunks that are the log. */
  readonly #log: readonly number[];
  readonly #kept = new Map<number, Uint8Array>();

  /** Looks the whole file through. @throws ContainerError */
  static open(source: ByteSource, codec: Codec): Recording {
    return new Recording(new ContainerReader(source, codec, { kind: "recording", allowCut: true }), codec);
  }

  /** The same in a browser, all of it in memory. */
  static async openInBrowser(bytes: Uint8Array): Promise<Recording> {
    const file = new ContainerReader(bytesSource(bytes), webCodec, { kind: "recording", allowCut: true });
    await file.unpackAll(webInflate);
    return new Recording(file, webCodec);
  }

  private constructor(file: ContainerReader, codec: Codec) {
    this.codec = codec;
    this.file = file;
    const { chunks } = file;
    if (chunks[0]?.type !== HEAD)
      throw new ContainerError(this.file.end ? "is damaged: it does not begin with its head" : "is cut off within its head");
    this.head = parse(this.file.read(0)) as Record<string, unknown>;
    this.summary = this.file.end && (parse(this.file.end) as RunSummary);
    this.#log = chunks.flatMap((c, i) => (c.type === LOG ? [i] : []));
    this.places = readPlaces(chunks.flatMap((c, i) => (c.type === PLACES ? [this.file.read(i)] : [])));
  }

  /** Chunks that the log has. */
  get logChunks(): number {
    return this.#log.length;
  }

  /** Chunk number `n` of the log, unpacked. */
  logChunk(n: number): Uint8Array {
    const known = this.#kept.get(n);
    if (known) {
      this.#kept.delete(n);
      this.#kept.set(n, known);
      return known;
    }
    const bytes = this.file.read(this.#log[n] as number);
    this.#kept.set(n, bytes);
    if (this.#kept.size > KEPT) this.#kept.delete(this.#kept.keys().next().value as number);
    return bytes;
  }

  /** How far the recording tells: its end, or the last place of a cut one. */
  get last(): { position: number; turn: number } {
    return this.summary ?? this.places[this.places.length - 1] ?? { position: 0, turn: 0 };
  }
}

function parse(bytes: Uint8Array): unknown {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Told below.
  }
  throw new ContainerError("is damaged: it holds no JSON where it should");
}

function readPlaces(chunks: readonly Uint8Array[]): PlaceEvent[] {
  const out: PlaceEvent[] = [];
  let position = 0;
  try {
    for (const chunk of chunks) {
      const r = new ByteReader(chunk);
      while (!r.done) {
        const kind = r.byte();
        position += r.uint();
        const turn = r.uint();
        const entries = r.uint();
        const arrival = kind === PLACE.arrival ? ARRIVALS[r.byte()] : null;
        if (arrival === undefined || (kind !== PLACE.arrival && kind !== PLACE.check)) throw new LogError("is of a kind that is not known");
        out.push({ position, turn, entries, arrival, hash: kind === PLACE.check ? r.uint() : -1 });
      }
    }
  } catch (e) {
    if (e instanceof LogError) throw new ContainerError(`is damaged: its list of places ${e.message}`);
    throw e;
  }
  return out;
}
