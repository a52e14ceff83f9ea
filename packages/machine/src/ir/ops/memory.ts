import { gpr } from "../../layout.ts";
import { I32, I64, T } from "../../wasm/opcodes.ts";
import { A, B, C, type Emitter } from "../emitter.ts";
import type { SizeLog } from "../flags.ts";
import { defineColdOp, defineOp, type OpDef } from "../op.ts";

const SIZES = [0, 1, 2, 3] as const;
const LOAD_Z = [I64.load8_u, I64.load16_u, I64.load32_u, I64.load] as const;
const LOAD_S = [I64.load8_s, I64.load16_s, I64.load32_s, I64.load] as const;
const STORE = [I64.store8, I64.store16, I64.store32, I64.store] as const;

/** Index of the addressing form: 0 = base + disp, 1…4 = base + index * 2^(form-1) + disp. */
export type AddressForm = 0 | 1 | 2 | 3 | 4;
const FORMS = [0, 1, 2, 3, 4] as const;

/** Pushes base (field b) + index (field c) * scale + disp (low half of the immediate, sign-extended). */
function pushAddress(e: Emitter, form: AddressForm): void {
  const { c } = e;
  e.get64(B);
  if (form > 0) {
    e.get64(C);
    if (form > 1) c.i64(form - 1).op(I64.shl);
    c.op(I64.add);
  }
  const disp = e.constImm();
  if (!disp) e.immLo();
  else if (disp.lo === 0) return;
  else c.i64(disp.lo);
  if (!disp) c.op(I64.extend_i32_s);
  c.op(I64.add);
}

/** a = effective address. */
export const lea = FORMS.map((form) => defineOp(`lea_${form}`, (e) => e.set64(A, () => pushAddress(e, form))));
export const lea32 = FORMS.map((form) =>
  defineOp(
    `lea32_${form}`,
    (e) =>
      e.set32(A, () => {
        pushAddress(e, form);
        e.c.op(I32.wrap_i64);
      }),
    { cold: form > 0 },
  ),
);
/** a = a mod 2^32 (32-bit address size). */
export const truncate32 = defineColdOp("truncate32", (e) => e.set32(A, () => e.get32(A)));

/** Where a loaded value goes: the whole register with zeros or sign above, or only its low 8 or 16 bits. */
export type LoadKind = "z" | "s64" | "s32" | "part" | "s16";

function emitLoad(e: Emitter, size: SizeLog, form: AddressForm, kind: LoadKind): void {
  const { c } = e;
  const va = c.temp(T.i64);
  const v = c.temp(T.i64);
  pushAddress(e, form);
  c.set(va);
  e.loadAddress(va, 1 << size);
  c.mem(kind[0] === "s" ? LOAD_S[size] : LOAD_Z[size]).set(v);
  if (kind === "part") (size === 0 ? e.set8 : e.set16).call(e, A, () => c.get(v).op(I32.wrap_i64));
  else if (kind === "s16") e.set16(A, () => c.get(v).op(I32.wrap_i64));
  else if (kind === "s32") e.set32(A, () => c.get(v).op(I32.wrap_i64));
  else e.set64(A, () => c.get(v));
  c.release(T.i64, va);
  c.release(T.i64, v);
}

function loads(size: SizeLog, kind: LoadKind, cold: boolean): OpDef[] {
  return FORMS.map((form) => defineOp(`load${8 << size}${kind}_${form}`, (e) => emitLoad(e, size, form, kind), { cold }));
}

/** Zero-extending loads, by size and form: also plain 32- and 64-bit loads. */
export const loadZero = SIZES.map((size) => loads(size, "z", false));
/** Sign-extending loads to 64 bits (size 0…2), and to 32 bits (size 0, 1), to 16 (size 0). */
export const loadSign64 = ([0, 1, 2] as const).map((size) => loads(size, "s64", size === 1));
export const loadSign32 = ([0, 1] as const).map((size) => loads(size, "s32", false));
export const loadSign16 = loads(0, "s16", true);
/** Loads into the low 8 or 16 bits. */
export const loadPart = ([0, 1] as const).map((size) => loads(size, "part", size === 1));

