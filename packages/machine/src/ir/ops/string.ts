import { FS_BASE, GS_BASE, gpr, RFLAGS, ZERO } from "../../layout.ts";
import { I32, I64, T } from "../../wasm/opcodes.ts";
import type { Emitter } from "../emitter.ts";
import { B } from "../emitter.ts";
import { CC_SUB, type SizeLog, setFlags } from "../flags.ts";
import { defineOp, type OpDef } from "../op.ts";

/**
 * String instructions. With a rep prefix the whole instruction is one op: it counts as one
 * instruction, and a fault leaves rcx, rsi and rdi at the iteration that faulted, so that it can be
 * resumed. Field b is the address of the source's segment base (FS_BASE, GS_BASE or ZERO).
 */
const RAX = gpr(0);
const RCX = gpr(1);
const RSI = gpr(6);
const RDI = gpr(7);
const LOAD = [I64.load8_u, I64.load16_u, I64.load32_u, I64.load] as const;
const STORE = [I64.store8, I64.store16, I64.store32, I64.store] as const;
const SIZES = [0, 1, 2, 3] as const;

export type StringName = "movs" | "stos" | "lods" | "cmps" | "scas";
export type Rep = "" | "rep" | "repne";
const DF = 0x400;

function emitString(e: Emitter, name: StringName, size: SizeLog, rep: Rep, addr32: boolean): void {
  const { c } = e;
  const step = c.temp(T.i64);
  const va = c.temp(T.i64);
  const v = c.temp(T.i64);
  const w = c.temp(T.i64);
  const n = c.temp(T.i64);
  const mask = (): void => {
    if (addr32) c.i64(0xffffffff).op(I64.and);
  };
  const source = (): void => {
    e.cpu64(RSI);
    mask();
    e.get64(B);
    c.op(I64.add).set(va);
  };
  const destination = (): void => {
    e.cpu64(RDI);
    mask();
    c.set(va);
  };
  const advance = (reg: number): void =>
    e.setCpu64(reg, () => {
      e.cpu64(reg);
      c.get(step).op(I64.add);
      mask();
    });
  c.i64(-(1 << size)).i64(1 << size);
  e.cpu32(RFLAGS);
  c.i32(DF).op(I32.and).op(0x1b).set(step);

  const one = (): void => {
    if (name === "movs" || name === "lods" || name === "cmps") {
      source();
      e.loadAddress(va, 1 << size);
      c.mem(LOAD[size]).set(v);
    }
    if (name === "cmps" || name === "scas") {
      destination();
      e.loadAddress(va, 1 << size);
      c.mem(LOAD[size]).set(w);
      if (name === "scas") {
        e.cpu64(RAX);
        if (size !== 3) c.i64(2 ** (8 << size) - 1).op(I64.and);
        c.set(v);
      }
      setFlags(
        e,
        CC_SUB,
        size,
        () => c.get(v).get(w).op(I64.sub),
        () => c.get(w),
      );
    }
    if (name === "movs" || name === "stos") {
      destination();
      if (name === "stos") {
        e.cpu64(RAX);
        c.set(v);
      }
      e.storeAt(va, 1 << size, (addr) => {
        c.get(addr).get(v).mem(STORE[size]);
      });
    }
    if (name === "lods") {
      if (size === 3) e.setCpu64(RAX, () => c.get(v));
      else if (size === 2) e.setCpu64(RAX, () => c.get(v));
      else e.setCpuPart(RAX, size === 1 ? 2 : 1, () => c.get(v).op(I32.wrap_i64));
    }
    if (name !== "stos" && name !== "scas") advance(RSI);
    if (name !== "lods") advance(RDI);
  };

  if (rep === "") {
    one();
    return;
  }
  const done = c.block();
  const loop = c.loop();
  e.cpu64(RCX);
  mask();
  c.tee(n).op(I64.eqz).brIf(done);
  if (name === "movs" || name === "stos") emitRun(e, name, size, { n, step, va, v, w }, loop, addr32, source, destination);
  one();
  e.setCpu64(RCX, () => c.get(n).i64(1).op(I64.sub));
  if (name === "cmps" || name === "scas") {
    c.get(v)
      .get(w)
      .op(rep === "rep" ? I64.eq : I64.ne)
      .op(I32.eqz)
      .brIf(done);
  }
  c.br(loop);
  c.end();
  c.end();
}

interface RunLocals {
  n: number;
  step: number;
  va: number;
  v: number;
  w: number;
}

