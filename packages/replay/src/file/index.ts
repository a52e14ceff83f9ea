export type { Codec } from "./codec.ts";
export { crc32 } from "./crc32.ts";
export { ContainerError, type ContainerKind, MAX_CHUNK } from "./format.ts";
export { bytesSource, type Chunk, ContainerReader, type ReadOptions } from "./reader.ts";
export { webCodec, webInflate } from "./webCodec.ts";
export { ContainerWriter, type Sink } from "./writer.ts";
