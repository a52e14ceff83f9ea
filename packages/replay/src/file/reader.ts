import type { ByteSource } from "@lstar/host/tar/entries.ts";
import type { Codec } from "./codec.ts";
import {
  CHUNK_HEADER_SIZE,
  ContainerError,
  type ContainerKind,
  DEFLATED,
  END,
  HEADER_SIZE,
  KINDS,
  kindName,
  MAGIC,
  MAX_CHUNK,
  STORED,
  VERSION,
} from "./format.ts";

/** Fewer zeros than these at a file's end are taken for damage. */
const LEAST_ZEROS = 64;

export interface Chunk {
  readonly type: string;
  /** Length in the file, and unpacked. */
  readonly packed: number;
  readonly plain: number;
  /** Where its bytes begin. */
  readonly at: number;
  readonly method: number;
}

export interface ReadOptions {
  kind: ContainerKind;
  /** Takes a file whose end is missing, as one has it whose writer was killed, as far as its chunks are whole. */
  allowCut?: boolean;
}

/** Bytes in memory to be read as a file. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read(out, position) {
      const part = bytes.subarray(position, position + out.length);
      out.set(part);
      return part.length;
    },
  };
}

/** A container of which every byte has been checked; chunks are unpacked when they are asked for. */
export class ContainerReader {
  readonly #source: ByteSource;
  readonly #codec: Codec;
  /** All chunks but END. */
  readonly chunks: readonly Chunk[];
  readonly #end: Chunk | null;
  /** What has been unpacked beforehand, by place. */
  readonly #unpacked = new Map<number, Uint8Array>();
  /** Bytes at the end of a cut file that belong to no whole chunk. */
  readonly lost: number;
  /** Where the zeros at the file's end begin, once that was asked. */
  #zeros = -1;

  /** Looks the whole file through. @throws ContainerError */
  constructor(source: ByteSource, codec: Codec, options: ReadOptions) {
    this.#source = source;
    this.#codec = codec;
    this.#header(options.kind);
    const chunks: Chunk[] = [];
    let at = HEADER_SIZE;
    let ended = false;
    while (at < source.size) {
      const chunk = this.#chunk(at, chunks.length);
      if (chunk === null) break;
      if (ended) throw new ContainerError("is damaged: there is more after its end");
      chunks.push(chunk);
      ended = chunk.type === END;
      at = chunk.at + chunk.packed;
    }
    if (ended && at < source.size) throw new ContainerError("is damaged: there is more after its end");
    if (!ended && !options.allowCut) throw new ContainerError(`is cut off after ${source.size} bytes: its end is missing`);
    this.lost = source.size - at;
    this.#end = (ended && chunks.pop()) || null;
    this.chunks = chunks;
  }

  /** The contents of END; null if the file has been cut off. @throws ContainerError */
  get end(): Uint8Array | null {
    return this.#end && this.#unpack(this.#end);
  }

  #header(kind: ContainerKind): void {
    const { size } = this.#source;
    if (size === 0) throw new ContainerError("is empty");
    const header = this.#bytes(0, Math.min(HEADER_SIZE, size));
    const known = Math.min(MAGIC.length, size);
    for (let i = 0; i < known; i++) if (header[i] !== MAGIC[i]) throw new ContainerError(`is not an lstar ${kind}`);
    if (size < HEADER_SIZE) throw new ContainerError(`is cut off after ${size} bytes: its end is missing`);
    const view = new DataView(header.buffer, header.byteOffset);
    if (view.getUint32(12, true) !== this.#codec.crc32(header.subarray(0, 12)))
      throw new ContainerError("is damaged: the checksum of its header is wrong");
    const version = view.getUint16(8, true);
    if (version !== VERSION) throw new ContainerError(`has format version ${version}; this lstar reads version ${VERSION}`);
    const found = view.getUint16(10, true);
    if (found !== KINDS[kind]) throw new ContainerError(`is an lstar ${kindName(found) ?? `file of kind ${found}`}, not a ${kind}`);
  }

