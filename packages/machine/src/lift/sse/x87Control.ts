import { store } from "../../ir/ops/memory.ts";
import { mmxCheck } from "../../ir/ops/mmx/integer.ts";
import * as ops from "../../ir/ops/sse/x87Control.ts";
import { gpr, temp } from "../../layout.ts";
import { defineLift } from "../lifter.ts";
import { gprSource, memoryOp } from "./operand.ts";

// fldcw and fwait report a pending exception (#MF); the fn… forms do not.
defineLift((l) => {
  const value = gprSource(l, 1);
  l.op(mmxCheck);
  l.op(ops.loadControl, value);
}, "D9 /5");
defineLift((l) => {
  l.op(ops.readControl, temp(0));
  memoryOp(l, store[1]!, temp(0));
}, "D9 /7");
defineLift((l) => {
  l.op(ops.readStatus, temp(0));
  memoryOp(l, store[1]!, temp(0));
}, "DD /7");
defineLift((l) => l.op(ops.readStatus16, gpr(0)), "DF E0");
defineLift((l) => l.op(ops.clearExceptions), "DB E2");
defineLift((l) => l.op(ops.initialize), "DB E3");
defineLift((l) => l.op(mmxCheck), "9B");
