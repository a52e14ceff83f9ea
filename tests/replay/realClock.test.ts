import { MemoryHost } from "@lstar/host";
import { NodeFiles } from "@lstar/host/node/files.ts";
import { expect, it } from "vitest";
import { startMachine } from "../../packages/lstar/src/boot.ts";
import { need } from "../native.ts";
import { memoryHash } from "../snapshot/machines.ts";
import { startOptions } from "../startOptions.ts";

/** A clock that goes on by a microsecond with each reading: whoever reads it once more changes all that follows. */
class CountingHost extends MemoryHost {
  readings = 0;
  override monotonic(): number {
    return ++this.readings * 1000;
  }
  override realtime(): { sec: number; nsec: number } {
    return { sec: 1_700_000_000, nsec: 0 };
  }
}

const script =
  "for i in 1 2 3; do (sleep 0.00$i; echo $i $EPOCHREALTIME) & done; wait; for i in {1..300}; do : $EPOCHREALTIME; done; kill -0 $$; times";

function outcome(slice: () => number, oneTurn: boolean): unknown {
  const out: Uint8Array[] = [];
  const host = new CountingHost(
    new Uint8Array(0),
    (b) => out.push(b.slice()),
    (b) => out.push(b.slice()),
    new NodeFiles(),
  );
  const k = startMachine(
    host,
    startOptions([need("bash-static"), "-c", script], {
      env: ["PATH=/usr/bin:/bin", "LC_ALL=C"],
      root: "/",
      memory: 512 * 1024 * 1024,
      seed: 3,
      clock: "real",
    }),
  );
  for (let i = 0; i < 3_000_000; i++)
    if (k.runSlice(slice(), oneTurn) === "exited")
      return {
        readings: host.readings,
        output: Buffer.concat(out).toString("latin1"),
        memory: memoryHash(k),
        status: k.exitStatus,
        position: k.machine.totalRetired,
      };
  throw new Error("it does not end");
}

it("with a real clock, too, where the run is cut into slices changes nothing: not even how often the clock is read", {
  timeout: 120_000,
}, () => {
  const expected = outcome(() => 50_000_000, false);
  let x = 5;
  const random = (): number => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    return Math.floor(2 ** ((x / 4294967296) * 17)) - 1;
  };
  expect(outcome(random, false)).toEqual(expected);
  expect(outcome(() => 5000, true)).toEqual(expected);
});
