import { CC_AUX, CC_OP, CC_RES, CC_SRC, RFLAGS } from "../layout.ts";
import type { Code } from "../wasm/code.ts";
import { Ctl, F64, I32, I64, T } from "../wasm/opcodes.ts";
import type { Emitter } from "./emitter.ts";
import { defineHelper } from "./helper.ts";

/**
 * Lazy flags. CC_OP holds kind * 4 + log2(size in bytes). CC_RES holds the result, CC_SRC the second
 * operand; only their low `size` bytes count. The first operand is recomputed: res - src for an
 * addition, res + src for a subtraction.
 */
export const CC_FLAGS = 0;
export const CC_ADD = 1;
export const CC_SUB = 2;
export const CC_LOGIC = 3;
/** inc and dec: CC_AUX holds the carry that they keep. */
export const CC_INC = 4;
export const CC_DEC = 5;
/** adc and sbb: CC_AUX holds the carry in. */
export const CC_ADC = 6;
export const CC_SBB = 7;
/** Shifts by a count that is not 0: CC_SRC is the operand shifted by count - 1. SHR stands for sar too. */
export const CC_SHL = 8;
export const CC_SHR = 9;
/** Ordered comparison of floating-point numbers: CC_RES and CC_SRC hold them as f64 encodings. */
export const CC_FLOAT = 10;

/**
 * Flags that an operation sets while it leaves others alone lie over the lazy ones, in CC_OP itself: bits
 * 20-31 say which (as in RFLAGS), bits 8-19 hold their values. Whatever writes all flags writes CC_OP
 * and so ends that.
 */
export const OVER_VALUE = 8;
export const OVER_MASK = 20;

export type SizeLog = 0 | 1 | 2 | 3;

/** Status bits of RFLAGS (Intel SDM volume 1, section 3.4.3). */
export const CF = 1;
export const PF = 4;
export const AF = 0x10;
export const ZF = 0x40;
export const SF = 0x80;
export const OF = 0x800;
export const STATUS = CF | PF | AF | ZF | SF | OF;

const SIGN_SHIFT = [7, 15, 31, 63] as const;

/** Extends the i64 on the stack from `size` to 64 bits, with zeros. */
function zeroExtend(c: Code, size: SizeLog): void {
  if (size === 3) return;
  c.i64(size === 0 ? 0xff : size === 1 ? 0xffff : 0xffffffff).op(I64.and);
}

/** Pushes the carry as i32 for one kind and size; r, s, x: i64 locals of result, source, aux. */
export function carry(c: Code, kind: number, size: SizeLog, r: number, s: number, x: number): void {
  const zr = (): void => {
    c.get(r);
    zeroExtend(c, size);
  };
  const zs = (): void => {
    c.get(s);
    zeroExtend(c, size);
  };
  const dst = (): void => {
    c.get(r).get(s).op(I64.add);
    if (kind === CC_SBB) c.get(x).op(I64.add);
    zeroExtend(c, size);
  };
  switch (kind) {
    case CC_ADD:
      zr();
      zs();
      c.op(I64.lt_u);
      break;
    case CC_SUB:
      dst();
      zs();
      c.op(I64.lt_u);
      break;
    case CC_LOGIC:
      c.i32(0);
      break;
    case CC_FLOAT:
      // Below or unordered.
      floatRelation(c, r, s, F64.ge);
      c.op(I32.eqz);
      break;
    case CC_INC:
    case CC_DEC:
      c.get(x).op(I32.wrap_i64);
      break;
    case CC_SHL:
      c.get(s).i64(SIGN_SHIFT[size]).op(I64.shr_u).op(I32.wrap_i64).i32(1).op(I32.and);
      break;
    case CC_SHR:
      c.get(s).op(I32.wrap_i64).i32(1).op(I32.and);
      break;
    case CC_ADC:
      // res < src, or res == src with a carry in.
      zr();
      zs();
      c.op(I64.lt_u);
      zr();
      zs();
      c.op(I64.eq).get(x).op(I32.wrap_i64).op(I32.and).op(I32.or);
      break;
    case CC_SBB:
      dst();
      zs();
      c.op(I64.lt_u);
      dst();
      zs();
      c.op(I64.eq).get(x).op(I32.wrap_i64).op(I32.and).op(I32.or);
      break;
  }
}

/** Pushes a relation of the f64 encodings in i64 locals. */
function floatRelation(c: Code, r: number, s: number, opcode: number): void {
  c.get(r).op(F64.reinterpret_i64).get(s).op(F64.reinterpret_i64).op(opcode);
}

