import type { CpuContext } from "@lstar/machine";
import type { Insn } from "@lstar/machine/decode/insn.ts";

/** A place in memory that an instruction names: what it does there, and how the address is computed. */
export interface Operand {
  readonly kind: "address" | "stack" | "string" | "absolute";
  readonly base: number;
  readonly index: number;
  readonly scale: number;
  readonly disp: number;
  readonly seg: number;
  readonly size: number;
  readonly reads: boolean;
  readonly writes: boolean;
  /** A string operand with a repeat prefix. */
  readonly repeated: boolean;
}

/** Where an operand lies. */
export interface Extent {
  address: number;
  length: number;
}

const RCX = 1;
const RSP = 4;
const RBP = 5;
const RSI = 6;
const RDI = 7;
/** Base "register" of RIP-relative addresses. */
const RIP = 16;
const DIRECTION = 0x400;

/** Stores that do not read their operand, by opcode: one-byte ones, and those after 0F. */
const STORES = new Set([0x88, 0x89, 0xc6, 0xc7]);
const STORES_0F = new Set([0x11, 0x13, 0x17, 0x29, 0x2b, 0x7e, 0x7f, 0xc3, 0xd6, 0xe7]);
/** Opcodes after 0F that read and write: bts, shld, shrd, btr, btc, cmpxchg, xadd. */
const MODIFIES_0F = new Set([0xab, 0xa4, 0xa5, 0xac, 0xad, 0xb3, 0xbb, 0xb0, 0xb1, 0xc0, 0xc1]);
/** After 0F: hints, nops and prefetches, which touch nothing. */
const NOTHING_0F = new Set([0x0d, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f]);
/** Sizes of x87 memory operands of D8 to DF; loads and stores of 80 bits are told by ModRM.reg. */
const X87 = [4, 4, 4, 4, 8, 8, 2, 2];

/**
 * What user memory an instruction accesses: its ModRM operand, the stack, string operands. What the kernel reads and
 * writes for it is not in it, as with the processor's debug registers.
 */
export function operandsOf(i: Insn): Operand[] {
  const out: Operand[] = [];
  if (i.hasModrm && i.mod !== 3) modrm(i, out);
  if (i.map === 0) implicit(i, out);
  return out;
}

/** The instruction is atomic as the processor sees it: LOCK, or xchg with memory. */
export function isAtomic(i: Insn): boolean {
  return i.hasModrm !== 0 && i.mod !== 3 && (i.lock !== 0 || (i.map === 0 && (i.opcode === 0x86 || i.opcode === 0x87)));
}

function modrm(i: Insn, out: Operand[]): void {
  const { map, opcode } = i;
  if ((map === 0 && opcode === 0x8d) || (map === 1 && NOTHING_0F.has(opcode))) return;
  // movq xmm, m64 (F3 0F 7E) has the opcode of a store.
  const loads = map === 1 && opcode === 0x7e && i.rep === 0xf3;
  const stores =
    !loads && (map === 0 ? STORES.has(opcode) || x87Stores(i) : map === 1 && (STORES_0F.has(opcode) || (opcode & 0xf0) === 0x90));
  out.push({
    kind: "address",
    base: i.base === RIP ? RIP : i.base,
    index: i.index,
    scale: 2 ** i.scale,
    disp: i.disp,
    seg: i.seg,
    size: operandSize(i),
    reads: !stores,
    writes: stores || modifies(i),
    repeated: false,
  });
}

function x87Stores(i: Insn): boolean {
  const r = i.reg & 7;
  if (i.opcode === 0xd9) return r === 2 || r === 3 || r >= 6;
  if (i.opcode === 0xdb) return (r >= 1 && r <= 3) || r === 7;
  if (i.opcode === 0xdd) return (r >= 1 && r <= 3) || r >= 6;
  return i.opcode === 0xdf && ((r >= 1 && r <= 3) || r >= 6);
}

