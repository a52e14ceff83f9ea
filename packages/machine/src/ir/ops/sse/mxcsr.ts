import { MXCSR, SCRATCH, SIMD_PENDING } from "../../../layout.ts";
import { Trap } from "../../../trap.ts";
import type { Code } from "../../../wasm/code.ts";
import { I32, T } from "../../../wasm/opcodes.ts";
import { A, type Emitter } from "../../emitter.ts";
import { defineHelper } from "../../helper.ts";
import { faultingOp } from "./define.ts";

/** Exception flags; their masks are the same bits 7 higher (Intel SDM volume 1, section 10.2.3). */
export const IE = 1;
export const DE = 2;
export const ZE = 4;
export const OE = 8;
export const UE = 0x10;
export const PE = 0x20;
export const DAZ = 0x40;
export const UNDERFLOW_MASKED = 0x800;
export const OVERFLOW_MASKED = 0x400;
export const FTZ = 0x8000;
/** Rounding control, bits 13 and 14: 0 nearest even, 1 down, 2 up, 3 towards zero. */
export const RC_SHIFT = 13;
/** All of it but the six flags in the state that programs start with: all masked, nearest even, denormals as they are. */
export const DEFAULT_CONTROL = 0x1f80;

/** Exceptions that the current instruction has met so far (i32); zero between instructions. */
export const PENDING = SIMD_PENDING;
/** Lanes of operands and results for helpers that work through memory. */
export const LANES_A = SCRATCH + 0x80;
export const LANES_B = SCRATCH + 0x90;
export const LANES_R = SCRATCH + 0xa0;

/** MXCSR is always read from memory: support functions change it behind the emitter's back. */
export function mxcsr(c: Code): Code {
  return c.i32(0).mem(I32.load, MXCSR);
}

/** Adds constant exceptions to the pending ones. */
export function pend(c: Code, flags: number): void {
  c.i32(0).i32(0).mem(I32.load, PENDING).i32(flags).op(I32.or).mem(I32.store, PENDING);
}

/**
 * () → i32: makes the pending exceptions sticky; 1 if one of them is unmasked, so that #XM is due. An
 * unmasked exception found before computing (invalid, denormal, divide by zero) hides those that the
 * computation would have met (Intel SDM volume 1, section 11.5.3).
 */
export const commitExceptions = defineHelper("sseCommitExceptions", [], [T.i32], (c) => {
  const flags = c.local(T.i32);
  const unmasked = c.local(T.i32);
  c.i32(0).mem(I32.load, PENDING).tee(flags).op(I32.eqz).if();
  c.i32(0).ret();
  c.end();
  c.i32(0).i32(0).mem(I32.store, PENDING);
  mxcsr(c).i32(7).op(I32.shr_u).i32(-1).op(I32.xor).get(flags).op(I32.and).tee(unmasked);
  c.i32(IE | DE | ZE)
    .op(I32.and)
    .if();
  c.get(flags)
    .i32(IE | DE | ZE)
    .op(I32.and)
    .set(flags);
  c.end();
  c.i32(0);
  mxcsr(c).get(flags).op(I32.or).mem(I32.store, MXCSR);
  c.get(unmasked).i32(0).op(I32.ne);
});

/** Ends the computing part of an op: sticky flags are set, #XM is raised if due. Nothing must have been written yet. */
export function commit(e: Emitter): void {
  e.call(commitExceptions);
  e.c.if();
  e.trap(Trap.XM);
  e.c.end();
}

/** Pushes 1 if MXCSR's control bits are the default ones and PE is already sticky: nothing ordinary changes it then. */
export function pushSettled(c: Code): void {
  mxcsr(c)
    .i32(~(IE | DE | ZE | OE | UE))
    .op(I32.and)
    .i32(DEFAULT_CONTROL | PE)
    .op(I32.eq);
}

/** MXCSR = temporary a; reserved bits raise #GP. */
export const ldmxcsr = faultingOp("ldmxcsr", (e) => {
  const { c } = e;
  e.get32(A);
  c.i32(~0xffff).op(I32.and).if();
  e.trap(Trap.GP, 0);
  c.end();
  e.setCpu32(MXCSR, () => e.get32(A));
});
/** Temporary a = MXCSR. */
export const stmxcsr = faultingOp("stmxcsr", (e) => e.set32(A, () => mxcsr(e.c)));