/** Pushes the six status flags of one kind and size as i32. */
export function allFlags(c: Code, kind: number, size: SizeLog, r: number, s: number, x: number, d: number): void {
  // d: i64 local for the first operand.
  if (kind === CC_FLOAT) {
    // ZF, PF, CF = 111 unordered, 000 above, 001 below, 100 equal.
    floatRelation(c, r, s, F64.gt);
    floatRelation(c, r, s, F64.lt);
    c.op(I32.or).i32(ZF).op(I32.mul).i32(ZF).op(I32.xor);
    carry(c, kind, size, r, s, x);
    c.op(I32.or);
    floatRelation(c, r, s, F64.ge);
    floatRelation(c, r, s, F64.lt);
    c.op(I32.or).op(I32.eqz).i32(PF).op(I32.mul).op(I32.or);
    return;
  }
  c.get(r);
  if (kind === CC_ADD || kind === CC_INC) c.get(s).op(I64.sub);
  else if (kind === CC_ADC) c.get(s).op(I64.sub).get(x).op(I64.sub);
  else if (kind === CC_SUB || kind === CC_DEC) c.get(s).op(I64.add);
  else if (kind === CC_SBB) c.get(s).op(I64.add).get(x).op(I64.add);
  c.set(d);
  carry(c, kind, size, r, s, x);
  // PF: even number of ones in the low byte.
  c.get(r).op(I32.wrap_i64).i32(0xff).op(I32.and).op(I32.popcnt).i32(1).op(I32.and).i32(1).op(I32.xor).i32(2).op(I32.shl).op(I32.or);
  // ZF
  c.get(r);
  zeroExtend(c, size);
  c.op(I64.eqz).i32(6).op(I32.shl).op(I32.or);
  // SF
  c.get(r).i64(SIGN_SHIFT[size]).op(I64.shr_u).op(I32.wrap_i64).i32(1).op(I32.and).i32(7).op(I32.shl).op(I32.or);
  if (kind === CC_LOGIC) return;
  if (kind === CC_SHL || kind === CC_SHR) {
    // AF is undefined by the manuals and 1 on AMD Zen. OF: the sign changed in the last step.
    c.i32(AF).op(I32.or);
    c.get(r).i64(SIGN_SHIFT[size]).op(I64.shr_u).op(I32.wrap_i64);
    if (kind === CC_SHL) carry(c, kind, size, r, s, x);
    else
      c.get(r)
        .i64(SIGN_SHIFT[size] - 1)
        .op(I64.shr_u)
        .op(I32.wrap_i64);
    c.op(I32.xor).i32(1).op(I32.and).i32(11).op(I32.shl).op(I32.or);
    return;
  }
  // AF: carry into bit 4.
  c.get(r).get(s).op(I64.xor).get(d).op(I64.xor).op(I32.wrap_i64).i32(AF).op(I32.and).op(I32.or);
  // OF
  const sub = kind === CC_SUB || kind === CC_DEC || kind === CC_SBB;
  c.get(d)
    .get(sub ? s : r)
    .op(I64.xor);
  c.get(sub ? d : s)
    .get(r)
    .op(I64.xor)
    .op(I64.and);
  c.i64(SIGN_SHIFT[size]).op(I64.shr_u).op(I32.wrap_i64).i32(1).op(I32.and).i32(11).op(I32.shl).op(I32.or);
}

const KINDS = [CC_ADD, CC_SUB, CC_LOGIC, CC_INC, CC_DEC, CC_ADC, CC_SBB, CC_SHL, CC_SHR, CC_FLOAT];

/** Writes a br_table over CC_OP whose cases leave an i32 and return; case CC_FLAGS first. */
function dispatch(c: Code, op: number, flagsCase: () => void, each: (kind: number, size: SizeLog) => void): void {
  const cases: (() => void)[] = [flagsCase, flagsCase, flagsCase, flagsCase];
  for (const kind of KINDS) for (const size of [0, 1, 2, 3] as const) cases.push(() => each(kind, size));
  const labels: number[] = [];
  for (let i = 0; i < cases.length; i++) labels.unshift(c.block());
  c.get(op)
    .i32((1 << OVER_VALUE) - 1)
    .op(I32.and)
    .brTable([...labels, labels[0]!]);
  for (const one of cases) {
    c.end();
    one();
    c.ret();
  }
  c.op(Ctl.unreachable);
}

/** Parameters of the flag functions: CC_OP, CC_RES, CC_SRC, CC_AUX, RFLAGS. */
const STATE = [T.i32, T.i64, T.i64, T.i64, T.i32] as const;
function pushState(c: Code): void {
  c.i32(0).mem(I32.load, CC_OP);
  c.i32(0).mem(I64.load, CC_RES);
  c.i32(0).mem(I64.load, CC_SRC);
  c.i32(0).mem(I64.load, CC_AUX);
  c.i32(0).mem(I32.load, RFLAGS);
}

/** (op, res, src, aux, rflags) → the carry flag, 0 or 1. Pure: compiled code passes what it keeps in locals. */
export const carryOf = defineHelper("carryOf", STATE, [T.i32], (c) => {
  c.get(0)
    .i32(CF << OVER_MASK)
    .op(I32.and)
    .if();
  c.get(0).i32(OVER_VALUE).op(I32.shr_u).i32(CF).op(I32.and).ret();
  c.end();
  dispatch(
    c,
    0,
    () => c.get(4).i32(CF).op(I32.and),
    (kind, size) => carry(c, kind, size, 1, 2, 3),
  );
});
/** (op, res, src, aux, rflags) → the six status flags as the last full write left them. */
const lazyStatus = defineHelper("lazyStatus", STATE, [T.i32], (c) => {
  const d = c.local(T.i64);
  dispatch(
    c,
    0,
    () => c.get(4).i32(STATUS).op(I32.and),
    (kind, size) => allFlags(c, kind, size, 1, 2, 3, d),
  );
});
/** (op, res, src, aux, rflags) → the six status flags. */
export const statusOf = defineHelper("statusOf", STATE, [T.i32], (c, call) => {
  c.get(0).i32(OVER_MASK).op(I32.shr_u).if();
  c.get(0).get(1).get(2).get(3).get(4);
  call(lazyStatus);
  applyOverlay(c, 0);
  c.ret();
  c.end();
  c.get(0).get(1).get(2).get(3).get(4);
  call(lazyStatus);
});

