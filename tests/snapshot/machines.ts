import { createHash } from "node:crypto";
import { MemoryHost } from "@lstar/host";
import { NodeFiles } from "@lstar/host/node/files.ts";
import type { Kernel } from "@lstar/kernel";
import { getPipeInfo } from "@lstar/kernel/fs/pipeInode.ts";
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

/** The bytes that a pipe has in each of its buffers' frames, by frame: what lies beside them is left from an earlier use. */
function pipeBytes(k: Kernel): Map<number, [from: number, to: number][]> {
  const found = new Map<number, [number, number][]>();
  for (const task of k.pids.values())
    for (const file of task.files.fd) {
      const pipe = file && getPipeInfo(file);
      if (!pipe) continue;
      for (let i = pipe.tail; i < pipe.head; i++) {
        const { frame, offset, len } = pipe.buf(i);
        found.set(frame, [...(found.get(frame) ?? []), [offset, offset + len]]);
      }
    }
  return found;
}

/** Everything that a program can see of memory: the frames in use, free ones left out. */
export function memoryHash(k: Kernel): string {
  const { phys } = k.machine;
  const hash = createHash("sha256");
  const { next, refs } = phys.allocation();
  const pipes = pipeBytes(k);
  refs.forEach((n, i) => {
    const frame = next - refs.length + i;
    // A frame that others hold besides the pipe is a file's or a program's.
    const parts = n === 1 ? (pipes.get(frame) ?? [[0, 4096]]) : [[0, 4096]];
    if (n > 0) for (const [from, to] of parts) hash.update(phys.u8.subarray(frame * 4096 + from!, frame * 4096 + to!));
    hash.update(String(n));
  });
  return hash.digest("hex");
}
