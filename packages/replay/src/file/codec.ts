/** How chunks are packed and checked. Every codec gives what every other one understands. */
export interface Codec {
  /** Raw deflate (RFC 1951). */
  deflate(plain: Uint8Array): Uint8Array;
  /** The reverse. @throws if the data are not deflate's, or not exactly `length` bytes long when unpacked */
  inflate(packed: Uint8Array, length: number): Uint8Array;
  /** CRC-32 of bytes, after those that gave `before`. */
  crc32(bytes: Uint8Array, before?: number): number;
}
