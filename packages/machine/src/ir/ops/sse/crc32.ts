import { CONST_POOL } from "../../../layout.ts";
import { I32, I64, T } from "../../../wasm/opcodes.ts";
import { A, B } from "../../emitter.ts";
import { defineHelper } from "../../helper.ts";
import type { OpDef } from "../../op.ts";
import { quietOp } from "./define.ts";

/** CRC-32C's polynomial, bits reversed. */
const POLYNOMIAL = 0x82f63b78;
/** Remainders of the 256 byte values, built at the first use. */
const TABLE = CONST_POOL;

/** (crc, value, bytes) → crc after the value's low bytes. */
const crc32c = defineHelper("crc32c", [T.i32, T.i64, T.i32], [T.i32], (c) => {
  const [crc, value, bytes] = [0, 1, 2];
  const i = c.local(T.i32);
  const r = c.local(T.i32);
  const bit = c.local(T.i32);
  c.i32(0)
    .mem(I32.load, TABLE + 4)
    .op(I32.eqz)
    .if();
  {
    const each = c.loop();
    c.get(i).set(r).i32(8).set(bit);
    const bits = c.loop();
    c.get(r).i32(1).op(I32.shr_u).i32(0).get(r).i32(1).op(I32.and).op(I32.sub).i32(POLYNOMIAL).op(I32.and).op(I32.xor).set(r);
    c.get(bit).i32(1).op(I32.sub).tee(bit).brIf(bits);
    c.end();
    c.get(i).i32(2).op(I32.shl).get(r).mem(I32.store, TABLE);
    c.get(i).i32(1).op(I32.add).tee(i).i32(256).op(I32.ne).brIf(each);
    c.end();
  }
  c.end();
  const loop = c.loop();
  c.get(crc).get(value).op(I32.wrap_i64).op(I32.xor).i32(255).op(I32.and).i32(2).op(I32.shl).mem(I32.load, TABLE);
  c.get(crc).i32(8).op(I32.shr_u).op(I32.xor).set(crc);
  c.get(value).i64(8).op(I64.shr_u).set(value);
  c.get(bytes).i32(1).op(I32.sub).tee(bytes).brIf(loop);
  c.end();
  c.get(crc);
});

/** a = crc of a and the low 1, 2, 4 or 8 bytes of b. */
export const crc32 = [1, 2, 4, 8].map(
  (bytes): OpDef =>
    quietOp(`crc32_${bytes * 8}`, (e) => {
      const { c } = e;
      const r = c.temp(T.i32);
      e.get32(A);
      if (bytes === 1) e.get8(B);
      else if (bytes === 2) e.get16(B);
      if (bytes <= 2) c.op(I64.extend_i32_u);
      else e.get64(B);
      c.i32(bytes);
      e.call(crc32c);
      c.set(r);
      e.set32(A, () => c.get(r));
      c.release(T.i32, r);
    }),
);
