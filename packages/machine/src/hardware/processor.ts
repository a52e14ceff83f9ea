import { Machine } from "../machine.ts";
import { Trap } from "../trap.ts";

/** Layout of `struct state` in harness.c. */
export const STATE_SIZE = 560;
export const RECORD_SIZE = 16 + STATE_SIZE;
export const AT = { gpr: 0, flags: 128, signal: 136, x87: 144, mem: 304 } as const;
export const DATA_VA = 0x10000000;
const CODE_VA = 0x10010000;
const WINDOW = 512;

const SIGNAL: Record<number, number> = {
  [Trap.DE]: 8,
  [Trap.MF]: 8,
  [Trap.XM]: 8,
  [Trap.UD]: 4,
  [Trap.GP]: 11,
  [Trap.PF]: 11,
  [Trap.SS]: 7,
  [Trap.DB]: 5,
  [Trap.BP]: 5,
};

/** The simulated side of harness.c: runs one instruction on a state. */
export class SimulatedProcessor {
  readonly machine = new Machine({ memoryLimit: 1 << 22, jit: false });
  readonly #code: number;
  readonly #data: number;
  readonly #image = new Uint8Array(512);

  constructor() {
    const { phys } = this.machine;
    const frames = Array.from({ length: 6 }, () => phys.allocZeroed());
    const [pml4, pdpt, pd, pt, code, data] = frames as [number, number, number, number, number, number];
    const entry = (table: number, index: number, frame: number): void => {
      phys.u32[(table * 4096) / 4 + index * 2] = frame * 4096 + 7;
    };
    entry(pml4, 0, pdpt);
    entry(pdpt, 0, pd);
    entry(pd, DATA_VA / 0x200000, pt);
    entry(pt, 0, data);
    entry(pt, 16, code);
    this.#code = code * 4096;
    this.#data = data * 4096;
    this.machine.setAddressSpace(pml4, 1);
  }

  /** Changes `state` as the instruction does. */
  run(code: Uint8Array, state: Uint8Array): void {
    const { machine } = this;
    const { phys, cpu } = machine;
    phys.willWrite(this.#code / 4096);
    phys.u8.fill(0x90, this.#code, this.#code + 32);
    phys.u8.set(code.subarray(0, code[15]!), this.#code);
    const s = new DataView(state.buffer, state.byteOffset, STATE_SIZE);
    for (let i = 0; i < 16; i++) cpu.setParts(i, s.getInt32(i * 8, true), s.getInt32(i * 8 + 4, true));
    cpu.rflags = s.getUint32(AT.flags, true);
    const image = this.#image.fill(0);
    image.set(state.subarray(AT.x87, AT.x87 + 160));
    image.set([0x80, 0x1f, 0, 0], 24);
    cpu.readFxsave(image, 0);
    phys.u8.fill(0, this.#data, this.#data + 4096);
    phys.u8.set(state.subarray(AT.mem, AT.mem + 256), this.#data + WINDOW);
    cpu.rip = CODE_VA;
    const trap = machine.run(1);
    for (let i = 0; i < 16; i++) {
      s.setInt32(i * 8, cpu.getLo(i), true);
      s.setInt32(i * 8 + 4, cpu.getHi(i), true);
    }
    s.setUint32(AT.flags, cpu.rflags, true);
    s.setUint32(AT.signal, trap === Trap.BUDGET ? 0 : (SIGNAL[trap] ?? 99), true);
    cpu.writeFxsave(image, 0);
    state.set(image.subarray(0, 160), AT.x87);
    state.set(phys.u8.subarray(this.#data + WINDOW, this.#data + WINDOW + 256), AT.mem);
  }
}

const NAMES = ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"];
/** Status flags and the direction flag. */
const FLAGS = 0xcd5;

function hex(v: Uint8Array, at: number, n: number): string {
  let text = "";
  for (let i = n - 1; i >= 0; i--) text += v[at + i]!.toString(16).padStart(2, "0");
  return text;
}

/** What differs between two states after the same instruction; empty if nothing does. `ulps`: x87 registers may differ by so much. */
export function differences(ours: Uint8Array, real: Uint8Array, ulps: number, ignoredFlags = 0): string[] {
  const out: string[] = [];
  const part = (name: string, at: number, n: number): void => {
    const x = hex(ours, at, n);
    const y = hex(real, at, n);
    if (x !== y) out.push(`${name} ${x} should be ${y}`);
  };
  part("signal", AT.signal, 4);
  for (let i = 0; i < 16; i++) part(NAMES[i]!, i * 8, 8);
  const flags = (v: Uint8Array): number => (v[AT.flags]! | (v[AT.flags + 1]! << 8)) & FLAGS & ~ignoredFlags;
  if (flags(ours) !== flags(real)) out.push(`flags ${flags(ours).toString(16)} should be ${flags(real).toString(16)}`);
  part("fcw", AT.x87, 2);
  // C1 tells the direction of rounding: with a result that may differ in the last bit, so may it.
  if (ulps === 0) part("fsw", AT.x87 + 2, 2);
  part("ftw", AT.x87 + 4, 1);
  for (let i = 0; i < 8; i++) {
    const at = AT.x87 + 32 + i * 16;
    if (ulps > 0 && near(ours, real, at)) continue;
    part(`st${i}`, at, 10);
  }
  part("mem", AT.mem, 256);
  return out;
}

function near(a: Uint8Array, b: Uint8Array, at: number): boolean {
  const view = (v: Uint8Array): DataView => new DataView(v.buffer, v.byteOffset + at, 10);
  const x = view(a);
  const y = view(b);
  const key = (v: DataView): bigint => (BigInt(v.getUint16(8, true)) << 64n) | v.getBigUint64(0, true);
  const d = key(x) - key(y);
  // Across a binade the integer bit makes the keys jump by 2^63.
  return (d >= -1n && d <= 1n) || d === (1n << 63n) + 1n || d === -(1n << 63n) - 1n;
}
