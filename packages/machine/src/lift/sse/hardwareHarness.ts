import { FPR, FPU_SW, FPU_TAG } from "../../layout.ts";
import { Machine } from "../../machine.ts";
import { Trap } from "../../trap.ts";

/** Layout of `struct state` and `struct record` in hardware.c. */
export const STATE_SIZE = 224;
export const CODE_SIZE = 16;
export const AT = {
  gpr: 0,
  flags: 32,
  mxcsr: 40,
  signal: 44,
  xmm: 48,
  mm: 112,
  mem: 144,
  fsw: 208,
  ftw: 210,
  mmx: 211,
  mmexp: 216,
} as const;

const CODE_VA = 0x400000;
const DATA_VA = 0x500000;
const SIGILL = 4;
const SIGFPE = 8;
const SIGSEGV = 11;
const STATUS = 0x8d5;

/** The simulated side of hardware.c: runs one instruction on a state. */
export class SimulatedProcessor {
  readonly machine = new Machine({ memoryLimit: 1 << 22 });
  readonly #code: number;
  readonly #data: number;

  constructor() {
    const { phys } = this.machine;
    const frames = Array.from({ length: 6 }, () => phys.allocZeroed());
    const [pml4, pdpt, pd, pt, code, data] = frames as [number, number, number, number, number, number];
    const entry = (table: number, index: number, frame: number): void => {
      phys.u32[(table * 4096) / 4 + index * 2] = frame * 4096 + 7;
    };
    entry(pml4, 0, pdpt);
    entry(pdpt, 0, pd);
    entry(pd, 2, pt);
    entry(pt, 0, code);
    entry(pt, 0x100, data);
    this.#code = code * 4096;
    this.#data = data * 4096;
    this.machine.setAddressSpace(pml4, 1);
  }

