import type { Kernel } from "../../kernel.ts";
import { copyFromUser } from "../../mm/usercopy.ts";
import { stateClass } from "../../state.ts";
import { EFAULT, EINVAL } from "../../uapi/errno.ts";
import * as B from "../../uapi/filter.ts";

/** A classic BPF program that has been checked (struct bpf_prog with struct sock_fprog_kern). */
export class BpfProg {
  /** Instructions by number. Opcodes are the program's own, but for LOAD_DATA. */
  readonly code: Uint16Array;
  readonly jt: Uint8Array;
  readonly jf: Uint8Array;
  readonly k: Int32Array;
  /** As the program gave it: eight bytes an instruction. */
  readonly orig: Uint8Array;
  /** Instructions that Linux's translation to its own BPF has. */
  len = 0;
  constructor(orig: Uint8Array) {
    const n = orig.length / 8;
    const view = new DataView(orig.buffer, orig.byteOffset, orig.byteLength);
    this.orig = orig;
    this.code = new Uint16Array(n);
    this.jt = new Uint8Array(n);
    this.jf = new Uint8Array(n);
    this.k = new Int32Array(n);
    for (let i = 0; i < n; i++) {
      this.code[i] = view.getUint16(i * 8, true);
      this.jt[i] = view.getUint8(i * 8 + 2);
      this.jf[i] = view.getUint8(i * 8 + 3);
      this.k[i] = view.getInt32(i * 8 + 4, true);
    }
  }
}
stateClass(BpfProg);

/** The program that a struct sock_fprog of the caller describes, not yet checked; or a negated errno. */
export function bpfCopyFprog(k: Kernel, len: number, filter: number): BpfProg | number {
  const bytes = new Uint8Array(len * 8);
  return copyFromUser(k, filter, bytes, 0, bytes.length) === 0 ? new BpfProg(bytes) : -EFAULT;
}

/** Opcodes there are. @linux net/core/filter.c chk_code_allowed */
const allowed = new Set<number>();
for (const op of [B.BPF_ADD, B.BPF_SUB, B.BPF_MUL, B.BPF_DIV, B.BPF_MOD, B.BPF_AND, B.BPF_OR, B.BPF_XOR, B.BPF_LSH, B.BPF_RSH]) {
  allowed.add(B.BPF_ALU | op | B.BPF_K).add(B.BPF_ALU | op | B.BPF_X);
}
for (const op of [B.BPF_JEQ, B.BPF_JGT, B.BPF_JGE, B.BPF_JSET]) allowed.add(B.BPF_JMP | op | B.BPF_K).add(B.BPF_JMP | op | B.BPF_X);
for (const mode of [B.BPF_ABS, B.BPF_IND]) for (const size of [B.BPF_W, B.BPF_H, B.BPF_B]) allowed.add(B.BPF_LD | size | mode);
allowed.add(B.BPF_ALU | B.BPF_NEG);
allowed
  .add(B.BPF_LD | B.BPF_LEN)
  .add(B.BPF_LD | B.BPF_IMM)
  .add(B.BPF_LD | B.BPF_MEM);
allowed
  .add(B.BPF_LDX | B.BPF_LEN)
  .add(B.BPF_LDX | B.BPF_IMM)
  .add(B.BPF_LDX | B.BPF_MEM);
allowed.add(B.BPF_LDX | B.BPF_B | B.BPF_MSH);
allowed.add(B.BPF_ST).add(B.BPF_STX);
allowed.add(B.BPF_MISC | B.BPF_TAX).add(B.BPF_MISC | B.BPF_TXA);
allowed.add(B.BPF_RET | B.BPF_K).add(B.BPF_RET | B.BPF_A);
allowed.add(B.BPF_JMP | B.BPF_JA);

/** Things about a packet that a load can ask for, from SKF_AD_OFF on. */
const AD_MAX = 60;

/** Is this a conditional jump? */
function isBranch(code: number): boolean {
  return (code & 7) === B.BPF_JMP && (code & 0xf0) !== B.BPF_JA;
}

/**
 * A program that passes ends for certain, stays within itself and its memory, and reads no memory it has
 * not written. @returns 0 or -EINVAL @linux net/core/filter.c bpf_check_classic
 */
