import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { compile, lstar, root } from "../native.ts";
import { machineFor } from "../snapshot/machines.ts";
import { debug } from "./drive.ts";

let program = "";
beforeAll(async () => {
  program = await compile(join(root, "tests/gdb/lost-wakeup.c"), ["-g", "-O0", "-pthread", "-static"]);
}, 60_000);

/** Seeds to try: those of the first 200 whose schedule hangs a machine like the command's, then the rest. */
function candidates(): number[] {
  const seeds = Array.from({ length: 200 }, (_, i) => i + 1);
  const hangs = new Set<number>();
  for (const seed of seeds) {
    if (hangs.size === 2) break;
    const { k } = machineFor([program], { seed, chaos: true });
    let state = "";
    while (state !== "exited" && !(state === "idle" && k.nextDeadline() === Number.POSITIVE_INFINITY)) state = k.runSlice(1_000_000);
    if (state === "idle") hangs.add(seed);
  }
  return [...hangs, ...seeds.filter((s) => !hangs.has(s))];
}

it("gdb goes back from a hang to the wake-up that nobody heard", { timeout: 120_000 }, async () => {
  const run = ["run", "--chaos", "--seed"];
  let seed = 0;
  // A few bytes more on the stack make another schedule: what the command itself does counts.
  for (const s of candidates()) {
    if ((await lstar([...run, String(s), program])).status === 0) continue;
    seed = s;
    break;
  }
  expect(seed).toBeGreaterThan(0);
  const { gdb, stdout } = await debug(
    program,
    [...run, String(seed), program],
    ["c", "monitor waits", "watch items", "reverse-continue", "thread apply all bt", "c", "break pthread_cond_wait", "c", "kill"],
  );
  expect(gdb).toContain("Every task is asleep");
  expect(gdb).toMatch(/futex\(0x/);
  expect(gdb).toContain("Old value = 1\nNew value = 0");
  // At the moment of the store the consumer has looked at `items`, and does not wait yet …
  const at = (n: number): string => new RegExp(`^Thread \\d+ \\(Thread ${n} [\\s\\S]*?(?=\\n\\n|$(?![\\s\\S]))`, "m").exec(gdb)?.[0] ?? "";
  const [producer, consumer] = [at(3), at(4)];
  expect(producer).toMatch(/produce \(/);
  expect(consumer).toMatch(/consume \(/);
  expect(consumer).not.toContain("pthread_cond_wait");
  // … and comes to it later.
  expect(gdb).toMatch(/hit Breakpoint \d+, .*pthread_cond_wait/);
  expect(stdout).toBe("");
});
