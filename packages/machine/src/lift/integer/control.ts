import { CC_FLAGS, type SizeLog } from "../../ir/flags.ts";
import { CONDITION_OF, conditionOps, jumpCondition, jumpNonZero, jumpZero, setCondition } from "../../ir/ops/conditions.ts";
import {
  breakpoint,
  call,
  callRegister,
  flagBits,
  jump,
  jumpRegister,
  lahf,
  loops,
  POPF_MASK,
  pushf,
  pushf16,
  ret,
  setRflags,
  syscall,
} from "../../ir/ops/control.ts";
import { cmov, mov8, pop16, pop64, store } from "../../ir/ops/memory.ts";
import { gpr, temp } from "../../layout.ts";
import { Trap } from "../../trap.ts";
import { flagsRead } from "../flagEffect.ts";
import { defineLift, type Lifter } from "../lifter.ts";
import { register, rmSource, sizeLog } from "./operand.ts";

flagsRead(jump, call, callRegister, jumpRegister, ret, setCondition, jumpCondition, jumpNonZero, jumpZero, syscall, breakpoint);

const split = (n: number): [number, number] => [n | 0, Math.floor(n / 4294967296) | 0];

/** Target of a relative branch; a 16-bit operand size keeps 64-bit targets (as Intel processors have it). */
function target(l: Lifter): number {
  return l.nextRip + l.insn.immLo;
}

// jmp, call, ret
defineLift((l) => l.branch(jump, target(l)), "E9", "EB");
defineLift((l) => l.branch(call, target(l), 0, 0, 0, ...split(l.nextRip)), "E8");
defineLift((l) => l.branch(jumpRegister, 0, rmSource(l, 3)), "FF /4");
defineLift((l) => {
  const src = rmSource(l, 3);
  l.branch(callRegister, 0, src, 0, 0, ...split(l.nextRip));
}, "FF /2");
defineLift((l) => l.branch(ret, 0), "C3");
defineLift((l) => l.branch(ret, 0, 0, 0, 0, l.insn.immLo & 0xffff, 0), "C2");

// Conditions.
function knownOps(l: Lifter, code: number): ReturnType<typeof conditionOps> {
  const cc = CONDITION_OF[code];
  if (!cc || l.ccKnown < 0 || l.ccKnown >> 2 === CC_FLAGS) return null;
  return conditionOps(l.ccKnown >> 2, (l.ccKnown & 3) as SizeLog, cc);
}
/** Computes condition code 0…15 into a temporary. */
function computeCondition(l: Lifter, code: number, t: number): number {
  const ops = knownOps(l, code);
  if (ops) l.op(ops.set, temp(t));
  else l.op(setCondition, temp(t), 0, code);
  return temp(t);
}
for (let code = 0; code < 16; code++) {
  const hex = code.toString(16).toUpperCase();
  defineLift(
    (l) => {
      const ops = knownOps(l, code);
      if (ops) l.branch(ops.jump, target(l));
      else l.branch(jumpCondition, target(l), 0, 0, code);
    },
    `7${hex}`,
    `0F 8${hex}`,
  );
  defineLift((l) => {
    const t = computeCondition(l, code, 1);
    if (l.isMemory) {
      const o = l.operands();
      l.op(store[0]![o.form]!, t, o.base, o.index, o.disp);
    } else l.op(mov8, register(l, l.insn.rm, 0), t);
  }, `0F 9${hex}`);
  defineLift((l) => {
    const size = sizeLog(l);
    // The load happens, and may fault, whatever the condition.
    const src = rmSource(l, size);
    const t = computeCondition(l, code, 1);
    l.op(cmov[size - 1]!, gpr(l.insn.reg), src, t);
  }, `0F 4${hex}`);
}
(["loopne", "loope", "loop", "jcxz"] as const).forEach((name, i) => {
  defineLift((l) => l.branch(loops[l.insn.addr32 ? 0 : 1]![name], target(l), gpr(1)), `E${i}`);
});

// Flags.
defineLift((l) => l.op(l.insn.opSize === 2 ? pushf16 : pushf), "9C");
defineLift((l) => {
  const word = l.insn.opSize === 2;
  l.op(word ? pop16 : pop64, temp(0));
  l.op(setRflags, temp(0), 0, 0, word ? POPF_MASK & 0xffff : POPF_MASK, 0);
  l.endBlock();
}, "9D");
defineLift((l) => l.op(lahf, gpr(0) + 1), "9F");
defineLift((l) => l.op(setRflags, gpr(0) + 1, 0, 0, 0xd5, 0), "9E");
const CF = 1;
const DF = 0x400;
defineLift((l) => l.op(flagBits, 0, 0, 0, -1, CF), "F5");
defineLift((l) => l.op(flagBits, 0, 0, 0, ~CF, 0), "F8");
defineLift((l) => l.op(flagBits, 0, 0, 0, ~CF, CF), "F9");
defineLift((l) => l.op(flagBits, 0, 0, 0, ~DF, 0), "FC");
defineLift((l) => l.op(flagBits, 0, 0, 0, ~DF, DF), "FD");

// Traps.
defineLift((l) => l.branch(syscall, 0, 0, 0, 0, ...split(l.nextRip)), "0F 05");
defineLift((l) => l.branch(breakpoint, 0), "CC");
// The gate's descriptor privilege level keeps user programs from all vectors but 3 and 4: #GP with the vector in the error code.
defineLift((l) => {
  const vector = l.insn.immLo & 0xff;
  if (vector === 3) l.branch(breakpoint, 0);
  else l.trap(Trap.GP, vector * 8 + 2);
}, "CD");
defineLift((l) => l.trap(Trap.UD), "0F 0B", "0F B9", "0F FF");