/** Puts the overlay of an i32 local with CC_OP over the status flags on the stack. */
export function applyOverlay(c: Code, op: number): void {
  c.get(op).i32(OVER_MASK).op(I32.shr_u).i32(-1).op(I32.xor).op(I32.and);
  c.get(op).i32(OVER_VALUE).op(I32.shr_u).i32(STATUS).op(I32.and).op(I32.or);
}

/** () → i32: the carry flag, 0 or 1. */
export const carryFlag = defineHelper("carryFlag", [], [T.i32], (c, call) => {
  pushState(c);
  call(carryOf);
});

/** () → i32: the six status flags; nothing is changed. */
export const statusFlags = defineHelper("statusFlags", [], [T.i32], (c, call) => {
  pushState(c);
  call(statusOf);
});

/** () → i32: all of RFLAGS; afterwards CC_OP is CC_FLAGS and RFLAGS is complete. */
export const materializeFlags = defineHelper("materializeFlags", [], [T.i32], (c, call) => {
  c.i32(0);
  c.i32(0).mem(I32.load, RFLAGS).i32(~STATUS).op(I32.and);
  call(statusFlags);
  c.op(I32.or).i32(2).op(I32.or).mem(I32.store, RFLAGS);
  c.i32(0).i32(CC_FLAGS).mem(I32.store, CC_OP);
  c.i32(0).mem(I32.load, RFLAGS);
});

/** (condition code 0…15) → i32: 0 or 1, from whatever set the flags last. */
export const condition = defineHelper("condition", [T.i32], [T.i32], (c, call) => {
  c.get(0);
  call(statusFlags);
  call(conditionOf);
});

/** (condition code 0…15, status flags) → i32: 0 or 1. */
export const conditionOf = defineHelper("conditionOf", [T.i32, T.i32], [T.i32], (c) => {
  const f = 1;
  const bit = (mask: number): Code => c.get(f).i32(mask).op(I32.and).i32(0).op(I32.ne);
  const sfNeOf = (): Code => c.get(f).i32(4).op(I32.shr_u).get(f).op(I32.xor).i32(SF).op(I32.and).i32(0).op(I32.ne);
  const base: (() => void)[] = [
    () => bit(OF),
    () => bit(CF),
    () => bit(ZF),
    () => bit(CF | ZF),
    () => bit(SF),
    () => bit(PF),
    () => sfNeOf(),
    () => {
      sfNeOf();
      bit(ZF);
      c.op(I32.or);
    },
  ];
  const out = c.block(T.i32);
  const labels: number[] = [];
  for (let i = 0; i < 8; i++) labels.unshift(c.block());
  c.get(0).i32(1).op(I32.shr_u).brTable(labels);
  base.forEach((one) => {
    c.end();
    one();
    c.br(out);
  });
  c.end();
  // Odd condition codes are the negations of the even ones.
  c.get(0).i32(1).op(I32.and).op(I32.xor);
});

/** Records a lazy result: values are pushed by the functions, as i64. */
export function setFlags(e: Emitter, kind: number, size: SizeLog, res: () => void, src?: () => void): void {
  e.setCpu64(CC_RES, res);
  if (src) e.setCpu64(CC_SRC, src);
  e.setCpu32(CC_OP, () => {
    e.c.i32(kind * 4 + size);
  });
  e.noteFlags?.(kind, size, 0);
}

/** Replaces the status flags by the i32 that `flags` pushes (only STATUS bits set). */
export function setStatus(e: Emitter, flags: () => void): void {
  e.setCpu32(CC_OP, () => {
    flags();
    e.c
      .i32(OVER_VALUE)
      .op(I32.shl)
      .i32(STATUS << OVER_MASK)
      .op(I32.or);
  });
  e.noteFlags?.(-1, 0, STATUS);
}

/** Replaces the status flags of a constant mask by the i32 that `flags` pushes (only these bits set); the others stay as they are. */
export function setStatusPart(e: Emitter, mask: number, flags: () => void): void {
  e.setCpu32(CC_OP, () => {
    e.cpu32(CC_OP);
    e.c
      .i32(~(mask << OVER_VALUE))
      .op(I32.and)
      .i32(mask << OVER_MASK)
      .op(I32.or);
    flags();
    e.c.i32(OVER_VALUE).op(I32.shl).op(I32.or);
  });
  e.noteFlags?.(-1, 0, mask);
}
