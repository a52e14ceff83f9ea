import { Ctl, I32, I64, T, V } from "../../../wasm/opcodes.ts";
import { A, B, C } from "../../emitter.ts";
import { faultingOp } from "./define.ts";
import { LANES_A, LANES_B } from "./mxcsr.ts";

/**
 * maskmovdqu, maskmovq: stores the bytes of a whose mask byte in b has its top bit set, at the address
 * in register c. All bytes are probed first, so a fault leaves memory as it was.
 */
export const maskedStore = faultingOp("masked_store", (e) => {
  const { c } = e;
  const va = c.temp(T.i64);
  const i = c.temp(T.i32);
  c.i32(0);
  e.getV128(A);
  c.simdMem(V.store, LANES_A).i32(0);
  e.getV128(B);
  c.simdMem(V.store, LANES_B);
  for (const write of [false, true]) {
    e.get64(C);
    c.set(va).i32(0).set(i);
    const loop = c.loop();
    c.get(i).mem(I32.load8_u, LANES_B).i32(0x80).op(I32.and).if();
    if (write) e.storeAt(va, 1, (addr) => c.get(addr).get(i).mem(I32.load8_u, LANES_A).mem(I32.store8));
    else {
      e.loadAddress(va, 1, true);
      c.op(Ctl.drop);
    }
    c.end();
    c.get(va).i64(1).op(I64.add).set(va);
    c.get(i).i32(1).op(I32.add).tee(i).i32(16).op(I32.ne).brIf(loop);
    c.end();
  }
  c.release(T.i64, va);
  c.release(T.i32, i);
});
