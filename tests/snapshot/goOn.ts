import { MemoryHost } from "@lstar/host";
import { crc32 } from "@lstar/replay/file/crc32.ts";
import { memoryHash } from "@lstar/replay/record/stateHash.ts";
import { resume, type SnapshotFile } from "@lstar/replay/snapshot/index.ts";

/** How a machine ended. */
export interface Ending {
  output: string;
  memory: number;
  status: number;
  retired: number;
  /** Files of the host that it asked for in vain. */
  missing: string[];
}

/** Takes a snapshot file's machine to its end, with nothing of the host. Runs in any engine of JavaScript. */
export function goOn(file: SnapshotFile): Ending {
  let output = "";
  const write = (bytes: Uint8Array): void => {
    output += String.fromCharCode(...bytes);
  };
  const missing: string[] = [];
  const k = resume(file, new MemoryHost(new Uint8Array(0), write, write), { missing: (path) => missing.push(path) });
  let idle = 0;
  for (let state = k.runSlice(5_000_000); state !== "exited"; state = k.runSlice(5_000_000))
    if (state === "idle" && ++idle > 10_000) throw new Error("nobody runs");
  return { output, memory: memoryHash(k, crc32), status: k.exitStatus, retired: k.machine.totalRetired, missing };
}
