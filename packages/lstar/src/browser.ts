import { makeRun } from "./library.ts";

export type { RunOptions, RunResult, SyscallRecord } from "./library.ts";

/** Runs a program out of the files given. Works in a page and in a worker. */
export const run = makeRun(null);
