import { expect, test } from "vitest";
import { EventKind } from "../../protocol.ts";
import { Moments } from "../moments.ts";
import { LabRun } from "../run.ts";
import { labProgram } from "../testPrograms.ts";
import type { VdsoDetails } from "./vdso.ts";

test("in the midst of an update the data page's sequence is odd, and a reader caught between its looks reads again", () => {
  const settings = labProgram("vdso_retry");
  const run = new LabRun(settings);
  while (!run.ended) run.advance(1_000_000, Number.POSITIVE_INFINITY);
  const moments = new Moments(run, settings.program);
  const at = (event: number): VdsoDetails => moments.state({ position: 0, event }).vdso as VdsoDetails;
  const begins: number[] = [];
  for (let i = 0; i < run.log.count; i++) if (run.log.kindOf(i) === EventKind.VSYSCALL && run.log.at(i)?.text === "begin") begins.push(i);
  expect(begins.length).toBeGreaterThan(5);
  const [begin = 0] = begins.slice(1);
  const [odd, written, even] = [at(begin), at(begin + 1), at(begin + 2)];
  expect(odd.sequence % 2).toBe(1);
  expect(written.sequence).toBe(odd.sequence);
  expect(even.sequence).toBe(odd.sequence + 1);
  // The fields are the old ones first.
  expect(Number(odd.cycleLast)).toBeLessThan(Number(written.cycleLast));
  expect(even.cycleLast).toBe(written.cycleLast);
  // A program's own instructions never meet an odd sequence.
  for (const position of [10_000, 3_000_000, 9_000_001])
    expect((moments.state({ position, event: -1 }).vdso as VdsoDetails).sequence % 2).toBe(0);

  const caught = begins.find((b) => at(b).readers[0]?.place === "between");
  expect(caught).toBeDefined();
  const { position } = run.log.at(caught as number) as { position: number };
  const places: string[] = [];
  for (let p = position; p < position + 20 && places.at(-1) !== "first"; p++)
    places.push((moments.state({ position: p, event: -1 }).vdso as VdsoDetails).readers[0]?.place ?? "gone");
  // Back at the beginning without having left.
  expect(places.at(-1)).toBe("first");
  expect(places).not.toContain("gone");
  expect(places.slice(0, -1).filter((x) => x === "outside").length).toBeLessThanOrEqual(1);
});
