import { createHash } from "node:crypto";
import { MemoryHost } from "@lstar/host";
import { NodeFiles } from "@lstar/host/node/files.ts";
import type { Kernel } from "@lstar/kernel";
import { startMachine } from "../../packages/lstar/src/boot.ts";
import { startOptions } from "../startOptions.ts";

/** A machine whose output is kept, on the host's file system. */
export function machineFor(
  argv: string[],
  options: { seed?: number; jit?: boolean; chaos?: boolean; cwd?: string; files?: Record<string, Uint8Array> } = {},
): { k: Kernel; output: () => string } {
  const chunks: Uint8Array[] = [];
  const host = new MemoryHost(
    new Uint8Array(0),
    (b) => chunks.push(b.slice()),
    (b) => chunks.push(b.slice()),
    new NodeFiles(),
  );
  const { files, ...more } = options;
  const k = startMachine(
    host,
    startOptions(argv, {
      env: ["PATH=/usr/bin:/bin", "LC_ALL=C"],
      root: "/",
      memory: 512 * 1024 * 1024,
      ...more,
      files: Object.entries(files ?? {}).map(([path, bytes]) => ({ path, bytes, mode: 0o755 })),
    }),
  );
  return { k, output: () => Buffer.concat(chunks).toString("latin1") };
}

/** Runs until `instructions` are retired in all, or to the end. @returns true at the end */
export function runTo(k: Kernel, instructions: number): boolean {
  let idle = 0;
  while (k.machine.totalRetired < instructions) {
    const how = k.runSlice(Math.min(5_000_000, instructions - k.machine.totalRetired));
    if (how === "exited") return true;
    if (how === "idle" && ++idle > 10_000) throw new Error("nobody runs");
  }
  return false;
}

/** Everything that a program can see of memory: the frames in use, free ones left out. */
export function memoryHash(k: Kernel): string {
  const { phys } = k.machine;
  const hash = createHash("sha256");
  const { next, refs } = phys.allocation();
  refs.forEach((n, i) => {
    const frame = next - refs.length + i;
    if (n > 0) hash.update(phys.u8.subarray(frame * 4096, frame * 4096 + 4096));
    hash.update(String(n));
  });
  return hash.digest("hex");
}
