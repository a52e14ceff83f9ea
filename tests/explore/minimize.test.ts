import { join } from "node:path";
import { syscallNames } from "@lstar/kernel";
import type { FaultRule } from "@lstar/kernel/kernel/faults/injection.ts";
import { combineInjections, parseInjection } from "@lstar/trace";
import { expect, it } from "vitest";
import { bringIn } from "../../packages/lstar/src/bringIn.ts";
import { exactExpression, minimize } from "../../packages/lstar/src/explore/minimize.ts";
import { SeedRunner } from "../../packages/lstar/src/explore/oneRun.ts";
import { compile, lstar, root } from "../native.ts";
import { startOptions } from "../startOptions.ts";

const names = syscallNames.map((n) => n ?? "");
const rule = (text: string): FaultRule => parseInjection(`inject=${text}`, names) as FaultRule;

it("of a run's faults those that it needs are found, and their command repeats it", { timeout: 60_000 }, async () => {
  const file = await compile(join(root, "tests/explore/twice.c"), ["-O1", "-static"]);
  const runner = new SeedRunner(
    startOptions([file], {
      jit: false,
      chaos: true,
      faults: combineInjections([rule("read:error=EINTR:probability=0.4"), rule("write:delay_enter=100:probability=0.5")]),
      bringIn,
    }),
  );
  let bad = 0;
  let most = 0;
  for (let seed = 1; seed <= 12; seed++) {
    const outcome = runner.run(seed, 1e9);
    if (outcome.status !== 0x300) continue;
    bad++;
    const m = minimize(runner, outcome, 1e9);
    expect(m?.expressions.length).toBe(2);
    most = Math.max(most, m?.of ?? 0);
    const at = m?.expressions.map((e) => Number(/^inject=read:error=EINTR:when=(\d+):pid=2$/.exec(e)?.[1])) as [number, number];
    expect(at[1]).toBe(at[0] + 1);
    if (bad > 1) continue;
    const args = (m?.expressions ?? []).flatMap((e) => ["-e", e]);
    expect((await lstar(["run", "--clock", "virtual", "--chaos", "--seed", String(seed), ...args, file])).status).toBe(3);
  }
  expect(bad).toBeGreaterThan(3);
  expect(most).toBeGreaterThan(5);
});

it("an exact expression says what its rule does", () => {
  for (const text of [
    "read:error=EINTR:when=3:pid=2",
    "write:short=7:when=1:pid=4",
    "getppid:retval=5:signal=SIGUSR1:delay_exit=500ns:when=2:pid=3",
    "read:delay_enter=1000ns:poke_enter=@arg2=4142:poke_exit=@arg1=00ff,@arg2=41:when=9:pid=2",
    "read:error=600:when=1:pid=2",
  ])
    expect(exactExpression(rule(text))).toBe(`inject=${text}`);
});

it("explore --minimize tells the fewest faults", { timeout: 60_000 }, async () => {
  const file = await compile(join(root, "tests/explore/eintr.c"), ["-O1", "-static"]);
  const args = ["explore", "--minimize", "--seeds", "12", "--jobs", "2", "-e", "inject=read,wait4:error=EINTR:probability=0.3", file];
  const { stdout } = await lstar(args);
  expect(stdout).toMatch(
    / {2}(its one fault is|1 of its \d faults is) enough \(\d+ runs tried\):\n {2}lstar run .* -e inject=read:error=EINTR:when=\d+:pid=3 /,
  );
});
