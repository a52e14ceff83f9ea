import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { bringIn } from "../../packages/lstar/src/bringIn.ts";
import { SeedRunner } from "../../packages/lstar/src/explore/oneRun.ts";
import { compile, lstar, root } from "../native.ts";
import { startOptions } from "../startOptions.ts";

let file = "";
beforeAll(async () => {
  file = await compile(join(root, "tests/explore/waits.c"));
}, 60_000);

const NOBODY = "with nobody but itself";
const cases: [how: string, ...graph: string[]][] = [
  ["pipe", `2 sleeps in read from descriptor 3, a pipe, its writing end ${NOBODY}`],
  [
    "pipes",
    "2 sleeps in read from descriptor 3, a pipe, its writing end with 3 (descriptor 4)",
    "3 sleeps in recvfrom from descriptor 6, a socket, its other end with 2 (descriptor 5) and itself",
  ],
  ["full", `2 sleeps in write to descriptor 4, a pipe, its reading end ${NOBODY}`],
  ["wait", "2 sleeps in wait4 for a child: 3 (NAME)", "3 sleeps in pause for a signal"],
  [
    "epoll",
    `2 sleeps in epoll_wait on epoll descriptor 7, which watches descriptor 3 readable: a pipe, its writing end ${NOBODY}; ` +
      `descriptor 5 readable: a socket, its other end ${NOBODY}`,
  ],
  [
    "poll",
    `2 sleeps in poll on readable: descriptor 3, a pipe, its writing end ${NOBODY}; ` +
      `readable or urgent data: descriptor 5, a socket, its other end ${NOBODY}`,
  ],
  ["select", `2 sleeps in pselect6 on readable: descriptor 3, a pipe, its writing end ${NOBODY}`],
  ["accept", "2 sleeps in accept on descriptor 7, a listening socket (/tmp/door)"],
  ["flock", "2 sleeps in flock for a lock on /tmp/lockfile, held by 2", "3 sleeps in pause for a signal"],
  [
    "mutex",
    "2 sleeps in futex on the word at ADDR (second+8), held by 3 (guessed from what lies where a C library's mutex has its owner)",
    "3 sleeps in pause for a signal",
  ],
  ["join", "2 sleeps in futex for the end of thread 3", "3 sleeps in pause for a signal"],
];

it.each(cases)("who waits for whom: %s", (how, ...graph) => {
  const runner = new SeedRunner(startOptions([file, how], { jit: false, bringIn }));
  const outcome = runner.run(1, 1e9);
  const comm = runner.kernel.program.comm;
  expect(outcome.kind).toBe("deadlock");
  expect(outcome.graph.map((l) => l.replace(/0x[0-9a-f]+/, "ADDR").replaceAll(comm, "NAME"))).toEqual(graph.map((l) => `NAME ${l}`));
});

it("a run that hangs says who waits for whom", async () => {
  const r = await lstar(["run", "--clock", "virtual", file, "pipe"]);
  expect([r.status, r.stderr]).toEqual([
    125,
    expect.stringMatching(
      /^lstar: every task is asleep .*\n {2}\S+ 2 sleeps in read from descriptor 3, a pipe, its writing end with nobody but itself\n$/,
    ),
  ]);
});
