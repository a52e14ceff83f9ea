import {
  ATTR_BYTE,
  ATTR_F64,
  ATTR_LOCK,
  ATTR_MEM,
  ATTR_MODRM,
  ATTR_REG,
  IMM_8,
  IMM_8S,
  IMM_16,
  IMM_ENTER,
  IMM_MOFFS,
  IMM_NONE,
  IMM_V,
  IMM_Z,
  rowAttr,
  rowCount,
  rowImm,
  rowIsPrivileged,
  rowKey,
  rowMnemonic,
} from "../decode/table.ts";
import { liftOf } from "../lift/lifter.ts";

/** Rows that single-instruction tests leave out, with the reason. Patterns of keys. */
export const excluded: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/^(7.|0F 8.|E[0-3]|E8|E9|EB|C2|C3|FF \/[24])$/, "leaves the tested address: branches are exercised by every program that runs"],
  [/^(0F 05|CC|CD|F1|CA|CB|CF|FF \/[35])$/, "enters the kernel or another mode"],
  [/^(0F A2|0F 31|NP 0F 01 D0|0F 01 F9)$/, "tells about this processor"],
  [/^F3 0F B[CD]$/, "tzcnt and lzcnt on a processor that has them; here, as cpuid says, bsf and bsr"],
  [/^(8C|8E|0F A0|0F A1|0F A8|0F A9|0F B2|0F B4|0F B5|F3 0F AE \/[0-3])$/, "segment registers and bases: the host's own"],
  [/^0F 0[01] \/\d$/, "descriptor tables: what user mode may see is the host's choice"],
  [/^9D$/, "popf may set the trap flag; exercised by signal handlers and the flag tests"],
  [/^NP 0F (AE \/[0-7]|C7 \/4)$/, "state saving and MXCSR: lift/sse/stateSave.test.ts"],
  [/^(NP|66|F2|F3) 0F (?!B8|BC|BD)/, "SIMD: lift/sse/hardware.test.ts"],
];

/** Instruction forms whose result the manuals leave open, and this processor does not keep to one rule. */
export function unstable(key: string, opSize: number, count: number): boolean {
  // 16-bit double shifts by the width or more.
  return /^0F A[45CD]$/.test(key) && opSize === 2 && (count & 31) >= 16;
}

const CF = 1;
const PF = 4;
const AF = 0x10;
const ZF = 0x40;
const SF = 0x80;
const OF = 0x800;
const ALL = CF | PF | AF | ZF | SF | OF;

/**
 * Flags that the manuals leave open after an instruction. lstar's are those of the AMD processors that it was first compared
 * with; on another maker's they are not compared. `faulted`: the instruction ended in a signal: Intel's rep cmps and scas
 * then put back the flags from before the first iteration (SDM volume 2, REP), AMD's leave the last comparison's.
 */
export function undefinedFlags(row: Row, faulted: boolean): number {
  const { key, mnemonic } = row;
  if (/^i?div$/.test(mnemonic)) return ALL;
  if (/^i?mul$/.test(mnemonic)) return SF | ZF | AF | PF;
  if (/^(sal|sar|shl|shr)$/.test(mnemonic)) return key.startsWith("D0") || key.startsWith("D1") ? AF : AF | OF;
  if (/^sh[lr]d$/.test(mnemonic)) return AF | OF;
  if (/^(rol|ror|rcl|rcr)$/.test(mnemonic)) return key.startsWith("D0") || key.startsWith("D1") ? 0 : OF;
  if (faulted && /^(cmps|scas)[bwdq]$/.test(mnemonic)) return ALL;
  return 0;
}

export interface Row {
  row: number;
  key: string;
  mnemonic: string;
  x87: boolean;
}

/** Rows that must be covered, and rows that nothing covers. */
export function rowsToTest(): Row[] {
  const out: Row[] = [];
  for (let row = 1; row < rowCount; row++) {
    const key = rowKey(row);
    if (!liftOf(row) || rowIsPrivileged(row) || excluded.some(([p]) => p.test(key))) continue;
    out.push({ row, key, mnemonic: rowMnemonic(row), x87: /^(D[89A-F]|9B)/.test(key) });
  }
  return out;
}

export type Below = (n: number) => number;
export interface Encoded {
  /** 16 bytes; the last one is the length. */
  bytes: Uint8Array;
  opSize: number;
  memory: boolean;
}

/** Base registers that point into the tested memory: rbx, rbp, rsi, rdi, r13. r12 is a small index. */
const BASES = [3, 5, 6, 7, 13];
/** Registers that hold no address: what bit instructions on memory may take as their offset. */
export const BIT_OFFSETS = [0, 1, 2, 8, 9, 10, 11, 14, 15];

