import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MemoryHost } from "@lstar/host";
import { expect, it } from "vitest";
import { startMachine } from "../../packages/lstar/src/boot.ts";
import { compile, root } from "../native.ts";

/** Runs a static program under a seed's schedule. */
function runSeed(program: Uint8Array, seed: number, chaos: boolean): { status: number; output: string } {
  let output = "";
  const take = (b: Uint8Array): void => {
    output += Buffer.from(b).toString("latin1");
  };
  const k = startMachine(new MemoryHost(new Uint8Array(0), take, take), {
    argv: ["/program"],
    env: [],
    root: null,
    mounts: [],
    cwd: "/",
    user: { uid: 0, gid: 0 },
    memory: 64 * 1024 * 1024,
    seed,
    chaos,
    jit: false,
    clock: "virtual",
    hostname: "test",
    files: [{ path: "/program", bytes: program, mode: 0o755 }],
    bringIn: null,
  });
  for (let idle = 0; idle < 1000; ) {
    const how = k.runSlice(50_000_000);
    if (how === "exited") return { status: k.exitStatus, output };
    if (how === "idle" && k.nextDeadline() === Number.POSITIVE_INFINITY) return { status: -1, output: `${output}deadlock` };
    if (how === "idle") idle++;
  }
  return { status: -2, output: `${output}no end` };
}

const seeds = Number(process.env["SCHEDULE_SEEDS"] ?? 1000);
const source = (name: string): string => join(root, "tests/schedule", name);

for (const [library, compiler, first] of [
  ["glibc", "gcc", 1],
  ["musl", "musl-gcc", 1 + seeds / 2],
] as const) {
  it(`${library}: 64 threads are right under ${seeds / 2} of ${seeds} seeds, half of them chaotic`, { timeout: 600_000 }, async () => {
    const program = readFileSync(await compile(source("threads.c"), ["-O1", "-static", "-pthread"], compiler));
    const wrong: string[] = [];
    const right = "counter 8064 received 2016 squares 85344 cancelled 8 cleaned yes destroyed 64\n";
    for (let seed = first; seed < first + seeds / 2; seed++) {
      const r = runSeed(program, seed, seed % 2 === 0);
      if (r.status !== 0 || r.output !== right) wrong.push(`seed ${seed}: status ${r.status} ${r.output}`);
    }
    expect(wrong).toEqual([]);
  });
}

it("a race shows different results under different seeds, and the same under the same", { timeout: 120_000 }, async () => {
  const program = readFileSync(await compile(source("racy.c")));
  for (const chaos of [false, true]) {
    const results = Array.from({ length: 12 }, (_, seed) => runSeed(program, seed, chaos).output);
    expect(new Set(results).size).toBeGreaterThan(3);
    expect(Array.from({ length: 12 }, (_, seed) => runSeed(program, seed, chaos).output)).toEqual(results);
  }
});
