import { readFileSync } from "node:fs";
import { join } from "node:path";
import { restoreSnapshot, type Snapshot, takeSnapshot } from "@lstar/kernel/snapshot/snapshot.ts";
import { expect, it } from "vitest";
import { compile, root } from "../native.ts";
import { machineFor, memoryHash, runTo } from "../snapshot/machines.ts";

const program = async (name: string): Promise<Uint8Array> =>
  new Uint8Array(readFileSync(await compile(join(root, `tests/io_uring/${name}.c`))));
const POINTS = 12;

it("a machine with requests in flight goes on equally from twelve points, and with either engine", { timeout: 120_000 }, async () => {
  const files = { "/w/inflight": await program("inflight") };
  const start = (jit = true): ReturnType<typeof machineFor> => machineFor(["/w/inflight"], { files, jit });
  const ending = ({ k, output }: ReturnType<typeof machineFor>, from = 0): object => ({
    output: output().slice(from),
    memory: memoryHash(k),
    status: k.exitStatus,
    retired: k.machine.totalRetired,
  });
  const plain = start();
  expect(runTo(plain.k, Number.POSITIVE_INFINITY)).toBe(true);
  const expected = ending(plain) as { output: string };
  expect(expected.output).toContain("round 59");
  const interpreted = start(false);
  runTo(interpreted.k, Number.POSITIVE_INFINITY);
  expect(ending(interpreted)).toEqual(expected);

  const run = start();
  const total = plain.k.machine.totalRetired;
  const snapshots: { at: Snapshot; printed: string }[] = [];
  for (let i = 1; i <= POINTS; i++) {
    runTo(run.k, Math.floor((total * (i - 0.37)) / POINTS));
    snapshots.push({ at: takeSnapshot(run.k), printed: run.output() });
  }
  const other = machineFor(["/w/inflight"], { files });
  for (const i of [11, 0, 6, 3, 9, 1, 10, 4, 7, 2, 8, 5]) {
    const { at, printed } = snapshots[i]!;
    for (const m of i % 2 ? [run] : [other]) {
      expect(restoreSnapshot(m.k, at)).toBe(true);
      const from = m.output().length;
      runTo(m.k, Number.POSITIVE_INFINITY);
      const end = ending(m, from) as { output: string };
      expect({ ...end, output: printed + end.output }).toEqual(expected);
    }
  }
});

it("whatever rings contain, the kernel stays whole", { timeout: 120_000 }, async () => {
  const files = { "/w/fuzz": await program("fuzz") };
  for (let seed = 1; seed <= 12; seed++) {
    const m = machineFor(["/w/fuzz", String(seed), "400"], { files, seed, chaos: seed % 3 === 0 });
    for (let n = 0; n < 400; n++) {
      const how = m.k.runSlice(1_000_000);
      if (how === "exited" || (how === "idle" && m.k.nextDeadline() === Number.POSITIVE_INFINITY)) break;
    }
    // What happened is still plain data.
    takeSnapshot(m.k);
  }
});
