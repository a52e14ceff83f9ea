import { CC_AUX, RFLAGS } from "../../layout.ts";
import { I32, I64, T } from "../../wasm/opcodes.ts";
import { A, B, C, type Emitter, type Field } from "../emitter.ts";
import { CC_ADC, CC_ADD, CC_DEC, CC_INC, CC_LOGIC, CC_SBB, CC_SUB, carryFlag, type SizeLog, setFlags } from "../flags.ts";
import { type BranchDef, defineBranch, defineOp, type OpDef } from "../op.ts";
import { CONDITIONS, type Condition, pushCondition } from "./conditions.ts";

/** Stores the i64 local `value` into a register of 2^size bytes with x86's rules for the rest of it. */
export function setSized(e: Emitter, f: Field, size: SizeLog, value: number): void {
  const { c } = e;
  if (size === 3) e.set64(f, () => c.get(value));
  else if (size === 2) e.set32(f, () => c.get(value).op(I32.wrap_i64));
  else if (size === 1) e.set16(f, () => c.get(value).op(I32.wrap_i64));
  else e.set8(f, () => c.get(value).op(I32.wrap_i64));
}

/** Pushes a register as i64; bits above 2^size bytes are whatever lies there. */
export function getRaw(e: Emitter, f: Field): void {
  e.get64(f);
}

/** Pushes a register of 2^size bytes zero-extended to i64. */
export function getZero(e: Emitter, f: Field, size: SizeLog): void {
  if (size === 3) e.get64(f);
  else if (size === 2) {
    e.get32(f);
    e.c.op(I64.extend_i32_u);
  } else if (size === 1) {
    e.get16(f);
    e.c.op(I64.extend_i32_u);
  } else {
    e.get8(f);
    e.c.op(I64.extend_i32_u);
  }
}

export type AluName = "add" | "or" | "adc" | "sbb" | "and" | "sub" | "xor" | "cmp" | "test";
/** In the order of the opcode map (00-3F and group 1). */
export const ALU_ORDER: readonly AluName[] = ["add", "or", "adc", "sbb", "and", "sub", "xor", "cmp"];

export interface AluOps {
  /** a = a op b, by size. */
  rr: OpDef[];
  /** a = a op immediate. */
  ri: OpDef[];
}

const SIZES = [0, 1, 2, 3] as const;

function emitAlu(e: Emitter, name: AluName, size: SizeLog, source: () => void): void {
  const { c } = e;
  const s = c.temp(T.i64);
  const r = c.temp(T.i64);
  switch (name) {
    case "and":
    case "or":
    case "xor":
    case "test":
      e.get64(A);
      source();
      c.op(name === "or" ? I64.or : name === "xor" ? I64.xor : I64.and).set(r);
      if (name !== "test") setSized(e, A, size, r);
      setFlags(e, CC_LOGIC, size, () => c.get(r));
      break;
    case "add":
    case "sub":
    case "cmp":
      source();
      c.set(s);
      if (name !== "add") e.noteFirst?.(() => e.get64(A));
      e.get64(A);
      c.get(s)
        .op(name === "add" ? I64.add : I64.sub)
        .set(r);
      if (name !== "cmp") setSized(e, A, size, r);
      setFlags(
        e,
        name === "add" ? CC_ADD : CC_SUB,
        size,
        () => c.get(r),
        () => c.get(s),
      );
      break;
    case "adc":
    case "sbb": {
      const x = c.temp(T.i64);
      source();
      c.set(s);
      e.call(carryFlag);
      c.op(I64.extend_i32_u).set(x);
      e.get64(A);
      c.get(s)
        .op(name === "adc" ? I64.add : I64.sub)
        .get(x)
        .op(name === "adc" ? I64.add : I64.sub)
        .set(r);
      setSized(e, A, size, r);
      e.setCpu64(CC_AUX, () => c.get(x));
      setFlags(
        e,
        name === "adc" ? CC_ADC : CC_SBB,
        size,
        () => c.get(r),
        () => c.get(s),
      );
      c.release(T.i64, x);
      break;
    }
  }
  c.release(T.i64, s);
  c.release(T.i64, r);
}

export const alu = {} as Record<AluName, AluOps>;
for (const name of [...ALU_ORDER, "test"] as const) {
  const cold = (size: SizeLog): boolean => size === 1 || name === "sbb" || name === "adc";
  alu[name] = {
    rr: SIZES.map((size) => defineOp(`${name}${8 << size}_rr`, (e) => emitAlu(e, name, size, () => e.get64(B)), { cold: cold(size) })),
    ri: SIZES.map((size) => defineOp(`${name}${8 << size}_ri`, (e) => emitAlu(e, name, size, () => e.imm64()), { cold: cold(size) })),
  };
}

