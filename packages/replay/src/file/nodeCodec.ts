import * as zlib from "node:zlib";
import type { Codec } from "./codec.ts";

/** Packing by Node's own zlib. */
export const nodeCodec: Codec = {
  deflate: (plain) => zlib.deflateRawSync(plain, { level: 1 }),
  inflate(packed, length) {
    const plain = zlib.inflateRawSync(packed, { maxOutputLength: Math.max(1, length) });
    if (plain.length !== length) throw new Error("unpacks to another length than it says");
    return plain;
  },
  crc32: (bytes, before = 0) => zlib.crc32(bytes, before),
};
