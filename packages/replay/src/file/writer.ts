import type { Codec } from "./codec.ts";
import { CHUNK_HEADER_SIZE, type ContainerKind, DEFLATED, END, HEADER_SIZE, KINDS, MAGIC, MAX_CHUNK, STORED, VERSION } from "./format.ts";

/** Chunks shorter than this are stored as they are: there is little to be won. */
export const LEAST_PACKED = 1024;

/** Takes the file's bytes in order. */
export type Sink = (bytes: Uint8Array) => void;

/**
 * Writes a container chunk by chunk; nothing is kept. What was written is a usable beginning at any time,
 * and a whole file after `end`.
 */
export class ContainerWriter {
  readonly #sink: Sink;
  readonly #codec: Codec;
  #sequence = 0;
  /** Bytes written. */
  size = 0;

  constructor(sink: Sink, codec: Codec, kind: ContainerKind) {
    this.#sink = sink;
    this.#codec = codec;
    const header = new Uint8Array(HEADER_SIZE);
    const view = new DataView(header.buffer);
    header.set(MAGIC);
    view.setUint16(8, VERSION, true);
    view.setUint16(10, KINDS[kind], true);
    view.setUint32(12, codec.crc32(header.subarray(0, 12)), true);
    this.#put(header);
  }

  #put(bytes: Uint8Array): void {
    this.size += bytes.length;
    this.#sink(bytes);
  }

  /** @param type four ASCII characters; @param plain at most MAX_CHUNK bytes */
  add(type: string, plain: Uint8Array): void {
    const packed = plain.length < LEAST_PACKED ? plain : this.#codec.deflate(plain);
    this.addPacked(type, packed.length < plain.length ? packed : plain, plain.length);
  }

  /** A chunk that has been deflated already; if it is as long as `plainLength`, it is taken to be stored as it is. */
  addPacked(type: string, packed: Uint8Array, plainLength: number): void {
    if (type.length !== 4 || plainLength > MAX_CHUNK || packed.length > plainLength)
      throw new RangeError(`a chunk ${JSON.stringify(type)} of ${plainLength} bytes`);
    const header = new Uint8Array(CHUNK_HEADER_SIZE);
    const view = new DataView(header.buffer);
    for (let i = 0; i < 4; i++) header[i] = type.charCodeAt(i);
    header[4] = packed.length === plainLength ? STORED : DEFLATED;
    view.setUint32(8, this.#sequence++, true);
    view.setUint32(12, packed.length, true);
    view.setUint32(16, plainLength, true);
    view.setUint32(20, this.#codec.crc32(packed), true);
    view.setUint32(24, this.#codec.crc32(header.subarray(0, 24)), true);
    this.#put(header);
    if (packed.length > 0) this.#put(packed);
  }

  /** The last chunk; the file is whole with it. */
  end(plain: Uint8Array = new Uint8Array(0)): void {
    this.add(END, plain);
  }
}
