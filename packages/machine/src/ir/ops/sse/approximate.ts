import { F32, F64, I32, T, V } from "../../../wasm/opcodes.ts";
import { A, B } from "../../emitter.ts";
import { defineHelper, type Helper } from "../../helper.ts";
import type { OpDef } from "../../op.ts";
import { quietOp } from "./define.ts";

/**
 * rcp and rsqrt: approximations whose relative error is below 1.5 * 2^-12 (Intel SDM volume 2, RCPPS).
 * Their exact bits differ between processors; here the correct value is rounded to 12 bits. They
 * raise nothing, take denormals for zeros and flush tiny results.
 */
function approximation(name: string, root: boolean): Helper {
  return defineHelper(name, [T.i32], [T.i32], (c) => {
    const x = 0;
    const magnitude = c.local(T.i32);
    const r = c.local(T.i32);
    const sign = (): void => {
      c.get(x).i32(0x80000000).op(I32.and);
    };
    c.get(x).i32(0x7fffffff).op(I32.and).tee(magnitude).i32(0x7f800000).op(I32.gt_u).if();
    c.get(x).i32(0x00400000).op(I32.or).ret();
    c.end();
    c.get(magnitude).i32(0x00800000).op(I32.lt_u).if();
    sign();
    c.i32(0x7f800000).op(I32.or).ret();
    c.end();
    if (root) {
      c.get(x).i32(0).op(I32.lt_s).if();
      c.i32(0xffc00000).ret();
      c.end();
    }
    c.f64(1).get(magnitude).op(F32.reinterpret_i32).op(F64.promote_f32);
    if (root) c.op(F64.sqrt);
    c.op(F64.div).op(F32.demote_f64).op(I32.reinterpret_f32).i32(0x400).op(I32.add).i32(~0x7ff).op(I32.and).tee(r);
    c.i32(0x00800000).op(I32.lt_u).if();
    c.i32(0).set(r);
    c.end();
    c.get(r);
    sign();
    c.op(I32.or);
  });
}

function approximate(name: string, root: boolean): { scalar: OpDef; packed: OpDef } {
  const helper = approximation(`sse_${name}`, root);
  return {
    scalar: quietOp(`${name}ss`, (e) =>
      e.setF32(A, () => {
        e.getF32(B);
        e.c.op(I32.reinterpret_f32);
        e.call(helper);
        e.c.op(F32.reinterpret_i32);
      }),
    ),
    packed: quietOp(`${name}ps`, (e) => {
      const { c } = e;
      const v = c.temp(T.v128);
      e.getV128(B);
      c.set(v);
      for (let i = 0; i < 4; i++) {
        c.get(v).get(v).lane(V.i32x4_extract_lane, i);
        e.call(helper);
        c.lane(V.i32x4_replace_lane, i).set(v);
      }
      e.setV128(A, () => c.get(v));
      c.release(T.v128, v);
    }),
  };
}
export const rcp = approximate("rcp", false);
export const rsqrt = approximate("rsqrt", true);
