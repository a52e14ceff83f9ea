import { Machine } from "../machine.ts";

export const CODE_VA = 0x400000;
const DATA_VA = 0x500000;

/** A machine about to run the code given in hexadecimal, with rcx = 100,000, a page of data at rdi and a stack in it. */
export function machineWith(hex: string): Machine {
  const machine = new Machine({ memoryLimit: 1 << 22 });
  const { phys, cpu } = machine;
  const [pml4, pdpt, pd, pt, code, data] = Array.from({ length: 6 }, () => phys.allocZeroed()) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const entry = (table: number, index: number, frame: number): void => {
    phys.u32[(table * 4096) / 4 + index * 2] = frame * 4096 + 7;
  };
  entry(pml4, 0, pdpt);
  entry(pdpt, 0, pd);
  entry(pd, 2, pt);
  entry(pt, 0, code);
  entry(pt, 0x100, data);
  machine.setAddressSpace(pml4, 1);
  phys.u8.set(Buffer.from(hex.replace(/\s/g, ""), "hex"), code * 4096);
  cpu.rip = CODE_VA;
  cpu.set(4, DATA_VA + 2048);
  cpu.set(7, DATA_VA);
  cpu.set(1, 100_000);
  cpu.mxcsr = 0x1fa0;
  return machine;
}
