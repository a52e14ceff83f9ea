import { expect, it } from "vitest";
import { unpackingProgress } from "./progress.ts";

it("says nothing for half a second, then ten times a second, and goes away", () => {
  let time = 0;
  const lines: string[] = [];
  const p = unpackingProgress({ write: (text) => lines.push(text) }, () => time);
  for (; time < 1000; time += 20) p.show(time * 2 ** 20, 2 ** 27);
  expect(lines[0]).toBe("\rlstar: unpacked 500 MiB of an archive of 128 MiB\x1b[K");
  expect(lines).toHaveLength(5);
  p.end();
  p.end();
  expect(lines.slice(5)).toEqual(["\r\x1b[K"]);
});

it("leaves no trace of what was quick", () => {
  const lines: string[] = [];
  const p = unpackingProgress({ write: (text) => lines.push(text) }, () => 0);
  p.show(1, 1);
  p.end();
  expect(lines).toEqual([]);
});
