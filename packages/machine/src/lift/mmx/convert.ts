import type { OpDef } from "../../ir/op.ts";
import * as ops from "../../ir/ops/mmx/convert.ts";
import { mmxCheck, mmxEnter, movMm } from "../../ir/ops/mmx/integer.ts";
import { temp } from "../../layout.ts";
import { defineLift, type Lifter } from "../lifter.ts";
import { scalarSource, xmmReg, xmmSource } from "../sse/operand.ts";
import { enter, mmReg, mmSource } from "./integer.ts";

/** Conversions to MMX: #XM must find nothing changed, so the result waits in a temporary. */
const toMmx =
  (def: OpDef, packed: boolean) =>
  (l: Lifter): void => {
    const src = packed ? xmmSource(l) : scalarSource(l, 8);
    l.op(def, temp(1), src);
    enter(l);
    l.op(movMm, mmReg(l), temp(1));
  };
defineLift(toMmx(ops.cvtps2pi, false), "NP 0F 2D");
defineLift(toMmx(ops.cvttps2pi, false), "NP 0F 2C");
defineLift(toMmx(ops.cvtpd2pi, true), "66 0F 2D");
defineLift(toMmx(ops.cvttpd2pi, true), "66 0F 2C");
/** Conversions from MMX change the x87 state only if they read an MMX register. */
const fromMmx =
  (def: OpDef) =>
  (l: Lifter): void => {
    const src = mmSource(l);
    if (!l.isMemory) l.op(mmxCheck);
    l.op(def, xmmReg(l), src);
    if (!l.isMemory) l.op(mmxEnter);
  };
defineLift(fromMmx(ops.cvtpi2ps), "NP 0F 2A");
defineLift(fromMmx(ops.cvtpi2pd), "66 0F 2A");
