/** Arrays of numbers that grow at the end. */
export class Column<T extends Uint8Array | Int32Array | Uint32Array | Float64Array> {
  data: T;
  length = 0;
  readonly #least: number;

  /** @param least elements of the smallest array; columns that are filled together differ in it, so as not to grow at once */
  constructor(empty: T, least: number) {
    this.data = empty;
    this.#least = least;
  }

  push(value: number): void {
    if (this.length === this.data.length) this.#grow(this.length + 1);
    this.data[this.length++] = value;
  }

  append(values: T, count: number): void {
    if (this.length + count > this.data.length) this.#grow(this.length + count);
    this.data.set(values.subarray(0, count), this.length);
    this.length += count;
  }

  at(i: number): number {
    return this.data[i]!;
  }

  /** Index of the first element that is not below `value`; the column must be in order. */
  lowerBound(value: number): number {
    let lo = 0;
    let hi = this.length;
    while (lo < hi) {
      const mid = (lo + hi) >>> 1;
      if (this.data[mid]! < value) lo = mid + 1;
      else hi = mid;
    }
    return lo;
  }

  #grow(least: number): void {
    let capacity = this.#least;
    while (capacity < least) capacity *= 2;
    const bigger = new (this.data.constructor as new (n: number) => T)(capacity);
    bigger.set(this.data);
    this.data = bigger;
  }
}

export const int32Column = (least = 64): Column<Int32Array> => new Column(new Int32Array(0), least);
export const float64Column = (least = 64): Column<Float64Array> => new Column(new Float64Array(0), least);
export const uint8Column = (least = 64): Column<Uint8Array> => new Column(new Uint8Array(0), least);
export const uint32Column = (least = 64): Column<Uint32Array> => new Column(new Uint32Array(0), least);
