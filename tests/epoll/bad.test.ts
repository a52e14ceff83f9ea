import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compile, lstarCommand, root } from "../native.ts";

/** Bytes of objects that may be more alive after a million cycles: what the engine itself learns meanwhile. */
const GROWTH = 2_000_000;

test("a million cycles of adding and deleting leave nothing", { timeout: 120_000 }, async () => {
  const program = await compile(join(root, "tests/epoll/churn.c"));
  const hook = join(root, "bench/heapHook.cjs");
  const child = spawn(process.execPath, ["--expose-gc", "--require", hook, lstarCommand, "run", "--clock", "real", program]);
  let out = "";
  let notes = "";
  child.stdout.on("data", (d) => (out += String(d)));
  child.stderr.on("data", (d) => (notes += String(d)));
  const ended = new Promise((resolve) => child.once("close", resolve));
  const until = async (done: () => boolean): Promise<void> => {
    while (!done() && child.exitCode === null) await new Promise((r) => setTimeout(r, 20));
  };
  const heap = async (when: string): Promise<number> => {
    await until(() => out.includes(when));
    notes = "";
    child.kill("SIGUSR2");
    await until(() => notes.includes("\n"));
    child.stdin.write("x");
    return Number(notes.split(" ")[2]);
  };
  const before = await heap("warm");
  const after = await heap("done");
  child.stdin.end();
  expect(await ended).toBe(0);
  expect(out).toContain("failed 0, left 0 0");
  expect(after - before).toBeLessThan(GROWTH);
});
