import type { Run } from "./api.ts";
import { makeRun } from "./library.ts";

export type { Run, RunOptions, RunResult, SyscallRecord } from "./api.ts";

/** Runs a program out of the files given. Works in a page and in a worker. */
export const run: Run = makeRun(null);
