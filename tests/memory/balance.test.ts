import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MemoryHost, runMachine } from "@lstar/host";
import type { Kernel } from "@lstar/kernel";
import { expect, it } from "vitest";
import { startMachine } from "../../packages/lstar/src/boot.ts";
import { compile, root } from "../native.ts";

/** Runs the storm (in the guest only) and gives the machine after the end of all its processes. */
async function storm(program: Uint8Array, args: string[]): Promise<Kernel> {
  const host = new MemoryHost(
    new Uint8Array(0),
    () => {},
    () => {},
  );
  const k = startMachine(host, {
    argv: ["/storm", ...args],
    env: [],
    root: null,
    mounts: [],
    cwd: "/",
    user: { uid: 0, gid: 0 },
    memory: 256 * 1024 * 1024,
    seed: 1,
    clock: "virtual",
    hostname: "test",
    files: [{ path: "/storm", bytes: program, mode: 0o755 }],
    bringIn: null,
  });
  const end = await runMachine(k, host);
  expect(end).toMatchObject({ kind: "exited", status: 0 });
  return k;
}

it("gives back every frame, whatever processes did with their memory", { timeout: 60_000 }, async () => {
  const program = readFileSync(await compile(join(root, "tests/memory/storm.c")));
  const quiet = await storm(program, ["quiet"]);
  const busy = await storm(program, []);
  expect(busy.machine.phys.usedFrames).toBe(quiet.machine.phys.usedFrames);
});