/** One random encoding of a row: prefixes, operand size, registers, addressing. */
export function encode(r: Row, below: Below): Encoded {
  const parts = r.key.split(" ");
  const code: number[] = [];
  const attr = rowAttr[r.row]!;
  if (parts[0] === "F3" && parts.length > 1) code.push(Number.parseInt(parts.shift()!, 16));
  else if (parts[0] === "NP") parts.shift();
  const byte = (attr & ATTR_BYTE) !== 0;
  let digit = -1;
  let fixed = -1;
  if (parts.at(-1)!.startsWith("/")) digit = Number(parts.pop()!.slice(1));
  else if (attr & ATTR_MODRM && parts.length > 1 && parts[0] !== "0F") fixed = Number.parseInt(parts.pop()!, 16);
  else if (attr & ATTR_MODRM && parts[0] === "0F" && parts.length > 2) fixed = Number.parseInt(parts.pop()!, 16);
  const size = r.x87 ? 0 : below(3);
  if (size === 1 && !byte) code.push(0x66);
  if (/^A[4-7A-F]$/.test(r.key) && below(2)) code.push(below(3) ? 0xf3 : 0xf2);
  // Prefetches of registers are nops here and on Intel processors, invalid on AMD's.
  const memory =
    r.key === "0F 0D" ? true : attr & ATTR_MODRM && fixed < 0 ? (attr & ATTR_MEM ? true : attr & ATTR_REG ? false : below(2) === 0) : false;
  if (memory && attr & ATTR_LOCK && below(4) === 0) code.push(0xf0);
  let rex = size === 2 && !r.x87 ? 0x48 : 0;
  // A bit string's offset taken from a base register would lead to what else the harness has mapped.
  const offset = memory && /^0F (A3|AB|B3|BB)$/.test(r.key);
  const reg = digit >= 0 ? digit : offset ? BIT_OFFSETS[below(BIT_OFFSETS.length)]! : below(16);
  const rm = memory ? BASES[below(BASES.length)]! : below(16);
  const indexed = memory && below(3) === 0;
  if (attr & ATTR_MODRM && fixed < 0) {
    if (reg > 7) rex |= 0x44;
    if (rm > 7 && !(r.x87 && !memory)) rex |= 0x41;
    if (indexed) rex |= 0x42;
    if (below(4) === 0) rex |= 0x40;
  } else if (!(attr & ATTR_MODRM) && below(2) && /^(5|B|9|0F C)/.test(r.key)) rex |= 0x41;
  if (rex) code.push(rex);
  const opcodes = parts.map((p) => Number.parseInt(p, 16));
  // Rows with the register in the opcode.
  if (!(attr & ATTR_MODRM) && /^(50|58|90|B0|B8|0F C8)$/.test(r.key)) opcodes[opcodes.length - 1]! += below(8);
  code.push(...opcodes);
  if (attr & ATTR_MODRM) {
    if (fixed >= 0) code.push(r.x87 && (fixed & 7) === 0 && isStackForm(r) ? fixed + below(8) : fixed);
    else if (!memory) code.push(0xc0 | ((reg & 7) << 3) | (rm & 7));
    else if (indexed) code.push(0x44 | ((reg & 7) << 3), (below(4) << 6) | (4 << 3) | (rm & 7), (below(32) - 16) & 0xff);
    else code.push(0x40 | ((reg & 7) << 3) | (rm & 7), (below(96) - 48) & 0xff);
  }
  const opSize = byte ? 1 : attr & ATTR_F64 ? 8 : rex & 8 ? 8 : size === 1 ? 2 : 4;
  let n = 0;
  switch (rowImm[r.row]!) {
    case IMM_NONE:
      break;
    case IMM_8:
    case IMM_8S:
      n = 1;
      break;
    case IMM_16:
      n = 2;
      break;
    case IMM_ENTER:
      code.push(below(64), 0, below(4));
      break;
    case IMM_Z:
      n = size === 1 && !byte && !(rex & 8) ? 2 : 4;
      break;
    case IMM_V:
      n = opSize;
      break;
    case IMM_MOFFS: {
      const at = 0x10000200 + below(240);
      for (let i = 0; i < 8; i++) code.push(i < 4 ? (at >>> (8 * i)) & 0xff : 0);
      break;
    }
  }
  const small = below(2) === 0;
  for (let i = 0; i < n; i++) code.push(small && i > 0 ? 0 : below(256));
  const bytes = new Uint8Array(16);
  bytes.set(code.slice(0, 15));
  bytes[15] = code.length;
  return { bytes, opSize, memory };
}

/** Do the low three bits of the ModRM byte name ST(i)? */
function isStackForm(r: Row): boolean {
  return !/^(fnop|fchs|fabs|ftst|fxam|fld1|fldl2t|fldl2e|fldpi|fldlg2|fldln2|fldz|f2xm1|fyl2x|fptan|fpatan|fxtract|fprem1|fdecstp|fincstp|fprem|fyl2xp1|fsqrt|fsincos|frndint|fscale|fsin|fcos|fucompp|fcompp|fneni|fndisi|fnclex|fninit|fnsetpm|fnstsw)$/.test(
    r.mnemonic,
  );
}