export function bpfCheckClassic(p: BpfProg): number {
  const n = p.code.length;
  if (n === 0 || n > B.BPF_MAXINSNS) return -EINVAL;
  for (let pc = 0; pc < n; pc++) {
    const code = p.code[pc] as number;
    const k = p.k[pc] as number;
    if (!allowed.has(code)) return -EINVAL;
    switch (code) {
      case B.BPF_ALU | B.BPF_DIV | B.BPF_K:
      case B.BPF_ALU | B.BPF_MOD | B.BPF_K:
        if (k === 0) return -EINVAL;
        break;
      case B.BPF_ALU | B.BPF_LSH | B.BPF_K:
      case B.BPF_ALU | B.BPF_RSH | B.BPF_K:
        if (k >>> 0 >= 32) return -EINVAL;
        break;
      case B.BPF_LD | B.BPF_MEM:
      case B.BPF_LDX | B.BPF_MEM:
      case B.BPF_ST:
      case B.BPF_STX:
        if (k >>> 0 >= B.BPF_MEMWORDS) return -EINVAL;
        break;
      case B.BPF_JMP | B.BPF_JA:
        if (k >>> 0 >= n - pc - 1) return -EINVAL;
        break;
      case B.BPF_LD | B.BPF_W | B.BPF_ABS:
      case B.BPF_LD | B.BPF_H | B.BPF_ABS:
      case B.BPF_LD | B.BPF_B | B.BPF_ABS: {
        const ancillary = k - B.SKF_AD_OFF;
        if (k < 0 && ancillary >= 0 && (ancillary > AD_MAX || ancillary % 4 !== 0)) return -EINVAL;
        break;
      }
      default:
        if (isBranch(code) && (pc + (p.jt[pc] as number) + 1 >= n || pc + (p.jf[pc] as number) + 1 >= n)) return -EINVAL;
    }
  }
  const last = p.code[n - 1];
  if (last !== (B.BPF_RET | B.BPF_K) && last !== (B.BPF_RET | B.BPF_A)) return -EINVAL;
  return checkLoadAndStores(p);
}

/** No way through the program may read a scratch word before it was written. @linux net/core/filter.c check_load_and_stores */
function checkLoadAndStores(p: BpfProg): number {
  const n = p.code.length;
  const masks = new Uint16Array(n).fill(0xffff);
  let valid = 0;
  const meet = (at: number): void => {
    masks[at] = (masks[at] as number) & valid;
  };
  for (let pc = 0; pc < n; pc++) {
    const code = p.code[pc] as number;
    const k = p.k[pc] as number;
    valid &= masks[pc] as number;
    if (code === B.BPF_ST || code === B.BPF_STX) valid |= 1 << k;
    else if (code === (B.BPF_LD | B.BPF_MEM) || code === (B.BPF_LDX | B.BPF_MEM)) {
      if (!(valid & (1 << k))) return -EINVAL;
    } else if (code === (B.BPF_JMP | B.BPF_JA)) {
      meet(pc + 1 + k);
      valid = 0xffff;
    } else if (isBranch(code)) {
      meet(pc + 1 + (p.jt[pc] as number));
      meet(pc + 1 + (p.jf[pc] as number));
      valid = 0xffff;
    }
  }
  return 0;
}

/** Linux's prologue: A and X zeroed, the context kept. */
const PROLOGUE = 3;

/**
 * How long Linux's translation is: its limit on chained filters counts these instructions. Programs for
 * struct seccomp_data only. @linux net/core/filter.c bpf_convert_filter
 */
export function bpfConvertedLength(p: BpfProg): number {
  let len = PROLOGUE;
  for (let pc = 0; pc < p.code.length; pc++) {
    const code = p.code[pc] as number;
    len++;
    if (code === (B.BPF_RET | B.BPF_K)) len++;
    else if (code === (B.BPF_ALU | B.BPF_DIV | B.BPF_X) || code === (B.BPF_ALU | B.BPF_MOD | B.BPF_X)) len += 4;
    else if (isBranch(code)) {
      if (!(code & B.BPF_X) && (p.k[pc] as number) < 0) len++;
      // Both ways lead elsewhere, and the condition has no opposite.
      if (p.jf[pc] !== 0 && (p.jt[pc] !== 0 || (code & 0xf0) === B.BPF_JSET)) len++;
    }
  }
  return len;
}

