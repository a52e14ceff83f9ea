import { readFileSync } from "node:fs";
import { join } from "node:path";
import { restoreSnapshot, type Snapshot, takeSnapshot } from "@lstar/kernel/snapshot/snapshot.ts";
import { expect, it } from "vitest";
import { compile, need, root } from "../native.ts";
import { machineFor, memoryHash, runTo } from "./machines.ts";

/** Requests that wait for sockets, futexes, children, time; buffers that are chosen; messages on their way. */
const programs = ["echo", "recvmulti", "futex", "waitid", "msgring", "bundle"];
const POINTS = 8;

it.each(programs)("io_uring, %s: a restored machine goes on as if nothing had happened", { timeout: 120_000 }, async (name) => {
  const program = new Uint8Array(readFileSync(await compile(join(root, `tests/conformance/io_uring_ops/${name}.c`))));
  const start = (): ReturnType<typeof machineFor> => machineFor(["/w/program"], { cwd: "/w", files: { "/w/program": program } });
  const plain = start();
  expect(runTo(plain.k, Number.POSITIVE_INFINITY)).toBe(true);
  const retired = plain.k.machine.totalRetired;
  const expected = { output: plain.output(), memory: memoryHash(plain.k), status: plain.k.exitStatus, retired };
  expect(expected.status).toBe(0);

  const machine = start();
  const points: { at: Snapshot; printed: string }[] = [];
  for (let i = 1; i <= POINTS; i++) {
    // Not evenly: an odd share of what is left.
    const { totalRetired } = machine.k.machine;
    runTo(machine.k, totalRetired + Math.floor((retired - totalRetired) / (POINTS + 1.37 - i)));
    points.push({ at: takeSnapshot(machine.k), printed: machine.output() });
  }
  const other = machineFor([need("/bin/busybox"), "true"]);
  for (const { k, output } of [machine, other]) {
    for (const { at, printed } of [...points].reverse()) {
      expect(restoreSnapshot(k, at)).toBe(true);
      const before = output().length;
      expect(runTo(k, Number.POSITIVE_INFINITY)).toBe(true);
      const ending = { memory: memoryHash(k), status: k.exitStatus, retired: k.machine.totalRetired };
      expect({ output: printed + output().slice(before), ...ending }).toEqual(expected);
    }
  }
});
