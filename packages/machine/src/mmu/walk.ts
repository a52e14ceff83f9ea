import { CR3, FRAME_FLAGS, TLB, TLB_ENTRIES, TLB_FILLS, TLB_LOG, TLB_LOG_ENTRIES } from "../layout.ts";
import type { Code } from "../wasm/code.ts";
import type { ModuleBuilder } from "../wasm/module.ts";
import { I32, I64, T } from "../wasm/opcodes.ts";
import { PTE_A, PTE_D, PTE_P, PTE_RW, PTE_US } from "./mmu.ts";

/**
 * TLB misses that need nothing but a walk: present pages whose accessed bit (for writes: dirty bit) is set, of
 * frames without translated code or snapshot marks. The rest goes on to TypeScript.
 */

/** (va, want) → physical address, or 0: walks and fills the TLB if the page's entry has the bits `want`; a write needs a plain frame. */
function buildWalk(c: Code): void {
  const [va, want] = [0, 1];
  const entry = c.local(T.i32);
  const pte = c.local(T.i32);
  const frame = c.local(T.i32);
  const page = c.local(T.i64);
  c.get(va).i64(47).op(I64.shr_u).op(I64.eqz).op(I32.eqz).if();
  c.i32(0).ret();
  c.end();
  c.i32(0).mem(I32.load, CR3).set(frame);
  for (const shift of [39, 30, 21, 12]) {
    c.get(frame)
      .get(va)
      .i64(shift)
      .op(I64.shr_u)
      .op(I32.wrap_i64)
      .i32(511)
      .op(I32.and)
      .i32(3)
      .op(I32.shl)
      .op(I32.add)
      .mem(I32.load)
      .tee(pte);
    c.i32(PTE_P).op(I32.and).op(I32.eqz).if();
    c.i32(0).ret();
    c.end();
    c.get(pte).i32(-4096).op(I32.and).set(frame);
  }
  c.get(pte).get(want).op(I32.and).get(want).op(I32.ne).if();
  c.i32(0).ret();
  c.end();
  // Writing needs no further work if the page may be written, is dirty, and its frame is a plain one.
  const writable = c.local(T.i32);
  c.get(pte)
    .i32(PTE_RW | PTE_D)
    .op(I32.and)
    .i32(PTE_RW | PTE_D)
    .op(I32.eq);
  c.get(frame).i32(12).op(I32.shr_u).mem(I32.load8_u, FRAME_FLAGS).op(I32.eqz).op(I32.and).set(writable);
  c.get(want).i32(PTE_RW).op(I32.and).i32(0).op(I32.ne).get(writable).op(I32.eqz).op(I32.and).if();
  c.i32(0).ret();
  c.end();
  c.get(va).i64(-4096).op(I64.and).set(page);
  c.get(va)
    .op(I32.wrap_i64)
    .i32(7)
    .op(I32.shr_u)
    .i32((TLB_ENTRIES - 1) << 5)
    .op(I32.and)
    .tee(entry);
  c.get(page).mem(I64.store, TLB);
  c.get(entry)
    .get(page)
    .i64(-1)
    .get(writable)
    .op(0x1b)
    .mem(I64.store, TLB + 8);
  c.get(entry)
    .get(frame)
    .get(page)
    .op(I32.wrap_i64)
    .op(I32.sub)
    .mem(I32.store, TLB + 16);
  c.i32(0).mem(I32.load, TLB_FILLS).tee(pte).i32(TLB_LOG_ENTRIES).op(I32.lt_u).if();
  c.get(pte).i32(1).op(I32.shl).get(entry).i32(5).op(I32.shr_u).mem(I32.store16, TLB_LOG);
  c.end();
  c.get(pte).i32(TLB_LOG_ENTRIES).op(I32.le_u).if();
  c.i32(0).get(pte).i32(1).op(I32.add).mem(I32.store, TLB_FILLS);
  c.end();
  c.get(frame).get(va).op(I32.wrap_i64).i32(4095).op(I32.and).op(I32.or);
}

/** Declares functions with the signatures of readSlow and writeSlow that try the walk first. */
export function defineMisses(m: ModuleBuilder, readSlow: number, writeSlow: number): { readSlow: number; writeSlow: number } {
  const walk = m.func("walk", [T.i64, T.i32], [T.i32], buildWalk);
  const [lo, hi, size] = [0, 1, 2];
  const quick = (c: Code, want: () => void): void => {
    const pa = c.local(T.i32);
    // Accesses over two pages have another way.
    c.get(lo).i32(4095).op(I32.and).get(size).op(I32.add).i32(4096).op(I32.le_u).if();
    c.get(lo).op(I64.extend_i32_u).get(hi).op(I64.extend_i32_u).i64(32).op(I64.shl).op(I64.or);
    want();
    c.call(walk).tee(pa).if();
    c.get(pa).ret();
    c.end();
    c.end();
  };
  const READ = PTE_P | PTE_US | PTE_A;
  const WRITE = READ | PTE_RW | PTE_D;
  return {
    readSlow: m.func("readMiss", [T.i32, T.i32, T.i32, T.i32], [T.i32], (c) => {
      quick(c, () => {
        c.i32(WRITE).i32(READ).get(3).op(0x1b);
      });
      c.get(lo).get(hi).get(size).get(3).call(readSlow);
    }),
    writeSlow: m.func("writeMiss", [T.i32, T.i32, T.i32], [T.i32], (c) => {
      quick(c, () => {
        c.i32(WRITE);
      });
      c.get(lo).get(hi).get(size).call(writeSlow);
    }),
  };
}
