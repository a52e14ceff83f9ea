import { expect, test } from "vitest";
import { Rng } from "./rng.ts";

test("the same seed gives the same bytes, another seed others", () => {
  const bytes = (seed: number): string => {
    const out = new Uint8Array(64);
    new Rng(seed).fill(out);
    return out.join();
  };
  expect(bytes(1)).toBe(bytes(1));
  expect(bytes(1)).not.toBe(bytes(2));
  expect(bytes(0)).not.toBe(new Uint8Array(64).join());
});

test("below stays below", () => {
  const rng = new Rng(7);
  for (let i = 0; i < 1000; i++) {
    expect(rng.below(10)).toBeLessThan(10);
    const big = rng.below(2 ** 40);
    expect(big).toBeLessThan(2 ** 40);
    expect(Number.isInteger(big)).toBe(true);
  }
});
