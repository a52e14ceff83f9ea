import { join } from "node:path";
import { expect, it } from "vitest";
import { compile, expectAsNative, lstar, root, run } from "../native.ts";

const build = (name: string): Promise<string> => compile(join(root, "tests/robust", name), ["-O1", "-static"]);

it("forged signal frames: 3,000 damaged contexts end as natively", { timeout: 120_000 }, async () => {
  const program = await build("forge.c");
  await expectAsNative(await lstar(["run", program, "3000"], { timeout: 100_000 }), () => run(program, ["3000"], { timeout: 60_000 }));
});

it("a storm of a million signals", { timeout: 120_000 }, async () => {
  const ours = await lstar(["run", await build("storm.c"), "1000000"], { timeout: 100_000 });
  expect(ours.stdout).toBe("1000000 delivered\nqueued and refused: all\nchild ended by 9\n");
  expect(ours.status).toBe(0);
});

it("handlers without a stack end as natively", { timeout: 60_000 }, async () => {
  const program = await build("stacks.c");
  await expectAsNative(await lstar(["run", program]), () => run(program, []));
});

// Not compared with the host, whose init may be a program that never waits.
it("orphans that end leave no zombies", { timeout: 60_000 }, async () => {
  const ours = await lstar(["run", await build("orphans.c")]);
  expect(ours.stdout).toBe(
    "zombie of a dead parent: gone 1\norphan lives: 1\norphan ended: gone 1\nfifty orphans: left 0\nsubreaper waited for 2, status 7, then 1\n",
  );
});
