/**
 * The container of recordings and snapshots: a header, chunks, an END chunk. docs/record.md describes it.
 * All numbers are little-endian.
 *
 *     header   magic[8]  version u16  kind u16  crc32 u32 of the 12 bytes before
 *     chunk    type[4]  method u8  zero[3]  sequence u32  packed u32  plain u32  crc32 u32 of the packed bytes
 *              crc32 u32 of the 24 bytes before  ·  packed bytes
 */

/** A byte above 127, a line end of either kind and ^Z: whoever treats the file as text damages the magic. */
export const MAGIC = Uint8Array.of(0x89, 0x4c, 0x53, 0x54, 0x0d, 0x0a, 0x1a, 0x0a);
export const VERSION = 1;
export const HEADER_SIZE = 16;
export const CHUNK_HEADER_SIZE = 28;
/** Longest chunk, unpacked or packed. */
export const MAX_CHUNK = 64 * 2 ** 20;
export const END = "END ";

export const STORED = 0;
export const DEFLATED = 1;

/** What a container holds. The numbers are in files. */
export const KINDS = { recording: 1, snapshot: 2 } as const;
export type ContainerKind = keyof typeof KINDS;

export function kindName(n: number): ContainerKind | null {
  for (const [name, value] of Object.entries(KINDS)) if (value === n) return name as ContainerKind;
  return null;
}

/** A file that is no container, or a damaged one. The message says what is wrong, without the file's name. */
export class ContainerError extends Error {}
