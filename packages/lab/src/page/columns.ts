/** Arrays of numbers that grow at the end. */
export class Column<T extends Uint8Array | Int32Array | Uint32Array | Float64Array> {
  data: T;
  length = 0;

  constructor(empty: T) {
    this.data = empty;
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
    const bigger = new (this.data.constructor as new (n: number) => T)(Math.max(least, this.data.length * 2, 64));
    bigger.set(this.data);
    this.data = bigger;
  }
}

export const int32Column = (): Column<Int32Array> => new Column(new Int32Array(0));
export const float64Column = (): Column<Float64Array> => new Column(new Float64Array(0));
export const uint8Column = (): Column<Uint8Array> => new Column(new Uint8Array(0));
export const uint32Column = (): Column<Uint32Array> => new Column(new Uint32Array(0));
