import { expect, it } from "vitest";
import { need } from "../native.ts";
import { machineFor, runTo } from "../snapshot/machines.ts";

const script =
  "f() { i=0; while [ $i -lt 500 ]; do i=$((i+1)); done; echo $i; }; f; (f) | cat; for n in 1 2 3 4 5 6; do (f; f) & wait; done";

it("page faults come at the same instructions, compiled or interpreted", { timeout: 60_000 }, () => {
  const faults = [true, false].map((jit) => {
    const { k } = machineFor([need("/bin/busybox"), "sh", "-c", script], { jit });
    const list: string[] = [];
    k.trace.pageFault.on((task, address, error) => list.push(`${k.machine.totalRetired} ${task.pid} ${address.toString(16)} ${error}`));
    expect(runTo(k, Number.POSITIVE_INFINITY)).toBe(true);
    return list;
  });
  expect(faults[0]).toEqual(faults[1]);
});
