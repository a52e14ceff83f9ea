import { join } from "node:path";
import { expect, it } from "vitest";
import { compile, lstar, need, root, run } from "../native.ts";

const program = (name: string, ...more: string[]): Promise<string> =>
  compile(join(root, "tests/explore", `${name}.c`), ["-O1", "-static", "-pthread", ...more]);
const explore = (file: string, ...args: string[]) => lstar(["explore", "--jobs", "2", ...args, file], { timeout: 60_000 });

/** The command of the group that a line of the report begins, without the words around it. */
function commandOf(report: string, line: RegExp): string[] {
  const group = report.split("\n\n").find((g) => line.test(g)) as string;
  const words = /^ {2}lstar (.*) <\/dev\/null 2>&1 \| cat$/m.exec(group)?.[1] as string;
  return words.split(" ");
}

it("a lost wake-up is found, and its command shows it each time", { timeout: 120_000 }, async () => {
  const r = await explore(await program("lost-wakeup"), "--first-seed", "1", "--seeds", "120");
  expect(r.stderr).toBe("");
  expect(r.status).toBe(1);
  expect(r.stdout).toMatch(
    /1 of 120: deadlock\n.*\n {2}\S+ 2 sleeps in futex for the end of thread 4\n {2}\S+ 4 sleeps in futex on the word at 0x\w+ \(filled\+\d+\)/,
  );
  for (let i = 0; i < 2; i++) {
    const again = await lstar(commandOf(r.stdout, /deadlock/));
    expect([again.status, again.stderr]).toEqual([125, expect.stringContaining("every task is asleep")]);
  }
});

const servers: [name: string, faults: string[], seeds: number, finding: RegExp][] = [
  ["eintr", ["-e", "inject=read:error=EINTR:probability=0.05"], 100, /exit status 1\n.*\n {2}injected: read no. \d+ of 3 gave EINTR/],
  ["short-write", ["-e", "inject=write:short:probability=0.1"], 100, /deadlock\n.*\n {2}injected: write no. \d+ of 3 was cut to/],
  ["lock-order", [], 400, /cycle of locks: (3 -> 4 -> 3|4 -> 3 -> 4)/],
];
for (const [name, faults, seeds, finding] of servers)
  it(`${name}: the mistake is found and named, and nothing in the corrected program`, { timeout: 150_000 }, async () => {
    const wrong = await explore(await program(name), "--seeds", String(seeds), ...faults);
    expect(wrong.status).toBe(1);
    expect(wrong.stdout).toMatch(finding);
    const right = await explore(await program(name, "-DFIXED"), "--seeds", String(seeds), ...faults);
    expect([right.status, right.stderr]).toEqual([0, ""]);
    expect(right.stdout).toContain(`${seeds} of ${seeds}: exit status 0`);
  });

for (const when of ["2", "3+", "2..4", "2+3", "1..6+2", "2..5+"])
  it(`strace and lstar trace inject the same with when=${when}`, async () => {
    const file = await program("injected");
    const options = ["-e", "trace=read,close,getppid", "-e", `inject=read,close:error=EINTR:when=${when}`];
    const real = await run(need("strace"), [...options, "-e", "inject=getppid:retval=77", file]);
    const ours = await lstar(["trace", "--root", "/", ...options, "-e", "inject=getppid:retval=77", file]);
    const lines = (text: string): string[] => text.split("\n").filter((l) => /^(read|close|getppid|\+)/.test(l));
    expect(lines(real.stderr).filter((l) => l.includes("INJECTED")).length).toBeGreaterThan(1);
    expect(lines(ours.stderr)).toEqual(lines(real.stderr));
  });
