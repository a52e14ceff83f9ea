import { imageUpcallRun } from "../../../fpu/environment.ts";
import { exec, FPU_OPERAND, FPU_SKIP } from "../../../fpu/unit.ts";
import { FPU_IMAGE, FPU_SW } from "../../../layout.ts";
import { Trap } from "../../../trap.ts";
import { I32, I64, T } from "../../../wasm/opcodes.ts";
import { A, B } from "../../emitter.ts";
import { setStatus } from "../../flags.ts";
import { defineHelper, defineUpcall } from "../../helper.ts";
import { defineColdOp } from "../../op.ts";

const execUpcall = defineUpcall("x87Exec", [T.i32, T.i32], [T.i32], (view, n, i) => exec(view, n!, i!));
const execHelper = defineHelper("x87ExecHelper", [T.i32, T.i32], [T.i32], (c, call) => {
  c.get(0).get(1);
  call(execUpcall);
});

/** Runs x87 instruction number immLo with register number a. */
export const x87Exec = defineColdOp("x87_exec", (e) => {
  const { c } = e;
  const r = c.temp(T.i32);
  e.flush();
  e.immLo();
  e.field(A);
  e.call(execHelper);
  e.reload();
  c.tee(r).i32(-2).op(I32.eq).if();
  e.trap(Trap.MF);
  c.end();
  c.get(r).i32(0).op(I32.ge_s).if();
  setStatus(e, () => c.get(r));
  c.end();
});

/** Runs instruction immLo with register a if temporary b is not 0, else immHi. For fcmov; never sets flags. */
export const x87ExecIf = defineColdOp("x87_exec_if", (e) => {
  const { c } = e;
  e.flush();
  e.immLo();
  e.immHi();
  e.get32(B);
  c.op(0x1b);
  e.field(A);
  e.call(execHelper);
  e.reload();
  c.i32(-2).op(I32.eq).if();
  e.trap(Trap.MF);
  c.end();
});

/** Copies `bytes` of guest memory at register b to the operand buffer. */
export const x87Load = new Map(
  [2, 4, 8, 10].map((bytes) => [
    bytes,
    defineColdOp(`x87_load${bytes}`, (e) => {
      const { c } = e;
      const va = c.temp(T.i64);
      const addr = c.temp(T.i32);
      e.get64(B);
      c.set(va);
      e.loadAddress(va, bytes);
      c.set(addr);
      if (bytes === 10) {
        c.i32(0)
          .get(addr)
          .mem(I64.load16_u, 8)
          .mem(I64.store16, FPU_OPERAND + 8);
      }
      c.i32(0)
        .get(addr)
        .mem(bytes === 2 ? I64.load16_u : bytes === 4 ? I64.load32_u : I64.load)
        .mem(I64.store, FPU_OPERAND);
    }),
  ]),
);

/** Copies the operand buffer to guest memory at register b, unless the instruction must not store. */
export const x87Store = new Map(
  [2, 4, 8, 10].map((bytes) => [
    bytes,
    defineColdOp(`x87_store${bytes}`, (e) => {
      const { c } = e;
      const va = c.temp(T.i64);
      e.get64(B);
      c.set(va);
      e.cpu32(FPU_SKIP);
      c.op(I32.eqz).if();
      e.storeAt(va, bytes, (addr) => {
        c.get(addr);
        e.cpu64(FPU_OPERAND);
        c.mem(bytes === 2 ? I64.store16 : bytes === 4 ? I64.store32 : I64.store);
        if (bytes === 10) {
          c.get(addr);
          e.cpu64(FPU_OPERAND + 8);
          c.mem(I64.store16, 8);
        }
      });
      c.end();
    }),
  ]),
);

/** Puts a 16-bit word of the CPU state (a, as an address) into the operand buffer: fnstcw, fnstsw. */
export const x87Word = defineColdOp("x87_word", (e) => {
  const { c } = e;
  e.setCpu64(FPU_OPERAND, () => e.get64(A));
  e.setCpu32(FPU_SKIP, () => c.i32(0));
});
/** ax = status word. */
export const fnstswAx = defineColdOp("fnstsw_ax", (e) => e.set16(A, () => e.cpu32(FPU_SW)));

const imageUpcall = defineUpcall("x87Image", [T.i32, T.i32, T.i32], [T.i32], (view, kind, a, b) => imageUpcallRun(view, kind!, a!, b!));
const imageHelper = defineHelper("x87ImageHelper", [T.i32, T.i32, T.i32], [T.i32], (c, call) => {
  c.get(0).get(1).get(2);
  call(imageUpcall);
});
/** Builds or applies a memory image (kind: immLo, see fpu/environment.ts); register a and immHi are its arguments. A nonzero answer is an exception's vector. */
export const x87Image = defineColdOp("x87_image", (e) => {
  const { c } = e;
  const r = c.temp(T.i32);
  e.flush();
  e.immLo();
  e.get32(A);
  e.immHi();
  e.call(imageHelper);
  e.reload();
  c.tee(r).i32(Trap.GP).op(I32.eq).if();
  e.trap(Trap.GP);
  c.end();
  c.get(r).i32(Trap.MF).op(I32.eq).if();
  e.trap(Trap.MF);
  c.end();
});

/** Moves immLo bytes (a multiple of 4) between guest memory at register b and the image at offset immHi. */
function imageMove(name: string, toGuest: boolean, check: boolean) {
  return [4, 8, 16, 28, 32, 44, 64].map((bytes) => ({
    bytes,
    op: defineColdOp(`${name}${bytes}`, (e) => {
      const { c } = e;
      const va = c.temp(T.i64);
      e.get64(B);
      e.immHi();
      c.op(I64.extend_i32_s).op(I64.add).set(va);
      if (check) {
        e.loadAddress(va, bytes, true);
        c.op(0x1a);
        return;
      }
      if (toGuest) {
        e.storeAt(va, bytes, (addr) => {
          c.get(addr).i32(FPU_IMAGE);
          e.immLo();
          c.op(I32.add).i32(bytes).fc(10);
        });
        return;
      }
      const addr = c.temp(T.i32);
      e.loadAddress(va, bytes);
      c.set(addr);
      c.i32(FPU_IMAGE);
      e.immLo();
      c.op(I32.add).get(addr).i32(bytes).fc(10);
    }),
  }));
}
/** Copies, and a check that a range may be written; immLo: offset in the image, immHi: offset from the address. */
export const imageStore = imageMove("image_store", true, false);
export const imageLoad = imageMove("image_load", false, false);
export const imageCheck = imageMove("image_check", false, true);

/** #GP unless the address in register a is a multiple of immLo. */
export const alignCheck = defineColdOp("image_align", (e) => {
  const { c } = e;
  e.get32(A);
  e.immLo();
  c.i32(1).op(I32.sub).op(I32.and).if();
  e.trap(Trap.GP);
  c.end();
});
