import { before, Timeline } from "@lstar/replay";
import { expect, it } from "vitest";
import { need } from "../native.ts";
import { machineFor, memoryHash } from "../snapshot/machines.ts";

it("a place that the run has passed is reached again, with the same memory", { timeout: 60_000 }, () => {
  const { k } = machineFor([need("/bin/busybox"), "sh", "-c", "seq 1 400 | sort -rn | md5sum"]);
  const t = new Timeline(k);
  const seen: { position: number; turn: number; hash: string }[] = [];
  for (let i = 0; i < 4000 && t.slice(Math.min(10_000, t.untilKeep)) !== "exited"; i++) {
    t.keep();
    if (i % 9 === 0 && t.settle()) seen.push({ ...t.place, hash: `${memoryHash(k)}` });
  }
  expect(k.exited).toBe(true);
  expect(seen.length).toBeGreaterThan(5);
  for (const s of [...seen].reverse()) {
    t.seek(s);
    t.settle();
    expect(before(t.place, s) || before(s, t.place)).toBe(false);
    expect(`${memoryHash(k)}`).toBe(s.hash);
  }
});