/** Does the instruction read its operand and write it back? */
function modifies(i: Insn): boolean {
  const { map, opcode } = i;
  const r = i.reg & 7;
  if (map === 1) {
    if (opcode === 0xba) return r >= 5;
    if (opcode === 0xc7) return r === 1;
    if (opcode === 0xae) return r === 0 || r === 3 || r === 4;
    return MODIFIES_0F.has(opcode);
  }
  if (map !== 0) return false;
  // add, or, adc, sbb, and, sub, xor with a memory destination; not cmp.
  if (opcode < 0x38) return (opcode & 7) < 2;
  if (opcode >= 0x80 && opcode <= 0x83) return r !== 7;
  if (opcode === 0x86 || opcode === 0x87) return true;
  if (opcode === 0xc0 || opcode === 0xc1 || (opcode >= 0xd0 && opcode <= 0xd3)) return true;
  if (opcode === 0xf6 || opcode === 0xf7) return r === 2 || r === 3;
  return (opcode === 0xfe || opcode === 0xff) && r < 2;
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
    if (integer || opcode === 0x2a || opcode === 0x6e || opcode === 0xc3) return i.opSize;
    if (opcode === 0x7e || opcode === 0xd6) return i.rep === 0xf3 || opcode === 0xd6 ? 8 : i.opSize;
    if (opcode === 0x12 || opcode === 0x13 || opcode === 0x16 || opcode === 0x17) return 8;
    if (opcode === 0x6f || opcode === 0x7f || opcode === 0xe6 || opcode === 0x5b || opcode === 0x70) return 16;
  }
  return i.rep === 0xf3 ? 4 : i.rep === 0xf2 ? 8 : 16;
}

function place(kind: Operand["kind"], base: number, disp: number, size: number, reads: boolean, repeated = false): Operand {
  return { kind, base, index: -1, scale: 1, disp, seg: 0, size, reads, writes: !reads, repeated };
}

/** Stack and string operands of one-byte opcodes. */
function implicit(i: Insn, out: Operand[]): void {
  const { opcode } = i;
  const far = i.hasModrm ? i.reg & 7 : -1;
  if ((opcode >= 0x58 && opcode <= 0x5f) || opcode === 0x8f || opcode === 0xc2 || opcode === 0xc3 || opcode === 0x9d)
    out.push(place("stack", RSP, 0, 8, true));
  else if (opcode === 0xc9) out.push(place("stack", RBP, 0, 8, true));
  else if ((opcode >= 0x50 && opcode <= 0x57) || opcode === 0x68 || opcode === 0x6a || opcode === 0xe8 || opcode === 0x9c)
    out.push(place("stack", RSP, -8, 8, false));
  else if (opcode === 0xff && (far === 2 || far === 6)) out.push(place("stack", RSP, -8, 8, false));
  else if (opcode >= 0xa0 && opcode <= 0xa3)
    out.push(place("absolute", -1, i.immHi * 4294967296 + (i.immLo >>> 0), i.opSize, opcode < 0xa2));
  else if (opcode >= 0xa4 && opcode <= 0xaf && opcode !== 0xa8 && opcode !== 0xa9) {
    const kind = opcode & 0xfe;
    const repeated = i.rep !== 0;
    if (kind !== 0xaa && kind !== 0xae) out.push(place("string", RSI, 0, i.opSize, true, repeated));
    if (kind !== 0xac) out.push(place("string", RDI, 0, i.opSize, kind === 0xa6 || kind === 0xae, repeated));
  }
}

/** A register as a signed number: indices may be negative. */
const signed = (cpu: CpuContext, r: number): number => (cpu.getHi(r) | 0) * 4294967296 + (cpu.getLo(r) >>> 0);

/** Where an operand of the instruction that ends at `nextRip` lies, with these registers; a string with all the repetitions that may come. */
export function locate(o: Operand, cpu: CpuContext, nextRip: number, out: Extent): void {
  let address = o.disp;
  if (o.base === RIP) address += nextRip;
  else if (o.base >= 0) address += signed(cpu, o.base);
  if (o.index >= 0) address += signed(cpu, o.index) * o.scale;
  if (o.seg === 4) address += cpu.fsBase;
  else if (o.seg === 5) address += cpu.gsBase;
  let { size } = o;
  if (o.kind === "string") {
    const times = o.repeated ? cpu.get(RCX) : 1;
    if (cpu.rflags & DIRECTION) address -= Math.max(0, times - 1) * size;
    size *= times;
  }
  out.address = address;
  out.length = size;
}
