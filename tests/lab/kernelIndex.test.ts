import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { EVENT_FUNCTIONS } from "../../packages/lab/src/machine/moments.ts";
import { root } from "../native.ts";

test("each kernel function that the page names for an event is in the index, with its Linux counterpart", () => {
  const r = spawnSync(process.execPath, ["scripts/build-lab-index.mjs"], { cwd: root, encoding: "utf8" });
  expect(r.status, r.stderr).toBe(0);
  const rows = JSON.parse(readFileSync(join(root, "packages/lab/public/kernel.json"), "utf8")) as [
    string,
    string,
    number,
    string,
    string,
  ][];
  const linux = new Map(rows.map(([name, , , file, symbols]) => [name, `${file} ${symbols}`]));
  expect(EVENT_FUNCTIONS.filter((name) => !linux.get(name)?.trim())).toEqual([]);
  expect(linux.get("wakeUpTask")).toBe("kernel/sched/core.c try_to_wake_up");
});
