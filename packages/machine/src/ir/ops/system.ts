import { cpuid } from "../../cpuid.ts";
import { BUDGET_START, gpr, TSC_AUX, TSC_START } from "../../layout.ts";
import { Trap } from "../../trap.ts";
import { F64, I32, I64, T } from "../../wasm/opcodes.ts";
import { A, B, type Emitter } from "../emitter.ts";
import { defineHelper, defineUpcall } from "../helper.ts";
import { defineBranch, defineColdOp } from "../op.ts";

const RAX = gpr(0);
const RCX = gpr(1);
const RDX = gpr(2);

const cpuidUpcall = defineUpcall("cpuid", [], [], (view) => {
  const [a, b, c, d] = cpuid(view.getUint32(RAX, true), view.getUint32(RCX, true));
  for (const [n, v] of [
    [0, a],
    [3, b],
    [1, c],
    [2, d],
  ] as const) {
    view.setUint32(gpr(n), v, true);
    view.setUint32(gpr(n) + 4, 0, true);
  }
  return undefined;
});
const cpuidHelper = defineHelper("cpuidHelper", [], [], (_c, call) => call(cpuidUpcall));
export const cpuidOp = defineColdOp("cpuid", (e) => {
  e.flush();
  e.call(cpuidHelper);
  e.reload();
});

/** rdtsc and rdtscp: `readTsc` is emitted where they are executed, since only there the count of retired instructions is at hand. */
export const rdtsc = defineBranch("rdtsc", "exit", () => {}, Trap.RDTSC);
export const rdtscp = defineBranch("rdtscp", "exit", () => {}, Trap.RDTSCP);
/** xgetbv: XCR0 is x87 and SSE; other registers raise #GP. */
export const xgetbv = defineColdOp("xgetbv", (e) => {
  const { c } = e;
  e.cpu64(RCX);
  c.op(I32.wrap_i64).if();
  e.trap(13);
  c.end();
  e.setCpu64(RAX, () => c.i64(3));
  e.setCpu64(RDX, () => c.i64(0));
});
/** wrfsbase/wrgsbase: base a = register b; #GP if it is not canonical. */
export const writeBase = [2, 3].map((size) =>
  defineColdOp(`write_base${8 << size}`, (e) => {
    const { c } = e;
    const v = c.temp(T.i64);
    if (size === 3) e.get64(B);
    else {
      e.get32(B);
      c.op(I64.extend_i32_u);
    }
    c.tee(v).i64(16).op(I64.shl).i64(16).op(I64.shr_s).get(v).op(I64.ne).if();
    e.trap(13);
    c.end();
    e.set64(A, () => c.get(v));
  }),
);

/**
 * Time stamp counter into edx:eax, for rdtscp TSC_AUX into ecx. Local `budget` is what is left after the instruction.
 * `leave`: the machine's run loop must do it, because the counter follows a clock, or is forbidden.
 */
export function readTsc(e: Emitter, budget: number, aux: boolean, leave: () => void): void {
  const { c } = e;
  const t = c.temp(T.i64);
  c.i32(0).mem(F64.load, TSC_START).op(I64.trunc_f64_s).tee(t).i64(0).op(I64.lt_s).unlikely().if();
  leave();
  c.end();
  c.get(t).i32(0).mem(I32.load, BUDGET_START).get(budget).op(I32.sub).op(I64.extend_i32_u).op(I64.add).set(t);
  e.setCpu64(RAX, () => c.get(t).i64(0xffffffff).op(I64.and));
  e.setCpu64(RDX, () => c.get(t).i64(32).op(I64.shr_u));
  if (aux) e.setCpu64(RCX, () => c.i32(0).mem(I32.load, TSC_AUX).op(I64.extend_i32_u));
  c.release(T.i64, t);
}
