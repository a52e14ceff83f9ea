import * as ops from "../../ir/ops/sse/stateSave.ts";
import { defineLift } from "../lifter.ts";

// xsaveopt may leave out what has not changed; saving all of it is right as well.
for (const [key, def] of [
  ["NP 0F AE /0", ops.fxsave],
  ["NP 0F AE /1", ops.fxrstor],
  ["NP 0F AE /4", ops.xsave],
  ["NP 0F AE /5", ops.xrstor],
  ["NP 0F AE /6", ops.xsave],
  ["NP 0F C7 /4", ops.xsavec],
] as const)
  defineLift((l) => l.op(def, l.address()), key);
