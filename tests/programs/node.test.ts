import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { freshDirectory, lstar, root, run } from "../native.ts";

/** The Linux binary of the very Node that runs these tests: V8's cage, its compiler, threads, epoll, processes. */
const env = { PATH: "/usr/bin:/bin", HOME: "/nonexistent" };
const guest = ["run", "--root", "/", ...Object.entries(env).flatMap(([k, v]) => ["--env", `${k}=${v}`])];

async function same(...args: string[]): Promise<void> {
  const dir = freshDirectory();
  try {
    const work = join(dir.path, "work");
    mkdirSync(work);
    // lstar first: it must find the directory empty, and leaves nothing in it.
    const ours = await lstar([...guest, "--cwd", work, "--", process.execPath, ...args], { timeout: 150_000 });
    expect(ours).toEqual(await run(process.execPath, args, { cwd: work, env }));
    expect(ours.status).toBe(0);
  } finally {
    dir.remove();
  }
}

it("node -e", { timeout: 160_000 }, () => same("-e", "console.log(1)"));
it("node: timers, files, zlib, a worker, child processes, an HTTP server over a Unix socket", { timeout: 160_000 }, () =>
  same(join(root, "tests/programs/node.cjs")),
);
