/** How values and objects are written in a state image. */
export const VALUE = {
  undefined: 0,
  null: 1,
  false: 2,
  true: 3,
  /** Non-negative and negative integers of 32 bits. */
  integer: 4,
  negative: 5,
  double: 6,
  string: 7,
  object: 8,
  table: 9,
  bigint: 10,
} as const;

export const KIND = { plain: 0, instance: 1, array: 2, map: 3, set: 4, buffer: 5, view: 6, context: 7, bare: 8 } as const;

export type ViewClass = new (buffer: ArrayBuffer, offset: number, length: number) => ArrayBufferView;

/** Kinds of views of a buffer, by their place here. */
export const VIEWS: readonly ViewClass[] = [
  Uint8Array,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
  Uint8ClampedArray,
  BigInt64Array,
  BigUint64Array,
  DataView,
];
