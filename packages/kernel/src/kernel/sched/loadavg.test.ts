import { expect, test } from "vitest";
import { loadavgUpdate, newLoadavg } from "./loadavg.ts";

test("one busy task brings the load to 1 in the end, idling to 0", () => {
  const l = newLoadavg();
  for (let s = 5; s <= 600; s += 5) loadavgUpdate(l, s * 1e9, 1);
  expect(l.one).toBe(2048);
  expect(l.fifteen).toBeLessThan(2048);
  expect(l.fifteen).toBeGreaterThan(700);
  loadavgUpdate(l, 20_000e9, 0);
  expect(l.one).toBe(0);
  expect(l.fifteen).toBe(0);
});