/** a op= b without flags, for address and temporary arithmetic. */
export const add64 = defineOp("add64", (e) =>
  e.set64(A, () => {
    e.get64(B);
    e.get64(C);
    e.c.op(I64.add);
  }),
);
/** Operations whose flags are overwritten before anything can see them. */
export const silent = {} as Record<"add" | "sub" | "and" | "or" | "xor", AluOps>;
for (const name of ["add", "sub", "and", "or", "xor"] as const) {
  const opcode = I64[name];
  const make = (size: SizeLog, source: (e: Emitter) => void) => (e: Emitter) => {
    const { c } = e;
    const r = c.temp(T.i64);
    e.get64(A);
    source(e);
    c.op(opcode).set(r);
    setSized(e, A, size, r);
    c.release(T.i64, r);
  };
  silent[name] = {
    rr: SIZES.map((size) =>
      defineOp(
        `${name}${8 << size}_rr_silent`,
        make(size, (e) => e.get64(B)),
        { cold: size < 2 },
      ),
    ),
    ri: SIZES.map((size) =>
      defineOp(
        `${name}${8 << size}_ri_silent`,
        make(size, (e) => e.imm64()),
        { cold: size < 2 },
      ),
    ),
  };
}

function emitIncDec(e: Emitter, dec: boolean, size: SizeLog): void {
  const { c } = e;
  const r = c.temp(T.i64);
  e.setCpu64(CC_AUX, () => {
    e.call(carryFlag);
    c.op(I64.extend_i32_u);
  });
  e.get64(A);
  c.i64(1)
    .op(dec ? I64.sub : I64.add)
    .set(r);
  setSized(e, A, size, r);
  setFlags(
    e,
    dec ? CC_DEC : CC_INC,
    size,
    () => c.get(r),
    () => c.i64(1),
  );
  c.release(T.i64, r);
}
export const inc = SIZES.map((size) => defineOp(`inc${8 << size}`, (e) => emitIncDec(e, false, size), { cold: size < 2 }));
export const dec = SIZES.map((size) => defineOp(`dec${8 << size}`, (e) => emitIncDec(e, true, size), { cold: size < 2 }));

export const neg = SIZES.map((size) =>
  defineOp(
    `neg${8 << size}`,
    (e) => {
      const { c } = e;
      const s = c.temp(T.i64);
      const r = c.temp(T.i64);
      e.get64(A);
      c.set(s);
      c.i64(0).get(s).op(I64.sub).set(r);
      setSized(e, A, size, r);
      setFlags(
        e,
        CC_SUB,
        size,
        () => c.get(r),
        () => c.get(s),
      );
      c.release(T.i64, s);
      c.release(T.i64, r);
    },
    { cold: size < 2 },
  ),
);
export const not = SIZES.map((size) =>
  defineOp(
    `not${8 << size}`,
    (e) => {
      const { c } = e;
      const r = c.temp(T.i64);
      e.get64(A);
      c.i64(-1).op(I64.xor).set(r);
      setSized(e, A, size, r);
      c.release(T.i64, r);
    },
    { cold: size < 2 },
  ),
);

/** a = a + b, b = old a (xadd); flags of the addition. */
export const xadd = SIZES.map((size) =>
  defineOp(
    `xadd${8 << size}`,
    (e) => {
      const { c } = e;
      const a = c.temp(T.i64);
      const s = c.temp(T.i64);
      const r = c.temp(T.i64);
      getZero(e, A, size);
      c.set(a);
      getZero(e, B, size);
      c.tee(s).get(a).op(I64.add).set(r);
      setSized(e, B, size, a);
      setSized(e, A, size, r);
      setFlags(
        e,
        CC_ADD,
        size,
        () => c.get(r),
        () => c.get(s),
      );
    },
    { cold: true },
  ),
);

/** Compare and conditional jump in one: the compare's flags are set as usual. */
export interface FusedBranches {
  rr: Map<Condition, BranchDef>[];
  ri: Map<Condition, BranchDef>[];
}
export const fused = {} as Record<"cmp" | "test", FusedBranches>;
for (const name of ["cmp", "test"] as const) {
  const make = (size: SizeLog, form: "rr" | "ri"): Map<Condition, BranchDef> => {
    const out = new Map<Condition, BranchDef>();
    if (size === 1) return out;
    for (const cc of CONDITIONS) {
      out.set(
        cc,
        defineBranch(`${name}${8 << size}_${form}_j${cc}`, "cond", (e) => {
          emitAlu(e, name, size, form === "rr" ? () => e.get64(B) : () => e.imm64());
          pushCondition(e, name === "cmp" ? CC_SUB : CC_LOGIC, size, cc);
        }),
      );
    }
    return out;
  };
  fused[name] = { rr: SIZES.map((s) => make(s, "rr")), ri: SIZES.map((s) => make(s, "ri")) };
}

export { RFLAGS };
