import { expect, test } from "vitest";
import { OutputStore } from "./outputStore.ts";

const bytes = (s: string): Uint8Array => new TextEncoder().encode(s);

test("output is found by position, over batches", () => {
  const store = new OutputStore();
  expect(store.lengthAt(100)).toBe(0);
  store.add(Float64Array.of(10, 20), Uint32Array.of(2, 5), bytes("abcde"));
  store.add(Float64Array.of(20, 30), Uint32Array.of(1, 4), bytes("fghi"));
  expect([9, 10, 19, 20, 29, 30].map((p) => store.lengthAt(p))).toEqual([0, 2, 2, 6, 6, 9]);
  expect(new TextDecoder().decode(store.slice(2, 6))).toBe("cdef");
  expect(store.slice(8, 100).length).toBe(1);
});
