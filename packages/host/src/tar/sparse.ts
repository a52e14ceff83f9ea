import { ArchiveError, type ByteSource } from "./entries.ts";

/** Sparse files of GNU tar: only the parts that are no holes are stored, one after the other. */

/** Parts of a file that are stored: where each begins, and its length. */
export type SparseMap = { start: number; length: number }[];

const MAX_PARTS = 1_000_000;

/** Checks a map and refuses what overlaps, goes backwards or leads out of the file. */
export function checkMap(map: SparseMap, size: number, stored: number): void {
  let end = 0;
  let sum = 0;
  for (const { start, length } of map) {
    if (!Number.isSafeInteger(start) || !Number.isSafeInteger(length) || start < end || length < 0 || start + length > size)
      throw new ArchiveError("the archive has a sparse file whose map is damaged");
    end = start + length;
    sum += length;
  }
  if (sum > stored) throw new ArchiveError("the archive has a sparse file that claims more than is stored");
}

/** A sparse file's bytes: zeros between the parts that are stored from `position` on. */
export class SparseSource implements ByteSource {
  readonly size: number;
  readonly #from: ByteSource;
  readonly #map: SparseMap;
  readonly #stored: number[] = [];
  constructor(from: ByteSource, position: number, map: SparseMap, size: number) {
    this.#from = from;
    this.#map = map;
    this.size = size;
    for (const part of map) {
      this.#stored.push(position);
      position += part.length;
    }
  }
  read(out: Uint8Array, position: number): number {
    const n = Math.max(0, Math.min(out.length, this.size - position));
    out.fill(0, 0, n);
    let low = 0;
    let high = this.#map.length;
    // The first part that ends after the position.
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#map[middle]!.start + this.#map[middle]!.length <= position) low = middle + 1;
      else high = middle;
    }
    for (; low < this.#map.length && this.#map[low]!.start < position + n; low++) {
      const { start, length } = this.#map[low]!;
      const first = Math.max(start, position);
      const end = Math.min(start + length, position + n);
      if (end <= first) continue;
      const into = out.subarray(first - position, end - position);
      if (this.#from.read(into, this.#stored[low]! + first - start) !== into.length) return first - position;
    }
    return n;
  }
}

/** Numbers of a map, in pairs. */
export function mapOf(numbers: readonly number[]): SparseMap {
  if (numbers.length % 2 !== 0 || numbers.length > 2 * MAX_PARTS)
    throw new ArchiveError("the archive has a sparse file whose map is damaged");
  const map: SparseMap = [];
  for (let i = 0; i < numbers.length; i += 2) map.push({ start: numbers[i]!, length: numbers[i + 1]! });
  return map;
}

/** A decimal number of a map. */
export function decimal(s: string | undefined): number {
  if (s === undefined || !/^\d{1,16}$/.test(s)) throw new ArchiveError("the archive has a sparse file whose map is damaged");
  return Number(s);
}

/** The map of format 1.0: lines of decimal numbers before the data, padded to a block. Tells where the data begin. */
export function mapInData(source: ByteSource, position: number, stored: number): { map: SparseMap; at: number } {
  const numbers: number[] = [];
  let want = 1;
  let digits = "";
  const block = new Uint8Array(512);
  for (let at = 0; at < stored; at += 512) {
    if (source.read(block, position + at) !== 512) break;
    for (const byte of block) {
      if (byte !== 10) {
        digits += String.fromCharCode(byte);
        if (digits.length > 16) decimal(digits);
        continue;
      }
      numbers.push(decimal(digits));
      digits = "";
      if (numbers.length === 1) {
        want = 1 + 2 * numbers[0]!;
        if (numbers[0]! > MAX_PARTS) decimal(undefined);
      }
      if (numbers.length === want) return { map: mapOf(numbers.slice(1)), at: at + 512 };
    }
  }
  throw new ArchiveError("the archive has a sparse file whose map is cut off");
}