  /** The chunk at a place, its bytes checked; null if the file ends before it does. */
  #chunk(at: number, sequence: number): Chunk | null {
    const { size } = this.#source;
    if (at + CHUNK_HEADER_SIZE > size) return null;
    const header = this.#bytes(at, CHUNK_HEADER_SIZE);
    const view = new DataView(header.buffer, header.byteOffset);
    if (view.getUint32(24, true) !== this.#codec.crc32(header.subarray(0, 24))) {
      if (this.#neverWritten(at + CHUNK_HEADER_SIZE)) return null;
      throw new ContainerError(`is damaged: the checksum at byte ${at} is wrong`);
    }
    const type = String.fromCharCode(...header.subarray(0, 4));
    const method = header[4] as number;
    const [number, packed, plain] = [8, 12, 16].map((i) => view.getUint32(i, true)) as [number, number, number];
    if (number !== sequence) throw new ContainerError(`is damaged: chunk ${number} stands where chunk ${sequence} belongs`);
    const lengths = method === STORED ? packed === plain : method === DEFLATED && packed < plain;
    if (!lengths || plain > MAX_CHUNK || header[5] !== 0 || header[6] !== 0 || header[7] !== 0)
      throw new ContainerError(`is damaged: no chunk can be as the one at byte ${at} says`);
    const data = at + CHUNK_HEADER_SIZE;
    if (data + packed > size) return null;
    if (this.#codec.crc32(this.#bytes(data, packed)) !== view.getUint32(20, true)) {
      if (this.#neverWritten(data + packed)) return null;
      throw new ContainerError(`is damaged: the checksum of the ${packed} bytes from ${data} on is wrong`);
    }
    return { type, packed, plain, at: data, method };
  }

  /** After a loss of power a file may end in zeros that were to become data: do they begin before this place? */
  #neverWritten(before: number): boolean {
    const { size } = this.#source;
    if (this.#zeros < 0) {
      this.#zeros = size;
      for (let at = size; at > 0 && this.#zeros === at; ) {
        const piece = this.#bytes(Math.max(0, at - 65536), Math.min(65536, at));
        at -= piece.length;
        let n = piece.length;
        while (n > 0 && piece[n - 1] === 0) n--;
        this.#zeros = at + n;
      }
    }
    return size - this.#zeros >= LEAST_ZEROS && this.#zeros < before;
  }

  #bytes(at: number, length: number): Uint8Array {
    const out = new Uint8Array(length);
    if (this.#source.read(out, at) !== length) throw new ContainerError(`cannot be read at byte ${at}`);
    return out;
  }

  #unpack(chunk: Chunk): Uint8Array {
    const known = this.#unpacked.get(chunk.at);
    if (known) return known;
    const packed = this.#bytes(chunk.at, chunk.packed);
    if (chunk.method === STORED) return packed;
    try {
      return this.#codec.inflate(packed, chunk.plain);
    } catch {
      throw new ContainerError(`is damaged: the ${chunk.packed} bytes from ${chunk.at} on do not unpack`);
    }
  }

  /** Unpacks all chunks by a function that takes its time, where there is none that does it at once; they stay in memory. @throws ContainerError */
  async unpackAll(unpack: (packed: Uint8Array, length: number) => Promise<Uint8Array>): Promise<void> {
    for (const chunk of this.#end ? [...this.chunks, this.#end] : this.chunks) {
      if (chunk.method === STORED) continue;
      try {
        this.#unpacked.set(chunk.at, await unpack(this.#bytes(chunk.at, chunk.packed), chunk.plain));
      } catch {
        throw new ContainerError(`is damaged: the ${chunk.packed} bytes from ${chunk.at} on do not unpack`);
      }
    }
  }

  /** The contents of chunk number `index`. @throws ContainerError */
  read(index: number): Uint8Array {
    return this.#unpack(this.chunks[index] as Chunk);
  }
}
