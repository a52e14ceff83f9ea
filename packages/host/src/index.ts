export { MemoryHost } from "./memory.ts";
export { type Reactor, type RunEnd, runMachine } from "./run.ts";
