import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { compile, lstar, root } from "../native.ts";
import { debug } from "./drive.ts";

let program = "";
beforeAll(async () => {
  program = await compile(join(root, "tests/explore/lost-wakeup.c"), ["-g", "-O0", "-pthread", "-static", "-DBETWEEN=400"]);
}, 60_000);

it("gdb goes back from a hang to the wake-up that nobody heard", { timeout: 120_000 }, async () => {
  const found = await lstar(["explore", "--json", "--seeds", "100", "--jobs", "2", program]);
  const hang = (JSON.parse(found.stdout) as { kind: string; command: string[] }[]).find((g) => g.kind === "deadlock");
  expect(hang).toBeDefined();
  const { gdb, stdout } = await debug(program, (hang as { command: string[] }).command.slice(1), [
    "c",
    "monitor waits",
    "watch items",
    "reverse-continue",
    "thread apply all bt",
    "c",
    "break pthread_cond_wait",
    "c",
    "kill",
  ]);
  expect(gdb).toContain("Every task is asleep");
  expect(gdb).toMatch(/sleeps in futex on the word at 0x/);
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
