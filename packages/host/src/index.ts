export { MemoryHost } from "./memory.ts";
export { type Reactor, type RunEnd, runMachine, runMachineTo } from "./run.ts";
