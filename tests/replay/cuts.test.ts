import type { Kernel } from "@lstar/kernel";
import { expect, it } from "vitest";
import { need } from "../native.ts";
import { machineFor, memoryHash } from "../snapshot/machines.ts";

const programs: [string, () => string[]][] = [
  ["busybox pipeline", () => [need("/bin/busybox"), "sh", "-c", "seq 1 2000 | sort -rn | md5sum; nice -n 7 seq 1 200 & seq 1 300; wait"]],
  ["bash timers", () => [need("bash-static"), "-c", "for i in 1 2 3; do (sleep 0.00$i; echo $i) & done; wait; echo $EPOCHREALTIME"]],
];

/** Every system call with its place, and what is left at the end. */
function watched(argv: string[], chaos: boolean): { k: Kernel; result: () => unknown } {
  const { k, output } = machineFor(argv, { seed: 3, chaos });
  const calls: string[] = [];
  k.trace.sysEnter.on((task, nr) => calls.push(`${k.machine.totalRetired}.${k.sched.turn} ${k.time.nowNs} ${task.pid} ${nr}`));
  k.trace.schedSwitch.on((_prev, next) => calls.push(`${k.machine.totalRetired}.${k.sched.turn} ${k.time.nowNs} switch ${next?.pid}`));
  return { k, result: () => ({ calls, output: output(), memory: memoryHash(k), status: k.exitStatus, now: k.time.nowNs }) };
}

function finish(k: Kernel, slice: () => number, oneTurn: boolean): void {
  for (let i = 0; i < 2_000_000; i++) if (k.runSlice(slice(), oneTurn) === "exited") return;
  throw new Error("it does not end");
}

for (const [name, argv] of programs) {
  for (const chaos of [false, true]) {
    it(`${name}${chaos ? " (chaos)" : ""}: where the run is cut into slices changes nothing`, { timeout: 120_000 }, () => {
      const plain = watched(argv(), chaos);
      finish(plain.k, () => 50_000_000, false);
      const expected = plain.result();
      let x = 17;
      const random = (): number => {
        x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
        return Math.floor(2 ** ((x / 4294967296) * 17)) - 1;
      };
      const cut = watched(argv(), chaos);
      finish(cut.k, random, false);
      expect(cut.result()).toEqual(expected);
      const turns = watched(argv(), chaos);
      finish(turns.k, () => 5000, true);
      expect(turns.result()).toEqual(expected);
    });
  }
}
