import type { Codec } from "../file/codec.ts";

/** A number for a block of bytes: two blocks with the same one are taken to be the same (53 bits of two different hashes). */
export function blockKey(bytes: Uint8Array, crc: Codec["crc32"]): number {
  let a = 0x9e3779b1 ^ bytes.length;
  let i = 0;
  if (bytes.byteOffset % 4 === 0) {
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
    for (let w = 0; w < words.length; w++) {
      a = Math.imul(a ^ (words[w] as number), 0x85ebca6b);
      a = (a << 13) | (a >>> 19);
    }
    i = words.length * 4;
  }
  for (; i < bytes.length; i++) {
    // A word at a time, so that the number does not depend on where the bytes lie.
    const word =
      i + 4 <= bytes.length
        ? (bytes[i] as number) | ((bytes[i + 1] as number) << 8) | ((bytes[i + 2] as number) << 16) | ((bytes[i + 3] as number) << 24)
        : (bytes[i] as number);
    if (i + 4 <= bytes.length) i += 3;
    a = Math.imul(a ^ word, 0x85ebca6b);
    a = (a << 13) | (a >>> 19);
  }
  a ^= a >>> 16;
  return crc(bytes) * 2 ** 21 + ((a >>> 11) & 0x1fffff);
}
