import { float64Column, uint8Column, uint32Column } from "./columns.ts";

/** Terminal output of a run: its bytes, and for each piece where it ends and at which position it was written. */
export class OutputStore {
  readonly #data = uint8Column();
  readonly #ends = uint32Column();
  readonly #positions = float64Column();

  /** Bytes held. */
  get length(): number {
    return this.#data.length;
  }

  /** ends: as offsets in `data`. */
  add(positions: Float64Array, ends: Uint32Array, data: Uint8Array): void {
    const from = this.#data.length;
    this.#data.append(data, data.length);
    this.#positions.append(positions, positions.length);
    for (const end of ends) this.#ends.push(from + end);
  }

  /** How many bytes had been written when the run was at a position. */
  lengthAt(position: number): number {
    const pieces = this.#positions.lowerBound(position + 0.5);
    return pieces === 0 ? 0 : this.#ends.at(pieces - 1);
  }

  /** Bytes from `from` up to `to`; valid until the next add. */
  slice(from: number, to: number): Uint8Array {
    return this.#data.data.subarray(from, Math.min(to, this.#data.length));
  }
}
