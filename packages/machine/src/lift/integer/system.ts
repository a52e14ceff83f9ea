import { rowCount, rowIsPrivileged, rowKey } from "../../decode/table.ts";
import { debugTrap } from "../../ir/ops/control.ts";
import {
  extendZero8,
  lea,
  lea32,
  loadPart,
  loadZero,
  mov32,
  mov64,
  movImm16,
  movImm64,
  pushImm,
  pushImm16,
  store,
  storeImm,
} from "../../ir/ops/memory.ts";
import { cpuidOp, rdtsc, rdtscp, writeBase, xgetbv } from "../../ir/ops/system.ts";
import { ADDR, FS_BASE, GS_BASE, gpr, temp, ZERO } from "../../layout.ts";
import { Trap } from "../../trap.ts";
import { defineLift, liftOf } from "../lifter.ts";

defineLift((l) => l.op(cpuidOp), "0F A2");
defineLift((l) => l.branch(rdtsc, 0), "0F 31");
defineLift((l) => l.branch(rdtscp, 0), "0F 01 F9");
defineLift((l) => l.op(xgetbv), "NP 0F 01 D0");

// rdfsbase, rdgsbase, wrfsbase, wrgsbase
for (const [n, base] of [
  [0, FS_BASE],
  [1, GS_BASE],
] as const) {
  defineLift((l) => l.op(l.insn.opSize === 8 ? mov64 : mov32, gpr(l.insn.rm), base), `F3 0F AE /${n}`);
  defineLift((l) => l.op(writeBase[l.insn.opSize === 8 ? 1 : 0]!, base, gpr(l.insn.rm)), `F3 0F AE /${n + 2}`);
}

const nothing = (): void => {};
defineLift(
  nothing,
  "0F 0D",
  "0F 18",
  "0F 19",
  "0F 1A",
  "0F 1B",
  "0F 1C",
  "0F 1D",
  "0F 1E",
  "0F 1F",
  "NP 0F AE E8",
  "NP 0F AE F0",
  "NP 0F AE F8",
);
// clflush faults as a load of the byte does.
defineLift((l) => {
  const o = l.operands();
  l.op(loadZero[0]![o.form]!, temp(0), o.base, o.index, o.disp);
}, "NP 0F AE /7");

// movnti
defineLift((l) => {
  const size = l.insn.opSize === 8 ? 3 : 2;
  const o = l.operands();
  l.op(store[size]![o.form]!, gpr(l.insn.reg), o.base, o.index, o.disp);
}, "NP 0F C3");

// xlat: al = [rbx + al]
defineLift((l) => {
  l.op(extendZero8, temp(0), gpr(0));
  l.op(l.insn.addr32 ? lea32[1]! : lea[1]!, ADDR, gpr(3), temp(0), 0);
  if (l.insn.seg) l.op(lea[1]!, ADDR, ADDR, l.insn.seg === 4 ? FS_BASE : GS_BASE, 0);
  l.op(loadPart[0]![0]!, gpr(0), ADDR, ZERO, 0);
}, "D7");

/** Selectors that Linux gives a 64-bit program, by segment register (es, cs, ss, ds, fs, gs). */
const SELECTOR = [0, 0x33, 0x2b, 0, 0, 0];
defineLift((l) => {
  const value = SELECTOR[l.insn.reg & 7]!;
  if (l.isMemory) {
    const o = l.operands();
    l.op(storeImm[1]![o.form]!, 0, o.base, o.index, o.disp, value);
  } else if (l.insn.opSize === 2) l.op(movImm16, gpr(l.insn.rm), 0, 0, value, 0);
  else l.op(movImm64, gpr(l.insn.rm), 0, 0, value, 0);
}, "8C");
for (const key of ["0F A0", "0F A8"]) defineLift((l) => l.op(l.insn.opSize === 2 ? pushImm16 : pushImm, 0, 0, 0, 0, 0), key);
// Loading a segment register, far transfers and interrupt returns lead out of flat 64-bit mode: #GP.
defineLift((l) => l.trap(Trap.GP), "8E", "0F A1", "0F A9", "0F B2", "0F B4", "0F B5", "CA", "CB", "CF", "FF /3", "FF /5");
// Descriptor-table reads are kept from user mode (UMIP).
defineLift((l) => l.trap(Trap.GP), "0F 01 /0", "0F 01 /1", "0F 01 /4", "0F 00 /0", "0F 00 /1");
defineLift((l) => l.branch(debugTrap, 0), "F1");

/** Privileged instructions raise #GP in user mode. Called once all other families are registered. */
export function registerPrivileged(): void {
  for (let row = 0; row < rowCount; row++) {
    if (rowIsPrivileged(row) && !liftOf(row)) defineLift((l) => l.trap(Trap.GP), rowKey(row));
  }
}