/** First half of a read-modify-write at ADDR-like register b: a = zero-extended value; the page is checked for writing. */
export const loadForWrite = SIZES.map((size) =>
  defineOp(`load${8 << size}_for_write`, (e) => {
    const { c } = e;
    const va = c.temp(T.i64);
    e.get64(B);
    c.set(va);
    const v = c.temp(T.i64);
    e.loadAddress(va, 1 << size, true);
    c.mem(LOAD_Z[size]).set(v);
    e.set64(A, () => c.get(v));
  }),
);

/** Stores register a. */
export const store = SIZES.map((size) =>
  FORMS.map((form) =>
    defineOp(`store${8 << size}_${form}`, (e) => {
      const { c } = e;
      const va = c.temp(T.i64);
      pushAddress(e, form);
      c.set(va);
      e.storeAt(va, 1 << size, (addr) => {
        c.get(addr);
        e.get64(A);
        c.mem(STORE[size]);
      });
      c.release(T.i64, va);
    }),
  ),
);
/** Stores the high half of the immediate, sign-extended; a is unused. */
export const storeImm = SIZES.map((size) =>
  FORMS.map((form) =>
    defineOp(
      `store${8 << size}_imm_${form}`,
      (e) => {
        const { c } = e;
        const va = c.temp(T.i64);
        pushAddress(e, form);
        c.set(va);
        e.storeAt(va, 1 << size, (addr) => {
          c.get(addr);
          e.immHi();
          c.op(I64.extend_i32_s).mem(STORE[size]);
        });
        c.release(T.i64, va);
      },
      { cold: form > 0 || size === 1 },
    ),
  ),
);

// Moves between registers.
export const mov64 = defineOp("mov64", (e) => e.set64(A, () => e.get64(B)));
export const mov32 = defineOp("mov32", (e) => e.set32(A, () => e.get32(B)));
export const mov16 = defineOp("mov16", (e) => e.set16(A, () => e.get16(B)));
export const mov8 = defineOp("mov8", (e) => e.set8(A, () => e.get8(B)));
export const movImm64 = defineOp("mov_imm64", (e) => e.set64(A, () => e.imm64()));
export const movImm16 = defineColdOp("mov_imm16", (e) => e.set16(A, () => e.immLo()));
export const movImm8 = defineOp("mov_imm8", (e) => e.set8(A, () => e.immLo()));
/** a = zero- or sign-extended b. */
export const extendZero8 = defineOp("zext8", (e) => e.set32(A, () => e.get8(B)));
export const extendZero16 = defineOp("zext16", (e) => e.set32(A, () => e.get16(B)));
export const extendZero8to16 = defineColdOp("zext8_16", (e) => e.set16(A, () => e.get8(B)));
const signed = (name: string, from: 8 | 16 | 32, to: 16 | 32 | 64, cold = false): OpDef =>
  defineOp(
    name,
    (e) => {
      const { c } = e;
      if (to === 64) {
        e.set64(A, () => {
          e.get64(B);
          c.op(from === 8 ? I64.extend8_s : from === 16 ? I64.extend16_s : I64.extend32_s);
        });
      } else {
        (to === 32 ? e.set32 : e.set16).call(e, A, () => {
          e.get32(B);
          if (from < 32) c.op(from === 8 ? I32.extend8_s : I32.extend16_s);
        });
      }
    },
    { cold },
  );
export const extendSign8to16 = signed("sext8_16", 8, 16, true);
export const extendSign8to32 = signed("sext8_32", 8, 32);
export const extendSign16to32 = signed("sext16_32", 16, 32);
export const extendSign8to64 = signed("sext8_64", 8, 64);
export const extendSign16to64 = signed("sext16_64", 16, 64);
export const extendSign32to64 = signed("sext32_64", 32, 64);

