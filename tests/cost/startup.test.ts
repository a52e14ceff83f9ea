import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { freshDirectory, lstarCommand, need, run } from "../native.ts";

/** What a short run costs over starting Node. The fastest of several runs: others may use the machine. */
async function fastest(args: string[], env: Record<string, string> = {}): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 7; i++) {
    const start = performance.now();
    const r = await run(process.execPath, args, { env: { ...(process.env as Record<string, string>), ...env } });
    best = Math.min(best, performance.now() - start);
    expect(r.status).toBe(0);
  }
  return best;
}

it("busybox true takes at most 200 ms more than node -e 0, and under 150 MiB", { timeout: 60_000 }, async () => {
  const dir = freshDirectory();
  try {
    const report = join(dir.path, "rss");
    const hook = join(dir.path, "hook.cjs");
    writeFileSync(
      hook,
      `process.on("exit", () => require("node:fs").writeFileSync(${JSON.stringify(report)}, String(process.resourceUsage().maxRSS)));`,
    );
    const busybox = need("/bin/busybox");
    const node = await fastest(["-e", "0"]);
    const lstar = await fastest([lstarCommand, "run", busybox, "true"]);
    expect(lstar - node).toBeLessThan(200);
    await run(process.execPath, ["--require", hook, lstarCommand, "run", busybox, "true"]);
    expect(Number(readFileSync(report, "utf8"))).toBeLessThan(150 * 1024);
  } finally {
    dir.remove();
  }
});
