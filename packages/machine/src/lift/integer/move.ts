import type { SizeLog } from "../../ir/flags.ts";
import { CC_SUB } from "../../ir/flags.ts";
import { bswap, cmpxchg, cmpxchg8b, cmpxchg16b } from "../../ir/ops/bits.ts";
import {
  cmov,
  extendSign8to16,
  extendSign8to32,
  extendSign8to64,
  extendSign16to32,
  extendSign16to64,
  extendSign32to64,
  extendZero8,
  extendZero8to16,
  extendZero16,
  lea,
  lea32,
  leave,
  loadForWrite,
  loadPart,
  loadSign16,
  loadSign32,
  loadSign64,
  loadZero,
  mov8,
  mov16,
  mov32,
  mov64,
  movImm8,
  movImm16,
  movImm64,
  pop16,
  pop64,
  push16,
  push64,
  pushImm,
  pushImm16,
  store,
  storeImm,
  truncate32,
  xchg,
} from "../../ir/ops/memory.ts";
import { ADDR, gpr, temp, ZERO } from "../../layout.ts";
import { useMovImmediate } from "../block.ts";
import { flagsUntouched, flagsVisible } from "../flagEffect.ts";
import { defineLift, type Lifter } from "../lifter.ts";
import { register, regOperand, rmModify, rmSource, rmStore, sizeLog } from "./operand.ts";

useMovImmediate(movImm64);
flagsUntouched(mov8, mov16, mov32, mov64, movImm8, movImm16, movImm64, ...lea, ...lea32, truncate32, ...xchg, ...cmov, ...bswap);
flagsUntouched(
  extendZero8,
  extendZero16,
  extendZero8to16,
  extendSign8to16,
  extendSign8to32,
  extendSign16to32,
  extendSign8to64,
  extendSign16to64,
  extendSign32to64,
);
flagsVisible(
  ...loadZero.flat(),
  ...loadSign64.flat(),
  ...loadSign32.flat(),
  ...loadSign16,
  ...loadPart.flat(),
  ...loadForWrite,
  ...store.flat(),
  ...storeImm.flat(),
);
flagsVisible(push64, push16, pushImm, pushImm16, pop64, pop16, leave);

/** dst = src between registers of one size. */
export function moveRegister(l: Lifter, size: SizeLog, dst: number, src: number): void {
  l.op([mov8, mov16, mov32, mov64][size]!, dst, src);
}

/** dst = memory operand. */
export function loadRegister(l: Lifter, size: SizeLog, dst: number): void {
  const o = l.operands();
  l.op((size < 2 ? loadPart[size]! : loadZero[size]!)[o.form]!, dst, o.base, o.index, o.disp);
}

// mov
defineLift(
  (l) => {
    const size = sizeLog(l);
    const src = regOperand(l, size);
    if (l.isMemory) rmStore(l, size, src);
    else moveRegister(l, size, register(l, l.insn.rm, size), src);
  },
  "88",
  "89",
);
defineLift(
  (l) => {
    const size = sizeLog(l);
    const dst = regOperand(l, size);
    if (l.isMemory) loadRegister(l, size, dst);
    else moveRegister(l, size, dst, register(l, l.insn.rm, size));
  },
  "8A",
  "8B",
);
function moveImmediate(l: Lifter, size: SizeLog, dst: number): void {
  const { immLo, immHi } = l.insn;
  if (size === 0) l.op(movImm8, dst, 0, 0, immLo, immHi);
  else if (size === 1) l.op(movImm16, dst, 0, 0, immLo, immHi);
  else if (size === 2) l.op(movImm64, dst, 0, 0, immLo, 0);
  else l.op(movImm64, dst, 0, 0, immLo, immHi);
}
defineLift(
  (l) => {
    const size = sizeLog(l);
    if (!l.isMemory) {
      moveImmediate(l, size, register(l, l.insn.rm, size));
      return;
    }
    const o = l.operands();
    l.op(storeImm[size]![o.form]!, 0, o.base, o.index, o.disp, l.insn.immLo);
  },
  "C6 /0",
  "C7 /0",
);
const opcodeRegister = (l: Lifter): number => l.insn.rm;
defineLift((l) => moveImmediate(l, 0, register(l, opcodeRegister(l), 0)), "B0");
defineLift((l) => moveImmediate(l, sizeLog(l), gpr(opcodeRegister(l))), "B8");

