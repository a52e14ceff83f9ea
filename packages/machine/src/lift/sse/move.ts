import type { OpDef } from "../../ir/op.ts";
import { store } from "../../ir/ops/memory.ts";
import * as m from "../../ir/ops/sse/move.ts";
import { gpr, xmm } from "../../layout.ts";
import { defineLift, type Lifter } from "../lifter.ts";
import { memoryOp, scalarSource, xmmReg, xmmSource } from "./operand.ts";

/** Whole-register loads and register moves; `byForm` decides about alignment. */
const load =
  (byForm: m.ByForm) =>
  (l: Lifter): void => {
    if (l.isMemory) memoryOp(l, byForm, xmmReg(l));
    else l.op(m.mov128, xmmReg(l), xmm(l.insn.rm));
  };
const storeTo =
  (byForm: m.ByForm) =>
  (l: Lifter): void => {
    if (l.isMemory) memoryOp(l, byForm, xmmReg(l));
    else l.op(m.mov128, xmm(l.insn.rm), xmmReg(l));
  };
defineLift(load(m.loadAligned), "NP 0F 28", "66 0F 28", "66 0F 6F", "66 0F 38 2A");
defineLift(load(m.loadUnaligned), "NP 0F 10", "66 0F 10", "F3 0F 6F", "F2 0F F0");
defineLift(storeTo(m.storeAligned), "NP 0F 29", "66 0F 29", "66 0F 7F", "NP 0F 2B", "66 0F 2B", "66 0F E7");
defineLift(storeTo(m.storeUnaligned), "NP 0F 11", "66 0F 11", "F3 0F 7F");

// movss, movsd: a register source only replaces the low lane, memory clears the rest.
const loadLow =
  (byForm: m.ByForm, move: OpDef) =>
  (l: Lifter): void => {
    if (l.isMemory) memoryOp(l, byForm, xmmReg(l));
    else l.op(move, xmmReg(l), xmm(l.insn.rm));
  };
const storeLow =
  (byForm: m.ByForm, move: OpDef) =>
  (l: Lifter): void => {
    if (l.isMemory) memoryOp(l, byForm, xmmReg(l));
    else l.op(move, xmm(l.insn.rm), xmmReg(l));
  };
defineLift(loadLow(m.loadScalar32, m.movLow32), "F3 0F 10");
defineLift(loadLow(m.loadScalar64, m.movLow64), "F2 0F 10");
defineLift(storeLow(m.storeScalar32, m.movLow32), "F3 0F 11");
defineLift(storeLow(m.storeScalar64, m.movLow64), "F2 0F 11");

// movq xmm
defineLift(loadLow(m.loadScalar64, m.movZero64), "F3 0F 7E");
defineLift(storeLow(m.storeScalar64, m.movZero64), "66 0F D6");

// movlps/movhlps, movlpd, movhps/movlhps, movhpd
const loadHalf =
  (fromMemory: OpDef, registers: OpDef) =>
  (l: Lifter): void => {
    if (l.isMemory) l.op(fromMemory, xmmReg(l), scalarSource(l, 8));
    else l.op(registers, xmmReg(l), xmm(l.insn.rm));
  };
defineLift(loadHalf(m.movLow64, m.movHighToLow), "NP 0F 12");
defineLift(loadHalf(m.movLow64, m.movLow64), "66 0F 12");
defineLift(loadHalf(m.movLowToHigh, m.movLowToHigh), "NP 0F 16", "66 0F 16");
defineLift((l) => memoryOp(l, m.storeScalar64, xmmReg(l)), "NP 0F 13", "66 0F 13");
defineLift((l) => memoryOp(l, m.storeHigh64, xmmReg(l)), "NP 0F 17", "66 0F 17");

// SSE3 duplicating moves
defineLift((l) => l.op(m.movddup, xmmReg(l), scalarSource(l, 8)), "F2 0F 12");
defineLift((l) => l.op(m.movsldup, xmmReg(l), xmmSource(l)), "F3 0F 12");
defineLift((l) => l.op(m.movshdup, xmmReg(l), xmmSource(l)), "F3 0F 16");

// movd, movq between general and XMM registers or memory; REX.W selects 64 bits.
defineLift((l) => {
  const wide = l.insn.opSize === 8;
  if (l.isMemory) memoryOp(l, wide ? m.loadScalar64 : m.loadScalar32, xmmReg(l));
  else l.op(wide ? m.movqToXmm : m.movdToXmm, xmmReg(l), gpr(l.insn.rm));
}, "66 0F 6E");
defineLift((l) => {
  const wide = l.insn.opSize === 8;
  if (l.isMemory) memoryOp(l, wide ? m.storeScalar64 : m.storeScalar32, xmmReg(l));
  else l.op(wide ? m.movqFromXmm : m.movdFromXmm, gpr(l.insn.rm), xmmReg(l));
}, "66 0F 7E");

// movnti: an ordinary store of a general register.
defineLift((l) => memoryOp(l, store[l.insn.opSize === 8 ? 3 : 2]!, gpr(l.insn.reg)), "NP 0F C3");
