import { T } from "../../wasm/opcodes.ts";
import { defineHelper, defineUpcall } from "../helper.ts";
import { defineOp } from "../op.ts";

/** The machine puts its own function in place of this one. */
export const OBSERVE = "observe";
const observeUpcall = defineUpcall(OBSERVE, [T.i32], [], () => undefined);
const observeHelper = defineHelper("observeHelper", [T.i32], [], (c, call) => {
  c.get(0);
  call(observeUpcall);
});
/** Tells the machine's observer that the instruction it has given the immediate's number is next. */
export const observe = defineOp("observe", (e) => {
  e.flush();
  e.immLo();
  e.call(observeHelper);
  e.reload();
});