/** a = b if temporary c is not 0. A 32-bit cmov clears the upper half in any case. */
export const cmov = [1, 2, 3].map((size) =>
  defineOp(
    `cmov${8 << size}`,
    (e) => {
      const { c } = e;
      const pick = (push: (f: 0 | 1) => void, toI32: boolean): void => {
        push(B);
        push(A);
        e.get32(C);
        c.op(0x1b);
        void toI32;
      };
      if (size === 3) e.set64(A, () => pick((f) => e.get64(f), false));
      else if (size === 2) e.set32(A, () => pick((f) => e.get32(f), true));
      else e.set16(A, () => pick((f) => e.get16(f), true));
    },
    { cold: size === 1 },
  ),
);

/** Exchanges registers a and b. */
export const xchg = SIZES.map((size) =>
  defineOp(
    `xchg${8 << size}`,
    (e) => {
      const { c } = e;
      const x = c.temp(T.i64);
      const y = c.temp(T.i64);
      e.get64(A);
      c.set(x);
      e.get64(B);
      c.set(y);
      for (const [f, v] of [
        [A, y],
        [B, x],
      ] as const) {
        if (size === 3) e.set64(f, () => c.get(v));
        else if (size === 2) e.set32(f, () => c.get(v).op(I32.wrap_i64));
        else if (size === 1) e.set16(f, () => c.get(v).op(I32.wrap_i64));
        else e.set8(f, () => c.get(v).op(I32.wrap_i64));
      }
    },
    { cold: true },
  ),
);

const RSP = gpr(4);

/** Pushes register a (64 bits, or 16 with an operand-size prefix). rsp changes after the store. */
function emitPush(e: Emitter, bytes: 2 | 8, value: () => void): void {
  const { c } = e;
  const va = c.temp(T.i64);
  const v = c.temp(T.i64);
  value();
  c.set(v);
  e.cpu64(RSP);
  c.i64(bytes).op(I64.sub).set(va);
  e.storeAt(va, bytes, (addr) => {
    c.get(addr)
      .get(v)
      .mem(bytes === 8 ? I64.store : I64.store16);
  });
  e.setCpu64(RSP, () => c.get(va));
  c.release(T.i64, va);
  c.release(T.i64, v);
}
export const push64 = defineOp("push64", (e) => emitPush(e, 8, () => e.get64(A)));
export const push16 = defineColdOp("push16", (e) => emitPush(e, 2, () => e.get64(A)));
export const pushImm = defineOp("push_imm", (e) => emitPush(e, 8, () => e.imm64()));
export const pushImm16 = defineColdOp("push_imm16", (e) => emitPush(e, 2, () => e.imm64()));
export { emitPush };

function emitPop(e: Emitter, bytes: 2 | 8): void {
  const { c } = e;
  const va = c.temp(T.i64);
  const v = c.temp(T.i64);
  e.cpu64(RSP);
  c.set(va);
  e.loadAddress(va, bytes);
  c.mem(bytes === 8 ? I64.load : I64.load16_u).set(v);
  // rsp first: pop rsp takes the loaded value.
  e.setCpu64(RSP, () => c.get(va).i64(bytes).op(I64.add));
  if (bytes === 8) e.set64(A, () => c.get(v));
  else e.set16(A, () => c.get(v).op(I32.wrap_i64));
  c.release(T.i64, va);
  c.release(T.i64, v);
}
export const pop64 = defineOp("pop64", (e) => emitPop(e, 8));
export const pop16 = defineColdOp("pop16", (e) => emitPop(e, 2));

/** leave: rsp = rbp, rbp = popped. a = rbp. */
export const leave = defineOp("leave", (e) => {
  const { c } = e;
  const va = c.temp(T.i64);
  const v = c.temp(T.i64);
  e.get64(A);
  c.set(va);
  e.loadAddress(va, 8);
  c.mem(I64.load).set(v);
  e.setCpu64(RSP, () => c.get(va).i64(8).op(I64.add));
  e.set64(A, () => c.get(v));
});
