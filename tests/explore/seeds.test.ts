import { join } from "node:path";
import { MemoryHost } from "@lstar/host";
import { NodeFiles } from "@lstar/host/node/files.ts";
import { syscallNames } from "@lstar/kernel";
import type { FaultRule } from "@lstar/kernel/kernel/faults/injection.ts";
import { combineInjections, parseInjection } from "@lstar/trace";
import { expect, it } from "vitest";
import { type StartOptions, startMachine } from "../../packages/lstar/src/boot.ts";
import { bringIn } from "../../packages/lstar/src/bringIn.ts";
import { SeedRunner } from "../../packages/lstar/src/explore/oneRun.ts";
import { compile, lstar, root } from "../native.ts";
import { memoryHash } from "../snapshot/machines.ts";
import { startOptions } from "../startOptions.ts";

const source = join(root, "tests/explore/seeded.c");

const env = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root"];
const options = (file: string, more: Partial<StartOptions> = {}): StartOptions =>
  startOptions([file], { env, jit: false, chaos: true, bringIn, ...more });

/** A machine of its own for a seed, run to its end. */
function alone(o: StartOptions, seed: number): { output: string; retired: number; memory: string } {
  let output = "";
  const take = (b: Uint8Array): void => {
    output += Buffer.from(b).toString("latin1");
  };
  const k = startMachine(new MemoryHost(new Uint8Array(0), take, take, o.root === null ? null : new NodeFiles()), { ...o, seed });
  while (k.runSlice(5_000_000) !== "exited");
  return { output, retired: k.machine.totalRetired, memory: memoryHash(k) };
}

const rule = parseInjection(
  "inject=getrandom,write,clock_gettime:error=EINTR:probability=0.3",
  syscallNames.map((n) => n ?? ""),
) as FaultRule;
const dynamic: Partial<StartOptions> = { root: "/", bringIn: null };
for (const [name, flags, more] of [
  ["static", ["-O1", "-static", "-pthread"], {}],
  ["static PIE, compiled", ["-O1", "-static-pie", "-pthread"], { jit: true }],
  ["dynamic", ["-O1", "-pthread"], dynamic],
  ["with faults", ["-O1", "-static", "-pthread"], { faults: combineInjections([rule]) }],
] as const)
  it(`a run from the common snapshot is that of a machine with the seed (${name})`, { timeout: 60_000 }, async () => {
    const o = options(await compile(source, flags), more as Partial<StartOptions>);
    const runner = new SeedRunner(o);
    const outputs = new Set<string>();
    for (const seed of [7, 2, 7, 1, 4_000_000_000, 3]) {
      const run = runner.run(seed, 1e9);
      const k = runner.kernel;
      expect({ output: run.output, retired: k.machine.totalRetired, memory: memoryHash(k) }).toEqual(alone(o, seed));
      outputs.add(run.output);
    }
    expect(outputs.size).toBeGreaterThan(name === "with faults" ? 2 : 4);
  });

it("a run of explore is that of lstar run with the same seed", { timeout: 60_000 }, async () => {
  const file = await compile(source, ["-O1", "-static", "-pthread"]);
  const groups = JSON.parse((await lstar(["explore", "--json", "--jobs", "2", "--seeds", "6", file])).stdout) as {
    seed: number;
    output: string;
    command: string[];
  }[];
  expect(groups.length).toBe(6);
  for (const g of groups.slice(0, 3)) {
    expect((await lstar(g.command.slice(1))).stdout).toBe(g.output);
  }
});
