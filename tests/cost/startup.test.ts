import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { freshDirectory, lstarCommand, need, run } from "../native.ts";

/** What a process took: processor time of all its threads in ms, and its largest size in KiB. */
interface Cost {
  time: number;
  size: number;
}

it("busybox true takes at most 200 ms of processor time more than node -e 0, and under 150 MiB", { timeout: 120_000 }, async () => {
  const dir = freshDirectory();
  try {
    const report = join(dir.path, "report");
    const hook = join(dir.path, "hook.cjs");
    writeFileSync(
      hook,
      `process.on("exit", () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  require("node:fs").writeFileSync(${JSON.stringify(report)}, JSON.stringify({ time: (userCPUTime + systemCPUTime) / 1000, size: maxRSS }));
});`,
    );
    /** The least of several runs: others may use the machine, so elapsed time would say little. */
    const least = async (args: string[]): Promise<Cost> => {
      const best: Cost = { time: Number.POSITIVE_INFINITY, size: Number.POSITIVE_INFINITY };
      for (let i = 0; i < 7; i++) {
        expect((await run(process.execPath, ["--require", hook, ...args])).status).toBe(0);
        const cost = JSON.parse(readFileSync(report, "utf8")) as Cost;
        best.time = Math.min(best.time, cost.time);
        best.size = Math.min(best.size, cost.size);
      }
      return best;
    };
    const node = await least(["-e", "0"]);
    const lstar = await least([lstarCommand, "run", need("/bin/busybox"), "true"]);
    console.log(`busybox true: ${Math.round(lstar.time - node.time)} ms more than node -e 0, ${Math.round(lstar.size / 1024)} MiB`);
    expect(lstar.time - node.time).toBeLessThan(200);
    expect(lstar.size).toBeLessThan(150 * 1024);
  } finally {
    dir.remove();
  }
});