/** rep movs/stos going up: as much as fits in the present pages in one memory.copy or memory.fill. */
function emitRun(
  e: Emitter,
  name: "movs" | "stos",
  size: SizeLog,
  l: RunLocals,
  loop: number,
  addr32: boolean,
  source: () => void,
  destination: () => void,
): void {
  if (addr32) return;
  const { c } = e;
  const bytes = c.temp(T.i64);
  const src = c.temp(T.i32);
  const dst = c.temp(T.i32);
  // stos of other than bytes fills only if all bytes of the value are equal: leave those to the loop.
  if (name === "stos" && size !== 0) {
    c.release(T.i64, bytes);
    emitStosRun(e, size, l, loop, destination, bytes, dst);
    return;
  }
  c.get(l.step).i64(0).op(I64.gt_s).get(l.n).i64(4).op(I64.ge_u).op(I32.and).if();
  destination();
  c.i64(4096).get(l.va).i64(4095).op(I64.and).op(I64.sub).set(bytes);
  const shorter = (): void => {
    // bytes = min(bytes, what is left of the page of va)
    c.i64(4096).get(l.va).i64(4095).op(I64.and).op(I64.sub).tee(l.w).get(bytes).get(l.w).get(bytes).op(I64.lt_u).op(0x1b).set(bytes);
  };
  if (name === "movs") {
    source();
    shorter();
  }
  // Whole elements only, and no more than n of them.
  c.get(bytes).i64(size).op(I64.shr_u).tee(bytes).get(l.n).get(bytes).get(l.n).op(I64.lt_u).op(0x1b).tee(bytes).i64(0).op(I64.ne).if();
  if (name === "movs") {
    source();
    e.loadAddress(l.va, 1);
    c.set(src);
    // An overlap where the source is read after it was written must repeat the pattern.
    e.cpu64(RDI);
    e.cpu64(RSI);
    c.op(I64.sub).get(bytes).i64(size).op(I64.shl).op(I64.ge_u);
    c.if();
  }
  destination();
  e.storeAt(l.va, 1, (addr) => {
    c.get(addr).set(dst);
    if (name === "movs") {
      c.get(dst).get(src).get(bytes).op(I32.wrap_i64).i32(size).op(I32.shl).fc(10);
    } else {
      c.get(dst);
      e.cpu64(RAX);
      c.op(I32.wrap_i64).get(bytes).op(I32.wrap_i64).fc(11);
    }
  });
  e.setCpu64(RCX, () => c.get(l.n).get(bytes).op(I64.sub));
  c.get(bytes).i64(size).op(I64.shl).set(bytes);
  e.setCpu64(RDI, () => {
    e.cpu64(RDI);
    c.get(bytes).op(I64.add);
  });
  if (name === "movs")
    e.setCpu64(RSI, () => {
      e.cpu64(RSI);
      c.get(bytes).op(I64.add);
    });
  c.br(loop);
  if (name === "movs") c.end();
  c.end();
  c.end();
}

/** rep stosw/d/q going up, element by element within one page without asking the TLB again. */
function emitStosRun(e: Emitter, size: SizeLog, l: RunLocals, loop: number, destination: () => void, bytes: number, dst: number): void {
  const { c } = e;
  c.get(l.step).i64(0).op(I64.gt_s).get(l.n).i64(4).op(I64.ge_u).op(I32.and).if();
  destination();
  c.i64(4096)
    .get(l.va)
    .i64(4095)
    .op(I64.and)
    .op(I64.sub)
    .i64(size)
    .op(I64.shr_u)
    .tee(bytes)
    .get(l.n)
    .get(bytes)
    .get(l.n)
    .op(I64.lt_u)
    .op(0x1b)
    .tee(bytes)
    .i64(0)
    .op(I64.ne)
    .if();
  e.cpu64(RAX);
  c.set(l.v);
  e.storeAt(l.va, 1, (addr) => {
    c.get(addr).set(dst);
    c.get(bytes).set(l.w);
    const inner = c.loop();
    c.get(dst).get(l.v).mem(STORE[size]);
    c.get(dst)
      .i32(1 << size)
      .op(I32.add)
      .set(dst);
    c.get(l.w).i64(1).op(I64.sub).tee(l.w).i64(0).op(I64.ne).brIf(inner);
    c.end();
  });
  e.setCpu64(RCX, () => c.get(l.n).get(bytes).op(I64.sub));
  e.setCpu64(RDI, () => {
    e.cpu64(RDI);
    c.get(bytes).i64(size).op(I64.shl).op(I64.add);
  });
  c.br(loop);
  c.end();
  c.end();
}

const table = new Map<string, OpDef>();
for (const name of ["movs", "stos", "lods", "cmps", "scas"] as const)
  for (const size of SIZES)
    for (const rep of ["", "rep", "repne"] as const) {
      if (rep === "repne" && name !== "cmps" && name !== "scas") continue;
      for (const addr32 of [false, true]) {
        const key = `${rep}${name}${8 << size}${addr32 ? "_a32" : ""}`;
        table.set(
          key,
          defineOp(key, (e) => emitString(e, name, size, rep, addr32), { cold: true }),
        );
      }
    }

/** The op of a string instruction; F2 before movs, stos and lods acts as F3. */
export function stringOp(name: StringName, size: SizeLog, rep: Rep, addr32: boolean): OpDef {
  const r = rep === "repne" && name !== "cmps" && name !== "scas" ? "rep" : rep;
  return table.get(`${r}${name}${8 << size}${addr32 ? "_a32" : ""}`)!;
}
export { FS_BASE, GS_BASE, ZERO };
