import { MemoryHost } from "@lstar/host";
import { LineSteps, Timeline } from "@lstar/replay";
import { expect, it } from "vitest";
import { compileC } from "../../packages/lab/src/machine/testPrograms.ts";
import { startMachine } from "../../packages/lstar/src/boot.ts";

function start(program: Uint8Array): Timeline {
  const host = new MemoryHost(
    new Uint8Array(0),
    () => {},
    () => {},
  );
  const k = startMachine(host, {
    argv: ["/p"],
    env: [],
    root: null,
    mounts: [],
    cwd: "/",
    user: { uid: 0, gid: 0 },
    memory: 64 * 2 ** 20,
    seed: 1,
    clock: "virtual",
    hostname: "t",
    files: [{ path: "/p", bytes: program, mode: 0o755 }],
    bringIn: null,
  });
  return new Timeline(k);
}

const source = `#include <string.h>
#include <unistd.h>
static char buffer[1 << 16];
static int twice(int x) {
  int y = x * 2;
  return y;
}
int main(void) {
  int sum = 0;
  for (int i = 0; i < 3; i++) {
    sum += twice(i) + 1;
    sum ^= 1;
  }
  for (volatile int n = 0; n < ROUNDS; n++) sum += n;
  for (int i = 0; i < PASSES; i++) memset(buffer, i, sizeof buffer); write(1, buffer, 0);
  return sum & 1;
}
`;
const build = (rounds: number, passes: number): Uint8Array =>
  compileC(source.replace("ROUNDS", String(rounds)).replace("PASSES", String(passes)));

function all(t: Timeline, lines: LineSteps): { position: number; line: number }[] {
  const out: { position: number; line: number }[] = [];
  for (let step = lines.forward(); step.line > 0; step = lines.forward()) out.push({ position: step.place.position, line: step.line });
  expect(t.k.exited).toBe(true);
  return out;
}

it("steps by line go through the program as it runs, and back the same way", { timeout: 60_000 }, () => {
  const program = build(20_000, 40);
  const t = start(program);
  const lines = new LineSteps(t, program);
  const steps = all(t, lines);
  const inMain = [8, 9, 10, ...[0, 1, 2].flatMap(() => [11, 4, 5, 6, 7, 11, 12, 10]), 14, 15, 16, 17];
  expect(steps.map((s) => s.line)).toEqual(inMain);

  // What one finds who looks at every instruction.
  const other = start(program);
  const seen: { position: number; line: number }[] = [];
  const looking = new LineSteps(other, program);
  for (let last = 0; other.place.position < 3000; ) {
    other.slice(1);
    other.settle();
    const line = looking.lineAt(other.k.machine.cpu.rip);
    if (line > 0 && line !== last) seen.push({ position: other.place.position, line });
    if (line > 0) last = line;
  }
  expect(steps.slice(0, seen.length)).toEqual(seen);

  for (const expected of [...steps].reverse()) {
    const step = lines.back();
    expect({ position: step.place.position, line: step.line }).toEqual(expected);
  }
  expect(lines.back().ended).toBe("beginning");
});

it("a line of a hundred million instructions is stepped over, forward and backward, and then quickly again", { timeout: 120_000 }, () => {
  const program = build(15_000_000, 1);
  const t = start(program);
  const lines = new LineSteps(t, program);
  lines.limit = 60_000;
  let step = lines.forward();
  while (step.line !== 14) step = lines.forward();
  const from = step.place.position;
  step = lines.forward();
  expect(step.line).toBe(15);
  expect(step.place.position - from).toBeGreaterThan(80_000_000);
  const back = lines.back();
  expect([back.line, back.place.position]).toEqual([14, from]);
  expect(lines.forward().place).toEqual(step.place);
});
