import { describe, expect, it } from "vitest";
import { FPU_SW } from "../../layout.ts";
import { Machine } from "../../machine.ts";
import { PF_PRESENT, PF_USER, PF_WRITE, Trap } from "../../trap.ts";

const CODE = 0x400000;
/** Two mapped pages with an unmapped one after them; the second is read-only. */
const FIRST = 0x500000;
const SECOND = 0x501000;
const UNMAPPED = 0x502000;
const RDI = 7;

class TestMachine extends Machine {
  readonly first: number;
  readonly second: number;
  readonly #code: number;

  constructor() {
    super({ memoryLimit: 1 << 20 });
    const { phys } = this;
    const [pml4, pdpt, pd, pt, code, first, second] = Array.from({ length: 7 }, () => phys.allocZeroed()) as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const entry = (table: number, index: number, frame: number, bits = 7): void => {
      phys.u32[table * 1024 + index * 2] = frame * 4096 + bits;
    };
    entry(pml4, 0, pdpt);
    entry(pdpt, 0, pd);
    entry(pd, 2, pt);
    entry(pt, 0, code);
    entry(pt, 0x100, first);
    entry(pt, 0x101, second, 5);
    this.#code = code * 4096;
    this.first = first * 4096;
    this.second = second * 4096;
    this.setAddressSpace(pml4, 1);
  }

  /** Runs one instruction, given in hexadecimal, with rdi set. */
  step(hex: string, rdi: number): number {
    this.phys.willWrite(this.#code / 4096);
    this.phys.u8.fill(0x90, this.#code, this.#code + 32);
    this.phys.u8.set(Buffer.from(hex.replaceAll(" ", ""), "hex"), this.#code);
    this.cpu.rip = CODE;
    this.cpu.set(RDI, rdi);
    return this.run(1);
  }
}

const machine = new TestMachine();
const { phys, cpu } = machine;

describe("memory operands of SIMD instructions", () => {
  it("movups reads and writes over a page boundary", () => {
    for (let i = 0; i < 16; i++) phys.u8[i < 8 ? machine.first + 4088 + i : machine.second + i - 8] = i + 1;
    expect(machine.step("0f1007", SECOND - 8)).toBe(Trap.BUDGET);
    expect([...cpu.xmmBytes(0)]).toEqual(Array.from({ length: 16 }, (_, i) => i + 1));
  });

  it("a store whose second page is read-only changes nothing", () => {
    const before = phys.u8.slice(machine.first + 4088, machine.first + 4096);
    cpu.xmmBytes(1).fill(0xee);
    expect(machine.step("0f110f", SECOND - 8)).toBe(Trap.PF);
    expect(machine.trapError).toBe(PF_USER | PF_WRITE | PF_PRESENT);
    expect(machine.trapAddress).toBe(SECOND);
    expect(cpu.rip).toBe(CODE);
    expect(phys.u8.slice(machine.first + 4088, machine.first + 4096)).toEqual(before);
  });

  it("a packed operand must be aligned, whether or not its page is there", () => {
    expect(machine.step("0f5807", FIRST + 8)).toBe(Trap.GP);
    expect(machine.step("0f2807", UNMAPPED + 1)).toBe(Trap.GP);
    expect(machine.step("0f2807", UNMAPPED)).toBe(Trap.PF);
    expect(machine.trapAddress).toBe(UNMAPPED);
  });

  it("scalar operands read no more than their size", () => {
    phys.view.setFloat64(machine.second + 4088, 2.5, true);
    const value = cpu.xmmBytes(2);
    value.fill(0);
    expect(machine.step("f20f5817", UNMAPPED - 8)).toBe(Trap.BUDGET);
    expect(new DataView(value.buffer, value.byteOffset).getFloat64(0, true)).toBe(2.5);
    expect(machine.step("660f382217", UNMAPPED - 2)).toBe(Trap.BUDGET);
    expect(machine.step("660f382217", UNMAPPED - 1)).toBe(Trap.PF);
  });

  it("maskmovdqu touches only the bytes its mask names", () => {
    cpu.xmmBytes(1).fill(0x55);
    const mask = cpu.xmmBytes(2);
    mask.fill(0).fill(0x80, 0, 4);
    phys.u8.fill(0, machine.first + 4090, machine.first + 4096);
    // Bytes 4…15 would lie in the read-only page or hit unmasked memory.
    expect(machine.step("660ff7ca", SECOND - 4)).toBe(Trap.BUDGET);
    expect([...phys.u8.subarray(machine.first + 4090, machine.first + 4096)]).toEqual([0, 0, 0x55, 0x55, 0x55, 0x55]);
    mask[4] = 0x80;
    cpu.xmmBytes(1).fill(0x66);
    expect(machine.step("660ff7ca", SECOND - 4)).toBe(Trap.PF);
    expect(phys.u8[machine.first + 4092]).toBe(0x55);
  });

  it("ldmxcsr refuses reserved bits, stmxcsr gives back what was loaded", () => {
    phys.view.setUint32(machine.first, 0x12345, true);
    expect(machine.step("0fae17", FIRST)).toBe(Trap.GP);
    expect(cpu.mxcsr).toBe(0x1f80);
    phys.view.setUint32(machine.first, 0x7fbf, true);
    expect(machine.step("0fae17", FIRST)).toBe(Trap.BUDGET);
    expect(machine.step("0fae5f08", FIRST)).toBe(Trap.BUDGET);
    expect(phys.view.getUint32(machine.first + 8, true)).toBe(0x7fbf);
    cpu.mxcsr = 0x1f80;
  });

  it("MMX instructions report a pending x87 exception and change nothing", () => {
    phys.view.setUint32(FPU_SW, 0x80 | 0x3800, true);
    phys.u8.fill(0xaa, machine.first, machine.first + 8);
    expect(machine.step("0f7f07", FIRST)).toBe(Trap.MF);
    expect(phys.u8[machine.first]).toBe(0xaa);
    expect(phys.view.getUint32(FPU_SW, true)).toBe(0x80 | 0x3800);
    phys.view.setUint32(FPU_SW, 0, true);
  });
});

describe("reciprocal approximations", () => {
  it("are within 1.5 * 2^-12", () => {
    const source = cpu.xmmBytes(1);
    const result = cpu.xmmBytes(0);
    const x = new DataView(source.buffer, source.byteOffset);
    const y = new DataView(result.buffer, result.byteOffset);
    for (let i = 0; i < 2000; i++) {
      const v = Math.fround(2 ** ((i % 200) - 100) * (1 + i / 2000));
      x.setFloat32(0, v, true);
      machine.step("f30f53c1", FIRST);
      expect(Math.abs(y.getFloat32(0, true) * v - 1)).toBeLessThan(1.5 * 2 ** -12);
      machine.step("f30f52c1", FIRST);
      expect(Math.abs(y.getFloat32(0, true) * Math.sqrt(v) - 1)).toBeLessThan(1.5 * 2 ** -12);
    }
  });
});
