import type { CpuContext } from "@lstar/machine";
import { decode } from "@lstar/machine/decode/decode.ts";
import { Insn } from "@lstar/machine/decode/insn.ts";

/** A stretch of user memory that an instruction reads or writes. */
export interface Access {
  readonly address: number;
  readonly length: number;
  readonly reads: boolean;
}

const RCX = 1;
const RSP = 4;
const RBP = 5;
const RSI = 6;
const RDI = 7;
const DIRECTION = 0x400;

/** Stores that do not read their operand, by opcode: one-byte ones, and those after 0F. */
const STORES = new Set([0x88, 0x89, 0xc6, 0xc7]);
const STORES_0F = new Set([0x11, 0x13, 0x17, 0x29, 0x2b, 0x7e, 0x7f, 0xc3, 0xd6, 0xe7]);
/** After 0F: hints, nops and prefetches, which touch nothing. */
const NOTHING_0F = new Set([0x0d, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f]);
/** Sizes of x87 memory operands of D8 to DF; loads and stores of 80 bits are told by ModRM.reg. */
const X87 = [4, 4, 4, 4, 8, 8, 2, 2];

/**
 * What user memory the instruction in `code` accesses when it runs with these registers: its ModRM operand, the
 * stack, string operands. What the kernel reads for it is not in it, as with the processor's debug registers.
 */
export function accesses(cpu: CpuContext, code: Uint8Array): Access[] {
  const i = new Insn();
  if (decode(code, 0, code.length, i) < 0) return [];
  const out: Access[] = [];
  if (i.hasModrm && i.mod !== 3) operand(cpu, i, out);
  if (i.map === 0) implicit(cpu, i, out);
  return out;
}

function operand(cpu: CpuContext, i: Insn, out: Access[]): void {
  const { map, opcode } = i;
  if ((map === 0 && opcode === 0x8d) || (map === 1 && NOTHING_0F.has(opcode))) return;
  let address = i.disp;
  if (i.base === 16) address += cpu.rip + i.length;
  else if (i.base >= 0) address += cpu.get(i.base);
  if (i.index >= 0) address += cpu.get(i.index) * 2 ** i.scale;
  if (i.seg === 4) address += cpu.fsBase;
  else if (i.seg === 5) address += cpu.gsBase;
  const stores = map === 0 ? STORES.has(opcode) : map === 1 && (STORES_0F.has(opcode) || (opcode & 0xf0) === 0x90);
  // movq xmm, m64 (F3 0F 7E) has the opcode of a store.
  out.push({ address, length: operandSize(i), reads: !stores || (opcode === 0x7e && i.rep === 0xf3) });
}

function operandSize(i: Insn): number {
  const { map, opcode, reg } = i;
  if (map === 0) {
    if (opcode === 0x63) return 4;
    if (opcode < 0xd8 || opcode > 0xdf) return i.opSize;
    return (opcode === 0xdb && (reg & 7) >= 5) || (opcode === 0xdf && ((reg & 7) === 4 || (reg & 7) === 6))
      ? 10
      : opcode === 0xdf && (reg & 5) === 5
        ? 8
        : (X87[opcode - 0xd8] as number);
  }
  if (map === 1) {
    if (opcode === 0xb6 || opcode === 0xbe || (opcode & 0xf0) === 0x90) return 1;
    if (opcode === 0xb7 || opcode === 0xbf) return 2;
    if (opcode === 0xc7) return i.rex & 8 ? 16 : 8;
    const integer = (opcode & 0xf0) === 0x40 || (opcode >= 0xa0 && opcode <= 0xc1);
    if (integer || opcode === 0x2a || opcode === 0x6e) return i.opSize;
    if (opcode === 0x7e || opcode === 0xd6) return i.rep === 0xf3 || opcode === 0xd6 ? 8 : i.opSize;
    if (opcode === 0x12 || opcode === 0x13 || opcode === 0x16 || opcode === 0x17) return 8;
    if (opcode === 0x6f || opcode === 0x7f || opcode === 0xe6 || opcode === 0x5b || opcode === 0x70) return 16;
  }
  return i.rep === 0xf3 ? 4 : i.rep === 0xf2 ? 8 : 16;
}

/** Stack and string operands of one-byte opcodes. */
function implicit(cpu: CpuContext, i: Insn, out: Access[]): void {
  const { opcode } = i;
  const sp = cpu.get(RSP);
  const far = i.hasModrm ? i.reg & 7 : -1;
  if ((opcode >= 0x58 && opcode <= 0x5f) || opcode === 0x8f || opcode === 0xc2 || opcode === 0xc3 || opcode === 0x9d)
    out.push({ address: sp, length: 8, reads: true });
  else if (opcode === 0xc9) out.push({ address: cpu.get(RBP), length: 8, reads: true });
  else if ((opcode >= 0x50 && opcode <= 0x57) || opcode === 0x68 || opcode === 0x6a || opcode === 0xe8 || opcode === 0x9c)
    out.push({ address: sp - 8, length: 8, reads: false });
  else if (opcode === 0xff && (far === 2 || far === 6)) out.push({ address: sp - 8, length: 8, reads: false });
  else if (opcode === 0xa0 || opcode === 0xa1) out.push({ address: absolute(i), length: i.opSize, reads: true });
  else if (opcode === 0xa2 || opcode === 0xa3) out.push({ address: absolute(i), length: i.opSize, reads: false });
  else if (opcode >= 0xa4 && opcode <= 0xaf && opcode !== 0xa8 && opcode !== 0xa9) {
    const kind = opcode & 0xfe;
    if (kind !== 0xaa && kind !== 0xae) out.push(string(cpu, i, RSI, true));
    if (kind !== 0xac) out.push(string(cpu, i, RDI, kind === 0xa6 || kind === 0xae));
  }
}

function absolute(i: Insn): number {
  return i.immHi * 4294967296 + (i.immLo >>> 0);
}

/** A string operand with all the repetitions that may come. */
function string(cpu: CpuContext, i: Insn, register: number, reads: boolean): Access {
  const times = i.rep === 0 ? 1 : cpu.get(RCX);
  const at = cpu.get(register);
  const back = cpu.rflags & DIRECTION ? (times - 1) * i.opSize : 0;
  return { address: at - Math.max(0, back), length: times * i.opSize, reads };
}