/** The opcode of a load from struct seccomp_data: no program can have it. */
export const LOAD_DATA = B.BPF_LDX | B.BPF_W | B.BPF_ABS;

/** What a program looks at. Whoever runs one fills this first; programs run one at a time. */
export const bpfInput = {
  /** struct seccomp_data in words. */
  data: new Int32Array(16),
};

const memory = new Int32Array(B.BPF_MEMWORDS);

/** Runs a program over `bpfInput`: one that seccomp_check_filter has let pass, so without packets and remainders. @returns what it returns, as a signed 32-bit number @linux kernel/bpf/core.c bpf_prog_run */
export function bpfRun(p: BpfProg): number {
  const { code, jt, jf, k } = p;
  let a = 0;
  let x = 0;
  // Opcodes are written out as numbers, so that the switch is a table: class | size or operation | mode or source.
  for (let pc = 0; ; pc++) {
    const v = k[pc] as number;
    switch (code[pc] as number) {
      case 0x21: // LOAD_DATA
        a = bpfInput.data[v >>> 2] as number;
        break;
      case 0x15: // JEQ K
        pc += a === v ? (jt[pc] as number) : (jf[pc] as number);
        break;
      case 0x1d: // JEQ X
        pc += a === x ? (jt[pc] as number) : (jf[pc] as number);
        break;
      case 0x25: // JGT K
        pc += a >>> 0 > v >>> 0 ? (jt[pc] as number) : (jf[pc] as number);
        break;
      case 0x2d: // JGT X
        pc += a >>> 0 > x >>> 0 ? (jt[pc] as number) : (jf[pc] as number);
        break;
      case 0x35: // JGE K
        pc += a >>> 0 >= v >>> 0 ? (jt[pc] as number) : (jf[pc] as number);
        break;
      case 0x3d: // JGE X
        pc += a >>> 0 >= x >>> 0 ? (jt[pc] as number) : (jf[pc] as number);
        break;
      case 0x45: // JSET K
        pc += (a & v) !== 0 ? (jt[pc] as number) : (jf[pc] as number);
        break;
      case 0x4d: // JSET X
        pc += (a & x) !== 0 ? (jt[pc] as number) : (jf[pc] as number);
        break;
      case 0x05: // JA
        pc += v;
        break;
      case 0x06: // RET K
        return v;
      case 0x16: // RET A
        return a;
      case 0x00: // LD IMM
        a = v;
        break;
      case 0x01: // LDX IMM
        x = v;
        break;
      case 0x60: // LD MEM
        a = memory[v] as number;
        break;
      case 0x61: // LDX MEM
        x = memory[v] as number;
        break;
      case 0x02: // ST
        memory[v] = a;
        break;
      case 0x03: // STX
        memory[v] = x;
        break;
      case 0x07: // TAX
        x = a;
        break;
      case 0x87: // TXA
        a = x;
        break;
      case 0x04: // ADD K
        a = (a + v) | 0;
        break;
      case 0x0c: // ADD X
        a = (a + x) | 0;
        break;
      case 0x14: // SUB K
        a = (a - v) | 0;
        break;
      case 0x1c: // SUB X
        a = (a - x) | 0;
        break;
      case 0x24: // MUL K
        a = Math.imul(a, v);
        break;
      case 0x2c: // MUL X
        a = Math.imul(a, x);
        break;
      case 0x34: // DIV K
        a = ((a >>> 0) / (v >>> 0)) | 0;
        break;
      case 0x3c: // DIV X
        if (x === 0) return 0;
        a = Math.floor((a >>> 0) / (x >>> 0)) | 0;
        break;
      case 0x54: // AND K
        a &= v;
        break;
      case 0x5c: // AND X
        a &= x;
        break;
      case 0x44: // OR K
        a |= v;
        break;
      case 0x4c: // OR X
        a |= x;
        break;
      case 0xa4: // XOR K
        a ^= v;
        break;
      case 0xac: // XOR X
        a ^= x;
        break;
      case 0x64: // LSH K
        a <<= v;
        break;
      case 0x6c: // LSH X
        a <<= x & 31;
        break;
      case 0x74: // RSH K
        a = (a >>> v) | 0;
        break;
      case 0x7c: // RSH X
        a = (a >>> (x & 31)) | 0;
        break;
      case 0x84: // NEG
        a = -a | 0;
        break;
      default:
        return 0;
    }
  }
}
