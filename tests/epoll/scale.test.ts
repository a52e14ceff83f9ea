import { spawn } from "node:child_process";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { compile, lstar, lstarCommand, root } from "../native.ts";

/** bench/epoll.mjs measures the time; here it is that many work at all, and what they take in memory. */
let program = "";
beforeAll(async () => {
  program = await compile(join(root, "bench/programs/epollscale.c"));
}, 60_000);

/** Bytes of objects that are alive while the program holds its descriptors. */
async function heap(kind: string, descriptors: number): Promise<number> {
  const child = spawn(process.execPath, [
    ...["--expose-gc", "--require", join(root, "bench/heapHook.cjs"), lstarCommand, "run", "--clock", "real"],
    ...[program, kind, String(descriptors), "0"],
  ]);
  let notes = "";
  const ended = new Promise((resolve) => child.once("close", resolve));
  child.stderr.on("data", (d) => {
    notes += String(d);
    if (notes.includes("\n")) child.stdin.end();
  });
  child.stdout.once("data", () => child.kill("SIGUSR2"));
  expect(await ended).toBe(0);
  return Number(notes.split(" ")[1]);
}

test("each of a hundred thousand registered descriptors is found", { timeout: 120_000 }, async () => {
  const r = await lstar(["run", program, "spread", "100000", "20000"]);
  expect(r.stderr).toBe("");
  expect(r.status).toBe(0);
});

test("poll and select find the one among ten thousand", { timeout: 120_000 }, async () => {
  for (const kind of ["poll", "select"]) expect((await lstar(["run", program, kind, "10000", "20"])).status).toBe(0);
});

test("a registered descriptor takes less than 400 bytes", { timeout: 120_000 }, async () => {
  const n = 50_000;
  expect(((await heap("register", n)) - (await heap("bare", n))) / n).toBeLessThan(400);
});
