import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { run, travel } from "../../packages/lstar/src/index.ts";
import { compile, root } from "../native.ts";

const program = async (name: string): Promise<Record<string, Uint8Array>> => ({
  "/program": readFileSync(await compile(join(root, `packages/lab/programs/${name}.c`), ["-O0", "-static"])),
});

it("the result has the counts of all rings", async () => {
  const sqpoll = await run(["/program"], { files: await program("uring_sqpoll") });
  expect(sqpoll.stdout).toContain("16384 bytes in 32 reads");
  expect(sqpoll.ioUring).toEqual({ submitted: 34, byThread: 34, completed: 34, overflowed: 0 });
  const batch = await run(["/program", "batch"], { files: await program("uring_cost") });
  expect(batch.ioUring).toEqual({ submitted: 64, byThread: 0, completed: 64, overflowed: 0 });
  expect(batch.syscalls.filter((c) => c.name === "io_uring_enter").map((c) => c.result)).toEqual([16, 16, 16, 16]);
});

it("a run that goes back steps by entries and completions", async () => {
  const t = await travel(["/program"], { files: await program("uring_flight") });
  t.run();
  const events = Array.from({ length: t.events }, (_, i) => t.event(i)).filter((e) => e?.kind.startsWith("io_uring"));
  expect(events.map((e) => [e?.kind.replace("io_uring_", ""), e?.kind === "io_uring_complete" ? e.value : e?.result])).toEqual([
    ...[1, 2, 3, 4, 5, 6].map((n) => ["submit_req", n]),
    ...[4, 1, 3, 5, 2, 6].map((n) => ["complete", n]),
  ]);
  expect(events.find((e) => e?.kind === "io_uring_complete" && e.value === 3)?.result).toBe(-62);
  expect(t.step("io_uring_complete", -1)).toBe(true);
  expect(t.step("io_uring_submit_req", -1)).toBe(true);
  expect(t.event(t.position.event - 1)).toMatchObject({ kind: "io_uring_submit_req" });
});
