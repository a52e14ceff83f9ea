import type { Insn } from "./insn.ts";
import {
  ATTR_BYTE,
  ATTR_CRREG,
  ATTR_D64,
  ATTR_DRREG,
  ATTR_F64,
  ATTR_LOCK,
  ATTR_MEM,
  ATTR_MODRM,
  ATTR_REG,
  ATTR_SEGREG,
  GROUP_SIZE,
  GROUPS,
  IMM_8,
  IMM_8S,
  IMM_16,
  IMM_ENTER,
  IMM_MOFFS,
  IMM_NONE,
  IMM_REL8,
  IMM_REL32,
  IMM_V,
  IMM_Z,
  LEVEL1,
  rowAttr,
  rowImm,
} from "./table.ts";

/** Not an instruction of this processor: #UD. */
export const DECODE_INVALID = -1;
/** More than 15 bytes: #GP. */
export const DECODE_TOO_LONG = -2;
/** The bytes up to `limit` do not hold the whole instruction. */
export const DECODE_NEED_MORE = -3;

const MAX_LENGTH = 15;

/**
 * Decodes the instruction at `offset`, reading no byte at or beyond `limit`. Fills `out`.
 * @returns its length (1…15), or one of the DECODE_ codes.
 */
export function decode(bytes: Uint8Array, offset: number, limit: number, out: Insn): number {
  const last = offset + MAX_LENGTH;
  const end = limit < last ? limit : last;
  const short = limit < last ? DECODE_NEED_MORE : DECODE_TOO_LONG;
  let p = offset;
  let rex = 0;
  let rep = 0;
  let seg = 0;
  let lock = 0;
  let opsize16 = 0;
  let addr32 = 0;
  let b = 0;
  // Prefixes. REX counts only directly before the opcode.
  for (;;) {
    if (p >= end) return short;
    b = bytes[p++]!;
    if ((b & 0xf0) === 0x40) {
      rex = b;
      continue;
    }
    if (b === 0x66) opsize16 = 1;
    else if (b === 0x67) addr32 = 1;
    else if (b === 0xf2 || b === 0xf3) rep = b;
    else if (b === 0xf0) lock = 1;
    else if (b === 0x64) seg = 4;
    else if (b === 0x65) seg = 5;
    else if (b !== 0x2e && b !== 0x36 && b !== 0x3e && b !== 0x26) break;
    rex = 0;
  }
  let map = 0;
  if (b === 0x0f) {
    if (p >= end) return short;
    b = bytes[p++]!;
    map = 1;
    if (b === 0x38 || b === 0x3a) {
      map = b === 0x38 ? 2 : 3;
      if (p >= end) return short;
      b = bytes[p++]!;
    }
  }
  const slot = rep === 0xf3 ? 2 : rep === 0xf2 ? 3 : opsize16;
  let row = LEVEL1[(map * 256 + b) * 4 + slot]!;
  // crc32 is told by F2 even when 66 gives the operand size; elsewhere F2/F3 win over 66 as well.
  out.opcode = b;
  out.map = map;
  let modrm = 0;
  let hasModrm = 0;
  if (row < 0) {
    if (p >= end) return short;
    modrm = bytes[p++]!;
    hasModrm = 1;
    const group = (-row - 1) * GROUP_SIZE;
    row = modrm >= 0xc0 ? GROUPS[group + 8 + (modrm & 63)]! : GROUPS[group + ((modrm >> 3) & 7)]!;
    if (row === 0) return DECODE_INVALID;
  } else {
    if (row === 0) return DECODE_INVALID;
    if (rowAttr[row]! & ATTR_MODRM) {
      if (p >= end) return short;
      modrm = bytes[p++]!;
      hasModrm = 1;
    }
  }
  const attr = rowAttr[row]!;
  const mod = modrm >> 6;
  const isMemory = hasModrm !== 0 && mod !== 3;
  if (isMemory ? attr & ATTR_REG : attr & ATTR_MEM) {
    if (!(attr & ATTR_CRREG) && !(attr & ATTR_DRREG)) return DECODE_INVALID;
  }
  if (lock && !(attr & ATTR_LOCK && isMemory)) return DECODE_INVALID;

  let opSize = 4;
  if (attr & ATTR_BYTE) opSize = 1;
  else if (attr & ATTR_F64) opSize = 8;
  else if (attr & ATTR_D64) opSize = opsize16 && !(rex & 8) ? 2 : 8;
  else if (rex & 8) opSize = 8;
  else if (opsize16) opSize = 2;

  let reg = ((modrm >> 3) & 7) | ((rex & 4) << 1);
  const rm = (hasModrm ? modrm & 7 : b & 7) | ((rex & 1) << 3);
  if (attr & (ATTR_SEGREG | ATTR_CRREG | ATTR_DRREG)) {
    if (attr & ATTR_SEGREG) {
      reg &= 7;
      // No register 6 or 7; cs cannot be loaded.
      if (reg > 5 || (b === 0x8e && reg === 1)) return DECODE_INVALID;
    } else if (attr & ATTR_CRREG) {
      if (reg !== 0 && reg !== 2 && reg !== 3 && reg !== 4 && reg !== 8) return DECODE_INVALID;
    } else if (reg > 7) return DECODE_INVALID;
  }
  let base = -1;
  let index = -1;
  let scale = 0;
  let disp = 0;
  // Control and debug register moves treat every ModRM as a register form.
  if (isMemory && !(attr & (ATTR_CRREG | ATTR_DRREG))) {
    let wide = mod === 2 ? 4 : mod === 1 ? 1 : 0;
    if ((modrm & 7) === 4) {
      if (p >= end) return short;
      const sib = bytes[p++]!;
      scale = sib >> 6;
      index = ((sib >> 3) & 7) | ((rex & 2) << 2);
      if (index === 4) index = -1;
      if ((sib & 7) === 5 && mod === 0) wide = 4;
      else base = (sib & 7) | ((rex & 1) << 3);
    } else if ((modrm & 7) === 5 && mod === 0) {
      base = 16;
      wide = 4;
    } else base = rm;
    if (wide === 1) {
      if (p >= end) return short;
      disp = (bytes[p++]! << 24) >> 24;
    } else if (wide === 4) {
      if (p + 4 > end) return short;
      disp = bytes[p]! | (bytes[p + 1]! << 8) | (bytes[p + 2]! << 16) | (bytes[p + 3]! << 24);
      p += 4;
    }
  }

  let immLo = 0;
  let immHi = 0;
  const kind = rowImm[row]!;
  if (kind !== IMM_NONE) {
    let n = 0;
    switch (kind) {
      case IMM_8:
      case IMM_8S:
      case IMM_REL8:
        n = 1;
        break;
      case IMM_16:
        n = 2;
        break;
      case IMM_ENTER:
        n = 3;
        break;
      case IMM_Z:
        n = opSize === 2 ? 2 : 4;
        break;
      case IMM_REL32:
        n = 4;
        break;
      case IMM_V:
        n = opSize;
        break;
      case IMM_MOFFS:
        n = addr32 ? 4 : 8;
        break;
    }
    if (p + n > end) return short;
    if (n === 1) {
      immLo = bytes[p]!;
      if (kind !== IMM_8) {
        immLo = (immLo << 24) >> 24;
        immHi = immLo >> 31;
      }
    } else if (n === 2) {
      immLo = bytes[p]! | (bytes[p + 1]! << 8);
      if (kind !== IMM_16) {
        immLo = (immLo << 16) >> 16;
        immHi = immLo >> 31;
      }
    } else if (n === 3) {
      immLo = bytes[p]! | (bytes[p + 1]! << 8);
      out.imm2 = bytes[p + 2]!;
    } else {
      immLo = bytes[p]! | (bytes[p + 1]! << 8) | (bytes[p + 2]! << 16) | (bytes[p + 3]! << 24);
      if (n === 8) immHi = bytes[p + 4]! | (bytes[p + 5]! << 8) | (bytes[p + 6]! << 16) | (bytes[p + 7]! << 24);
      else if (kind !== IMM_MOFFS) immHi = immLo >> 31;
    }
    p += n;
  }

  out.row = row;
  out.rex = rex;
  out.lock = lock;
  out.rep = rep;
  out.seg = seg;
  out.opsize16 = opsize16;
  out.addr32 = addr32;
  out.hasModrm = hasModrm;
  out.modrm = modrm;
  out.mod = isMemory && attr & (ATTR_CRREG | ATTR_DRREG) ? 3 : mod;
  out.reg = reg;
  out.rm = rm;
  out.base = base;
  out.index = index;
  out.scale = scale;
  out.disp = disp;
  out.immLo = immLo;
  out.immHi = immHi;
  out.opSize = opSize;
  out.length = p - offset;
  return out.length;
}