/** moffs forms: a 64-bit absolute address. */
function absolute(l: Lifter): number {
  l.op(movImm64, ADDR, 0, 0, l.insn.immLo, l.insn.addr32 ? 0 : l.insn.immHi);
  if (l.insn.seg) l.op(lea[1]!, ADDR, ADDR, l.insn.seg === 4 ? 0x500 : 0x508, 0);
  return ADDR;
}
defineLift(
  (l) => {
    const size = sizeLog(l);
    const a = absolute(l);
    l.op((size < 2 ? loadPart[size]! : loadZero[size]!)[0]!, gpr(0), a, ZERO, 0);
  },
  "A0",
  "A1",
);
defineLift(
  (l) => {
    const size = sizeLog(l);
    const a = absolute(l);
    l.op(store[size]![0]!, gpr(0), a, ZERO, 0);
  },
  "A2",
  "A3",
);

// movzx, movsx, movsxd
function extend(l: Lifter, signed: boolean, from: 0 | 1): void {
  const size = sizeLog(l);
  const dst = gpr(l.insn.reg);
  if (l.isMemory) {
    if (size === 1) {
      if (from === 1) loadRegister(l, 1, dst);
      else if (signed) {
        const o = l.operands();
        l.op(loadSign16[o.form]!, dst, o.base, o.index, o.disp);
      } else {
        const o = l.operands();
        l.op(loadZero[0]![o.form]!, temp(0), o.base, o.index, o.disp);
        l.op(mov16, dst, temp(0));
      }
      return;
    }
    const o = l.operands();
    const ops = !signed ? loadZero[from]! : size === 3 ? loadSign64[from]! : loadSign32[from]!;
    l.op(ops[o.form]!, dst, o.base, o.index, o.disp);
    return;
  }
  const src = register(l, l.insn.rm, from);
  if (size === 1) l.op(from === 1 ? mov16 : signed ? extendSign8to16 : extendZero8to16, dst, src);
  else if (!signed) l.op(from === 0 ? extendZero8 : extendZero16, dst, src);
  else if (size === 2) l.op(from === 0 ? extendSign8to32 : extendSign16to32, dst, src);
  else l.op(from === 0 ? extendSign8to64 : extendSign16to64, dst, src);
}
defineLift((l) => extend(l, false, 0), "0F B6");
defineLift((l) => extend(l, false, 1), "0F B7");
defineLift((l) => extend(l, true, 0), "0F BE");
defineLift((l) => extend(l, true, 1), "0F BF");
defineLift((l) => {
  const size = sizeLog(l);
  const dst = gpr(l.insn.reg);
  if (size !== 3) {
    if (l.isMemory) loadRegister(l, size, dst);
    else moveRegister(l, size, dst, gpr(l.insn.rm));
  } else if (l.isMemory) {
    const o = l.operands();
    l.op(loadSign64[2]![o.form]!, dst, o.base, o.index, o.disp);
  } else l.op(extendSign32to64, dst, gpr(l.insn.rm));
}, "63");

// lea
defineLift((l) => {
  const size = sizeLog(l);
  const dst = gpr(l.insn.reg);
  const { insn } = l;
  const seg = insn.seg;
  // The segment base does not count for lea.
  insn.seg = 0;
  const o = l.operands();
  insn.seg = seg;
  if (size === 3) l.op(lea[o.form]!, dst, o.base, o.index, o.disp);
  else if (size === 2) l.op(lea32[o.form]!, dst, o.base, o.index, o.disp);
  else {
    l.op(lea[o.form]!, temp(0), o.base, o.index, o.disp);
    l.op(mov16, dst, temp(0));
  }
}, "8D");

