export type { Recorded } from "./recorded.ts";
export { type DebugEnd, debugMachine, listen } from "./server.ts";
export { Target } from "./target.ts";
