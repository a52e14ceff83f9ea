import { CC_RES, CC_SRC } from "../../layout.ts";
import { I32, I64, T } from "../../wasm/opcodes.ts";
import { A, C, type Emitter } from "../emitter.ts";
import { CC_ADC, CC_ADD, CC_DEC, CC_INC, CC_LOGIC, CC_SBB, CC_SUB, condition, type SizeLog } from "../flags.ts";
import { type BranchDef, defineBranch, defineOp, type OpDef } from "../op.ts";

/** Conditions that can be computed from lazy flags of a known kind without the flags word. */
export type Condition = "b" | "ae" | "e" | "ne" | "be" | "a" | "s" | "ns" | "l" | "ge" | "le" | "g";
export const CONDITIONS: readonly Condition[] = ["b", "ae", "e", "ne", "be", "a", "s", "ns", "l", "ge", "le", "g"];
/** By the low four bits of Jcc/SETcc/CMOVcc opcodes; null for o, no, p, np. */
export const CONDITION_OF: readonly (Condition | null)[] = [
  null,
  null,
  "b",
  "ae",
  "e",
  "ne",
  "be",
  "a",
  "s",
  "ns",
  null,
  null,
  "l",
  "ge",
  "le",
  "g",
];

/** Can this condition be computed from the results of this kind alone? */
export function knowsCondition(kind: number, cc: Condition): boolean {
  switch (cc) {
    case "e":
    case "ne":
    case "s":
    case "ns":
      return true;
    default:
      return kind === CC_SUB || kind === CC_LOGIC;
  }
}

/** Pushes an i32 truth value, from CC_RES and CC_SRC as an operation of the given kind left them. */
export function pushCondition(e: Emitter, kind: number, size: SizeLog, cc: Condition): void {
  const { c } = e;
  // Numbers of 64 bits as such, of 32 bits as i32, shorter ones shifted to the top of an i32.
  const ops = size === 3 ? I64 : I32;
  const place = (): void => {
    if (size === 3) return;
    c.op(I32.wrap_i64);
    if (size < 2) c.i32(size === 0 ? 24 : 16).op(I32.shl);
  };
  const zero = (): void => {
    if (size === 3) c.i64(0);
    else c.i32(0);
  };
  const res = (): void => {
    e.cpu64(CC_RES);
    place();
  };
  const src = (): void => {
    e.cpu64(CC_SRC);
    place();
  };
  if (cc === "e" || cc === "ne") {
    // Equal operands rather than a zero difference, if the first one is still known.
    if (e.pushFirst?.()) {
      place();
      src();
      c.op(cc === "e" ? ops.eq : ops.ne);
      return;
    }
    res();
    if (cc === "e") c.op(ops.eqz);
    else {
      zero();
      c.op(ops.ne);
    }
    return;
  }
  if (cc === "s" || cc === "ns") {
    res();
    zero();
    c.op(cc === "s" ? ops.lt_s : ops.ge_s);
    return;
  }
  if (kind === CC_LOGIC) {
    // CF = OF = 0.
    if (cc === "b") c.i32(0);
    else if (cc === "ae") c.i32(1);
    else if (cc === "be") pushCondition(e, kind, size, "e");
    else if (cc === "a") pushCondition(e, kind, size, "ne");
    else {
      res();
      zero();
      c.op({ l: ops.lt_s, ge: ops.ge_s, le: ops.le_s, g: ops.gt_s }[cc]);
    }
    return;
  }
  if (!e.pushFirst?.()) {
    e.cpu64(CC_RES);
    e.cpu64(CC_SRC);
    c.op(I64.add);
  }
  place();
  src();
  c.op({ b: ops.lt_u, ae: ops.ge_u, be: ops.le_u, a: ops.gt_u, l: ops.lt_s, ge: ops.ge_s, le: ops.le_s, g: ops.gt_s }[cc]);
}

/** Kinds whose simple conditions (e, ne, s, ns) need CC_RES only share one op. */
export const RESULT_KINDS = [CC_ADD, CC_SUB, CC_LOGIC, CC_INC, CC_DEC, CC_ADC, CC_SBB];

const SIZES = [0, 1, 2, 3] as const;
interface ConditionOps {
  jump: BranchDef;
  /** a = condition (0 or 1) as a 64-bit temporary. */
  set: OpDef;
}
const known = new Map<string, ConditionOps>();
for (const size of SIZES) {
  for (const kind of [CC_SUB, CC_LOGIC]) {
    for (const cc of CONDITIONS) {
      const simple = cc === "e" || cc === "ne" || cc === "s" || cc === "ns";
      if (simple && kind === CC_LOGIC) continue;
      if (kind === CC_LOGIC && ["b", "ae", "be", "a"].includes(cc)) continue;
      const name = `${simple ? "res" : kind === CC_SUB ? "sub" : "logic"}${8 << size}_${cc}`;
      known.set(name, {
        jump: defineBranch(`j_${name}`, "cond", (e) => pushCondition(e, kind, size, cc)),
        set: defineOp(`set_${name}`, (e) =>
          e.set64(A, () => {
            pushCondition(e, kind, size, cc);
            e.c.op(I64.extend_i32_u);
          }),
        ),
      });
    }
  }
}

/** Ops for a condition after an operation of a known kind and size; null if there is none. */
export function conditionOps(kind: number, size: SizeLog, cc: Condition): ConditionOps | null {
  if (!knowsCondition(kind, cc)) return null;
  const bits = 8 << size;
  const simple = cc === "e" || cc === "ne" || cc === "s" || cc === "ns";
  if (simple) return known.get(`res${bits}_${cc}`) ?? null;
  if (kind === CC_LOGIC) {
    if (cc === "be") return known.get(`res${bits}_e`) ?? null;
    if (cc === "a") return known.get(`res${bits}_ne`) ?? null;
    return known.get(`logic${bits}_${cc}`) ?? null;
  }
  return known.get(`sub${bits}_${cc}`) ?? null;
}

/** a = condition c (0…15), computed from the flags word. */
export const setCondition = defineOp("set_condition", (e) =>
  e.set64(A, () => {
    e.field(C);
    e.call(condition);
    e.c.op(I64.extend_i32_u);
  }),
);
/** Jump if condition c (0…15). */
export const jumpCondition = defineBranch("j_condition", "cond", (e) => {
  e.field(C);
  e.call(condition);
});
/** Jump if the temporary a is (not) zero. */
export const jumpNonZero = defineBranch("j_nonzero", "cond", (e) => {
  e.get64(A);
  e.c.i64(0).op(I64.ne);
});
export const jumpZero = defineBranch("j_zero", "cond", (e) => {
  e.get64(A);
  e.c.op(I64.eqz);
});
export { I32, T };
