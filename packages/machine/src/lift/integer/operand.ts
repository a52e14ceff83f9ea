import type { SizeLog } from "../../ir/flags.ts";
import { loadForWrite, loadZero, store } from "../../ir/ops/memory.ts";
import { gpr, temp } from "../../layout.ts";
import type { Lifter } from "../lifter.ts";

/** log2 of the effective operand size in bytes. */
export function sizeLog(l: Lifter): SizeLog {
  const s = l.insn.opSize;
  return s === 1 ? 0 : s === 2 ? 1 : s === 4 ? 2 : 3;
}

/** Address of general register n as an operand of a size: without REX, byte registers 4…7 are ah…bh. */
export function register(l: Lifter, n: number, size: SizeLog): number {
  if (size === 0 && l.insn.rex === 0 && n >= 4 && n < 8) return gpr(n - 4) + 1;
  return gpr(n);
}

/** The ModRM reg operand. */
export function regOperand(l: Lifter, size: SizeLog): number {
  return register(l, l.insn.reg, size);
}

/** The ModRM rm operand as a source: a register, or memory loaded (zero-extended) into temporary t. */
export function rmSource(l: Lifter, size: SizeLog, t = 0): number {
  if (!l.isMemory) return register(l, l.insn.rm, size);
  const o = l.operands();
  l.op(loadZero[size]![o.form]!, temp(t), o.base, o.index, o.disp);
  return temp(t);
}

/**
 * The ModRM rm operand as destination of a read-modify-write: `modify` gets the address of a register
 * that holds the value and writes ops that change it; memory is stored back afterwards. All that can
 * fault happens first.
 */
export function rmModify(l: Lifter, size: SizeLog, modify: (reg: number) => void): void {
  if (!l.isMemory) {
    modify(register(l, l.insn.rm, size));
    return;
  }
  const a = l.address();
  l.op(loadForWrite[size]!, temp(0), a);
  modify(temp(0));
  l.op(store[size]![0]!, temp(0), a);
}

/** Stores a register (or temporary) into the ModRM rm memory operand. */
export function rmStore(l: Lifter, size: SizeLog, reg: number): void {
  const o = l.operands();
  l.op(store[size]![o.form]!, reg, o.base, o.index, o.disp);
}
