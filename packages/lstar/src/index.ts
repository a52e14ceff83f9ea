import { readFileSync, statSync } from "node:fs";
import { NodeFiles } from "@lstar/host/node/files.ts";
import type { Run } from "./api.ts";
import { makeRun } from "./library.ts";

export type { Run, RunOptions, RunResult, SyscallRecord } from "./api.ts";

/** Runs a program; see RunOptions. A host program of the given path is brought in if the guest has none. */
export const run: Run = makeRun({
  files: new NodeFiles(),
  bringIn: (path) => {
    try {
      return { bytes: readFileSync(path), mode: statSync(path).mode & 0o777 };
    } catch {
      return null;
    }
  },
});
