import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { StartOptions } from "../../packages/lstar/src/boot.ts";
import { bringIn } from "../../packages/lstar/src/bringIn.ts";
import { type Outcome, SeedRunner } from "../../packages/lstar/src/explore/oneRun.ts";
import { compile, lstar, need, root, run } from "../native.ts";
import { memoryHash } from "../snapshot/machines.ts";
import { startOptions } from "../startOptions.ts";

const source = join(root, "tests/explore/races.c");
let file = "";
let sanitized = "";
beforeAll(async () => {
  file = await compile(source, ["-g", "-O1", "-static", "-pthread"]);
  sanitized = await compile(source, ["-g", "-O1", "-fsanitize=thread"]);
}, 60_000);

const options = (argv: string[], more: Partial<StartOptions> = {}): StartOptions =>
  startOptions(argv, { jit: false, chaos: true, bringIn, ...more });

/** What is found under some seeds. */
function found(o: StartOptions): { races: Outcome["races"]; hidden: number } {
  const runner = new SeedRunner(o, true);
  const outcomes = [1, 2, 3, 4, 5].map((seed) => runner.run(seed, 1e9));
  for (const outcome of outcomes) expect([outcome.kind, outcome.status]).toEqual(["exited", 0]);
  return { races: outcomes.flatMap((x) => x.races), hidden: Math.max(...outcomes.map((x) => x.hiddenRaces)) };
}

const racy: [how: string, title: RegExp][] = [
  ["racy-counter", /^data race on shared \(4 bytes at 0x\w+\)$/],
  ["racy-read", /^data race on shared /],
  ["racy-heap", /^data race on the heap \(1 byte /],
  ["racy-bytes", /^data race on the heap /],
  ["racy-stack", /^data race on 4 bytes at 0x7f/],
];
const ordered = "mutex rwlock spin cond barrier once semaphore atomic exchange pipe socket neighbours join heap".split(" ");

describe("data races", () => {
  it.each(racy)("%s is one", (how, title) => {
    const { races } = found(options([file, how]));
    expect(races.length).toBeGreaterThan(0);
    for (const { lines } of races) {
      expect(lines[0]).toMatch(title);
      expect(lines.slice(1).join("\n")).toMatch(
        /^thread [23] .* at (main|other) \(races\.c:\d+\)\nthread [23] .* at (main|other) \(races\.c:\d+\), and nothing/,
      );
      expect(lines.slice(1).join("\n")).toMatch(/writes it/);
    }
  });

  it.each(ordered)("%s is none", (how) => {
    expect(found(options([file, how])).races).toEqual([]);
  });

  it("in a dynamic program too: races within the C library are only counted", { timeout: 60_000 }, async () => {
    const dynamic = await compile(source, ["-g", "-O1", "-pthread"]);
    const more = { root: "/", bringIn: null };
    expect(found(options([dynamic, "mutex"], more)).races).toEqual([]);
    const { races } = found(options([dynamic, "racy-counter"], more));
    expect(races[0]?.lines[0]).toMatch(/^data race on shared /);
  });

  it("gcc's ThreadSanitizer, natively, agrees", { timeout: 120_000 }, async () => {
    const warns = async (how: string): Promise<boolean> => {
      const r = await run(need("setarch"), ["-R", sanitized, how], { env: { PATH: "/usr/bin:/bin" } });
      expect(r.stdout).toBe(`${how}\n`);
      return r.stderr.includes("WARNING: ThreadSanitizer: data race");
    };
    for (const how of ordered) expect([how, await warns(how)]).toEqual([how, false]);
    // The host's threads may miss each other. Of memset into the heap it says nothing when that is inlined.
    for (const [how] of racy.filter(([h]) => h !== "racy-bytes")) {
      let warned = false;
      for (let i = 0; i < 4 && !warned; i++) warned = await warns(how);
      expect([how, warned]).toEqual([how, true]);
    }
  });

  it("to look for them changes nothing in the run", () => {
    const [plain, looking] = [new SeedRunner(options([file, "mutex"])), new SeedRunner(options([file, "mutex"]), true)];
    for (const seed of [3, 1, 2]) {
      const one = plain.run(seed, 1e9);
      const two = looking.run(seed, 1e9);
      expect({ ...two, races: [], hiddenRaces: 0 }).toEqual(one);
      expect([looking.kernel.machine.totalRetired, memoryHash(looking.kernel)]).toEqual([
        plain.kernel.machine.totalRetired,
        memoryHash(plain.kernel),
      ]);
    }
  });

  it("explore reports them, with the seed and in how many runs", { timeout: 60_000 }, async () => {
    const text = await lstar(["explore", "--races", "--seeds", "8", "--jobs", "2", file, "racy-read"]);
    expect([text.status, text.stderr]).toEqual([1, ""]);
    expect(text.stdout).toMatch(/^8 runs, 1 outcome\n[\s\S]*data race on shared[\s\S]* {2}in \d of 8 runs, first with seed \d\n/);
    const json = JSON.parse((await lstar(["explore", "--races", "--json", "--seeds", "4", file, "cond"])).stdout);
    expect([json.groups.length, json.races]).toEqual([1, []]);
  });
});
