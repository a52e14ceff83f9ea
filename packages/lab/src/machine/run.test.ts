import { describe, expect, test } from "vitest";
import { EventKind, type LoadSettings } from "../protocol.ts";
import { LabRun } from "./run.ts";
import { labProgram } from "./testPrograms.ts";

function registers(run: LabRun): string {
  const { cpu } = run.k.machine;
  return [...cpu.bytes].join(",");
}

/** Runs to the end or until input is awaited; gives the output. */
function toEnd(run: LabRun): string {
  let out = "";
  run.onOutput = (_at, bytes) => {
    out += new TextDecoder().decode(bytes);
  };
  for (let i = 0; i < 1000 && !run.ended && !run.waiting; i++) run.advance(100_000, Number.POSITIVE_INFINITY);
  return out;
}

function ended(settings: LoadSettings): { run: LabRun; out: string } {
  const run = new LabRun(settings);
  const out = toEnd(run);
  return { run, out };
}

describe("a run", () => {
  test("computes to its end, with events and output", () => {
    const { run, out } = ended(labProgram("hello"));
    expect(out).toBe("Hello, kernel!\r\n");
    expect(run.ended).toBe(true);
    const kinds = Array.from({ length: run.log.count }, (_, i) => run.log.kindOf(i));
    expect(kinds).toContain(EventKind.SYS_ENTER);
    expect(kinds).toContain(EventKind.OUTPUT);
    expect(kinds).toContain(EventKind.EXIT);
  });

  test("positions are exact: forth in steps, back in any order", () => {
    const { run } = ended(labProgram("pipe"));
    const other = new LabRun(labProgram("pipe"));
    const places: [number, string][] = [];
    for (let p = 0; p < run.frontier; p += Math.ceil(run.frontier / 40)) {
      other.advance(p - other.position, p);
      other.seek(p);
      places.push([p, registers(other)]);
    }
    const shuffled = places.map((p, i) => ({ p, key: (i * 7919) % 41 })).sort((a, b) => a.key - b.key);
    for (const { p } of shuffled) {
      run.seek(p[0]);
      expect(run.position).toBe(p[0]);
      expect(registers(run)).toBe(p[1]);
    }
    const events = run.log.count;
    run.toFrontier();
    expect(run.position).toBe(run.frontier);
    expect(run.log.count).toBe(events);
  });

  test("every event can be met again in the midst of the kernel's work", () => {
    const { run } = ended(labProgram("epoll_lt"));
    for (let i = run.log.count - 1; i >= 0; i -= 3) {
      const e = run.log.at(i);
      const seen = run.atEvent(i, () => ({ position: run.position, time: run.k.time.nowNs }));
      expect(seen).toEqual({ position: e?.position, time: e?.time });
    }
  });

  test("what was typed comes again at its place", () => {
    const run = new LabRun(labProgram("read_write"));
    let out = toEnd(run);
    expect(run.waiting).toBe(true);
    run.type("good day\r");
    out += toEnd(run);
    expect(out).toContain("read() returned 9");
    expect(run.ended).toBe(true);
    const end = run.frontier;
    const before = registers(run);
    run.seek(10);
    run.seek(end - 1);
    expect(run.position).toBe(end - 1);
    run.seek(0);
    run.toFrontier();
    expect(registers(run)).toBe(before);
    const typed = Array.from({ length: run.log.count }, (_, i) => i).find((i) => run.log.kindOf(i) === EventKind.INPUT) as number;
    expect(run.atEvent(typed + 3, () => run.recorder.next)).toBe(typed + 4);
  });

  test("a signal from outside reaches an endless loop, and does so again", () => {
    const run = new LabRun(labProgram("endless"));
    run.advance(500_000, Number.POSITIVE_INFINITY);
    expect(run.kill(run.k.program.pid, 15)).toBe(true);
    const at = run.position;
    toEnd(run);
    expect(run.k.exitStatus).toBe(15);
    run.seek(at - 1);
    expect(run.k.exited).toBe(false);
    run.toFrontier();
    expect(run.k.exited).toBe(true);
  });
});
