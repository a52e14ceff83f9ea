import { describe, expect, it } from "vitest";
import { FPU_TAG, mm } from "../../layout.ts";
import { Trap } from "../../trap.ts";
import { SimulatedProcessor } from "./hardwareHarness.ts";

const CODE = 0x400000;
const AREA = 0x500000;
const COPY = 0x500800;
const RAX = 0;
const RDX = 2;
const RDI = 7;

describe("state saving", () => {
  const { machine } = new SimulatedProcessor();
  const { cpu, phys } = machine;
  /** Runs one instruction on the area at rdi for the components in eax. */
  const run = (hex: string, rdi: number, components = 3): number => {
    const code = machine.translate(CODE, true);
    phys.u8.set(Buffer.from(hex.padEnd(32, "90"), "hex"), code);
    cpu.rip = CODE;
    cpu.set(RAX, components);
    cpu.set(RDX, 0);
    cpu.set(RDI, rdi);
    return machine.run(1);
  };
  const area = (va: number): Uint8Array => {
    const at = machine.translate(va, true);
    return phys.u8.subarray(at, at + 576);
  };
  const fill = (seed: number): void => {
    for (let n = 0; n < 16; n++) cpu.xmmBytes(n).fill(n + seed);
    for (let n = 0; n < 8; n++) phys.u8.fill(n + seed + 100, mm(n), mm(n) + 10);
    phys.view.setInt32(FPU_TAG, 0xa5, true);
    cpu.mxcsr = 0x1fa0;
  };
  const FORMS = { fxsave: "0fae07", fxrstor: "0fae0f", xsave: "0fae27", xrstor: "0fae2f", xsavec: "0fc727" };

  it("what each form saves is restored", () => {
    for (const [save, restore] of [
      [FORMS.fxsave, FORMS.fxrstor],
      [FORMS.xsave, FORMS.xrstor],
      [FORMS.xsavec, FORMS.xrstor],
    ] as const) {
      area(AREA).fill(0);
      fill(1);
      expect(run(save, AREA)).toBe(Trap.BUDGET);
      fill(50);
      phys.view.setInt32(FPU_TAG, 0, true);
      cpu.mxcsr = 0x1f80;
      expect(run(restore, AREA)).toBe(Trap.BUDGET);
      for (let n = 0; n < 16; n++) expect(cpu.xmmBytes(n)[7]).toBe(n + 1);
      expect(phys.u8[mm(3) + 9]).toBe(104);
      expect(phys.view.getInt32(FPU_TAG, true)).toBe(0xa5);
      expect(cpu.mxcsr).toBe(0x1fa0);
    }
  });

  it("components not asked for stay as they are, in memory and in registers", () => {
    area(COPY).fill(0xcc, 0, 512).fill(0, 512);
    fill(1);
    expect(run(FORMS.xsave, COPY, 1)).toBe(Trap.BUDGET);
    expect(area(COPY)[160]).toBe(0xcc);
    expect(area(COPY)[512]).toBe(1);
    // Asked for but not in the image: the initial state.
    expect(run(FORMS.xrstor, COPY, 1)).toBe(Trap.BUDGET);
    expect(cpu.xmmBytes(2)[0]).toBe(3);
    area(COPY).set([0x80, 0x1f, 0, 0], 24);
    expect(run(FORMS.xrstor, COPY, 3)).toBe(Trap.BUDGET);
    expect(cpu.xmmBytes(2)[0]).toBe(0);
  });

  it("refuses misaligned areas and bad headers", () => {
    expect(run(FORMS.fxsave, AREA + 8)).toBe(Trap.GP);
    expect(run(FORMS.xsave, AREA + 16)).toBe(Trap.GP);
    area(AREA).fill(0).set([4], 512);
    expect(run(FORMS.xrstor, AREA)).toBe(Trap.GP);
    area(AREA).fill(0).set([1], 530);
    expect(run(FORMS.xrstor, AREA)).toBe(Trap.GP);
    area(AREA).fill(0).set([0, 0, 1], 24);
    fill(9);
    expect(run(FORMS.xrstor, AREA)).toBe(Trap.GP);
    expect(cpu.xmmBytes(0)[0]).toBe(9);
  });
});
