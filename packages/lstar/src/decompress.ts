import { ArchiveError, type ByteSource } from "@lstar/host/tar/entries.ts";
import { Decompress } from "fzstd";

/** What compressed archives may unpack to, in bytes: they are kept in memory. */
export const UNPACKED_LIMIT = 2 ** 32;
const CHUNK = 1024 * 1024;

/** Bytes in memory, in pieces. */
export class MemorySource implements ByteSource {
  readonly size: number;
  readonly #pieces: readonly Uint8Array[];
  readonly #starts: number[] = [];
  constructor(pieces: readonly Uint8Array[]) {
    let n = 0;
    for (const p of pieces) {
      this.#starts.push(n);
      n += p.length;
    }
    this.#pieces = pieces;
    this.size = n;
  }
  read(out: Uint8Array, position: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle] as number) <= position) low = middle;
      else high = middle;
    }
    let done = 0;
    for (let i = low; i < this.#pieces.length && done < out.length; i++) {
      const from = position + done - (this.#starts[i] as number);
      const part = this.#pieces[i]!.subarray(from, from + out.length - done);
      out.set(part, done);
      done += part.length;
    }
    return done;
  }
}

/** A part of a source. */
export function slice(source: ByteSource, start: number, size: number): ByteSource {
  return {
    size,
    read: (out, position) => (position >= size ? 0 : source.read(out.subarray(0, Math.min(out.length, size - position)), start + position)),
  };
}

function* chunks(source: ByteSource): Generator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < source.size; ) {
    const chunk = new Uint8Array(Math.min(CHUNK, source.size - at));
    const n = source.read(chunk, at);
    if (n <= 0) throw new ArchiveError("the archive cannot be read to its end");
    at += n;
    yield chunk.subarray(0, n);
  }
}

/** Told of how many bytes have been unpacked, out of a packed file of how many. */
export type Progress = (done: number, packed: number) => void;

/** Collects what is unpacked and refuses more than the limit. */
class Collector {
  readonly pieces: Uint8Array[] = [];
  size = 0;
  readonly limit: number;
  readonly #packed: number;
  readonly #progress: Progress | undefined;
  constructor(limit: number, packed: number, progress: Progress | undefined) {
    this.limit = limit;
    this.#packed = packed;
    this.#progress = progress;
  }
  add(piece: Uint8Array): void {
    this.size += piece.length;
    if (this.size > this.limit) throw new ArchiveError(`the archive unpacks to more than ${this.limit} bytes`);
    this.#progress?.(this.size, this.#packed);
    if (piece.length > 0) this.pieces.push(piece.slice());
  }
}

/** The contents of a gzip or zstd file in memory; anything else stays as it is. @throws ArchiveError */
export async function decompress(source: ByteSource, limit = UNPACKED_LIMIT, progress?: Progress): Promise<ByteSource> {
  const magic = new Uint8Array(4);
  source.read(magic, 0);
  const all = new Collector(limit, source.size, progress);
  try {
    if (magic[0] === 0x1f && magic[1] === 0x8b) await gunzip(source, all);
    else if (magic[0] === 0x28 && magic[1] === 0xb5 && magic[2] === 0x2f && magic[3] === 0xfd) {
      const stream = new Decompress((piece) => all.add(piece));
      let left = source.size;
      for (const chunk of chunks(source)) {
        left -= chunk.length;
        stream.push(chunk, left <= 0);
      }
    } else return source;
  } catch (e) {
    if (e instanceof ArchiveError) throw e;
    throw new ArchiveError(`the archive's compressed data are damaged (${e instanceof Error ? e.message : String(e)})`);
  }
  return new MemorySource(all.pieces);
}

async function gunzip(source: ByteSource, all: Collector): Promise<void> {
  const parts = chunks(source);
  const input = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      const next = parts.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
  });
  const reader = input.pipeThrough(new DecompressionStream("gzip")).getReader();
  try {
    for (let r = await reader.read(); !r.done; r = await reader.read()) all.add(r.value);
  } catch (e) {
    await reader.cancel().catch(() => {});
    throw e;
  }
}