  /** Changes `state` as the instruction does. */
  run(code: Uint8Array, state: Uint8Array): void {
    const { machine } = this;
    const { phys, cpu } = machine;
    phys.willWrite(this.#code / 4096);
    phys.u8.set(code, this.#code);
    const s = new DataView(state.buffer, state.byteOffset, STATE_SIZE);
    cpu.reset();
    for (const [i, reg] of [0, 1, 2].entries()) cpu.setParts(reg, s.getInt32(i * 8, true), s.getInt32(i * 8 + 4, true));
    cpu.set(7, DATA_VA);
    cpu.rflags = s.getUint32(AT.flags, true);
    cpu.mxcsr = s.getUint32(AT.mxcsr, true);
    for (let i = 0; i < 4; i++) {
      cpu.xmmBytes(i).set(state.subarray(AT.xmm + i * 16, AT.xmm + i * 16 + 16));
      phys.u8.set(state.subarray(AT.mm + i * 8, AT.mm + i * 8 + 8), FPR + i * 16);
      phys.view.setUint16(FPR + i * 16 + 8, 0xffff, true);
    }
    phys.view.setInt32(FPU_SW, 0, true);
    phys.view.setInt32(FPU_TAG, state[AT.mmx] ? 0xff : 0, true);
    phys.u8.set(state.subarray(AT.mem, AT.mem + 64), this.#data);
    cpu.rip = CODE_VA;
    const trap = machine.run(1);
    const signal = trap === Trap.BUDGET ? 0 : trap === Trap.XM ? SIGFPE : trap === Trap.UD ? SIGILL : SIGSEGV;
    for (const [i, reg] of [0, 1, 2].entries()) {
      s.setInt32(i * 8, cpu.getLo(reg), true);
      s.setInt32(i * 8 + 4, cpu.getHi(reg), true);
    }
    s.setUint32(AT.flags, cpu.rflags, true);
    s.setUint32(AT.mxcsr, cpu.mxcsr, true);
    s.setUint32(AT.signal, signal, true);
    for (let i = 0; i < 4; i++) {
      state.set(cpu.xmmBytes(i), AT.xmm + i * 16);
      state.set(phys.u8.subarray(FPR + i * 16, FPR + i * 16 + 8), AT.mm + i * 8);
      s.setUint16(AT.mmexp + i * 2, phys.view.getUint16(FPR + i * 16 + 8, true), true);
    }
    state.set(phys.u8.subarray(this.#data, this.#data + 64), AT.mem);
    s.setUint16(AT.fsw, phys.view.getUint16(FPU_SW, true), true);
    state[AT.ftw] = phys.view.getUint8(FPU_TAG);
  }
}

/** Names of what differs between two states after the same instruction; empty if nothing does. */
export function differences(ours: Uint8Array, real: Uint8Array, flagMask = STATUS): string[] {
  const a = new DataView(ours.buffer, ours.byteOffset, STATE_SIZE);
  const b = new DataView(real.buffer, real.byteOffset, STATE_SIZE);
  const out: string[] = [];
  const hex = (v: DataView, at: number, n: number): string => {
    let text = "";
    for (let i = n - 1; i >= 0; i--)
      text += v
        .getUint8(at + i)
        .toString(16)
        .padStart(2, "0");
    return text;
  };
  const part = (name: string, at: number, n: number): void => {
    const x = hex(a, at, n);
    const y = hex(b, at, n);
    if (x !== y) out.push(`${name} ${x} should be ${y}`);
  };
  part("signal", AT.signal, 4);
  ["rax", "rcx", "rdx"].forEach((r, i) => {
    part(r, i * 8, 8);
  });
  if ((a.getUint32(AT.flags, true) ^ b.getUint32(AT.flags, true)) & flagMask)
    out.push(`flags ${hex(a, AT.flags, 2)} should be ${hex(b, AT.flags, 2)}`);
  part("mxcsr", AT.mxcsr, 4);
  for (let i = 0; i < 4; i++) part(`xmm${i}`, AT.xmm + i * 16, 16);
  part("mem", AT.mem, 64);
  if (ours[AT.mmx]) for (let i = 0; i < 4; i++) part(`mm${i}`, AT.mm + i * 8, 8);
  part("ftw", AT.ftw, 1);
  return out;
}

/** A small deterministic generator (xorshift32). */
export class Random {
  #s: number;
  constructor(seed: number) {
    this.#s = seed | 1;
  }
  next(): number {
    let s = this.#s;
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    this.#s = s;
    return s >>> 0;
  }
  below(n: number): number {
    return this.next() % n;
  }
}

const DOUBLES = [
  [0, 0],
  [0, 0x80000000],
  [0, 0x3ff00000],
  [0, 0xbff00000],
  [0, 0x7ff00000],
  [0, 0xfff00000],
  [0, 0x7ff80000],
  [1, 0xfff80000],
  [5, 0x7ff00000],
  [0, 0xfff40000],
  [1, 0],
  [1, 0x80000000],
  [0xffffffff, 0x000fffff],
  [0, 0x00100000],
  [0, 0x80100000],
  [0xffffffff, 0x7fefffff],
  [0xffffffff, 0xffefffff],
  [0, 0x41dfffff],
  [0xffc00000, 0x41dfffff],
  [0, 0x41e00000],
  [0, 0xc1e00000],
  [0, 0x43e00000],
  [0, 0xc3e00000],
  [0, 0x3fe00000],
  [0, 0x40040000],
  [0, 0x00080000],
  [0, 0x1ff00000],
  [0, 0x9ff00000],
  [0, 0x5fe00000],
  [0xe0000000, 0x47efffff],
  [0xf0000000, 0x47efffff],
  [0, 0x38100000],
  [0, 0x36900000],
  [0, 0x36a00000],
  [0xffffffff, 0x380fffff],
  [0xe0000000, 0x380fffff],
] as const;
const SINGLES = [
  0, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00001, 0x7f800001, 0xffa00000, 1, 0x80000001, 0x007fffff,
  0x00800000, 0x80800000, 0x7f7fffff, 0xff7fffff, 0x4effffff, 0x4f000000, 0xcf000000, 0x5f000000, 0xdf000000, 0x3f000000, 0x40200000,
  0x00400000, 0x20000000, 0xa0000000, 0x5f000000, 0x4b000001,
] as const;

/** Fills 8 bytes with an operand of a kind: f64, f32 pair, or integers; often one of the extremes. */
export function fillOperand(r: Random, kind: "d" | "s" | "i", view: DataView, at: number): void {
  const style = r.below(8);
  if (kind === "d") {
    if (style < 4) {
      const [lo, hi] = DOUBLES[r.below(DOUBLES.length)]!;
      view.setUint32(at, lo, true);
      view.setUint32(at + 4, hi, true);
    } else if (style === 4) view.setFloat64(at, r.below(2000) - 1000, true);
    else if (style === 5) view.setFloat64(at, (r.below(2 ** 31) - 2 ** 30) * 2 ** (r.below(64) - 40), true);
    else {
      view.setUint32(at, r.below(3) ? r.next() : 0, true);
      const e = style === 6 ? r.below(2048) : 1023 - 30 + r.below(60);
      view.setUint32(at + 4, ((r.below(2) << 31) | (e << 20) | r.below(1 << 20)) >>> 0, true);
    }
  } else if (kind === "s") {
    for (const o of [0, 4]) {
      if (style < 4) view.setUint32(at + o, SINGLES[r.below(SINGLES.length)]!, true);
      else if (style === 4) view.setFloat32(at + o, r.below(2000) - 1000, true);
      else {
        const e = style === 5 ? r.below(256) : 127 - 15 + r.below(30);
        view.setUint32(at + o, ((r.below(2) << 31) | (e << 23) | (r.below(1 << 23) & (r.below(3) ? -1 : -65536))) >>> 0, true);
      }
    }
  } else {
    for (let i = 0; i < 8; i++)
      view.setUint8(at + i, style < 3 ? [0, 0x7f, 0x80, 0xff, 1][r.below(5)]! : style === 3 ? r.below(4) : r.next());
  }
}
