import { gpr } from "../../../layout.ts";
import { Trap } from "../../../trap.ts";
import { I32, I64, T, V } from "../../../wasm/opcodes.ts";
import { A, type Emitter } from "../../emitter.ts";
import { defineHelper, defineUpcall } from "../../helper.ts";
import type { OpDef } from "../../op.ts";
import { faultingOp } from "./define.ts";
import * as image from "./stateImage.ts";

const upcall = defineUpcall("stateImage", [T.i32, T.i32], [T.i32], (view, kind, requested) => image.stateImage(view, kind!, requested!));
const work = defineHelper("sseStateImage", [T.i32, T.i32], [T.i32], (c, call) => {
  c.get(0).get(1);
  call(upcall);
});
const CHUNK = 16;

/** For each 16 bytes of the area at i64 local va: `body` gets a local with the chunk's address and one with its offset. */
function eachChunk(e: Emitter, va: number, size: number, body: (at: number, offset: number) => void): void {
  const { c } = e;
  const at = c.temp(T.i64);
  const offset = c.temp(T.i32);
  c.i32(0).set(offset);
  const loop = c.loop();
  c.get(va).get(offset).op(I64.extend_i32_u).op(I64.add).set(at);
  body(at, offset);
  c.get(offset).i32(CHUNK).op(I32.add).tee(offset).i32(size).op(I32.lt_u).brIf(loop);
  c.end();
  c.release(T.i64, at);
  c.release(T.i32, offset);
}

/** The area at the address in register a is copied to the image, worked on, and, by the saving instructions, copied back. */
function stateOp(name: string, kind: number, size: number, alignment: number, save: boolean): OpDef {
  return faultingOp(name, (e) => {
    const { c } = e;
    const va = c.temp(T.i64);
    e.get64(A);
    c.tee(va)
      .op(I32.wrap_i64)
      .i32(alignment - 1)
      .op(I32.and)
      .if();
    e.trap(Trap.GP, 0);
    c.end();
    eachChunk(e, va, size, (at, offset) => {
      c.get(offset);
      e.loadAddress(at, CHUNK, save);
      c.simdMem(V.load).simdMem(V.store, image.IMAGE);
    });
    e.flush();
    c.i32(kind);
    e.cpu32(gpr(0));
    e.call(work);
    c.if();
    e.trap(Trap.GP, 0);
    c.end();
    if (save)
      eachChunk(e, va, size, (at, offset) => {
        e.storeAt(at, CHUNK, (addr) => c.get(addr).get(offset).simdMem(V.load, image.IMAGE).simdMem(V.store));
      });
    else e.reload();
    c.release(T.i64, va);
  });
}
export const fxsave = stateOp("fxsave", image.FXSAVE, image.FXSAVE_SIZE, 16, true);
export const fxrstor = stateOp("fxrstor", image.FXRSTOR, image.FXSAVE_SIZE, 16, false);
export const xsave = stateOp("xsave", image.XSAVE, image.XSAVE_SIZE, 64, true);
export const xsavec = stateOp("xsavec", image.XSAVEC, image.XSAVE_SIZE, 64, true);
export const xrstor = stateOp("xrstor", image.XRSTOR, image.XSAVE_SIZE, 64, false);
