import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MemoryHost, runMachine } from "@lstar/host";
import type { Kernel } from "@lstar/kernel";
import { UringWatcher } from "@lstar/trace";
import { expect, it } from "vitest";
import { startMachine } from "../../packages/lstar/src/boot.ts";
import { compile, lstar, root, run } from "../native.ts";

const misuse = (): Promise<string> => compile(join(root, "tests/io_uring/guests/misuse.c"), ["-O1", "-static"]);
const lab = (name: string): Promise<string> => compile(join(root, `packages/lab/programs/${name}.c`), ["-O0", "-static"]);

/** Runs a program in a machine of its own; `watch` sees the kernel before the first instruction. */
async function runIn(file: string, args: readonly string[], watch: (k: Kernel) => void): Promise<string> {
  let out = "";
  const host = new MemoryHost(
    new Uint8Array(),
    (b) => {
      out += Buffer.from(b).toString();
    },
    () => {},
    null,
  );
  const k = startMachine(host, {
    argv: ["/program", ...args],
    env: [],
    root: null,
    mounts: [],
    cwd: "/",
    user: { uid: 0, gid: 0 },
    memory: 256 * 1024 ** 2,
    seed: 1,
    clock: "virtual",
    hostname: "lstar",
    files: [{ path: "/program", bytes: readFileSync(file), mode: 0o755 }],
    bringIn: null,
  });
  watch(k);
  await runMachine(k, host);
  return out;
}

it.each([
  ["overflow", [["overflow", 1]]],
  // The entry behind the bad slot is left where it was.
  [
    "dropped",
    [
      ["dropped", 1],
      ["not-submitted", 1],
    ],
  ],
  ["no-enter", [["not-submitted", 3]]],
  ["unreaped", [["not-reaped", 2]]],
  ["not-woken", [["not-woken", 2]]],
  ["right", []],
] as const)("misuse: %s", async (argument, kinds) => {
  const file = await misuse();
  let watcher: UringWatcher | undefined;
  const out = await runIn(file, [argument], (k) => {
    watcher = new UringWatcher(k);
  });
  watcher!.stop();
  expect(out).toBe((await run(file, [argument])).stdout);
  expect(watcher!.diagnoses.map((d) => [d.kind, d.count])).toEqual(kinds);
});

it("tells how each request came to its end, and after how long", async () => {
  const lines: string[] = [];
  let watcher: UringWatcher | undefined;
  await runIn(await lab("uring_flight"), [], (k) => {
    watcher = new UringWatcher(k, { line: (_pid, text) => lines.push(text) });
  });
  watcher!.stop();
  const taken = lines.filter((l) => l.startsWith("sqe "));
  expect(taken).toHaveLength(6);
  expect(taken[0]).toMatch(/^sqe ring \d+\[0\] READ\(fd=3, addr=0x[0-9a-f]+, len=64\) user_data=1, taken by io_uring_enter of 2$/);
  expect(taken[3]).toMatch(/user_data=4 IOSQE_ASYNC, taken/);
  const way = (data: number): string | undefined =>
    lines.find((l) => l.startsWith("cqe ") && l.includes(`user_data=${data} `))?.replace(/.* after .*, /, "");
  expect([1, 2, 3, 4, 5].map(way)).toEqual(["poll", "poll", "timer", "worker", "poll"]);
  const timeout = lines.find((l) => l.startsWith("cqe ") && l.includes("user_data=3 "));
  expect(timeout).toMatch(/res=-62 after 20\.\d+ ms, timer$/);
  const h = watcher!.histories[0]!;
  expect([h.taken, h.completed, h.enters]).toEqual([6, 6, 4]);
});

it("counts what the kernel's thread took, without a call", async () => {
  let watcher: UringWatcher | undefined;
  await runIn(await lab("uring_sqpoll"), [], (k) => {
    watcher = new UringWatcher(k);
  });
  watcher!.stop();
  const h = watcher!.histories[0]!;
  expect([h.taken, h.byThread, h.completed]).toEqual([34, 34, 34]);
  // At most the first wake-up, and the one after the pause.
  expect(h.enters).toBeLessThanOrEqual(2);
  expect(watcher!.diagnoses).toEqual([]);
});

it("lstar trace --uring: lines within the call, a report at the end, and remarks that --no-diagnose silences", async () => {
  const file = await misuse();
  const { stderr } = await lstar(["trace", "--uring", file, "unreaped"]);
  const lines = stderr.split("\n");
  const enter = lines.findIndex((l) => l.startsWith("io_uring_enter("));
  expect(lines.slice(enter, enter + 6).map((l) => l.replace(/ring \d+/, "ring N"))).toEqual([
    expect.stringMatching(/^io_uring_enter\(\d+, 2, 0, IORING_ENTER_GETEVENTS, NULL, 0 <unfinished \.\.\.>$/),
    "sqe ring N[0] NOP() user_data=100, taken by io_uring_enter of 2",
    "sqe ring N[1] NOP() user_data=101, taken by io_uring_enter of 2",
    "cqe ring N[0] user_data=100 res=0, inline",
    "cqe ring N[1] user_data=101 res=0, inline",
    expect.stringMatching(/^<\.\.\. io_uring_enter resumed>\) *= 2$/),
  ]);
  expect(stderr).toMatch(/^\?\?\? io_uring: ring \d+: 2 completions were never taken/m);
  expect(stderr).toMatch(/^io_uring 1 \(fd \d+, process 2\): 1 call of io_uring_enter for 2 entries; 2 completions \(2 inline\)/m);
  const quiet = await lstar(["trace", "--no-diagnose", file, "unreaped"]);
  expect(quiet.stderr).not.toContain("???");
});
