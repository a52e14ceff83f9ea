import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { compile, freshDirectory, lstar, root } from "../native.ts";
import { recording } from "../record/drive.ts";
import { debug } from "./drive.ts";

const dir = freshDirectory();
afterAll(() => dir.remove());
const record = (file: string, ...args: string[]) => lstar(["record", "-o", join(dir.path, file), ...args]);

let wakeup = "";
let sample = "";
let reader = "";
beforeAll(async () => {
  wakeup = await compile(join(root, "tests/explore/lost-wakeup.c"), ["-g", "-O0", "-pthread", "-static", "-DBETWEEN=400"]);
  sample = await compile(join(root, "tests/gdb/sample.c"), ["-g", "-O0"]);
  reader = await compile(join(root, "tests/gdb/reader.c"), ["-g", "-O0", "-static"]);
}, 60_000);

it("a lost wake-up: explore finds it, a recording shows it each time, gdb goes back from the hang to the missed wake-up", {
  timeout: 180_000,
}, async () => {
  const found = await lstar(["explore", "--json", "--seeds", "100", "--jobs", "2", wakeup]);
  const hang = (JSON.parse(found.stdout) as { kind: string; command: string[] }[]).find((g) => g.kind === "deadlock");
  expect(hang).toBeDefined();
  const file = join(dir.path, "hang");
  const recorded = await lstar(["record", "-o", file, ...(hang as { command: string[] }).command.slice(2)]);
  expect([recorded.status, recorded.stderr]).toEqual([125, expect.stringContaining("sleeps in futex for the end of thread 4")]);
  for (let i = 0; i < 2; i++)
    expect((await lstar(["replay", file])).stderr).toBe("lstar: every task is asleep and nothing can wake one, as in the recorded run\n");
  const { gdb } = await debug(
    wakeup,
    ["replay", file],
    [
      "c",
      "monitor waits",
      "monitor position",
      "watch items",
      "reverse-continue",
      "thread apply all bt",
      "c",
      "break pthread_cond_wait",
      "c",
      "c",
      "kill",
    ],
  );
  expect(gdb).toContain("Every task is asleep");
  expect(gdb).toMatch(/4 sleeps in futex on the word at 0x/);
  expect(gdb).toMatch(/^(\d+) of \1 recorded$/m);
  expect(gdb).toContain("Old value = 1\nNew value = 0");
  const at = (n: number): string => new RegExp(`^Thread \\d+ \\(Thread ${n} [\\s\\S]*?(?=\\n\\n|$(?![\\s\\S]))`, "m").exec(gdb)?.[0] ?? "";
  expect(at(3)).toMatch(/produce \(/);
  expect(at(4)).toMatch(/consume \(/);
  expect(at(4)).not.toContain("pthread_cond_wait");
  expect(gdb).toMatch(/hit Breakpoint \d+, .*pthread_cond_wait/);
  expect(gdb.match(/Every task is asleep/g)?.length).toBe(2);
});

it("forward and back through a recorded dynamic program: libraries, steps, output once, the end; it cannot be changed", {
  timeout: 90_000,
}, async () => {
  const run = await record("sample", "--root", "/", sample);
  const { gdb, stdout, status } = await debug(
    sample,
    ["replay", join(dir.path, "sample")],
    [
      "break add if depth == 2",
      "c",
      "bt",
      "info sharedlibrary",
      "set var total = 100",
      "p $rip = 0",
      "p add(0, 0)",
      "finish",
      "reverse-finish",
      "reverse-continue",
      "reverse-continue",
      "delete",
      "break 26",
      "c",
      "p sum",
      "c",
      "info threads",
    ],
  );
  expect(gdb).toContain("Breakpoint 1, add (list=");
  expect(gdb).toMatch(/Yes .*libc\.so\.6/);
  expect(gdb).toContain("Cannot access memory at address");
  expect(gdb).toContain("a recorded run cannot be changed");
  expect(gdb).toContain("No more reverse-execution history");
  expect(gdb).toMatch(/\$\d+ = 20/);
  expect(gdb).toMatch(/exited with code 01\]/);
  expect([stdout, status]).toEqual([run.stdout, run.status]);
});

it("recorded input comes again without the host's, also after going back", { timeout: 90_000 }, async () => {
  const run = await lstar(["record", "-o", join(dir.path, "reader"), reader], { input: "one\ntwo\nthree\n" });
  const { gdb, stdout, status } = await debug(
    reader,
    ["replay", join(dir.path, "reader")],
    ["break 9 if length == 6", "c", "p text", "reverse-continue", "c", "p text", "delete", "c"],
  );
  expect(gdb.match(/"three\\n/g)?.length).toBe(2);
  expect([stdout, status]).toEqual([run.stdout, run.status]);
});

it("a recording that was cut off is told to end, with the host's clock in it too", { timeout: 120_000 }, async () => {
  const path = join(dir.path, "cut");
  const loop = "i=0; while :; do i=$((i + 1)); echo line $i; read -t 0.02 x; done";
  const r = recording(path, ["--root", "/", "--clock", "real", "--", "/bin/bash", "-c", loop]);
  // More than two seconds, of which one is not lost.
  await r.shows(/line 120\n/);
  r.kill("SIGKILL");
  const whole = await r.end();
  const { gdb, stdout } = await debug(
    "/bin/bash",
    ["replay", path],
    ["c", "monitor position", "reverse-stepi", "monitor position", "reverse-continue", "c", "monitor position", "kill"],
  );
  expect(gdb.match(/The recording ends here: its recorder was stopped before the program ended/g)?.length).toBe(2);
  const at = [...gdb.matchAll(/^(\d+) of (\d+) recorded$/gm)].map((m) => [Number(m[1]), Number(m[2])]);
  expect(at[0]).toEqual([at[0]?.[1], at[0]?.[1]]);
  expect(at[1]?.[0]).toBeLessThan(at[0]?.[0] as number);
  expect(at[2]).toEqual(at[0]);
  expect(whole.stdout.startsWith(stdout)).toBe(true);
  expect(stdout).toContain("line 2\n");
});
