export { type DebugEnd, debugMachine, listen } from "./server.ts";
export { Target } from "./target.ts";
