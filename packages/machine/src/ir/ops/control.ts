import { CC_OP, gpr, RFLAGS, TRAP_ADDR, TRAP_ERROR, TRAP_VECTOR } from "../../layout.ts";
import { PF_INSTR, PF_USER, Trap } from "../../trap.ts";
import { I32, I64, T } from "../../wasm/opcodes.ts";
import { A, B } from "../emitter.ts";
import { CC_FLAGS, materializeFlags } from "../flags.ts";
import { defineBranch, defineColdOp } from "../op.ts";
import { emitPush } from "./memory.ts";

const RSP = gpr(4);
const RCX = gpr(1);
const R11 = gpr(11);

export const jump = defineBranch("jump", "jump", () => {});
/** Call of a constant target; the immediate is the return address. */
export const call = defineBranch("call", "jump", (e) => emitPush(e, 8, () => e.imm64()));
export const jumpRegister = defineBranch("jump_reg", "indirect", (e) => e.get64(A));
/** Call of the address in register a; the immediate is the return address. */
export const callRegister = defineBranch("call_reg", "indirect", (e) => {
  const t = e.c.temp(T.i64);
  e.get64(A);
  e.c.set(t);
  emitPush(e, 8, () => e.imm64());
  e.c.get(t);
});
/** Near return; the immediate is what `ret imm16` adds to rsp. */
export const ret = defineBranch("ret", "indirect", (e) => {
  const { c } = e;
  const va = c.temp(T.i64);
  const v = c.temp(T.i64);
  e.cpu64(RSP);
  c.set(va);
  e.loadAddress(va, 8);
  c.mem(I64.load).set(v);
  e.setCpu64(RSP, () => {
    c.get(va).i64(8).op(I64.add);
    e.imm64();
    c.op(I64.add);
  });
  c.get(v);
});

/** loop, loope, loopne, jrcxz: a = rcx, b = 1 to count down, immediate low: 0 plain, 1 while ZF, 2 while not ZF, 3 jrcxz. */
function loopOp(name: string, bits: 32 | 64, kind: "loop" | "loope" | "loopne" | "jcxz") {
  return defineBranch(name, "cond", (e) => {
    const { c } = e;
    if (kind === "jcxz") {
      if (bits === 64) {
        e.get64(A);
        c.op(I64.eqz);
      } else {
        e.get32(A);
        c.op(I32.eqz);
      }
      return;
    }
    const v = c.temp(T.i64);
    e.get64(A);
    c.i64(1).op(I64.sub);
    if (bits === 32) c.i64(0xffffffff).op(I64.and);
    c.set(v);
    e.set64(A, () => c.get(v));
    c.get(v).i64(0).op(I64.ne);
    if (kind !== "loop") {
      e.call(materializeFlags);
      c.i32(6).op(I32.shr_u).i32(1).op(I32.and);
      if (kind === "loopne") c.op(I32.eqz);
      c.op(I32.and);
    }
  });
}
export const loops = ([32, 64] as const).map((bits) => ({
  loop: loopOp(`loop${bits}`, bits, "loop"),
  loope: loopOp(`loope${bits}`, bits, "loope"),
  loopne: loopOp(`loopne${bits}`, bits, "loopne"),
  jcxz: loopOp(`jcxz${bits}`, bits, "jcxz"),
}));

/** syscall: rcx = next rip, r11 = rflags (Intel SDM volume 2, SYSCALL). The immediate is the next rip. */
export const syscall = defineBranch(
  "syscall",
  "exit",
  (e) => {
    e.setCpu64(RCX, () => e.imm64());
    e.setCpu64(R11, () => {
      e.call(materializeFlags);
      e.c.op(I64.extend_i32_u);
    });
  },
  Trap.SYSCALL,
);
/** int3 and into-like traps whose rip is the next instruction. */
export const breakpoint = defineBranch("int3", "exit", () => {}, Trap.BP);
/** int1: #DB with rip at the next instruction. */
export const debugTrap = defineBranch("int1", "exit", () => {}, Trap.DB);
/** Leaves `run` to look the next instruction up anew, e.g. after xrstor or popf. */
export const endBlock = defineBranch("end_block", "exit", () => {}, Trap.TRANSLATE);
/** Raises exception a with error code b. */
export const raise = defineColdOp("raise", (e) => {
  e.setCpu32(TRAP_VECTOR, () => e.field(A));
  e.setCpu32(TRAP_ERROR, () => e.field(B));
  e.trapRaised();
});

/** Raises #PF for the instruction fetch of the immediate's address, which was not present. */
export const raiseFetch = defineColdOp("raise_fetch", (e) => {
  e.setCpu32(TRAP_VECTOR, () => e.c.i32(Trap.PF));
  e.setCpu32(TRAP_ERROR, () => e.c.i32(PF_USER | PF_INSTR));
  e.setCpu64(TRAP_ADDR, () => e.imm64());
  e.trapRaised();
});

/** pushf. */
export const pushf = defineColdOp("pushf", (e) => {
  emitPush(e, 8, () => {
    e.call(materializeFlags);
    e.c.op(I64.extend_i32_u);
  });
});
export const pushf16 = defineColdOp("pushf16", (e) => {
  emitPush(e, 2, () => {
    e.call(materializeFlags);
    e.c.op(I64.extend_i32_u);
  });
});
/** Bits a user program may change with popf: all status flags, TF, DF, NT, AC, ID (IF and IOPL stay). */
export const POPF_MASK = 0x244dd5;
/** rflags = a, for popf. The immediate is the mask of bits that change. */
export const setRflags = defineColdOp("set_rflags", (e) => {
  const { c } = e;
  const old = c.temp(T.i32);
  e.call(materializeFlags);
  c.set(old);
  e.setCpu32(RFLAGS, () => {
    c.get(old);
    e.immLo();
    c.i32(-1).op(I32.xor).op(I32.and);
    e.get32(A);
    e.immLo();
    c.op(I32.and).op(I32.or).i32(2).op(I32.or);
  });
  e.setCpu32(CC_OP, () => c.i32(CC_FLAGS));
});
/** ah-like byte a = low byte of rflags (lahf). */
export const lahf = defineColdOp("lahf", (e) => e.set8(A, () => e.call(materializeFlags)));
/** rflags = (rflags & immLo) ^ immHi after materialising: clc, stc, cmc, cld, std. */
export const flagBits = defineColdOp("flag_bits", (e) => {
  e.setCpu32(RFLAGS, () => {
    e.call(materializeFlags);
    e.immLo();
    e.c.op(I32.and);
    e.immHi();
    e.c.op(I32.xor);
  });
});
