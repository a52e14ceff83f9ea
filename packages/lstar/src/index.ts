export { type RunOptions, type RunResult, run, type SyscallRecord } from "./library.ts";
