import { readFileSync, statSync } from "node:fs";
import { NodeFiles } from "@lstar/host/node/files.ts";
import { makeRun } from "./library.ts";

export type { RunOptions, RunResult, SyscallRecord } from "./library.ts";

/** Runs a program; see RunOptions. A host program of the given path is brought in if the guest has none. */
export const run = makeRun({
  files: new NodeFiles(),
  bringIn: (path) => {
    try {
      return { bytes: readFileSync(path), mode: statSync(path).mode & 0o777 };
    } catch {
      return null;
    }
  },
});
