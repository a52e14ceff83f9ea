import { FPU_CW, FPU_DP, FPU_IP, FPU_OP, FPU_SW, FPU_TAG } from "../../../layout.ts";
import { Ctl, I32 } from "../../../wasm/opcodes.ts";
import { A, type Emitter } from "../../emitter.ts";
import { quietOp } from "./define.ts";

/**
 * The x87 instructions that only move the control and status words: programs that compute with SSE
 * alone use them too, to set the rounding mode or precision for both units.
 */

/** Exception summary and busy bits of the status word, set while an unmasked exception is pending. */
const ES = 0x8080;
const EXCEPTIONS = 0x3f;

/** Recomputes ES after the control or status word has changed. */
function updateSummary(e: Emitter): void {
  const { c } = e;
  const sw = (): void => {
    c.i32(0).mem(I32.load, FPU_SW);
  };
  c.i32(0);
  sw();
  c.i32(~ES).op(I32.and);
  c.i32(ES).i32(0);
  sw();
  c.i32(0).mem(I32.load, FPU_CW).i32(-1).op(I32.xor).op(I32.and).i32(EXCEPTIONS).op(I32.and);
  c.op(Ctl.select).op(I32.or).mem(I32.store, FPU_SW);
}

/** Control word = low 16 bits of temporary a. */
export const loadControl = quietOp("x87_load_control", (e) => {
  const { c } = e;
  c.i32(0);
  e.get32(A);
  c.i32(0x1f7f).op(I32.and).i32(0x40).op(I32.or).mem(I32.store, FPU_CW);
  updateSummary(e);
});
/** Temporary a = control word, status word. */
export const readControl = quietOp("x87_read_control", (e) => e.set32(A, () => e.c.i32(0).mem(I32.load16_u, FPU_CW)));
export const readStatus = quietOp("x87_read_status", (e) => e.set32(A, () => e.c.i32(0).mem(I32.load16_u, FPU_SW)));
/** ax = status word. */
export const readStatus16 = quietOp("x87_read_status16", (e) => e.set16(A, () => e.c.i32(0).mem(I32.load16_u, FPU_SW)));
/** fnclex: all exception flags, SF, ES and B cleared. */
export const clearExceptions = quietOp("x87_clear_exceptions", (e) => {
  e.c.i32(0).i32(0).mem(I32.load, FPU_SW).i32(0x7f00).op(I32.and).mem(I32.store, FPU_SW);
});
/** fninit. */
export const initialize = quietOp("x87_init", (e) => {
  const { c } = e;
  c.i32(0).i32(0x37f).mem(I32.store, FPU_CW);
  for (const at of [FPU_SW, FPU_TAG, FPU_OP, FPU_IP, FPU_IP + 4, FPU_DP, FPU_DP + 4]) c.i32(0).i32(0).mem(I32.store, at);
});