// push, pop
defineLift((l) => l.op(l.insn.opSize === 2 ? push16 : push64, gpr(opcodeRegister(l))), "50");
defineLift((l) => l.op(l.insn.opSize === 2 ? pop16 : pop64, gpr(opcodeRegister(l))), "58");
defineLift((l) => l.op(l.insn.opSize === 2 ? pushImm16 : pushImm, 0, 0, 0, l.insn.immLo, l.insn.immHi), "68", "6A");
defineLift((l) => {
  const size = l.insn.opSize === 2 ? 1 : 3;
  const src = rmSource(l, size);
  l.op(size === 1 ? push16 : push64, src);
}, "FF /6");
defineLift((l) => {
  const size = l.insn.opSize === 2 ? 1 : 3;
  const pop = size === 1 ? pop16 : pop64;
  if (!l.isMemory) {
    l.op(pop, gpr(l.insn.rm));
    return;
  }
  // The address is computed with rsp after the pop; if the store faults, rsp is put back.
  const RSP = gpr(4);
  l.op(loadZero[size]![0]!, temp(0), RSP, ZERO, 0);
  if (l.insn.base === 4) l.insn.disp += 1 << size;
  const o = l.operands();
  l.op(store[size]![o.form]!, temp(0), o.base, o.index, o.disp);
  l.op(lea[0]!, RSP, RSP, ZERO, 1 << size);
}, "8F /0");
defineLift((l) => {
  if (l.insn.opSize !== 2) {
    l.op(leave, gpr(5));
    return;
  }
  l.op(loadZero[1]![0]!, temp(0), gpr(5), ZERO, 0);
  l.op(lea[0]!, gpr(4), gpr(5), ZERO, 2);
  l.op(mov16, gpr(5), temp(0));
}, "C9");
// enter with nesting level 0; deeper levels copy frame pointers.
defineLift((l) => {
  const RSP = gpr(4);
  const RBP = gpr(5);
  const level = l.insn.imm2 & 31;
  const size = l.insn.immLo & 0xffff;
  const log = l.insn.opSize === 2 ? 1 : 3;
  const word = 1 << log;
  l.op(store[log]![0]!, RBP, RSP, ZERO, -word);
  for (let i = 1; i < level; i++) {
    l.op(loadZero[log]![0]!, temp(0), RBP, ZERO, -word * i);
    l.op(store[log]![0]!, temp(0), RSP, ZERO, -word - word * i);
  }
  l.op(lea[0]!, temp(1), RSP, ZERO, -word);
  if (level > 0) l.op(store[log]![0]!, temp(1), RSP, ZERO, -word - word * level);
  // The last word of the new frame must be writable before registers change.
  l.op(lea[0]!, temp(2), RSP, ZERO, -word - word * level - size);
  l.op(loadForWrite[log]!, temp(3), temp(2));
  l.op(log === 1 ? mov16 : mov64, RBP, temp(1));
  l.op(mov64, RSP, temp(2));
}, "C8");

// xchg
defineLift(
  (l) => {
    const size = sizeLog(l);
    const other = regOperand(l, size);
    if (!l.isMemory) {
      l.op(xchg[size]!, register(l, l.insn.rm, size), other);
      return;
    }
    const a = l.address();
    l.op(loadForWrite[size]!, temp(0), a);
    l.op(store[size]![0]!, other, a, ZERO, 0);
    moveRegister(l, size, other, temp(0));
  },
  "86",
  "87",
);
// 90 is nop unless REX.B names r8.
defineLift((l) => {
  const r = opcodeRegister(l);
  if (r !== 0) l.op(xchg[sizeLog(l)]!, gpr(0), gpr(r));
}, "90");

// cmpxchg
defineLift(
  (l) => {
    const size = sizeLog(l);
    const src = regOperand(l, size);
    rmModify(l, size, (r) => l.op(cmpxchg[size]!, r, src));
  },
  "0F B0",
  "0F B1",
);
defineLift((l) => l.op(l.insn.rex & 8 ? cmpxchg16b : cmpxchg8b, l.address()), "0F C7 /1");

// bswap
defineLift((l) => l.op(bswap[sizeLog(l) - 1]!, gpr(opcodeRegister(l))), "0F C8");

export { CC_SUB };
